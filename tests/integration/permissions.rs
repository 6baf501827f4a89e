//! The policy that `konecta-audit permissions` prints is enough for a scan, and nothing in it is too much: held against
//! the catalogue, against what goes over the wire, and against an emulator that authorises.

use std::collections::BTreeSet;

use konecta_base::id::Action;
use konecta_base::reads::reads;
use konecta_base::snapshot::{SnapshotFile, Source};
use konecta_rego::catalogue::{Catalogue, Control};
use serde_json::{Value, json};

use crate::denied::{DeniedWorld, NOT_ASKED, desk, http, verdicts};
use crate::helper::Helper;
use crate::world::{program, report};

/// A managed policy holds this many characters, white space not counted.
const MANAGED_POLICY_LIMIT: usize = 6144;

/// Operations that ministack does not have (of launch templates: not for all templates at once; of load balancing: not of its
/// older API, whose question it answers as the newer one would). It authorises before
/// it looks for them, so they are tested all the same; under the whole policy each is a gap of another kind.
const NOT_IMPLEMENTED: [&str; 13] = [
    "broken_answer ecr:DescribeImages",
    "broken_answer elb:DescribeLoadBalancers",
    "not_made eks:DescribeFargateProfile",
    "refused ec2:DescribeLaunchTemplateVersions",
    "refused ec2:GetEbsEncryptionByDefault",
    "refused ecr:BatchGetRepositoryScanningConfiguration",
    "refused ecr:GetRegistryPolicy",
    "refused ecr:GetRegistryScanningConfiguration",
    "refused eks:DescribeClusterVersions",
    "refused eks:ListFargateProfiles",
    "refused elasticloadbalancing:DescribeListenerCertificates",
    "refused elasticloadbalancing:DescribeSSLPolicies",
    "refused rds:DescribeDBMajorEngineVersions",
];

/// What is asked in the good world and not in the empty account that authorises.
const NOT_ASKED_HERE: &[(&str, &str)] = &[(
    "ec2:GetManagedPrefixListEntries",
    "no rule and no route names one of AWS's own lists, and there are no others",
)];

/// What `konecta-audit permissions` prints.
fn policy(arguments: &[&str]) -> Value {
    let output = program().arg("permissions").args(arguments).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    report(&output)
}

/// The actions of the one statement.
fn actions(policy: &Value) -> BTreeSet<String> {
    let list = policy["Statement"][0]["Action"].as_array().expect("actions");
    let actions: BTreeSet<String> = list.iter().map(|action| action.as_str().expect("text").to_owned()).collect();
    assert_eq!(actions.len(), list.len(), "an action stands there twice");
    actions
}

/// The actions that allow these reads.
fn names<'a>(actions: impl IntoIterator<Item = &'a Action>) -> BTreeSet<String> {
    reads().permissions(actions).iter().map(ToString::to_string).collect()
}

fn catalogue() -> Catalogue {
    Catalogue::built_in().expect("policies")
}

/// All that the built-in controls need.
fn wanted() -> BTreeSet<Action> {
    catalogue().reads()
}

#[test]
fn the_policy_allows_the_reads_of_the_controls_and_nothing_else() {
    let printed = policy(&[]);
    assert_eq!(actions(&printed), names(&wanted()));
    let statement = json!([{"Sid": "KonectaAuditScan", "Effect": "Allow", "Action": printed["Statement"][0]["Action"], "Resource": "*"}]);
    assert_eq!(printed, json!({"Version": "2012-10-17", "Statement": statement}));
}

#[test]
fn with_read_all_it_allows_every_read_there_is() {
    assert_eq!(actions(&policy(&["--read-all"])), names(reads().iter().map(|(action, _)| action)));
}

#[test]
fn with_all_regions_it_also_allows_to_ask_which_there_are() {
    let mut expected = names(&wanted());
    expected.insert("ec2:DescribeRegions".to_owned());
    assert_eq!(actions(&policy(&["--all-regions"])), expected);
}

