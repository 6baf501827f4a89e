//! Every role of `deploy/`, evaluated: what the state machine, the schedule, the functions and the alarms do at run time is allowed,
//! and what they have no business with is not, for every way to deploy it. The emulators of the other tests authorize nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hcl_edit::structure::Block;
use serde_json::{Value, json};

use super::iam::{Request, allows};
use super::module::{self, Module};
use super::template::{self, Template};
use super::{Site, statements};
use crate::world::root;

const MEMBER: &str = "222222222222";
const STRANGER: &str = "999999999999";
/// No remedy; rules of groups; a role to pass; roles' policies; and one of each service.
const FIXES: [&str; 5] =
    ["", "KA-SG-001", "KA-VPC-001", "KA-IAM-003,KA-CF-040", "KA-ALB-018,KA-ECR-001,KA-EKS-004,KA-RDS-008,KA-WAF-001"];

/// One way to deploy it.
#[derive(Debug, Clone)]
struct Variant {
    place: Site,
    accounts: &'static str,
    fix: &'static str,
    has_key: bool,
    has_hub: bool,
    /// Whether the blueprint is an object, a parameter, or not there.
    config: &'static str,
    prefix: &'static str,
    flow_log_role: &'static str,
}

impl Variant {
    fn key(&self) -> String {
        self.place.arn("kms", &self.place.region, &self.place.account, "key/1")
    }

    fn object(&self, key: &str) -> String {
        self.place.arn("s3", "", "", &format!("{}/{}{key}", self.place.bucket, self.prefix))
    }

    fn template<'a>(&'a self, text: &'a Value) -> Template<'a> {
        let place = format!("{}/blueprint.toml", "settings");
        let given = [
            ("Accounts", self.accounts.to_owned()),
            ("FixControls", self.fix.to_owned()),
            ("FlowLogRole", self.flow_log_role.to_owned()),
            ("KmsKeyArn", if self.has_key { self.key() } else { String::new() }),
            ("SecurityHub", self.has_hub.to_string()),
            ("ConfigObject", if self.config == "object" { place } else { String::new() }),
            (
                "ConfigParameter",
                if self.config == "parameter" { "/konecta/blueprint".to_owned() } else { String::new() },
            ),
            ("KeyPrefix", self.prefix.to_owned()),
            ("ExternalId", "SOMETHING".to_owned()),
            ("PermissionsBoundary", "bounds/audit".to_owned()),
            ("ReservedConcurrency", "20".to_owned()),
        ];
        Template::new(text, &given, &self.place)
    }

    fn module(&self) -> Module<'static> {
        let fix: Vec<&str> = self.fix.split(',').filter(|control| !control.is_empty()).collect();
        let given = [
            ("accounts", json!(self.accounts)),
            ("fix_controls", json!(fix)),
            ("flow_log_role", json!(self.flow_log_role)),
            ("kms_key_arn", if self.has_key { json!(self.key()) } else { Value::Null }),
            ("security_hub", json!(self.has_hub)),
            ("config_object", json!(if self.config == "object" { "settings/blueprint.toml" } else { "" })),
            ("config_parameter", json!(if self.config == "parameter" { "/konecta/blueprint" } else { "" })),
            ("key_prefix", json!(self.prefix)),
            ("permissions_boundary", json!("bounds/audit")),
        ];
        static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| module::parsed(&root().join("deploy/terraform")));
        Module::new(root().join("deploy/terraform"), &BLOCKS, &given, &self.place)
    }
}

