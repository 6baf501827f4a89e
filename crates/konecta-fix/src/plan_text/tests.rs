//! A plan with every kind of line.

use serde_json::{Value, json};

use super::*;
use crate::proof::World;
use crate::run::Seen;

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
            "controls": [if id == "c2" { "KA-CF-001" } else { "KA-SG-001" }, "KA-X-009"], "verifies": [], "reads": [], "expects": [], "inverse": [], "actions": [],
            "consequences": [if id == "c1" { "CloudWatch Logs charges for what is written" } else { "a client that sends \u{1b}[2J no TLS is sent away, which a very old client does not understand" }],
            "effects": effects, "needs": needs, "proven": if class == "B" { json!(["rule sgr-2 lets viewers in at port 443 of load balancer konecta-erp-alb as well"]) } else { json!([]) },
            "requires": if class == "B" { json!([{"what": "the listener of E1's origin is there", "service": "elbv2",
                "operation": "DescribeListeners", "parameters": {}, "path": "/Listeners/*/Port", "until": [443], "timeoutSeconds": 0}]) } else { json!([]) },
            "call": {"service": "cloudfront", "operation": "UpdateDistribution", "parameters": {}},
            "waits": [{"what": "distribution E1 is deployed", "service": "cloudfront", "operation": "GetDistribution",
                "parameters": {}, "path": "/Status", "until": ["Deployed"], "timeoutSeconds": 60, "afterSeconds": 30}]})
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
    ], "refusals": refusals()});
    serde_json::from_value(plan).expect("plan")
}

/// One of every kind: reasons that several share, and procedures short and long.
fn refusals() -> Value {
    let at = |resource_type: &str, arn: &str| json!({"arn": format!("arn:aws:{arn}"), "resourceType": resource_type, "accountId": "123456789012", "region": "us-east-1"});
    let listener = |number: &str| {
        at(
            "AWS::ElasticLoadBalancingV2::Listener",
            &format!(
                "elasticloadbalancing:us-east-1:123456789012:listener/app/konecta-erp-alb/7d632a0fd193d8d8/{number}"
            ),
        )
    };
    let (http, https) = (listener("1111111111111111"), listener("2222222222222222"));
    let database = |name: &str| at("AWS::RDS::DBInstance", &format!("rds:us-east-1:123456789012:db:{name}"));
    let (one, two) = (database("konecta-erp-db"), database("konecta-erp-reports"));
    let upgrade: Vec<String> = (0..9).map(|at| format!("aws eks step {at}")).collect();
    let disruptive = |control: &str, resource: &Value, step: &str| {
        json!({"control": control, "resource": resource, "class": "B", "step": step, "cause": "disruptive",
            "reason": "whoever comes past CloudFront, without the secret header, is turned away",
            "procedure": [format!("konecta-audit fix --control {control} --allow-disruptive")]})
    };
    json!([
        disruptive("KA-ALB-018", &http, "Answer 403 on HTTP 80 of konecta-erp-alb to what no rule forwards"),
        disruptive("KA-X-001", &http, "Answer 403 on HTTP 80 of konecta-erp-alb to what no rule forwards"),
        disruptive("KA-ALB-018", &https, "Answer 403 on HTTPS 443 of konecta-erp-alb to what no rule forwards"),
        {"control": "KA-ALB-001", "resource": http, "class": "A", "reason": "there is no HTTPS listener on 443 to which it could redirect (KA-ALB-002)",
         "procedure": ["run `konecta-audit fix` again once that is so"]},
        {"control": "KA-RDS-001", "resource": one, "class": "D", "reason": "the storage is encrypted only when the instance is made anew",
         "procedure": ["take a snapshot:", "  aws rds create-db-snapshot --db-instance-identifier db"]},
        {"control": "KA-RDS-001", "resource": two, "class": "D", "reason": "the storage is encrypted only when the instance is made anew",
         "procedure": ["take a snapshot:", "  aws rds create-db-snapshot --db-instance-identifier db"]},
        {"control": "KA-EKS-002", "resource": one, "class": "C", "reason": "a cluster cannot go back to the version that it had", "procedure": upgrade},
        {"control": "KA-RDS-007", "resource": one, "class": "A", "cause": "managed", "step": "Protect from deletion konecta-erp-db",
         "reason": "konecta-erp-db belongs to Terraform (aws_db_instance.erp)", "procedure": ["change it in the configuration"]},
        {"control": "KA-RDS-009", "resource": one, "class": "N", "cause": "undecided", "reason": "rds:DescribeDBParameters was denied", "procedure": []},
        {"control": "KA-RDS-010", "resource": one, "class": "N", "cause": "undecided", "reason": "rds:DescribeDBParameters was denied", "procedure": []},
        {"control": "KA-RDS-009", "resource": two, "class": "N", "cause": "undecided", "reason": "rds:DescribeDBParameters was denied", "procedure": []},
        {"control": "KA-RDS-011", "resource": two, "class": "N", "cause": "waived", "reason": "accepted until the migration", "procedure": []},
    ])
}

