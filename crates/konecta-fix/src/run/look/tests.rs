//! An edit is made where it stands: in a list with an order at its place, in one without an order at any.

use serde_json::json;

use super::*;

fn resource(kind: &str) -> ResourceRef {
    ResourceRef {
        arn: crate::own("arn:aws:test:us-east-1:123456789012:thing/a"),
        resource_type: crate::own(kind),
        account_id: crate::own("123456789012"),
        region: crate::own("us-east-1"),
    }
}

/// Which of the edits are not made in a resource with this configuration, by path.
fn undone(kind: &str, configuration: &Value, edits: &[Edit]) -> Vec<String> {
    let text = json!({"resourceType": kind, "arn": "arn:aws:test:us-east-1:123456789012:thing/a", "resourceId": "a",
        "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration});
    let time = "2026-11-23T12:00:00Z".parse().expect("time");
    let snapshot = Snapshot {
        info: konecta_base::snapshot::ScanInfo {
            tool_version: "test".to_owned(),
            started_at: time,
            finished_at: time,
            accounts: Vec::new(),
            regions: Vec::new(),
            calls: 1,
        },
        resources: vec![serde_json::from_str(&text.to_string()).expect("resource")],
        reads: Vec::new(),
        gaps: Vec::new(),
    };
    let told = unmade(&resource(kind), edits, &snapshot, true);
    edits
        .iter()
        .filter(|edit| told.iter().any(|told| told.contains(&format!(" {} is ", pointer::attribute(&edit.path)))))
        .map(|edit| edit.path.clone())
        .collect()
}

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const BEHAVIORS: &str = "/configuration/DistributionConfig/CacheBehaviors/Items";

/// A distribution whose behaviors have these viewer protocol policies.
fn behaviors(policies: &[&str]) -> Value {
    let items: Vec<Value> = policies.iter().map(|policy| json!({"ViewerProtocolPolicy": policy})).collect();
    json!({"DistributionConfig": {"CacheBehaviors": {"Quantity": items.len(), "Items": items}}})
}

fn https_at(place: usize) -> Edit {
    let path = format!("{BEHAVIORS}/{place}/ViewerProtocolPolicy");
    Edit::new(path, Some(json!("allow-all")), Some(json!("https-only")))
}

#[test]
fn in_a_list_with_an_order_another_elements_value_is_not_taken_for_it() {
    let of = |policies: &[&str], place| undone(DISTRIBUTION, &behaviors(policies), &[https_at(place)]);
    assert_eq!(of(&["https-only", "https-only"], 1), [""; 0]);
    assert_eq!(of(&["https-only", "allow-all"], 1), [format!("{BEHAVIORS}/1/ViewerProtocolPolicy")]);
    assert_eq!(of(&["https-only"], 1).len(), 1, "the element is not there at all");
}

#[test]
fn in_a_list_without_an_order_it_may_stand_anywhere() {
    let attribute = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    let list = |values: [&str; 2]| json!({"SecurityGroups": values, "Subnets": values});
    let edit = |name: &str| Edit::new(format!("/configuration/{name}/0"), Some(json!("a")), Some(json!("b")));
    assert_eq!(undone(balancer, &list(["c", "b"]), &[edit("SecurityGroups")]), [""; 0]);
    assert_eq!(undone(balancer, &list(["c", "b"]), &[edit("Subnets")]), ["/configuration/Subnets/0"]);
    assert_eq!(undone(balancer, &list(["c", "a"]), &[edit("SecurityGroups")]), ["/configuration/SecurityGroups/0"]);
    // A list in a list: the outer one is a set, the inner one is not.
    let rule = |first: &str| json!({"Tags": [attribute("x", "y"), {"Values": [first, "b"]}]});
    let inner = Edit::new("/configuration/Tags/0/Values/0".to_owned(), Some(json!("a")), Some(json!("b")));
    assert_eq!(undone("AWS::EC2::Subnet", &rule("b"), std::slice::from_ref(&inner)), [""; 0]);
    assert_eq!(undone("AWS::EC2::Subnet", &rule("a"), &[inner]).len(), 1);
}

#[test]
fn what_goes_out_before_an_element_moves_it() {
    let gone = |place: usize| {
        let item = json!({"ViewerProtocolPolicy": "redirect-to-https"});
        Edit::new(format!("{BEHAVIORS}/{place}"), Some(item), None)
    };
    let after = behaviors(&["https-only", "allow-all"]);
    assert_eq!(undone(DISTRIBUTION, &after, &[https_at(1), gone(0)]), [""; 0], "it stands at 0 now");
    assert_eq!(
        undone(DISTRIBUTION, &after, &[https_at(1), gone(2)]).len(),
        1,
        "what goes out behind it does not move it"
    );
    assert_eq!(undone(DISTRIBUTION, &after, &[gone(0), https_at(0)]), [""; 0], "it was edited where it stands now");
    assert_eq!(undone(DISTRIBUTION, &after, &[https_at(1), gone(1)]), [""; 0], "it went out itself");
    let back = Edit::new(format!("{BEHAVIORS}/0"), None, Some(json!({"ViewerProtocolPolicy": "https-only"})));
    let moved = behaviors(&["https-only", "https-only", "allow-all"]);
    assert_eq!(undone(DISTRIBUTION, &moved, &[https_at(0), back.clone()]), [""; 0], "it stands at 1 now");
    assert_eq!(undone(DISTRIBUTION, &after, &[https_at(0), back]).len(), 1);
}

#[test]
fn routes_are_back_in_whatever_order() {
    let table = resource("AWS::EC2::RouteTable");
    let body = json!({"configuration": {"Routes": ["a", "b"], "PropagatingVgws": ["a", "b"]}});
    let edit = |name: &str, list: Value| Edit::new(format!("/configuration/{name}"), Some(json!(["a"])), Some(list));
    assert!(is_same_set(&table, &edit("Routes", json!(["b", "a"])), &body));
    assert!(!is_same_set(&table, &edit("Routes", json!(["b"])), &body));
    assert!(!is_same_set(&table, &edit("PropagatingVgws", json!(["b", "a"])), &body));
}
