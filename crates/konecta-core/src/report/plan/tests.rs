//! A plan with every kind of line.

use serde_json::{Value, json};

use super::*;

fn plan() -> Plan {
    let distribution = json!({"arn": "arn:aws:cloudfront::123456789012:distribution/E1", "resourceType": "AWS::CloudFront::Distribution",
        "accountId": "123456789012", "region": "global"});
    let group = json!({"arn": "arn:aws:logs:us-east-1:123456789012:log-group:waf", "resourceType": "AWS::Logs::LogGroup",
        "accountId": "123456789012", "region": "us-east-1"});
    let rule = json!({"arn": "arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-1", "resourceType": "AWS::EC2::SecurityGroupRule",
        "accountId": "123456789012", "region": "us-east-1"});
    let find = json!({"service": "logs", "operation": "DescribeLogGroups", "parameters": {}, "take": "/arn", "planned": "arn:x"});
    let change = |id: &str, class: &str, title: &str, resource: &Value, effects: Value, needs: Value| {
        json!({"id": id, "class": class, "parts": [{"key": id, "fix": "x.y", "title": title}], "resource": resource,
            "controls": ["KA-CF-001", "KA-CF-002"], "verifies": [], "reads": [], "expects": [], "inverse": [], "actions": [],
            "consequences": ["a client that sends \u{1b}[2J no TLS is sent away, which a very old client does not understand"],
            "effects": effects, "needs": needs, "requires": [],
            "call": {"service": "cloudfront", "operation": "UpdateDistribution", "parameters": {}},
            "waits": [{"what": "distribution E1 is deployed", "service": "cloudfront", "operation": "GetDistribution",
                "parameters": {}, "path": "/Status", "until": ["Deployed"], "timeoutSeconds": 60}]})
    };
    let edits = json!([
        {"path": "/configuration/DefaultCacheBehavior/ViewerProtocolPolicy", "before": "allow-all", "after": "redirect-to-https"},
        {"path": "/configuration/Header", "after": {"$secret": {"distribution": "E1", "origin": "o", "header": "X-Origin"}}},
        {"path": "/configuration/List", "before": ["a", "b"], "after": ["b", "c"]},
        {"path": "/tags/a~1b", "before": null},
    ]);
    let plan = json!({"version": 1, "tool": "konecta-audit 0", "createdAt": "2026-11-23T12:00:00Z", "expiresAt": "2026-11-23T13:00:00Z",
    "account": "123456789012", "regions": ["us-east-1"], "sha256": "", "changes": [
        change("c1", "A", "Make the log group", &group, json!([{"kind": "created", "exists": find, "resource":
            {"reference": group, "id": "waf", "body": {"configuration": {"logGroupName": "waf", "arn": {"$find": find}}, "supplement": {}, "tags": null}}}]), json!([])),
        change("c2", "B", "Send HTTP to HTTPS on every behavior", &distribution, json!([{"kind": "amended", "resource": distribution, "edits": edits}]), json!(["c1"])),
        change("c3", "A", "Close the rule", &rule, json!([{"kind": "removed", "resource": rule}]), json!([])),
    ], "refusals": [
        {"control": "KA-RDS-001", "resource": rule, "class": "D", "reason": "the storage is encrypted only when the instance is made anew",
         "procedure": ["take a snapshot:", "  aws rds create-db-snapshot --db-instance-identifier db"]},
        {"control": "KA-RDS-001", "resource": group, "class": "D", "reason": "the storage is encrypted only when the instance is made anew",
         "procedure": ["take a snapshot:", "  aws rds create-db-snapshot --db-instance-identifier db"]},
    ]});
    serde_json::from_value(plan).expect("plan")
}

#[test]
fn a_plan_as_a_person_reads_it() {
    insta::assert_snapshot!(render(&plan(), 80, false));
}

#[test]
fn every_line_fits_and_nothing_acts_on_the_terminal() {
    for width in [60, 80, 120] {
        let text = render(&plan(), width, false);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}

#[test]
fn colour_changes_no_word() {
    let painted = render(&plan(), 80, true);
    assert!(painted.contains("\u{1b}[33m~"));
    let plain = ["\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"]
        .iter()
        .fold(painted, |text, code| text.replace(code, ""));
    assert_eq!(plain, render(&plan(), 80, false));
}