fn variants() -> Vec<Variant> {
    let mut all = Vec::new();
    for accounts in ["organization", "222222222222,333333333333", ""] {
        for (at, fix) in FIXES.into_iter().enumerate() {
            for (has_key, has_hub, config, prefix) in [
                (false, false, "", ""),
                (true, false, "object", "audit/"),
                (false, true, "parameter", "audit/"),
                (true, true, "object", ""),
            ] {
                let (partition, region) =
                    [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")][at % 3];
                let flow_log_role = if has_key { "logs/flow" } else { "" };
                let place = Site::new(partition, region);
                all.push(Variant { place, accounts, fix, has_key, has_hub, config, prefix, flow_log_role });
            }
        }
    }
    all
}

/// The statements of each role, by what takes it.
type Roles = BTreeMap<&'static str, Vec<Value>>;

/// A CloudFormation template as it is written.
fn written(name: &str) -> Value {
    template::parsed(&super::template(name))
}

fn deployed(variant: &Variant, text: &Value) -> [(&'static str, Roles); 2] {
    let stack = variant.template(text);
    let names = [("scan", "ScanRole"), ("fix", "FixRole"), ("machine", "MachineRole"), ("schedule", "ScheduleRole")];
    let cloudformation = names.into_iter().filter_map(|(role, name)| Some((role, stack.statements(name)?))).collect();
    let module = variant.module();
    let mut terraform: Roles = [("machine", module.role("machine")), ("schedule", module.role("schedule"))].into();
    terraform.extend(["scan", "fix"].into_iter().filter_map(|which| Some((which, module.function(which)?))));
    [("CloudFormation", cloudformation), ("Terraform", terraform)]
}

/// What is wrong with a role: what it needs and has not, what it has and may not have.
fn wrong(statements: &[Value], needs: &[Request], strays: &[Request]) -> Vec<String> {
    let lacks = needs.iter().filter(|need| !allows(statements, need)).map(|need| format!("lacks {need:?}"));
    let exceeds = strays.iter().filter(|stray| allows(statements, stray)).map(|stray| format!("may {stray:?}"));
    lacks.chain(exceeds).collect()
}

/// The keys that docs/scheduled.md names, with something for what stands there in capitals.
fn keys() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/scheduled.md")).expect("the page");
    let list = text.split_once("## What is in S3").expect("the chapter").1.split_once("\n### ").expect("its end").0;
    let mut keys = Vec::new();
    for item in list.lines().filter(|line| line.starts_with("- `")) {
        let names = item.split("`: ").next().expect("names");
        let mut first = "";
        for name in names.split('`').skip(1).step_by(2) {
            // `….json` `.sarif`: the same with another ending.
            let key = if name.starts_with('.') {
                format!("{}{name}", first.trim_end_matches(".json"))
            } else {
                name.to_owned()
            };
            if !name.starts_with('.') {
                first = name;
            }
            let filled = key.replace("RUN", "2026-11-28T03.17.00Z").replace("YYYY-MM-DD", "2026-11-28");
            keys.push(
                filled
                    .replace("=A/", &format!("={MEMBER}/"))
                    .replace("/A/", &format!("/{MEMBER}/"))
                    .replace("/A.", &format!("/{MEMBER}."))
                    .replace("=R", "=us-east-1")
                    .replace("/R", "/us-east-1"),
            );
        }
    }
    keys
}

fn encrypted(variant: &Variant) -> Vec<Request> {
    let uses = ["kms:Decrypt", "kms:GenerateDataKey"].map(|action| Request::of(action, variant.key()));
    if variant.has_key { uses.into() } else { Vec::new() }
}

/// What the definition of the state machine does by its role, state by state.
fn machine_needs(variant: &Variant) -> Vec<Request> {
    let place = &variant.place;
    let source = |path: &str| std::fs::read_to_string(root().join(path)).expect("source");
    let rollup_io = source("src/rollup_io.rs");
    let order =
        rollup_io.split_once("ORDER: &str = \"").and_then(|(_, rest)| rest.split_once('"')).expect("the object").0;
    let target = if variant.fix.is_empty() { "scan" } else { "fix" };
    let values = [
        ("Partition", place.partition.clone()),
        ("ScanFunctionArn", place.function(&format!("{}-scan", place.name))),
        ("TargetFunctionArn", place.function(&format!("{}-{target}", place.name))),
        ("Bucket", place.bucket.clone()),
        ("KeyPrefix", variant.prefix.to_owned()),
        ("MaxConcurrency", "20".to_owned()),
    ];
    let text = values.into_iter().fold(source("deploy/state-machine.asl.json"), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), &value)
    });
    let definition: Value = serde_json::from_str(&text).expect("JSON");
    let mut needs = encrypted(variant);
    let mut pending = vec![&definition];
    while let Some(machine) = pending.pop() {
        for (name, state) in machine["States"].as_object().expect("states") {
            match state["Type"].as_str().expect("a type") {
                "Task" => needs.push(task_needs(place, name, state)),
                "Map" => {
                    assert_eq!(
                        state["ItemReader"]["Parameters"],
                        json!({"Bucket.$": "$.bucket", "Key.$": "$.targets"})
                    );
                    let integration =
                        |value: &Value| value.as_str().expect("a text").rsplit(":::").next().map(str::to_owned);
                    assert_eq!(integration(&state["ItemReader"]["Resource"]).as_deref(), Some("s3:getObject"));
                    assert_eq!(integration(&state["ResultWriter"]["Resource"]).as_deref(), Some("s3:putObject"));
                    needs.push(Request::of(
                        "s3:GetObject",
                        variant.object(&format!("runs/2026-11-28T03.17.00Z/{order}")),
                    ));
                    let writer = &state["ResultWriter"]["Parameters"];
                    let (bucket, prefix) =
                        (writer["Bucket"].as_str().expect("a bucket"), writer["Prefix"].as_str().expect("a prefix"));
                    let written = place.arn("s3", "", "", &format!("{bucket}/{prefix}/0123/SUCCEEDED_0.json"));
                    let writes =
                        ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
                    needs.extend(writes.map(|action| Request::of(action, written.clone())));
                    let label = state["Label"].as_str().expect("a label");
                    needs.push(Request::of("states:StartExecution", place.machine()));
                    for execution in [format!("{}:night", place.name), format!("{}/{label}:0123", place.name)] {
                        let arn = place.arn("states", &place.region, &place.account, &format!("execution:{execution}"));
                        let minds = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"];
                        needs.extend(minds.map(|action| Request::of(action, arn.clone())));
                    }
                    pending.push(&state["ItemProcessor"]);
                }
                "Choice" | "Pass" | "Succeed" | "Fail" => {}
                other => panic!("{name}: a state of another type, {other}"),
            }
        }
    }
    let delivers = [
        "CreateLogDelivery",
        "GetLogDelivery",
        "UpdateLogDelivery",
        "DeleteLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "DescribeResourcePolicies",
        "DescribeLogGroups",
    ];
    needs.extend(delivers.map(|name| Request::of(format!("logs:{name}"), "*")));
    needs
}

