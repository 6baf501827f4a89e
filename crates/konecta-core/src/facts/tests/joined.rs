//! What joined controls look at: hops, logs and zones of the stack, over all its parts.

use serde_json::{Value, json};

use super::{DOCUMENTED, facts_of, world};

const STACK: &str = ":konecta-erp";

fn of_part<'a>(links: &'a Value, part: &str) -> Vec<&'a Value> {
    links.as_array().into_iter().flatten().filter(|link| link["part"] == json!(part)).collect()
}

#[test]
fn hops_stand_in_the_order_of_the_path() {
    let hops = facts_of(&world(DOCUMENTED)).get(STACK, "hops");
    let mut parts: Vec<&str> = hops.as_array().expect("hops").iter().filter_map(|link| link["part"].as_str()).collect();
    parts.dedup();
    let (transit, rest) = parts.split_at(4);
    assert_eq!(
        transit,
        ["viewer to CloudFront", "CloudFront to load balancer", "load balancer to pods", "pods to database"]
    );
    assert!(!rest.is_empty());
    let origin = of_part(&hops, "CloudFront to load balancer");
    assert_eq!((&origin[0]["setting"], &origin[0]["value"]), (&json!("origin_protocol_policy"), &json!("https-only")));
}

#[test]
fn what_was_not_sent_is_named() {
    let hops = facts_of(&world(DOCUMENTED)).get(STACK, "hops");
    let pods = of_part(&hops, "load balancer to pods");
    assert_eq!(pods[0]["kind"], json!("unknown"));
    assert_eq!(pods[0]["why"], json!("target group erp: AWS did not send its target protocol"));
}

#[test]
fn nodes_stand_in_the_zones_of_their_subnets_and_go_out_over_nat_gateways() {
    let zones = facts_of(&world(DOCUMENTED)).get(STACK, "zones");
    let nodes = of_part(&zones, "nodes");
    let told: Vec<(&Value, &Value)> = nodes
        .iter()
        .filter(|link| link["setting"] == "zone")
        .map(|link| (&link["value"]["zone"], &link["value"]["nats"][0]["zone"]))
        .collect();
    assert_eq!(told, [(&json!("us-east-1a"), &json!("us-east-1a")), (&json!("us-east-1b"), &json!("us-east-1a"))]);
    assert_eq!(of_part(&zones, "load balancer")[0]["value"], json!(["us-east-1a", "us-east-1b"]));
}

#[test]
fn a_distribution_that_is_switched_off_has_no_hop_and_one_that_may_be_before_the_stack_says_so() {
    let edit = |path: &str, value: Value| {
        let mut resources: Vec<Value> = serde_json::from_str(DOCUMENTED).expect("world");
        for one in resources.iter_mut().filter(|one| one["resourceType"] == json!("AWS::CloudFront::Distribution")) {
            *one["configuration"]["DistributionConfig"].pointer_mut(path).expect("member") = value.clone();
        }
        let text = serde_json::to_string(&resources).expect("text");
        facts_of(&world(&text)).get(STACK, "log_sources")
    };
    let part = "access logs of CloudFront";
    assert_eq!(of_part(&edit("/Enabled", json!(false)), part), Vec::<&Value>::new());
    let doubted = edit("/Origins/Items/0/DomainName", json!("erp.example.org"));
    let why = of_part(&doubted, part)[0]["why"].as_str().expect("a why").to_owned();
    assert!(why.starts_with("distribution E1: it may be before the stack: "), "{why}");
}
