//! Before a call that does not read what it changes: whether each attribute is what it was when the plan was made.
//! Knows which operation shows a resource; what it does not know is said in the script, and not checked.

use serde_json::{Value, json};

use super::super::comment;
use super::super::shell::{jq_path, json as word, quoted};
use super::{Script, holds_stand_in};
use crate::pointer::attribute;
use crate::step::{Call, Edit, Effect};
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

/// How a part of a resource is shown.
#[derive(Debug, PartialEq)]
struct Shown {
    service: &'static str,
    operation: &'static str,
    parameters: Value,
    /// The error by which the service says that there is none.
    none: Option<&'static str>,
    /// The part of the envelope, and the `jq` program that makes it of the answer.
    part: &'static str,
    take: String,
    /// Whether the part is a list, and `take` gives the one entry of it that is changed.
    is_entry: bool,
}

impl Shown {
    fn new(service: &'static str, operation: &'static str, parameters: Value, take: &str) -> Self {
        Self {
            service,
            operation,
            parameters,
            none: None,
            part: "/configuration",
            take: take.to_owned(),
            is_entry: false,
        }
    }

    fn supplement(self, part: &'static str, none: Option<&'static str>) -> Self {
        Self { part, none, ..self }
    }

    /// The rest of a pointer that lies within this part.
    fn within<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.part).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        if self.is_entry { rest.get(1..)?.find('/').map(|end| &rest[end + 1..]) } else { Some(rest) }
    }
}

/// Every way to see a resource that the script knows, the parts of `supplement` first.
fn shown(resource: &ResourceRef, call: &Call) -> Vec<Shown> {
    let arn = resource.arn.as_str();
    let id = resource.arn.short_name();
    match resource.resource_type.as_str() {
        resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER => {
            let read = json!({"LoadBalancerArn": arn});
            let shown = Shown::new("elbv2", "DescribeLoadBalancerAttributes", read, ".Attributes");
            vec![shown.supplement("/supplement/attributes", None)]
        }
        resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER => {
            vec![Shown::new("elbv2", "DescribeListeners", json!({"ListenerArns": [arn]}), ".Listeners[0]")]
        }
        resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE => {
            vec![Shown::new("elbv2", "DescribeRules", json!({"RuleArns": [arn]}), ".Rules[0]")]
        }
        resource_types::ELASTIC_LOAD_BALANCING_V2_TARGET_GROUP => {
            vec![Shown::new("elbv2", "DescribeTargetGroups", json!({"TargetGroupArns": [arn]}), ".TargetGroups[0]")]
        }
        resource_types::EKS_CLUSTER => vec![Shown::new("eks", "DescribeCluster", json!({"name": id}), ".cluster")],
        resource_types::EKS_NODEGROUP => nodegroup(arn),
        resource_types::IAM_ROLE => role(id),
        resource_types::IAM_ACCOUNT_PASSWORD_POLICY => {
            let shown = Shown::new("iam", "GetAccountPasswordPolicy", json!({}), ".");
            vec![shown.supplement("/configuration", Some("NoSuchEntity"))]
        }
        kind if kind.starts_with("AWS::EC2::") => ec2(kind, id),
        kind if kind.starts_with("AWS::ECR::") => ecr(kind, arn),
        kind if kind.starts_with("AWS::RDS::") => rds(kind, id, call),
        _ => Vec::new(),
    }
}

fn nodegroup(arn: &str) -> Vec<Shown> {
    let mut names = arn.splitn(6, ':').last().unwrap_or_default().split('/').skip(1);
    let (Some(cluster), Some(name)) = (names.next(), names.next()) else { return Vec::new() };
    let parameters = json!({"clusterName": cluster, "nodegroupName": name});
    vec![Shown::new("eks", "DescribeNodegroup", parameters, ".nodegroup")]
}

/// A role with its policies, as the scan reads it: only this operation tells all of them at once.
fn role(name: &str) -> Vec<Shown> {
    let take = format!(".RoleDetailList[] | select(.RoleName == {})", Value::String(name.to_owned()));
    vec![Shown::new("iam", "GetAccountAuthorizationDetails", json!({"Filter": ["Role"]}), &take)]
}

fn ec2(kind: &str, id: &str) -> Vec<Shown> {
    let (operation, parameters, take) = match kind {
        resource_types::EC2_SUBNET => ("DescribeSubnets", json!({"SubnetIds": [id]}), ".Subnets[0]"),
        resource_types::EC2_INSTANCE => {
            ("DescribeInstances", json!({"InstanceIds": [id]}), ".Reservations[0].Instances[0]")
        }
        resource_types::EC2_SECURITY_GROUP_RULE => {
            ("DescribeSecurityGroupRules", json!({"SecurityGroupRuleIds": [id]}), ".SecurityGroupRules[0]")
        }
        resource_types::EC2_NETWORK_ACL => ("DescribeNetworkAcls", json!({"NetworkAclIds": [id]}), ".NetworkAcls[0]"),
        resource_types::EC2_ROUTE_TABLE => ("DescribeRouteTables", json!({"RouteTableIds": [id]}), ".RouteTables[0]"),
        resource_types::EC2_EBS_ENCRYPTION_BY_DEFAULT => ("GetEbsEncryptionByDefault", json!({}), "."),
        _ => return Vec::new(),
    };
    vec![Shown::new("ec2", operation, parameters, take)]
}