fn task_needs(place: &Site, name: &str, state: &Value) -> Request {
    let resource = state["Resource"].as_str().expect("a resource");
    let integration = resource.strip_prefix(&format!("arn:{}:states:::", place.partition)).expect("of this partition");
    match integration.split(':').collect::<Vec<_>>().as_slice() {
        ["lambda", "invoke"] => {
            Request::of("lambda:InvokeFunction", state["Parameters"]["FunctionName"].as_str().expect("a function"))
        }
        ["aws-sdk", service, operation] => {
            let (first, rest) = operation.split_at(1);
            let request = Request::of(format!("{service}:{}{rest}", first.to_uppercase()), "*");
            match state["Parameters"]["Namespace"].as_str() {
                Some(namespace) => request.with("cloudwatch:namespace", namespace),
                None => request,
            }
        }
        _ => panic!("{name}: another integration, {integration}"),
    }
}

/// What a function does by its role, whatever it is asked, and what it must not be able to.
fn function_needs(variant: &Variant, which: &str) -> (Vec<Request>, Vec<Request>) {
    let place = &variant.place;
    let mut needs = encrypted(variant);
    let mut strays = Vec::new();
    for action in actions_of(&statements(&["--all-regions"])) {
        needs.push(Request::of(action, "*"));
    }
    for key in keys() {
        let object = variant.object(&key);
        // What Step Functions writes is below the same prefix, and no business of the functions.
        if key.starts_with("map/") {
            continue;
        }
        needs.push(Request::of("s3:GetObject", object.clone()));
        needs.push(Request::of("s3:PutObject", object.clone()));
        let is_cleared = key.contains("/parts/") || (which == "fix" && key.ends_with("/lock"));
        if is_cleared { &mut needs } else { &mut strays }.push(Request::of("s3:DeleteObject", object));
    }
    needs.push(Request::of("s3:ListBucket", place.arn("s3", "", "", &place.bucket)));
    strays.push(Request::of("s3:GetObject", place.arn("s3", "", "", "another/key")));
    needs.push(Request::of("sns:Publish", place.topic()));
    strays.push(Request::of("sns:Publish", place.topic() + "-another"));
    needs.push(Request::of("sqs:SendMessage", place.queue()));
    let log = place.log(&format!("/aws/lambda/{}-{which}", place.name));
    for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
        needs.push(Request::of(action, format!("{log}:log-stream:2026/11/28/[1]0123")));
    }
    let role = |account: &str, name: &str| place.arn("iam", "", account, &format!("role/{name}"));
    let (own, other) = if which == "fix" {
        ("konecta-audit-fix", "konecta-audit-scan")
    } else {
        ("konecta-audit-scan", "konecta-audit-fix")
    };
    let enter = Request::of("sts:AssumeRole", role(MEMBER, own));
    if variant.accounts.is_empty() { &mut strays } else { &mut needs }.push(enter);
    strays.push(Request::of("sts:AssumeRole", role(MEMBER, other)));
    strays.push(Request::of("sts:AssumeRole", role(MEMBER, "Administrator")));
    let asks = variant.accounts == "organization" && which == "scan";
    let organization = statements(&["--organization"]).into_iter().find(|one| one["Sid"] == "KonectaAuditOrganization");
    for action in actions_of(&[organization.expect("a statement")]) {
        if asks { &mut needs } else { &mut strays }.push(Request::of(action, "*"));
    }
    let hub = place.arn("securityhub", "eu-west-1", &place.account, &format!("product/{}/default", place.account));
    if variant.has_hub { &mut needs } else { &mut strays }.push(Request::of("securityhub:BatchImportFindings", hub));
    let object = Request::of("s3:GetObject", place.arn("s3", "", "", "settings/blueprint.toml"));
    if variant.config == "object" { &mut needs } else { &mut strays }.push(object);
    let parameter = place.arn("ssm", &place.region, &place.account, "parameter/konecta/blueprint");
    let parameter = Request::of("ssm:GetParameter", parameter);
    if variant.config == "parameter" { &mut needs } else { &mut strays }.push(parameter);
    if !variant.has_key {
        strays.push(Request::of("kms:Decrypt", variant.key()));
    }
    (needs, strays)
}