#[test]
fn it_is_as_narrow_as_the_scan() {
    let known = reads();
    let catalogue = catalogue();
    for control in catalogue.controls() {
        let expected = names(&control.reads(known));
        assert_eq!(actions(&policy(&["--control", control.id().as_str()])), expected, "{}", control.id());
    }
    for layer in catalogue.layers() {
        let controls = catalogue.controls().filter(|control| control.layer() == layer);
        let expected: BTreeSet<String> = controls.flat_map(|control| names(&control.reads(known))).collect();
        assert_eq!(actions(&policy(&["--layer", layer])), expected, "{layer}");
    }
}

#[test]
fn what_one_control_reads_is_enough_for_it() {
    let desk = desk();
    for control in catalogue().controls() {
        let id = control.id().as_str();
        let (alone, _) = desk.scan(&[id]);
        assert_eq!(verdicts(&alone, &[id]), verdicts(&desk.undisturbed, &[id]), "{id} alone, and among all controls");
    }
}

#[test]
fn it_only_reads_and_fits_into_one_managed_policy() {
    let printed = policy(&["--read-all", "--all-regions"]);
    for action in actions(&printed) {
        let operation = action.split(':').nth(1).expect("operation");
        let reads = ["Get", "List", "Describe", "BatchGet"].iter().any(|verb| operation.starts_with(verb));
        assert!(reads && !action.contains('*'), "{action}");
    }
    let size = printed.to_string().chars().filter(|letter| !letter.is_whitespace()).count();
    assert!(size <= MANAGED_POLICY_LIMIT, "{size} characters");
}

/// What the proxies of a desk have seen since they were given a rule that lets everything pass, as IAM actions.
fn seen(desk: &DeniedWorld) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for proxy in desk.proxies() {
        let metrics = http(proxy, "GET", "/_microburst/metrics", "");
        let delayed = metrics.lines().filter(|line| line.contains("action=\"latency:"));
        for line in delayed {
            let label = |name: &str| {
                let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {line}"));
                rest.split('"').next().unwrap_or_default().to_owned()
            };
            let service = label("service").replace("elbv2", "elasticloadbalancing");
            seen.insert(format!("{service}:{}", label("operation")));
        }
    }
    seen
}

#[test]
fn what_goes_over_the_wire_is_what_the_policy_allows() {
    let desk = desk();
    for proxy in desk.proxies() {
        DeniedWorld::rules(proxy, &json!([{"service": "*", "latency": 1}]));
    }
    let dir = tempfile::tempdir().expect("dir");
    let kept = dir.path().join("kept.snap");
    let output =
        desk.command().args(["scan", "--format", "json", "--save-snapshot"]).arg(&kept).output().expect("runs");
    let seen = seen(&desk);
    for proxy in desk.proxies() {
        DeniedWorld::rules(proxy, &json!([]));
    }
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));

    let printed = actions(&policy(&[]));
    let never: BTreeSet<String> = NOT_ASKED.iter().map(|(action, _)| (*action).to_owned()).collect();
    let mut expected: BTreeSet<String> = printed.difference(&never).cloned().collect();
    let snapshot = SnapshotFile::open(&kept).expect("snapshot");
    let recorded = names(snapshot.reads().iter().map(|read| &read.action));
    assert_eq!(recorded, printed, "the reads that the snapshot records");
    let made = names(snapshot.reads().iter().filter(|read| read.calls > 0).map(|read| &read.action));
    assert_eq!(made, expected, "the reads that were made");
    // Who we are needs no permission.
    expected.insert("sts:GetCallerIdentity".to_owned());
    assert_eq!(seen, expected, "the calls that the servers were sent");
}

/// ministack alone, authorising, with the good world as far as it takes it and a user without any right. Each line
/// is a policy that becomes the user's only one.
const AUTHORISING: &str = r#"
import json
import emulators, stack
from botocore.client import BaseClient
from emulators import Endpoints
from stack.aws import Aws
from stack.state import Design

# ministack has none of these, and no control reads what they do.
UNKNOWN = {"EnableEbsEncryptionByDefault", "AttachInstances", "AttachLoadBalancerTargetGroups"}
call = BaseClient._make_api_call
BaseClient._make_api_call = lambda self, name, arguments: {} if name in UNKNOWN else call(self, name, arguments)