/// Policies are text within the answer, and objects in a snapshot.
fn ecr(kind: &str, arn: &str) -> Vec<Shown> {
    if kind == resource_types::ECR_REGISTRY_SCANNING_CONFIGURATION {
        return vec![Shown::new("ecr", "GetRegistryScanningConfiguration", json!({}), ".")];
    }
    let Some((_, name)) = arn.split_once(":repository/") else { return Vec::new() };
    let policy = |operation, take| Shown::new("ecr", operation, json!({"repositoryName": name}), take);
    vec![
        policy("GetLifecyclePolicy", "(.lifecyclePolicyText // \"null\") | fromjson")
            .supplement("/supplement/lifecyclePolicy", Some("LifecyclePolicyNotFoundException")),
        policy("GetRepositoryPolicy", "(.policyText // \"null\") | fromjson")
            .supplement("/supplement/repositoryPolicy", Some("RepositoryPolicyNotFoundException")),
        Shown::new("ecr", "DescribeRepositories", json!({"repositoryNames": [name]}), ".repositories[0]"),
    ]
}

fn rds(kind: &str, id: &str, call: &Call) -> Vec<Shown> {
    match kind {
        resource_types::RDS_DB_INSTANCE => {
            vec![Shown::new("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": id}), ".DBInstances[0]")]
        }
        resource_types::RDS_DB_CLUSTER => {
            vec![Shown::new("rds", "DescribeDBClusters", json!({"DBClusterIdentifier": id}), ".DBClusters[0]")]
        }
        // A snapshot holds some parameters of the group, in its own order: they are those that the call names.
        resource_types::RDS_DB_PARAMETER_GROUP => {
            let names: Vec<&Value> = call.parameters["Parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|parameter| &parameter["ParameterName"])
                .collect();
            let [name] = names.as_slice() else { return Vec::new() };
            let take = format!(".Parameters[] | select(.ParameterName == {name})");
            let shown = Shown::new("rds", "DescribeDBParameters", json!({"DBParameterGroupName": id}), &take);
            vec![Shown { is_entry: true, ..shown.supplement("/supplement/parameters", None) }]
        }
        _ => Vec::new(),
    }
}

/// Whether what is told of a resource follows from a change of another one, which the script compares.
fn follows(resource: &ResourceRef, path: Option<&str>) -> bool {
    match resource.resource_type.as_str() {
        // How often it is attached; a scan knows policies only while something refers to them.
        resource_types::IAM_MANAGED_POLICY
        | resource_types::CLOUDFRONT_CACHE_POLICY
        | resource_types::CLOUDFRONT_RESPONSE_HEADERS_POLICY => true,
        // The registry's rules decide it.
        resource_types::ECR_REPOSITORY => path == Some("/supplement/scanFrequency"),
        _ => false,
    }
}

impl Script<'_> {
    /// Everything that the change touches is asked for and compared.
    pub(super) fn check(&mut self) {
        for effect in &self.change.effects {
            match effect {
                Effect::Amended { resource, edits } => self.compare(resource, edits),
                Effect::Removed { resource } => self.compare(resource, &[]),
                // What is to be made is refused by AWS where its name is taken.
                Effect::Created { .. } => {}
            }
        }
    }

    fn compare(&mut self, resource: &ResourceRef, edits: &[Edit]) {
        let name = resource.arn.short_name();
        let reads = shown(resource, &self.change.call);
        let mut checks: Vec<Vec<String>> = vec![Vec::new(); reads.len()];
        let mut unseen = Vec::new();
        for edit in edits.iter().filter(|edit| !follows(resource, Some(&edit.path))) {
            let before = edit.before.clone().unwrap_or(Value::Null);
            let is_comparable = !before.to_string().contains("\"$") && !holds_stand_in(&before);
            let found = reads.iter().enumerate().find_map(|(at, shown)| Some((at, shown.within(&edit.path)?)));
            match found.filter(|_| is_comparable) {
                // Lists come in any order.
                Some((at, rest)) => checks[at].push(format!(
                    "if (getpath({}) | sorted) == ({before} | sorted) then empty else {} end",
                    jq_path(rest),
                    Value::String(attribute(&edit.path))
                )),
                None => unseen.push(attribute(&edit.path)),
            }
        }
        if edits.is_empty() && !follows(resource, None) {
            match checks.first_mut() {
                Some(first) => first.push("if . then empty else \"it is not there\" end".to_owned()),
                None => self.put(&comment(&format!("the script does not look at {name} before the call"))),
            }
        }
        if !unseen.is_empty() {
            self.put(&comment(&format!("the script does not look at {} of {name} before the call", unseen.join(", "))));
        }
        for (shown, checks) in reads.iter().zip(checks).filter(|(_, checks)| !checks.is_empty()) {
            self.ask(shown, &checks, name);
        }
    }

    fn ask(&mut self, shown: &Shown, checks: &[String], name: &str) {
        let filter = format!(
            "def sorted: if type == \"array\" then map(sorted) | sort else . end; {} | [{}] | join(\", \")",
            shown.take,
            checks.join(", ")
        );
        let variable = self.name("differs");
        let aws = self.aws(shown.service, shown.operation);
        let asked = format!("{aws} --cli-input-json {}", word(&shown.parameters));
        let asked = shown.none.map_or_else(|| asked.clone(), |code| format!("or_none {} {asked}", quoted(code)));
        self.put(&format!("{variable}=$({asked} | jq -r {})", quoted(&filter)));
        let told = quoted(&konecta_base::text::prose(&format!("{}: {name} is not as planned:", self.change.id)));
        self.put(&format!("[ -z \"${variable}\" ] || fail {told}\" ${variable}\""));
    }
}