fn actions_of(statements: &[Value]) -> Vec<String> {
    let all = statements.iter().flat_map(|statement| super::iam::each(&statement["Action"]));
    all.map(str::to_owned).collect()
}

/// Requests as a remedy makes them: the call on a resource that AWS checks for it.
fn changes(place: &Site, account: &str, action: &str) -> Vec<Request> {
    let (service, name) = action.split_once(':').expect("an action");
    let at = |service: &str, rest: &str| place.arn(service, &place.region, account, rest);
    let group = || vec![at("ec2", "security-group/sg-1")];
    let resources: Vec<String> = match (service, name) {
        ("cloudfront", name) if name.contains("ResponseHeadersPolicy") => {
            vec![place.arn("cloudfront", "", account, "response-headers-policy/1")]
        }
        ("cloudfront", _) => vec![place.arn("cloudfront", "", account, "distribution/E1")],
        ("ec2", "CreateTags") => vec![at("ec2", "security-group-rule/sgr-1")],
        ("ec2", name) if name.contains("SecurityGroup") => group(),
        ("ec2", "CreateFlowLogs") => vec![at("ec2", "vpc/vpc-1"), at("ec2", "vpc-flow-log/*")],
        ("ec2", "DeleteFlowLogs") => vec![at("ec2", "vpc-flow-log/fl-1")],
        ("ec2", name) if name.contains("NetworkAcl") => vec![at("ec2", "network-acl/acl-1")],
        ("ec2", "CreateRoute" | "DeleteRoute") => vec![at("ec2", "route-table/rtb-1")],
        ("ec2", "ModifySubnetAttribute") => vec![at("ec2", "subnet/subnet-1")],
        ("ec2", "DescribeVpcAttribute") => vec![at("ec2", "vpc/vpc-1")],
        ("ec2", "ModifyInstanceMetadataOptions") => vec![at("ec2", "instance/i-1")],
        ("ecr", "PutRegistryScanningConfiguration") | ("ec2" | "logs", _) => vec!["*".to_owned()],
        ("iam", name) if name.ends_with("AccountPasswordPolicy") => vec!["*".to_owned()],
        ("ecr", _) => vec![at("ecr", "repository/erp/web")],
        ("eks", "UpdateNodegroupConfig") => vec![at("eks", "nodegroup/erp/workers/1")],
        ("eks", _) => vec![at("eks", "cluster/erp")],
        ("elasticloadbalancing", "CreateListener" | "ModifyLoadBalancerAttributes") => {
            vec![at(service, "loadbalancer/app/erp/1")]
        }
        ("elasticloadbalancing", "CreateRule" | "ModifyListener" | "DeleteListener") => {
            vec![at(service, "listener/app/erp/1/2")]
        }
        ("elasticloadbalancing", "ModifyRule" | "DeleteRule") => vec![at(service, "listener-rule/app/erp/1/2/3")],
        ("elasticloadbalancing", "ModifyTargetGroup") => vec![at(service, "targetgroup/erp/1")],
        ("iam", "PassRole") => vec![place.arn("iam", "", account, "role/logs/flow")],
        ("iam", _) => vec![place.arn("iam", "", account, "role/erp-nodes")],
        ("rds", "ModifyDBCluster") => vec![at("rds", "cluster:erp"), at("rds", "cluster-pg:erp")],
        ("rds", "ModifyDBInstance") => {
            vec![at("rds", "db:erp"), at("rds", "pg:erp"), at("rds", "og:erp"), at("rds", "subgrp:erp")]
        }
        ("rds", _) => vec![at("rds", "pg:erp")],
        ("s3", _) => vec![place.arn("s3", "", "", "logs-of-the-edge")],
        ("wafv2", "AssociateWebACL") => {
            vec![at("wafv2", "regional/webacl/erp/1"), at("elasticloadbalancing", "loadbalancer/app/erp/1")]
        }
        ("wafv2", _) => vec![
            at("wafv2", "global/webacl/erp/1"),
            at("wafv2", "global/managedruleset/AWSManagedRulesCommonRuleSet/*"),
        ],
        _ => panic!("{action}: on what it is made is not known"),
    };
    let context = |request: Request| match action {
        "ec2:CreateTags" => request.with("ec2:CreateAction", "AuthorizeSecurityGroupIngress"),
        "iam:PassRole" => request.with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"),
        _ if service == "s3" => request.with("aws:ResourceAccount", account),
        _ => request,
    };
    resources.into_iter().map(|resource| context(Request::of(action, resource))).collect()
}