/// Names for the listeners, whose ARNs have none.
fn legend() -> Legend {
    let snapshot = serde_json::json!([["1111111111111111", "HTTP", 80], ["2222222222222222", "HTTPS", 443]]);
    let resource = |entry: &Value| {
        let arn = format!(
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/konecta-erp-alb/7d632a0fd193d8d8/{}",
            entry[0].as_str().expect("number")
        );
        json!({"resourceType": "AWS::ElasticLoadBalancingV2::Listener", "arn": arn, "resourceId": arn, "accountId": "123456789012",
            "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "configuration": {"Protocol": entry[1], "Port": entry[2]}})
    };
    let world = World::of(Value::Array(snapshot.as_array().expect("list").iter().map(resource).collect()));
    let layers = [("KA-CF-001", "cloudfront"), ("KA-SG-001", "network")];
    let layers = layers.into_iter().map(|(id, layer)| (id.parse().expect("id"), layer.to_owned())).collect();
    Legend::of(&world.snapshot, layers)
}

fn rendered(width: usize, color: bool, verbose: bool) -> String {
    render(&plan(), Look { legend: &legend(), width, color, verbose })
}

#[test]
fn a_plan_as_a_person_reads_it() {
    insta::assert_snapshot!(rendered(80, false, false));
}

#[test]
fn a_plan_with_every_attribute() {
    insta::assert_snapshot!(rendered(80, false, true));
}

#[test]
fn a_plan_with_nothing_to_do_says_what_it_leaves() {
    let plan = Plan { changes: Vec::new(), ..plan() };
    let text = render(&plan, Look { legend: &legend(), width: 80, color: false, verbose: false });
    assert!(text.contains("Could not be decided") && !text.contains("What this means"), "{text}");
    assert!(
        text.ends_with("Plan: 0 to change, 0 to add, 0 to remove; 9 not done, 3 could not be decided.\n"),
        "{text}"
    );
}

#[test]
fn preconditions_are_told_with_what_was_seen() {
    let seen = |what: &str, holds, found: &str| Seen { what: what.to_owned(), holds, found: found.to_owned() };
    let all = [
        ("c2".to_owned(), seen("cluster konecta-erp is active", true, "\"ACTIVE\"")),
        ("c10".to_owned(), seen("all targets of konecta-erp-tg are healthy", false, "it is \"unhealthy\"")),
    ];
    insta::assert_snapshot!(conditions(&all, 80));
    assert_eq!(conditions(&[], 80), "");
}

#[test]
fn many_proofs_are_the_first_and_a_number() {
    let mut plan = plan();
    plan.changes[1].proven = (1..=5).map(|at| format!("rule sgr-{at} lets nodes in as well")).collect();
    plan.changes[2].class = Class::B;
    plan.changes[2].proven = plan.changes[1].proven.clone();
    let text = |verbose| render(&plan, Look { legend: &legend(), width: 80, color: false, verbose });
    assert!(text(false).contains("  proven    c2, c3: rule sgr-1 lets nodes in as well\n"), "{}", text(false));
    assert!(text(false).contains("            c2, c3: and 3 more (-v)\n"), "{}", text(false));
    assert!(!text(false).contains("sgr-3") && text(true).contains("sgr-5"), "{}", text(true));
}

#[test]
fn every_line_fits_and_nothing_acts_on_the_terminal() {
    for width in [60, 80, 120] {
        let text = rendered(width, false, true);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}

#[test]
fn colour_changes_no_word() {
    let painted = rendered(80, true, true);
    assert!(painted.contains("\u{1b}[33m~"));
    let plain = ["\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"]
        .iter()
        .fold(painted, |text, code| text.replace(code, ""));
    assert_eq!(plain, rendered(80, false, true));
}