servers = emulators.Emulators()
try:
    environment = {**emulators._MINISTACK_ENVIRONMENT, "AUTH": "true"}
    url = servers._start("ministack", emulators._ministack_command, "/_ministack/ready", environment)
    aws = Aws(Endpoints(url, url))
    stack.build(aws, Design())
    aws.iam.create_user(UserName="auditor")
    key = aws.iam.create_access_key(UserName="auditor")["AccessKey"]
    print(json.dumps({"url": url, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
    policy = None
    for line in sys.stdin:
        if policy:
            aws.iam.detach_user_policy(UserName="auditor", PolicyArn=policy)
            aws.iam.delete_policy(PolicyArn=policy)
        policy = aws.iam.create_policy(PolicyName="scan", PolicyDocument=line)["Policy"]["Arn"]
        aws.iam.attach_user_policy(UserName="auditor", PolicyArn=policy)
        print("attached", flush=True)
finally:
    servers.stop()
"#;

/// An account that authorises, and a user in it whose rights can be set.
struct Authorising {
    helper: Helper,
    told: Value,
}

impl Authorising {
    fn up() -> Self {
        let mut helper = Helper::start(AUTHORISING, &[]);
        let told = serde_json::from_str(&helper.answer()).expect("JSON");
        Self { helper, told }
    }

    /// Makes this the only policy of the user.
    fn allow(&mut self, policy: &Value) {
        assert_eq!(self.helper.ask(&policy.to_string()), "attached");
    }

    /// The gaps that a scan by the user meets, as `kind action`.
    fn gaps(&self, arguments: &[&str]) -> BTreeSet<String> {
        let told = |name: &str| self.told[name].as_str().expect("text");
        let mut command = program();
        command.env("AWS_ACCESS_KEY_ID", told("key")).env("AWS_SECRET_ACCESS_KEY", told("secret"));
        command.args(["scan", "--format", "json", "--region", "us-east-1", "--endpoint-url", told("url")]);
        let output = command.args(arguments).output().expect("runs");
        let report = report(&output);
        let gaps = report["gaps"].as_array().expect("gaps").iter();
        let text = |gap: &Value, key: &str| gap[key].as_str().expect("text").to_owned();
        gaps.map(|gap| format!("{} {}", text(gap, "kind"), text(gap, "action"))).collect()
    }
}

fn denied(gaps: &BTreeSet<String>) -> Vec<&str> {
    gaps.iter().filter_map(|gap| gap.strip_prefix("denied ")).collect()
}

/// The control that needs the fewest calls besides this one.
fn narrowest<'a>(catalogue: &'a Catalogue, action: &Action) -> &'a Control {
    let known = reads();
    let building = catalogue.controls().filter(|control| control.reads(known).contains(action));
    building.min_by_key(|control| control.reads(known).len()).unwrap_or_else(|| panic!("no control reads {action}"))
}

#[test]
fn a_scan_under_exactly_the_printed_policy_is_denied_nothing() {
    let mut account = Authorising::up();
    account.allow(&policy(&[]));
    assert_eq!(account.gaps(&[]), NOT_IMPLEMENTED.map(str::to_owned).into());
    account.allow(&policy(&["--read-all"]));
    assert_eq!(denied(&account.gaps(&["--read-all"])), [""; 0], "with --read-all");
}

#[test]
fn a_scan_without_one_action_is_denied_exactly_that_one() {
    let mut account = Authorising::up();
    let whole = policy(&[]);
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for action in reads().permissions(&wanted()) {
        let mut less = whole.clone();
        let left = actions(&whole).into_iter().filter(|name| *name != action.as_str());
        less["Statement"][0]["Action"] = left.collect();
        account.allow(&less);
        let gaps = account.gaps(&["--control", narrowest(&catalogue, &action).id().as_str()]);
        let exempt = NOT_ASKED.iter().chain(NOT_ASKED_HERE).any(|(name, _)| *name == action.as_str());
        let expected = if exempt { Vec::new() } else { vec![action.as_str()] };
        if denied(&gaps) != expected {
            wrong.push(format!("without {action}: {gaps:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} actions:\n{}", wrong.len(), wrong.join("\n"));
}