/// What the remedies of these controls call, besides what a scan reads.
fn called(fix: &str) -> Vec<String> {
    let read = actions_of(&statements(&["--all-regions"]));
    let each = fix.split(',').filter(|control| !control.is_empty());
    let all = each.flat_map(|control| actions_of(&statements(&["--fix", "--control", control])));
    all.filter(|action| !read.contains(action)).collect()
}

/// What a fix role must be able to and must not, in the account that it is of.
fn fix_needs(variant: &Variant, account: &str, own_roles: &[&str]) -> (Vec<Request>, Vec<Request>) {
    let place = &variant.place;
    let (mut needs, mut strays) = (Vec::new(), Vec::new());
    let named = called(variant.fix);
    let everything = actions_of(&statements(&["--all-regions", "--fix"]));
    let read = actions_of(&statements(&["--all-regions"]));
    for action in everything.iter().filter(|action| !read.contains(action)) {
        let is_allowed = named.contains(action) && (action != "iam:PassRole" || !variant.flow_log_role.is_empty());
        if is_allowed { &mut needs } else { &mut strays }.extend(changes(place, account, action));
        strays.extend(changes(place, STRANGER, action).into_iter().filter(|request| request.resource != "*"));
    }
    let role = |name: &str| place.arn("iam", "", account, &format!("role/{name}"));
    for own in own_roles {
        strays.extend(
            ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PassRole"].map(|action| {
                Request::of(action, role(own)).with("iam:PassedToService", "vpc-flow-logs.amazonaws.com")
            }),
        );
    }
    strays.push(Request::of("iam:PassRole", role("logs/flow")).with("iam:PassedToService", "ec2.amazonaws.com"));
    strays.push(
        Request::of("iam:PassRole", role("Administrator")).with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"),
    );
    let rule = place.arn("ec2", &place.region, account, "security-group-rule/sgr-1");
    strays.push(Request::of("ec2:CreateTags", rule));
    strays.push(Request::of("ec2:CreateTags", place.arn("ec2", &place.region, account, "instance/i-1")));
    for action in [
        "iam:CreateUser",
        "iam:CreatePolicyVersion",
        "iam:UpdateAssumeRolePolicy",
        "ec2:TerminateInstances",
        "rds:DeleteDBInstance",
    ] {
        strays.push(Request::of(action, "*"));
    }
    (needs, strays)
}

