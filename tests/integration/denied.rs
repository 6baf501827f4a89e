//! One test a read: that call denied, everything else as it was. Every control that builds on it is then unknown, the
//! report names the IAM action that is missing, and nothing passes, fails or falls silent by it. Verdicts that can be
//! proven without the answer stand, and [`stands`] says which and why.

mod matrix;
mod stands;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use konecta_base::id::Action;
use konecta_base::reads::reads;
use konecta_rego::catalogue::{Catalogue, Control};
use serde_json::{Value, json};

use self::stands::Extent;
use crate::helper::Helper;
use crate::world::{World, report};

/// Reads that the good world gives no occasion for. The test of each proves that it is not made there.
pub(crate) const NOT_ASKED: &[(&str, &str)] = &[
    ("acm:GetCertificate", "the good world's certificates are issued by ACM"),
    ("cloudfront:GetVpcOrigin", "the good world's origin is a load balancer that has a public name"),
    ("eks:DescribeFargateProfile", "the good world's cluster has no Fargate profile"),
    ("eks:DescribePodIdentityAssociation", "no role is associated with pods of the good world's cluster"),
    ("rds:DescribeDBClusterParameters", "the good world has no database cluster"),
    ("wafv2:GetRuleGroup", "the good world's web ACL refers to AWS's rule groups alone"),
    ("wafv2:ListResourcesForWebACL", "the good world's only web ACL stands at the edge"),
];

/// A second microburst: `world.py` puts one before moto, and CloudFront goes to ministack.
const PROXY: &str = r#"
import emulators
servers = emulators.Emulators()
try:
    command = lambda port: emulators._microburst_command(sys.argv[1], port)
    print(servers._start("microburst", command, "/_microburst/health", {}), flush=True)
    sys.stdin.read()
finally:
    servers.stop()
"#;

/// The good world behind two proxies that can deny a call, and what it looks like when they deny nothing.
pub(crate) struct DeniedWorld {
    world: World,
    _cloudfront: Helper,
    cloudfront_url: String,
    catalogue: Catalogue,
    /// The report of a scan in which nothing was denied.
    pub(crate) undisturbed: Value,
}

/// One world for all tests of this kind, one of them at a time: a rule of a proxy holds for everybody.
pub(crate) fn desk() -> MutexGuard<'static, DeniedWorld> {
    static DESK: LazyLock<Mutex<DeniedWorld>> = LazyLock::new(|| Mutex::new(DeniedWorld::open()));
    DESK.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DeniedWorld {
    fn open() -> Self {
        let world = World::behind_microburst("good", &[]);
        let mut proxy = Helper::start(PROXY, &[world.told["ministack"].as_str().expect("ministack")]);
        let cloudfront_url = proxy.answer();
        let catalogue = Catalogue::built_in().expect("policies");
        let mut desk = Self { world, _cloudfront: proxy, cloudfront_url, catalogue, undisturbed: Value::Null };
        let (undisturbed, code) = desk.scan(&[]);
        assert!(matches!(code, Some(0 | 3)), "the good world has fails: exit {code:?}");
        desk.undisturbed = undisturbed;
        desk
    }

    /// The program before the proxies.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.world.command();
        command.env("AWS_ENDPOINT_URL_CLOUDFRONT", &self.cloudfront_url);
        command
    }

    /// A scan by these controls, or by all.
    pub(crate) fn scan(&self, controls: &[&str]) -> (Value, Option<i32>) {
        let mut command = self.command();
        command.args(["scan", "--format", "json"]);
        if !controls.is_empty() {
            command.args(["--control", &controls.join(",")]);
        }
        let output = command.output().expect("runs");
        (report(&output), output.status.code())
    }

    /// Both proxies.
    pub(crate) fn proxies(&self) -> [&str; 2] {
        [self.world.told["microburst"].as_str().expect("microburst"), &self.cloudfront_url]
    }

    fn proxy_of(&self, action: &Action) -> &str {
        let [most, cloudfront] = self.proxies();
        if action.service() == "cloudfront" { cloudfront } else { most }
    }

    /// Sets the rules of a proxy in place of those it has, and forgets what they did.
    pub(crate) fn rules(proxy: &str, rules: &Value) {
        http(proxy, "DELETE", "/_microburst/fired", "");
        http(proxy, "POST", "/_microburst/rules", &rules.to_string());
    }
}

