//! Before a call that does not read what it changes: whether each attribute is what it was when the plan was made.
//! Knows which operation shows a resource; what it does not know is said in the script, and not checked.

use serde_json::{Value, json};

use super::super::comment;
use super::super::shell::{jq_path, json as word, quoted};
use super::{Script, holds_stand_in};
use crate::fix::pointer::attribute;
use crate::fix::step::{Edit, Effect};
use crate::resource::ResourceRef;

/// How a resource is shown: the read, and where in its answer a part of the envelope stands.
struct Shown {
    service: &'static str,
    operation: &'static str,
    parameters: Value,
    /// The part of the envelope, and where it is in the answer.
    part: &'static str,
    place: &'static str,
}

fn shown(resource: &ResourceRef) -> Option<Shown> {
    let arn = resource.arn.as_str();
    let own = arn.splitn(6, ':').last()?;
    let id = resource.arn.short_name();
    let under =
        |service, operation, parameters, part, place| Some(Shown { service, operation, parameters, part, place });
    let of = |service, operation, parameters, place| under(service, operation, parameters, "/configuration", place);
    match resource.resource_type.as_str() {
        "AWS::EC2::Subnet" => of("ec2", "DescribeSubnets", json!({"SubnetIds": [id]}), "/Subnets/0"),
        "AWS::EC2::Instance" => {
            of("ec2", "DescribeInstances", json!({"InstanceIds": [id]}), "/Reservations/0/Instances/0")
        }
        "AWS::EC2::SecurityGroupRule" => {
            of("ec2", "DescribeSecurityGroupRules", json!({"SecurityGroupRuleIds": [id]}), "/SecurityGroupRules/0")
        }
        "AWS::RDS::DBInstance" => {
            of("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": id}), "/DBInstances/0")
        }
        "AWS::RDS::DBCluster" => of("rds", "DescribeDBClusters", json!({"DBClusterIdentifier": id}), "/DBClusters/0"),
        "AWS::EKS::Cluster" => of("eks", "DescribeCluster", json!({"name": id}), "/cluster"),
        "AWS::EKS::Nodegroup" => {
            let mut names = own.split('/').skip(1);
            let parameters = json!({"clusterName": names.next()?, "nodegroupName": names.next()?});
            of("eks", "DescribeNodegroup", parameters, "/nodegroup")
        }
        "AWS::ECR::Repository" => {
            let name = own.strip_prefix("repository/")?;
            of("ecr", "DescribeRepositories", json!({"repositoryNames": [name]}), "/repositories/0")
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => under(
            "elbv2",
            "DescribeLoadBalancerAttributes",
            json!({"LoadBalancerArn": arn}),
            "/supplement/attributes",
            "/Attributes",
        ),
        "AWS::ElasticLoadBalancingV2::Listener" => {
            of("elbv2", "DescribeListeners", json!({"ListenerArns": [arn]}), "/Listeners/0")
        }
        "AWS::ElasticLoadBalancingV2::ListenerRule" => {
            of("elbv2", "DescribeRules", json!({"RuleArns": [arn]}), "/Rules/0")
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            of("elbv2", "DescribeTargetGroups", json!({"TargetGroupArns": [arn]}), "/TargetGroups/0")
        }
        _ => None,
    }
}

impl Script<'_> {
    /// Everything that the change touches is asked for and compared.
    pub(super) fn check(&mut self) {
        let effects = &self.change.effects;
        for effect in effects {
            match effect {
                Effect::Amended { resource, edits } => self.compare(resource, edits),
                Effect::Removed { resource } => self.compare(resource, &[]),
                // What is to be made is refused by AWS where its name is taken.
                Effect::Created { .. } => {}
            }
        }
    }

    fn compare(&mut self, resource: &ResourceRef, edits: &[Edit]) {
        let id = &self.change.id;
        let name = resource.arn.short_name();
        let Some(shown) = shown(resource) else {
            self.put(&comment(&format!("the script does not look at {name} before the call")));
            return;
        };
        let mut checks = Vec::new();
        let mut unseen = Vec::new();
        for edit in edits {
            let before = edit.before.clone().unwrap_or(Value::Null);
            let at = edit.path.strip_prefix(shown.part).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            match at.filter(|_| !before.to_string().contains("\"$") && !holds_stand_in(&before)) {
                // Lists come in any order.
                Some(at) => checks.push(format!(
                    "if (getpath({}) | sorted) == ({before} | sorted) then empty else {} end",
                    jq_path(&format!("{}{at}", shown.place)),
                    Value::String(attribute(&edit.path))
                )),
                None => unseen.push(attribute(&edit.path)),
            }
        }
        if !unseen.is_empty() {
            self.put(&comment(&format!("the script does not look at {} of {name} before the call", unseen.join(", "))));
        }
        if checks.is_empty() && !edits.is_empty() {
            return;
        }
        if edits.is_empty() {
            checks.push(format!("if getpath({}) then empty else \"it is not there\" end", jq_path(shown.place)));
        }
        let filter = format!(
            "def sorted: if type == \"array\" then map(sorted) | sort else . end; [{}] | join(\", \")",
            checks.join(", ")
        );
        let variable = self.name("differs");
        let aws = self.aws(shown.service, shown.operation);
        self.put(&format!(
            "{variable}=$({aws} --cli-input-json {} | jq -r {})",
            word(&shown.parameters),
            quoted(&filter)
        ));
        let told = quoted(&crate::report::text::prose(&format!("{id}: {name} is not as planned:")));
        self.put(&format!("[ -z \"${variable}\" ] || fail {told}\" ${variable}\""));
    }
}