fn checked(faults: Vec<String>, what: &str) {
    assert!(
        faults.is_empty(),
        "{what}: {} faults, such as\n{}",
        faults.len(),
        faults[..faults.len().min(12)].join("\n")
    );
}

#[test]
fn every_role_may_do_what_happens_at_run_time_and_no_more() {
    let all = variants();
    assert!(
        keys().iter().any(|key| key.ends_with("/order.json")) && keys().iter().any(|key| key.ends_with(".sarif")),
        "{:?}",
        keys()
    );
    let text = written("konecta-audit.yaml");
    for variant in &all {
        let place = &variant.place;
        for (from, roles) in deployed(variant, &text) {
            let what = |role: &str| format!("{from}, the role of {role}, {variant:?}");
            assert_eq!(roles.contains_key("fix"), !variant.fix.is_empty(), "{}", what("fix"));

            let strays = [
                Request::of("s3:PutObject", variant.object("runs/2026-11-28T03.17.00Z/order.json")),
                Request::of("s3:GetObject", variant.object("state/known.json")),
                Request::of("s3:DeleteObject", variant.object("map/0123/manifest.json")),
                Request::of("lambda:InvokeFunction", place.function("another")),
                Request::of("cloudwatch:PutMetricData", "*").with("cloudwatch:namespace", "AWS/States"),
                Request::of("states:StartExecution", place.machine() + "-another"),
            ];
            checked(wrong(&roles["machine"], &machine_needs(variant), &strays), &what("machine"));

            let needs =
                [Request::of("states:StartExecution", place.machine()), Request::of("sqs:SendMessage", place.queue())];
            let strays = [
                Request::of("states:StartExecution", place.machine() + "-another"),
                Request::of("lambda:InvokeFunction", "*"),
            ];
            checked(wrong(&roles["schedule"], &needs, &strays), &what("schedule"));

            let (needs, mut strays) = function_needs(variant, "scan");
            for action in called(&FIXES.join(",")) {
                strays.extend(changes(place, &place.account, &action));
            }
            checked(wrong(&roles["scan"], &needs, &strays), &what("scan"));

            if let Some(fix) = roles.get("fix") {
                let (mut needs, mut strays) = function_needs(variant, "fix");
                let (more, less) =
                    fix_needs(variant, &place.account, &["konecta-audit-fix-function", "konecta-audit-scan-function"]);
                needs.extend(more);
                strays.extend(less);
                checked(wrong(fix, &needs, &strays), &what("fix"));
            }
        }
    }
}