/// One plain HTTP call to a proxy's own control path: the body of the answer.
pub(crate) fn http(url: &str, method: &str, path: &str, body: &str) -> String {
    let host = url.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(host).expect("the proxy listens");
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json");
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{method} {path} {body}: {answer}");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}

/// The service as microburst calls it.
fn proxy_name(action: &Action) -> &str {
    match action.service() {
        "elasticloadbalancing" => "elbv2",
        service => service,
    }
}

/// A denial as the service of this action words it.
fn denial(action: &Action) -> Value {
    let (code, status) = match action.service() {
        "ec2" => ("UnauthorizedOperation", 403),
        "acm" | "ecr" | "kms" | "logs" | "organizations" | "wafv2" => ("AccessDeniedException", 400),
        "eks" => ("AccessDeniedException", 403),
        _ => ("AccessDenied", 403),
    };
    let message = format!("User is not authorized to perform: {action}");
    let error = json!({"code": code, "status": status, "message": message});
    json!([{"service": proxy_name(action), "operation": action.operation(), "error": error}])
}

/// Status by control and ARN.
pub(crate) type Verdicts<'a> = BTreeMap<(&'a str, &'a str), &'a str>;

/// What these controls say.
pub(crate) fn verdicts<'a>(report: &'a Value, controls: &[&str]) -> Verdicts<'a> {
    let text = |value: &'a Value| value.as_str().expect("text");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| ((text(&finding["control"]), text(&finding["resource"]["arn"])), text(&finding["status"])))
        .filter(|((control, _), _)| controls.contains(control))
        .collect()
}

/// One read denied, or two that are allowed by one action: what is wrong about the report, in words.
fn deny(desk: &DeniedWorld, action: &Action) -> Vec<String> {
    let known = reads();
    let same = |other: &&Action| known.permission(other) == action;
    let denied: BTreeSet<&Action> = known.iter().map(|(other, _)| other).filter(same).collect();
    let on_any = |control: &&Control| control.reads(known).iter().any(|read| denied.contains(read));
    let building: Vec<&Control> = desk.catalogue.controls().filter(on_any).collect();
    let ids: Vec<&str> = building.iter().map(|control| control.id().as_str()).collect();
    let proxy = desk.proxy_of(action);
    DeniedWorld::rules(proxy, &denial(action));
    let (report, code) = desk.scan(&ids);
    let fired: Vec<Value> = serde_json::from_str(&http(proxy, "GET", "/_microburst/fired", "")).expect("JSON");
    DeniedWorld::rules(proxy, &json!([]));
    if let Some((_, why)) = NOT_ASKED.iter().find(|(name, _)| *name == action.as_str()) {
        let asked = format!("{action} is asked after all, so it is not true that {why}");
        return if fired.is_empty() { Vec::new() } else { vec![asked] };
    }
    if fired.is_empty() {
        return vec![format!("{action}: the rule never fired: the call was not made")];
    }
    let mut wrong = wrong_as_a_whole(action, &denied, &report, code);
    for control in &building {
        let id = control.id().as_str();
        let wanted = control.reads(known);
        let named = denied.iter().find(|read| wanted.contains(**read)).expect("it is one of these");
        wrong.extend(wrong_about(desk, named, id, &report));
    }
    let gaps = report["gaps"].as_array().expect("gaps").iter();
    for gap in gaps.filter(|gap| denied.iter().any(|read| gap["action"] == read.as_str())) {
        let on_it = |control: &&&Control| control.reads(known).iter().any(|read| gap["action"] == read.as_str());
        let ids: Vec<&str> = building.iter().filter(on_it).map(|control| control.id().as_str()).collect();
        if gap["controls"] != json!(ids) {
            wrong.push(format!("{action}: a gap names the controls {}, not {ids:?}", gap["controls"]));
        }
    }
    wrong
}

