//! A script of every kind of line: bash takes it, and `jq` does what it says.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::*;

/// An `aws` that writes down how it is called and answers like the service.
const AWS: &str = r#"jq() { printf 'argv jq %s\n' "$*" >&2; command jq "$@"; }
aws() {
  printf 'argv aws %s\n' "$*" >&2
  local service=$1 operation=$2 input=''
  shift 2
  while [ $# -gt 0 ]; do case $1 in --cli-input-json) input=$2; case $input in file://*) input=$(cat "${input#file://}") ;; esac; shift 2 ;; *) shift ;; esac; done
  printf '%s %s %s\n' "$service" "$operation" "$input" >&2
  case $operation in
    get-caller-identity) echo 123456789012 ;;
    get-distribution-config) printf '%s' '{"ETag": "E", "DistributionConfig": {"A": {"Items": [1], "Quantity": 1}, "B": "x", "C": "kept", "D": 1, "Origins": {"Items": [{"Id": "o", "CustomHeaders": {"Items": [{"HeaderName": "h", "HeaderValue": "s3cret"}]}}]}}}' ;;
    get-web-acl) printf '%s' '{"LockToken": "L", "WebACL": {"Name": "erp", "Id": "1", "ARN": "arn:acl", "Capacity": 5, "Rules": [], "DefaultAction": {"Allow": {}}}}' ;;
    describe-db-instances) printf '%s' '{"DBInstances": [{"DeletionProtection": false, "EnabledCloudwatchLogsExports": ["b", "a"]}]}' ;;
    get-distribution) printf '%s' '{"Distribution": {"Status": "Deployed"}}' ;;
    describe-listeners) printf '%s' '{"Listeners": [{"Port": 80, "ListenerArn": "arn:80"}, {"Port": 443, "ListenerArn": "arn:443"}]}' ;;
    *) printf '{}' ;;
  esac
}
"#;

fn plan(call: &Value, waits: &Value) -> Plan {
    let resource = json!({"arn": "arn:aws:cloudfront::123456789012:distribution/E1", "resourceType": "AWS::CloudFront::Distribution",
        "accountId": "123456789012", "region": "global"});
    let plan = json!({"version": 1, "tool": "konecta-audit 0", "createdAt": "2026-11-23T12:00:00Z", "expiresAt": "2026-11-23T13:00:00Z",
        "account": "123456789012", "regions": ["us-east-1"], "sha256": "0", "refusals": [
            {"control": "KA-RDS-001", "resource": resource, "class": "D", "reason": "no\nrm -rf /", "procedure": ["a\n b"]}],
        "changes": [{"id": "c1", "class": "B", "parts": [{"key": "k", "fix": "x.y", "title": "Do\n$(it)"}], "resource": resource,
            "controls": ["KA-CF-001"], "verifies": [], "reads": [], "expects": [], "inverse": [], "actions": [], "effects": [],
            "consequences": ["costs `a`"], "needs": [], "requires": [], "call": call, "waits": waits}]});
    serde_json::from_value(plan).expect("plan")
}