/// The roles in an account that is audited: what is entered from the audit account, and by whom.
#[test]
fn in_an_audited_account_the_roles_may_do_the_same_and_are_entered_by_the_functions_alone() {
    let text = written("member.yaml");
    for (at, fix) in FIXES.into_iter().enumerate() {
        for (has_hub, flow_log_role) in [(true, "logs/flow"), (false, "")] {
            let mut place = Site::new(["aws", "aws-us-gov", "aws-cn"][at % 3], "us-east-1");
            let audit = place.account.clone();
            let principal = |which: &str| place.arn("iam", "", &audit, &format!("role/konecta-audit-{which}-function"));
            let given = [
                ("ScanPrincipalArn", principal("scan")),
                ("FixPrincipalArn", principal("fix")),
                ("ExternalId", "SOMETHING".to_owned()),
                ("OrganizationId", "o-a1b2c3d4e5".to_owned()),
                ("SecurityHub", has_hub.to_string()),
                ("FixControls", fix.to_owned()),
                ("FlowLogRole", flow_log_role.to_owned()),
            ];
            let (scans, fixes) = (principal("scan"), principal("fix"));
            place.account = MEMBER.to_owned();
            let member = Template::new(&text, &given, &place);
            let variant = Variant {
                place: place.clone(),
                accounts: "",
                fix,
                has_key: false,
                has_hub,
                config: "",
                prefix: "",
                flow_log_role,
            };
            let hub = Request::of(
                "securityhub:BatchImportFindings",
                place.arn("securityhub", "eu-west-1", MEMBER, &format!("product/{MEMBER}/default")),
            );
            let reads =
                || actions_of(&statements(&["--all-regions"])).into_iter().map(|action| Request::of(action, "*"));
            for (role, whose, other) in [("ScanRole", &scans, &fixes), ("FixRole", &fixes, &scans)] {
                let Some(held) = member.statements(role) else {
                    assert!(role == "FixRole" && fix.is_empty(), "{role} {fix}");
                    continue;
                };
                assert!(role == "ScanRole" || !fix.is_empty(), "a role to fix without anything to be fixed");
                let mut needs: Vec<Request> = reads().collect();
                let mut strays = vec![Request::of("sts:AssumeRole", "*"), Request::of("s3:GetObject", "*")];
                if has_hub { &mut needs } else { &mut strays }.push(hub.clone());
                if role == "FixRole" {
                    let (more, less) = fix_needs(&variant, MEMBER, &["konecta-audit-fix", "konecta-audit-scan"]);
                    needs.extend(more);
                    strays.extend(less);
                } else {
                    strays.extend(called(&FIXES.join(",")).iter().flat_map(|action| changes(&place, MEMBER, action)));
                }
                checked(wrong(&held, &needs, &strays), &format!("{role} of {fix:?} in {}", place.partition));

                let trust = member.properties(role).expect("there")["AssumeRolePolicyDocument"]["Statement"].clone();
                let trust = trust.as_array().expect("statements");
                assert_eq!(trust[0]["Principal"]["AWS"], json!(place.arn("iam", "", &audit, "root")));
                let entry = |principal: &str, external: &str, organization: &str| {
                    Request::of("sts:AssumeRole", "")
                        .with("aws:PrincipalArn", principal)
                        .with("sts:ExternalId", external)
                        .with("aws:PrincipalOrgID", organization)
                };
                assert!(allows(trust, &entry(whose, "SOMETHING", "o-a1b2c3d4e5")), "{trust:?}");
                for stranger in [
                    entry(other, "SOMETHING", "o-a1b2c3d4e5"),
                    entry(whose, "ANYTHING", "o-a1b2c3d4e5"),
                    entry(whose, "SOMETHING", "o-another000"),
                ] {
                    assert!(!allows(trust, &stranger), "{stranger:?} comes in by {trust:?}");
                }
            }
        }
    }
}

/// Alarms ring where they are heard: of metrics that the machine writes, to a topic that takes them.
#[test]
fn every_alarm_may_tell_its_topic_and_looks_at_what_is_measured() {
    let definition = std::fs::read_to_string(root().join("deploy/state-machine.asl.json")).expect("the definition");
    let variant = Variant { fix: "KA-SG-001", ..variants().swap_remove(0) };
    let text = written("konecta-audit.yaml");
    let stack = variant.template(&text);
    let told = stack.properties("TopicPolicy").expect("there")["PolicyDocument"]["Statement"].clone();
    let alarm = |account: &str| {
        let request = Request::of("sns:Publish", variant.place.topic()).with("aws:SecureTransport", "true");
        request.with("aws:SourceAccount", account)
    };
    let told = told.as_array().expect("statements");
    assert!(allows(told, &alarm(&variant.place.account)), "{told:?}");
    assert!(!allows(told, &alarm(STRANGER)), "{told:?}");
    let alarms = stack.of_type("AWS::CloudWatch::Alarm");
    assert!(alarms.len() > 8, "{alarms:?}");
    for name in alarms {
        let alarm = stack.properties(&name).expect("there");
        assert_eq!(alarm["AlarmActions"], json!([variant.place.topic()]), "{name}");
        let metric = alarm["MetricName"].as_str().expect("a name");
        if alarm["Namespace"] == "KonectaAudit" {
            assert!(definition.contains(&format!("\"MetricName\": \"{metric}\"")), "{name}: nobody writes {metric}");
            assert_eq!(alarm["Dimensions"][0]["Name"], "StateMachine", "{name}");
        }
    }
    let bucket = stack.properties("BucketPolicy").expect("there")["PolicyDocument"]["Statement"].clone();
    assert!(bucket.as_array().expect("statements").iter().all(|one| one["Effect"] == "Deny"), "{bucket}");
}

