//! Lists that stand in no order are compared in one.

use serde_json::json;

use super::*;

#[test]
fn routes_are_back_in_whatever_order() {
    let table = ResourceRef {
        arn: crate::fix::own("arn:aws:ec2:us-east-1:123456789012:route-table/rtb-1"),
        resource_type: crate::fix::own("AWS::EC2::RouteTable"),
        account_id: crate::fix::own("123456789012"),
        region: crate::fix::own("us-east-1"),
    };
    let body = json!({"configuration": {"Routes": ["a", "b"], "PropagatingVgws": ["a", "b"]}});
    let edit = |name: &str, list: Value| Edit::new(format!("/configuration/{name}"), Some(json!(["a"])), Some(list));
    assert!(is_same_set(&table, &edit("Routes", json!(["b", "a"])), &body));
    assert!(!is_same_set(&table, &edit("Routes", json!(["b"])), &body));
    assert!(!is_same_set(&table, &edit("PropagatingVgws", json!(["b", "a"])), &body));
}
