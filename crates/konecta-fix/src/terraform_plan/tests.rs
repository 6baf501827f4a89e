//! What a plan changes is changed in the snapshot, what it does not say is not known, and the rest is named.

mod blocks;
mod drifted;
mod network;
mod parts;
mod whole;

use serde_json::{Value, json};

use super::*;
use crate::proof::World;
use crate::simulate::body;

const DB: &str = "arn:aws:rds:us-east-1:123456789012:db:erp";
const CDN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";
const GROUP: &str = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1";

fn world() -> Snapshot {
    let world = World::of(json!([
        {"resourceType": "AWS::RDS::DBInstance", "arn": DB, "resourceId": "erp", "region": "us-east-1", "tags": {},
            "configuration": {"DBInstanceIdentifier": "erp", "PubliclyAccessible": false, "MultiAZ": true}},
        {"resourceType": "AWS::CloudFront::Distribution", "arn": CDN, "resourceId": "E1", "region": "global", "tags": {},
            "configuration": {"Id": "E1", "DistributionConfig": {"HttpVersion": "http2", "CacheBehaviors": {"Items": [{"PathPattern": "/a"}]}}}},
        {"resourceType": "AWS::EC2::SecurityGroup", "arn": GROUP, "resourceId": "sg-1", "region": "us-east-1", "tags": {},
            "configuration": {"GroupId": "sg-1"}},
    ]));
    world.snapshot
}

fn change(address: &str, actions: &[&str], before: &Value, after: &Value, unknown: &Value) -> Value {
    let (kind, _) = address.split_once('.').expect("an address");
    json!({"address": address, "mode": "managed", "type": kind, "name": "x", "change":
        {"actions": actions, "before": before, "after": after, "after_unknown": unknown}})
}

fn applied(changes_of_plan: &[Value]) -> Applied {
    let plan = json!({"format_version": "1.2", "resource_changes": changes_of_plan}).to_string();
    apply(world(), &changes(&plan).expect("a plan")).expect("laid")
}

fn now(applied: &Applied, arn: &str) -> Value {
    let found = applied.snapshot.resources.iter().find(|one| one.arn.as_str() == arn).expect("it lives");
    body(found).expect("JSON")
}

#[test]
fn what_is_known_is_set_and_what_is_not_is_taken_away() {
    let before = json!({"arn": DB, "identifier": "erp", "publicly_accessible": false, "multi_az": true});
    let after = json!({"arn": DB, "identifier": "erp", "publicly_accessible": true});
    let done = applied(&[change("aws_db_instance.x", &["update"], &before, &after, &json!({"multi_az": true}))]);
    assert_eq!((done.changed, done.not_judged.len()), (1, 0), "{:?}", done.not_judged);
    let configuration = &now(&done, DB)["configuration"];
    assert_eq!(configuration, &json!({"DBInstanceIdentifier": "erp", "PubliclyAccessible": true}));
}

#[test]
fn a_list_of_blocks_that_changes_is_not_known_and_the_rest_stays() {
    let before =
        json!({"arn": CDN, "id": "E1", "http_version": "http2", "ordered_cache_behavior": [{"path_pattern": "/a"}]});
    let after =
        json!({"arn": CDN, "id": "E1", "http_version": "http3", "ordered_cache_behavior": [{"path_pattern": "/b"}]});
    let done = applied(&[change("aws_cloudfront_distribution.x", &["update"], &before, &after, &json!({}))]);
    let config = &now(&done, CDN)["configuration"]["DistributionConfig"];
    assert_eq!(config["HttpVersion"], "http3");
    assert_eq!(config["CacheBehaviors"].get("Items"), None, "{config}");
}

#[test]
fn a_new_rule_lives_and_what_is_taken_away_does_not() {
    let rule = json!({"security_group_id": "sg-1", "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22});
    let database = json!({"arn": DB, "identifier": "erp"});
    let done = applied(&[
        change("aws_vpc_security_group_ingress_rule.x", &["create"], &Value::Null, &rule, &json!({"id": true})),
        change("aws_db_instance.x", &["delete"], &database, &Value::Null, &json!({})),
    ]);
    assert_eq!((done.changed, done.not_judged.len()), (2, 0), "{:?}", done.not_judged);
    assert!(done.snapshot.resources.iter().all(|one| one.arn.as_str() != DB));
    let made = now(&done, "arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-planned0");
    let expected = json!({"CidrIpv4": "0.0.0.0/0", "FromPort": 22, "GroupId": "sg-1", "IpProtocol": "tcp", "IsEgress": false,
        "SecurityGroupRuleId": "sgr-planned0", "Tags": [], "ToPort": 22});
    assert_eq!(made["configuration"], expected);
}

#[test]
fn what_cannot_be_laid_over_is_named() {
    let database = json!({"arn": DB, "identifier": "erp", "storage_type": "gp2"});
    let other = json!({"arn": DB, "identifier": "erp", "storage_type": "gp3"});
    let done = applied(&[
        change("aws_db_instance.x", &["update"], &database, &other, &json!({})),
        change("aws_db_instance.new", &["create"], &Value::Null, &other, &json!({})),
        change("aws_sqs_queue.x", &["update"], &json!({"arn": "arn:q"}), &json!({"arn": "arn:q"}), &json!({})),
        change(
            "aws_cloudfront_distribution.x",
            &["delete", "create"],
            &json!({"arn": CDN, "id": "E1"}),
            &json!({}),
            &json!({}),
        ),
    ]);
    let told: Vec<&str> = done.not_judged.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "aws_cloudfront_distribution.x: it is replaced; what takes its place is not judged",
            "aws_db_instance.new: what is made is not judged",
            "aws_db_instance.x: storage_type is not judged",
            "aws_sqs_queue.x: it is not among what was read, or of a type that is not judged",
        ]
    );
}

#[test]
fn what_is_no_plan_is_refused() {
    for text in [
        "",
        "[]",
        "{\"version\": 4}",
        r#"{"resource_changes": [{"mode": "managed", "change": {"actions": ["create"]}}]}"#,
    ] {
        assert!(changes(text).is_err(), "{text}");
    }
    assert_eq!(changes(r#"{"resource_changes": [{"mode": "data", "change": {"actions": ["read"]}}]}"#), Ok(Vec::new()));
}