/// What does not belong to a single control: exit code, faults of policies, the gap, the claims.
fn wrong_as_a_whole(action: &Action, without: &BTreeSet<&Action>, report: &Value, code: Option<i32>) -> Vec<String> {
    let mut wrong = Vec::new();
    // What is optional leaves nothing of the good world open.
    let complete = reads().get(action).is_some_and(|read| read.optional);
    let right = if complete { 0 } else { 3 };
    if code != Some(right) {
        wrong.push(format!("{action}: exit {code:?} where {right} is right"));
    }
    if report["errors"] != json!([]) || report["scan"]["complete"] != json!(complete) {
        wrong.push(format!("{action}: errors {}, complete {}", report["errors"], report["scan"]["complete"]));
    }
    let gaps = report["gaps"].as_array().expect("gaps");
    let denied: BTreeSet<&str> =
        gaps.iter().filter(|gap| gap["kind"] == "denied").filter_map(|gap| gap["action"].as_str()).collect();
    if denied != without.iter().map(|read| read.as_str()).collect() {
        wrong.push(format!("{action}: the gaps of kind denied are {denied:?}"));
    }
    if let Some(gap) = gaps.iter().find(|gap| gap["kind"] != "denied" && gap["kind"] != "not_made") {
        wrong.push(format!("{action}: a gap besides: {gap}"));
    }
    wrong
}

/// One control with the read denied, held against the same control undisturbed.
fn wrong_about(desk: &DeniedWorld, action: &Action, id: &str, report: &Value) -> Vec<String> {
    let before = verdicts(&desk.undisturbed, &[id]);
    let after = verdicts(report, &[id]);
    let mut wrong = lost(&before, &after);
    for ((_, arn), status) in &after {
        let was = before.get(&(id, *arn)).copied();
        // Only what was never listed may appear anew, and only as unknown; a verdict may only be lost.
        if *status != "unknown" && was != Some(*status) {
            wrong.push(format!("turns from {was:?} into {status} on {arn}"));
        }
    }
    let extent = extent(&before, &after);
    let expected = stands::of(id, action.as_str());
    if extent != expected {
        let passing = after.iter().filter(|(_, status)| **status == "pass").map(|((_, arn), _)| *arn);
        wrong.push(format!("stands {extent:?} where {expected:?} is known: {:?}", passing.collect::<Vec<_>>()));
    }
    // A control that does not apply says so of what the listing tells, and nothing of it is lost.
    if extent != Extent::Wholly && before != after {
        let reason = format!("{action} was not answered (denied)");
        if !names_the_action(report, id, &reason) {
            wrong.push(format!("has no unknown that says {reason:?}, but {:?}", reasons(report, id)));
        }
        let claims = report["claims"].as_array().expect("claims").iter();
        let by_it = |claim: &&Value| claim["controls"].as_array().expect("controls").contains(&json!(id));
        for claim in claims.filter(|claim| claim["verdict"] == "holds").filter(by_it) {
            wrong.push(format!("is unknown, and the claim {} holds by it", claim["id"]));
        }
    }
    wrong.into_iter().map(|text| format!("{action}: {id} {text}")).collect()
}

fn extent(before: &Verdicts<'_>, after: &Verdicts<'_>) -> Extent {
    if !after.values().any(|status| *status == "pass") {
        Extent::Nothing
    } else if before == after {
        Extent::Wholly
    } else {
        Extent::Partly
    }
}

/// Findings that are gone without an unknown in their place: one for the whole type, or one under a shorter ARN, for
/// the end of some ARNs is only known from the answer.
fn lost(before: &Verdicts<'_>, after: &Verdicts<'_>) -> Vec<String> {
    let unknown: Vec<&str> =
        after.iter().filter(|(_, status)| **status == "unknown").map(|((_, arn), _)| *arn).collect();
    let replaced =
        |arn: &str| unknown.iter().any(|other| other.ends_with(":*") || arn.starts_with(&format!("{other}/")));
    let gone = before.iter().filter(|(place, _)| !after.contains_key(*place)).filter(|((_, arn), _)| !replaced(arn));
    gone.map(|((_, arn), status)| format!("falls silent on {arn}, where it said {status}")).collect()
}