/// 10,240 characters of inline policies a role, 6,144 a managed one; white space is not counted.
#[test]
fn with_every_control_named_the_policies_still_fit() {
    let controls: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("deploy/terraform/policies/fix-controls.json")).expect("the table"),
    )
    .expect("JSON");
    let all: Vec<&str> = controls.as_object().expect("controls").keys().map(String::as_str).collect();
    let all: &'static str = all.join(",").leak();
    let longest = variants().into_iter().find(|one| one.has_key && one.has_hub && one.accounts == "organization");
    let variant = Variant { fix: all, ..longest.expect("one") };
    let size = |document: &Value| document.to_string().chars().filter(|letter| !letter.is_whitespace()).count();
    for (name, role) in
        [("konecta-audit.yaml", "FixRole"), ("konecta-audit.yaml", "ScanRole"), ("konecta-audit.yaml", "MachineRole")]
    {
        let text = written(name);
        let stack = variant.template(&text);
        let policies = stack.properties(role).expect("there")["Policies"].clone();
        let inline: usize = policies.as_array().expect("policies").iter().map(|one| size(&one["PolicyDocument"])).sum();
        assert!(inline <= 10_240, "{role}: {inline} characters");
        let managed = size(&stack.properties("ScanPolicy").expect("there")["PolicyDocument"]);
        assert!(managed <= 6_144, "{managed} characters");
    }
    let module = variant.module().function("fix").expect("the fix role");
    let read = size(&module[0]);
    assert!(size(&json!(module)) - read <= 10_240, "Terraform: {} characters", size(&json!(module)) - read);
    // What CloudFormation takes as a body, from a StackSet and from Terraform too.
    for name in ["member.yaml", "stackset.yaml"] {
        assert!(super::template(name).len() <= 51_200, "{name}: {} bytes", super::template(name).len());
    }
}

/// `PermissionsBoundary` is on every role or, where none is named, on none.
#[test]
fn every_role_takes_the_boundary() {
    let variant = Variant { fix: "KA-SG-001", ..variants().swap_remove(0) };
    let wanted = json!(variant.place.arn("iam", "", &variant.place.account, "policy/bounds/audit"));
    for name in ["konecta-audit.yaml", "member.yaml"] {
        let text = written(name);
        let principal = |which: &str| format!("arn:aws:iam::{STRANGER}:role/{which}");
        let member = [("ScanPrincipalArn", principal("scan")), ("FixPrincipalArn", principal("fix"))];
        let mut given = vec![("FixControls", "KA-SG-001".to_owned())];
        given.extend(if name == "member.yaml" { member.to_vec() } else { Vec::new() });
        let bare = Template::new(&text, &given, &variant.place);
        given.push(("PermissionsBoundary", "bounds/audit".to_owned()));
        let bound = Template::new(&text, &given, &variant.place);
        let roles = bound.of_type("AWS::IAM::Role");
        assert!(roles.len() >= 2, "{roles:?}");
        for role in roles {
            assert_eq!(bound.properties(&role).expect("there")["PermissionsBoundary"], wanted, "{name} {role}");
            assert!(bare.properties(&role).expect("there").get("PermissionsBoundary").is_none(), "{name} {role}");
        }
    }
    let module = variant.module();
    for role in ["function", "machine", "schedule"] {
        assert_eq!(module.attribute("aws_iam_role", role, "permissions_boundary", Some("scan")), wanted, "{role}");
    }
}

#[test]
fn no_template_names_a_partition() {
    for folder in ["deploy", "deploy/cloudformation", "deploy/terraform", "deploy/terraform/policies"] {
        for file in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = file.expect("a file").path();
            if path.is_file() && path.extension().is_none_or(|extension| extension != "md") {
                let text = std::fs::read_to_string(&path).expect("text");
                let named = ["arn:aws:", "arn:aws-", "amazonaws.com.cn"].iter().find(|name| text.contains(**name));
                assert_eq!(named, None, "{}", path.display());
            }
        }
    }
}