fn bash(script: &str, flag: &str) -> (bool, String) {
    let mut bash = Command::new("bash");
    bash.args([flag, "/dev/stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = bash.spawn().expect("bash");
    child.stdin.take().expect("stdin").write_all(script.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ran");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What `aws` was called with, the script being taken by bash as it is.
fn ran(plan: &Plan) -> (bool, String) {
    let script = aws_cli(plan);
    let (taken, told) = bash(&script, "-n");
    assert!(taken, "{told}\n{script}");
    bash(&script.replace("set -euo pipefail\n", &format!("set -euo pipefail\n{AWS}")), "-s")
}

fn amending(edits: &Value) -> Value {
    json!({"service": "cloudfront", "operation": "UpdateDistribution", "parameters": {"Id": "E1"}, "amend": {
        "read": "GetDistributionConfig", "parameters": {"Id": "E1"}, "member": "DistributionConfig", "token": ["ETag", "IfMatch"], "edits": edits}})
}

#[test]
fn an_object_goes_back_whole_with_its_edits_and_its_tag() {
    let edits = json!([
        {"path": "/A/Items/1", "after": "it's $(new)"}, {"path": "/A/Quantity", "before": 1, "after": 2},
        {"path": "/B", "before": "x", "after": {"$secret": {"distribution": "E1", "origin": "o", "header": "H"}}},
        {"path": "/D", "before": 1},
    ]);
    let waits = json!([{"what": "it is deployed", "service": "cloudfront", "operation": "GetDistribution", "parameters": {"Id": "E1"},
        "path": "/Distribution/Status", "until": ["Deployed"], "timeoutSeconds": 60}]);
    let (done, told) = ran(&plan(&amending(&edits), &waits));
    assert!(done, "{told}");
    let call = told.lines().find_map(|line| line.strip_prefix("cloudfront update-distribution ")).expect("called");
    let sent: Value = serde_json::from_str(call).expect("json");
    assert_eq!(
        sent,
        json!({"Id": "E1", "IfMatch": "E", "DistributionConfig":
            {"A": {"Items": [1, "it's $(new)"], "Quantity": 2}, "B": "s3cret", "C": "kept", "Origins": {"Items":
                [{"Id": "o", "CustomHeaders": {"Items": [{"HeaderName": "h", "HeaderValue": "s3cret"}]}}]}}})
    );
    let mut seen = told.lines().filter(|line| line.starts_with("argv "));
    assert!(!seen.any(|line| line.contains("s3cret")), "other processes see arguments: {told}");
    assert!(told.contains("cloudfront get-distribution {\"Id\":\"E1\"}"), "{told}");
}

#[test]
fn a_secret_that_nothing_sends_yet_is_made_once_and_is_nobodys_to_see() {
    let secret = json!({"$secret": {"distribution": "E1", "origin": "other", "header": "X"}});
    let call = json!({"service": "elbv2", "operation": "ModifyRule", "parameters": {"One": secret, "Two": secret}});
    let (done, told) = ran(&plan(&call, &json!([])));
    assert!(done, "{told}");
    let sent = told.lines().find_map(|line| line.strip_prefix("elbv2 modify-rule ")).expect("called");
    let sent: Value = serde_json::from_str(sent).expect("json");
    let made = sent["One"].as_str().expect("text");
    assert!(made.len() == 48 && sent["Two"] == made, "{sent}");
    let mut seen = told.lines().filter(|line| line.starts_with("argv "));
    assert!(!seen.any(|line| line.contains(made)), "other processes see arguments: {told}");
    // One that was there when the plan was made is not replaced by another.
    let known = json!({"$secret": {"distribution": "E1", "origin": "other", "header": "X", "planned": "sha256:1"}});
    let call = json!({"service": "elbv2", "operation": "ModifyRule", "parameters": {"One": known}});
    let (done, told) = ran(&plan(&call, &json!([])));
    assert!(!done && told.contains("origin other of E1 no longer sends X"), "{told}");
}

#[test]
fn an_object_that_the_api_takes_apart_goes_back_in_its_parts() {
    let call = json!({"service": "wafv2", "operation": "UpdateWebACL", "parameters": {"Name": "erp", "Scope": "REGIONAL", "Id": "1"},
        "amend": {"read": "GetWebACL", "parameters": {"Name": "erp", "Scope": "REGIONAL", "Id": "1"}, "member": "WebACL",
            "token": ["LockToken", "LockToken"], "spread": ["DefaultAction", "Description", "Rules"],
            "edits": [{"path": "/Rules", "before": [], "after": [{"Name": "new"}]}]}});
    let (done, told) = ran(&plan(&call, &json!([])));
    assert!(done, "{told}");
    let sent = told.lines().find_map(|line| line.strip_prefix("wafv2 update-web-acl ")).expect("called");
    assert_eq!(
        serde_json::from_str::<Value>(sent).expect("json"),
        json!({"Name": "erp", "Scope": "REGIONAL", "Id": "1", "LockToken": "L", "DefaultAction": {"Allow": {}},
            "Rules": [{"Name": "new"}]})
    );
}

#[test]
fn what_a_call_changes_is_compared_before_it() {
    let database = json!({"arn": "arn:aws:rds:us-east-1:123456789012:db:erp", "resourceType": "AWS::RDS::DBInstance",
        "accountId": "123456789012", "region": "us-east-1"});
    let call =
        json!({"service": "rds", "operation": "ModifyDBInstance", "parameters": {"DBInstanceIdentifier": "erp"}});
    let with = |edits: Value| {
        let mut plan = plan(&call, &json!([]));
        let effects = json!([{"kind": "amended", "resource": database, "edits": edits}]);
        plan.changes[0].effects = serde_json::from_value(effects).expect("effects");
        ran(&plan)
    };
    let as_planned = json!([
        {"path": "/configuration/DeletionProtection", "before": false, "after": true},
        {"path": "/configuration/EnabledCloudwatchLogsExports", "before": ["a", "b"], "after": ["a", "b", "c"]},
        {"path": "/configuration/New", "after": 1},
    ]);
    let (done, told) = with(as_planned);
    assert!(done && told.contains("rds modify-db-instance"), "{told}");
    let (done, told) = with(json!([{"path": "/configuration/DeletionProtection", "before": true, "after": false}]));
    assert!(!done && told.contains("c1: erp is not as planned: DeletionProtection"), "{told}");
    assert!(!told.contains("rds modify-db-instance"), "{told}");
}

#[test]
fn a_script_of_every_operation_runs_to_its_end() {
    let names = include_str!("../../cli_names.txt");
    let reading = ["Describe", "Get", "List"];
    let written: Vec<(&str, &str)> = names
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(operation, _)| !reading.iter().any(|prefix| operation.starts_with(prefix)))
        .collect();
    assert!(written.len() > 30, "{}", written.len());
    let mut whole =
        plan(&json!({"service": "rds", "operation": "X", "parameters": {"A": {"$token": true}}}), &json!([]));
    let change = whole.changes[0].clone();
    whole.changes = written
        .iter()
        .enumerate()
        .map(|(at, (operation, _))| {
            let mut change = change.clone();
            change.id = format!("c{at}");
            change.call.operation = (*operation).to_owned();
            change
        })
        .collect();
    let (done, told) = ran(&whole);
    assert!(done, "{told}");
    for (operation, spelled) in written {
        assert!(told.contains(&format!("\nrds {spelled} {{")), "{operation}: {told}");
    }
}

#[test]
fn what_is_not_as_planned_stops_the_script() {
    for edits in [
        json!([{"path": "/B", "before": "y", "after": "z"}]),
        json!([{"path": "/C", "after": "z"}]),
        json!([{"path": "/A/Items/0", "after": "z"}]),
    ] {
        let (done, told) = ran(&plan(&amending(&edits), &json!([])));
        assert!(!done && told.contains("is not as planned"), "{told}");
        assert!(!told.contains("update-distribution"), "{told}");
    }
}

#[test]
fn what_must_be_looked_up_is_found_exactly_once() {
    let find = |port: u64| {
        json!({"$find": {"service": "elbv2", "operation": "DescribeListeners", "parameters": {"LoadBalancerArn": "arn:lb"},
        "list": "/Listeners", "matching": {"/Port": port}, "take": "/ListenerArn", "planned": "arn:planned"}})
    };
    let call = |port: u64| json!({"service": "elbv2", "operation": "ModifyListener", "parameters": {"ListenerArn": find(port), "Port": 443}});
    let (done, told) = ran(&plan(&call(443), &json!([])));
    assert!(done, "{told}");
    assert!(told.contains(r#"elbv2 modify-listener {"ListenerArn":"arn:443","Port":443}"#), "{told}");
    let (done, told) = ran(&plan(&call(22), &json!([])));
    assert!(!done && told.contains("not exactly one"), "{told}");
    assert!(!told.contains("modify-listener"), "{told}");
}

#[test]
fn operations_are_named_as_the_cli_names_them() {
    for (operation, name) in [
        ("ModifyDBInstance", "modify-db-instance"),
        ("UpdateWebACL", "update-web-acl"),
        ("ListWebACLs", "list-web-acls"),
        ("RevokeSecurityGroupIngress", "revoke-security-group-ingress"),
        ("DescribeVpcs", "describe-vpcs"),
        ("UpdateOpenIDConnectProviderThumbprint", "update-open-id-connect-provider-thumbprint"),
        ("DescribeSSLPolicies", "describe-ssl-policies"),
        ("PutLifecyclePolicy", "put-lifecycle-policy"),
    ] {
        assert_eq!(kebab(operation), name);
    }
}