/// The reasons of a control's unknowns.
fn reasons<'a>(report: &'a Value, id: &str) -> BTreeSet<&'a str> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let unknown = findings.filter(|finding| finding["control"] == id && finding["status"] == "unknown");
    unknown.flat_map(|finding| finding["reasons"].as_array().expect("reasons")).filter_map(Value::as_str).collect()
}

fn names_the_action(report: &Value, id: &str, reason: &str) -> bool {
    reasons(report, id).iter().any(|text| text.starts_with(reason))
}

/// All reads that the built-in controls build on, by service.
fn wanted(services: &[&str]) -> Vec<Action> {
    let all = Catalogue::built_in().expect("policies").reads();
    all.into_iter().filter(|action| services.contains(&action.service())).collect()
}

fn deny_each(services: &[&str]) {
    let desk = desk();
    let actions = reads().permissions(&wanted(services));
    assert!(!actions.is_empty(), "no control reads {services:?}");
    let wrong: Vec<String> = actions.iter().flat_map(|action| deny(&desk, action)).collect();
    assert!(wrong.is_empty(), "{} of {} reads:\n{}", wrong.len(), actions.len(), wrong.join("\n"));
}

const CLOUDFRONT: &[&str] = &["cloudfront", "logs"];
const BALANCERS: &[&str] = &["elasticloadbalancing", "elb", "acm", "route53"];
const NETWORK: &[&str] = &["ec2"];
const CLUSTERS: &[&str] = &["eks", "kms", "autoscaling"];
const REGISTRY: &[&str] = &["ecr"];
const DATABASES: &[&str] = &["rds"];
const IDENTITIES: &[&str] = &["iam", "organizations"];
const WEB_ACLS: &[&str] = &["wafv2"];

#[test]
fn no_read_is_left_out_of_the_tests_below() {
    let groups = [CLOUDFRONT, BALANCERS, NETWORK, CLUSTERS, REGISTRY, DATABASES, IDENTITIES, WEB_ACLS].concat();
    let tested = wanted(&groups).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(tested, Catalogue::built_in().expect("policies").reads());
    for (name, _) in NOT_ASKED {
        assert!(tested.iter().any(|action| action.as_str() == *name), "{name} is not read at all");
    }
    let (catalogue, known) = (Catalogue::built_in().expect("policies"), reads());
    for (id, name) in stands::pairs() {
        let control = catalogue.find(id).unwrap_or_else(|| panic!("there is no {id}"));
        assert!(control.reads(known).iter().any(|action| action.as_str() == name), "{id} does not read {name}");
    }
}

#[test]
fn each_call_to_cloudfront_denied_leaves_its_controls_unknown() {
    deny_each(CLOUDFRONT);
}

#[test]
fn each_call_to_load_balancing_certificates_and_dns_denied_leaves_its_controls_unknown() {
    deny_each(BALANCERS);
}

#[test]
fn each_call_to_ec2_denied_leaves_its_controls_unknown() {
    deny_each(NETWORK);
}

#[test]
fn each_call_to_eks_kms_and_auto_scaling_denied_leaves_its_controls_unknown() {
    deny_each(CLUSTERS);
}

#[test]
fn each_call_to_ecr_denied_leaves_its_controls_unknown() {
    deny_each(REGISTRY);
}

#[test]
fn each_call_to_rds_denied_leaves_its_controls_unknown() {
    deny_each(DATABASES);
}

#[test]
fn each_call_to_iam_and_organizations_denied_leaves_its_controls_unknown() {
    deny_each(IDENTITIES);
}

#[test]
fn each_call_to_wafv2_denied_leaves_its_controls_unknown() {
    deny_each(WEB_ACLS);
}
