//! Why a verdict is open: what the control says, what the facts say, the gaps, and else what was not there.

use serde_json::{Value, json};

use crate::catalogue::{Catalogue, PolicyFile};
use crate::engine::{Judge, World};
use crate::fixture;
use konecta_base::finding::{Finding, Status};
use konecta_base::gap::{Gap, GapKind};
use konecta_base::reads::reads;
use konecta_base::resource::Resource;

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/erp/1";

const RULES: &str = "pass if input.configuration.Scheme == \"internal\"\n\nviolations contains {\"path\": \"Scheme\", \"actual\": \
    input.configuration.Scheme, \"expected\": \"internal\"} if input.configuration.Scheme == \"internet-facing\"\n\n\
    _doors := data.facts[input.arn].doors\n\n";

const UNKNOWN: &str = "unknown contains reason if some reason in [\"a listener is not known\"]\n";

fn judged(rules: &str, configuration: &Value, facts: &Value, gaps: &[Gap]) -> Finding {
    let text = format!(
        "# METADATA\n# title: A test\n# description: A test.\n# custom:\n#   id: KA-ALB-901\n#   severity: low\n#   resource: \
         AWS::ElasticLoadBalancingV2::LoadBalancer\n#   remediation: None.\n#   reads: \
         [elasticloadbalancing:DescribeLoadBalancers]\n#   facts: [doors]\n#   fix: none\n#   fix_reason: a test\n\
         package konecta.alb.test\n\nimport rego.v1\n\n{rules}"
    );
    let catalogue = Catalogue::of(&[PolicyFile { path: "alb/test.rego", text: &text }]).expect("accepted");
    let mut data = serde_json::Map::new();
    data.insert("facts".to_owned(), json!({ARN: facts}));
    let world = World::new(&fixture::world(&data)).expect("a world");
    let mut judge = Judge::new(&catalogue, &world, reads(), gaps).expect("a judge");
    let resource: Resource = serde_json::from_value(json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::LoadBalancer", "arn": ARN, "resourceId": "erp",
        "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z",
        "configuration": configuration,
    }))
    .expect("resource");
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    judge.judge(&resource, &mut found, &mut errors);
    assert_eq!(errors, []);
    found.remove(0)
}

fn reasons(rules: &str, configuration: &Value, facts: &Value) -> Vec<String> {
    let finding = judged(rules, configuration, facts, &[]);
    assert_eq!(finding.status, Status::Unknown);
    finding.reasons.to_vec()
}

#[test]
fn what_the_control_says_is_told_first_and_changes_no_status() {
    let rules = format!("{RULES}{UNKNOWN}");
    let open = json!({"Scheme": "other"});
    assert_eq!(reasons(&rules, &open, &json!({"doors": []})), ["a listener is not known"]);
    for (scheme, status) in [("internal", Status::Pass), ("internet-facing", Status::Fail)] {
        let finding = judged(&rules, &json!({"Scheme": scheme}), &json!({"doors": []}), &[]);
        assert_eq!((finding.status, finding.reasons.len()), (status, 0));
    }
    let gap = Gap {
        action: "elasticloadbalancing:DescribeListeners".parse().expect("action"),
        account_id: "123456789012".parse().expect("account"),
        region: "us-east-1".parse().expect("region"),
        resource: None,
        kind: GapKind::Denied,
        error: "AccessDenied".to_owned(),
        message: String::new(),
    };
    let told = judged(&rules, &open, &json!({"doors": []}), std::slice::from_ref(&gap)).reasons;
    assert_eq!(told.to_vec(), ["a listener is not known".to_owned(), gap.reason()]);
}

#[test]
fn a_fact_that_is_not_known_tells_why() {
    let facts = json!({"why": {"doors": ["the rules of listener 443 were not listed"], "edge": ["no concern of it"]}});
    assert_eq!(reasons(RULES, &json!({"Scheme": "other"}), &facts), ["the rules of listener 443 were not listed"]);
}

#[test]
fn only_what_was_absent_is_said_not_to_have_been_sent() {
    let calls = "elasticloadbalancing:DescribeListeners, elasticloadbalancing:DescribeLoadBalancers, \
        elasticloadbalancing:DescribeRules";
    assert_eq!(
        reasons(RULES, &json!({"Scheme": "other"}), &json!({"doors": []})),
        [format!("what this control looks at does not decide it ({calls})")]
    );
    assert_eq!(
        reasons(RULES, &json!({}), &json!({"doors": []})),
        [format!("AWS did not send everything that this control looks at: configuration.Scheme is absent ({calls})")]
    );
    assert_eq!(
        reasons(RULES, &json!({"Scheme": "other"}), &json!({})),
        [format!("`doors` could not be derived from what AWS sent ({calls})")]
    );
}
