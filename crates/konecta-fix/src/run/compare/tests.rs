//! Whose doing a difference is: told from three bodies, whatever stands in whatever order.

use serde_json::json;

use super::*;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";

fn kind(name: &str) -> ResourceType {
    crate::own(name)
}

fn edit(path: &str, before: Option<Value>, after: Option<Value>) -> Edit {
    Edit::new(path, before, after)
}

fn stray(name: &str, before: &Value, edits: &[Edit], now: &Value) -> Vec<String> {
    strays(&kind(name), before, edits, now).expect("bodies")
}

#[test]
fn what_was_meant_is_no_stray_and_all_else_is_named() {
    let before = json!({"configuration": {"A": 1, "B": {"C": 2}}, "supplement": {}, "tags": null});
    let now = json!({"configuration": {"A": 7, "B": {"C": 3}, "D": 4}, "supplement": {}, "tags": null});
    let edits = [edit("/configuration/A", Some(json!(1)), Some(json!(7)))];
    let told = stray("AWS::X::Y", &before, &edits, &now);
    assert_eq!(told, ["B.C (was 2, is 3)", "D (was absent, is 4)"]);
    let back: Vec<Edit> = edits.iter().map(Edit::reversed).collect();
    let restored = json!({"configuration": {"A": 1, "B": {"C": 3}, "D": 4}, "supplement": {}, "tags": null});
    assert_eq!(stray("AWS::X::Y", &now, &back, &restored), [""; 0]);
    let kept = stray("AWS::X::Y", &now, &back, &now);
    assert_eq!(kept, ["A (was 1, is 7)"], "what should have changed and has not is a difference too");
}

#[test]
fn a_list_without_an_order_that_is_put_back_keeps_what_others_put_into_it() {
    const ACL: &str = "AWS::EC2::NetworkAcl";
    let entries = |numbers: &[u64]| -> Value { numbers.iter().map(|number| json!({"RuleNumber": number})).collect() };
    let acl = |numbers: &[u64]| json!({"configuration": {"Entries": entries(numbers)}});
    let taken = edit("/configuration/Entries", Some(entries(&[50, 100])), Some(entries(&[100])));
    let back = [taken.reversed()];
    assert_eq!(stray(ACL, &acl(&[100, 777]), &back, &acl(&[777, 100, 50])), [""; 0]);
    assert_eq!(stray(ACL, &acl(&[100, 777]), &back, &acl(&[100, 50])).len(), 1, "what another put there is gone");
    let [goes, comes] = exchanged(&kind(ACL), &acl(&[100]), &back[0]).expect("a list without an order");
    assert_eq!((goes.len(), comes), (0, vec![&json!({"RuleNumber": 50})]));
    let ordered = edit("/configuration/DistributionConfig/CacheBehaviors/Items", Some(json!([1])), Some(json!([2])));
    assert_eq!(exchanged(&kind(DISTRIBUTION), &json!({}), &ordered), None);
}

#[test]
fn placeholders_stand_for_whatever_came_of_them() {
    let before = json!({"configuration": {}});
    let secret = crate::step::secret("E1", "o", "X-S");
    let edits = [edit("/configuration/Value", None, Some(secret))];
    assert_eq!(stray("AWS::X::Y", &before, &edits, &json!({"configuration": {"Value": "sha256:1"}})), [""; 0]);
}

#[test]
fn what_changes_by_itself_or_with_everything_is_no_stray() {
    let of = |status: &str, etag: &str, on: bool| json!({"configuration": {"Status": status, "DistributionConfig": {"Enabled": on}}, "supplement": {"etag": etag}});
    let edits = [edit("/configuration/DistributionConfig/Enabled", Some(json!(false)), Some(json!(true)))];
    assert_eq!(stray(DISTRIBUTION, &of("Deployed", "1", false), &edits, &of("InProgress", "2", true)), [""; 0]);
}

fn attributes(list: &[(&str, &str)]) -> Value {
    let list: Vec<Value> = list.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({"configuration": {}, "supplement": {"attributes": list}})
}

#[test]
fn in_a_list_without_an_order_no_more_may_differ_than_was_meant() {
    let before = attributes(&[("a", "false"), ("b", "false"), ("c", "x")]);
    let edits = [edit("/supplement/attributes/0/Value", Some(json!("false")), Some(json!("true")))];
    let now = attributes(&[("c", "x"), ("b", "false"), ("a", "true")]);
    assert_eq!(stray(BALANCER, &before, &edits, &now), [""; 0]);
    let more = attributes(&[("c", "y"), ("b", "false"), ("a", "true")]);
    assert_eq!(stray(BALANCER, &before, &edits, &more).len(), 1);
    let gone = attributes(&[("b", "false"), ("a", "true")]);
    assert_eq!(stray(BALANCER, &before, &edits, &gone).len(), 1);
}

#[test]
fn in_a_list_with_an_order_places_move_with_what_comes_and_goes() {
    let of = |items: &[&str]| json!({"configuration": {"DistributionConfig": {"CacheBehaviors": {"Items": items}}}});
    let items = "/configuration/DistributionConfig/CacheBehaviors/Items";
    let gone = [edit(&format!("{items}/0"), Some(json!("a")), None)];
    assert_eq!(stray(DISTRIBUTION, &of(&["a", "b", "c"]), &gone, &of(&["b", "c"])), [""; 0]);
    assert_eq!(stray(DISTRIBUTION, &of(&["a", "b", "c"]), &gone, &of(&["c", "b"])).len(), 2);
    let back: Vec<Edit> = gone.iter().map(Edit::reversed).collect();
    assert_eq!(stray(DISTRIBUTION, &of(&["b", "c"]), &back, &of(&["a", "b", "c"])), [""; 0]);
}

fn conflict(name: &str, bodies: [&Value; 3], operation: &str) -> Vec<String> {
    let [before, ours, now] = bodies;
    let call = Call::new("x", operation, json!({}));
    conflicts(&kind(name), Three { before, ours, now }, &[call]).expect("bodies")
}

#[test]
fn an_unrelated_change_is_no_conflict_and_one_of_the_attribute_is_told_with_three_values() {
    let of = |days: u64, window: &str, version: &str| json!({"configuration": {"BackupRetentionPeriod": days, "PreferredBackupWindow": window, "EngineVersion": version}});
    let (before, ours) = (of(1, "02:00", "16.8"), of(7, "02:00", "16.8"));
    let check = |now: &Value| conflict("AWS::RDS::DBInstance", [&before, &ours, now], "ModifyDBInstance");
    assert_eq!(check(&of(7, "04:00", "16.9")), [""; 0], "somebody's window, a minor upgrade");
    assert_eq!(check(&of(14, "02:00", "16.8")), ["BackupRetentionPeriod was 1, this run made it 7, and now it is 14"]);
    assert_eq!(check(&of(1, "02:00", "16.8")).len(), 1, "what somebody put back is not ours to put back again");
}

#[test]
fn what_the_way_back_sends_along_counts_as_well() {
    let of = |tokens: &str, hops: u64| json!({"configuration": {"MetadataOptions": {"HttpTokens": tokens, "HttpPutResponseHopLimit": hops}, "ImageId": "ami-1"}});
    let bodies = [&of("optional", 1), &of("required", 1), &of("required", 2)];
    let told = conflict("AWS::EC2::Instance", bodies, "ModifyInstanceMetadataOptions");
    assert_eq!(told.len(), 1, "its inverse sends all options: {told:?}");
    assert!(told[0].starts_with("MetadataOptions was"), "{told:?}");
    let pending = |waits: Value| json!({"configuration": {"MultiAZ": true, "PendingModifiedValues": waits}});
    let before = json!({"configuration": {"MultiAZ": false, "PendingModifiedValues": {}}});
    let waiting = [&before, &pending(json!({})), &pending(json!({"EngineVersion": "17"}))];
    assert_eq!(
        conflict("AWS::RDS::DBInstance", waiting, "ModifyDBInstance").len(),
        1,
        "it would be carried out at once"
    );
    let unknown = [&json!({"configuration": {"A": 1, "B": 1}}), &json!({"configuration": {"A": 2, "B": 1}})];
    let now = json!({"configuration": {"A": 2, "B": 9}});
    let told = conflict("AWS::X::Y", [unknown[0], unknown[1], &now], "PutSomething");
    assert_eq!(told, ["B (was 1, is 9), which the way back would set as well"]);
}

#[test]
fn entries_of_others_in_a_list_without_an_order_are_theirs() {
    let (before, ours) = (attributes(&[("a", "false"), ("b", "false")]), attributes(&[("b", "false"), ("a", "true")]));
    let check = |now: &Value| conflict(BALANCER, [&before, &ours, now], "ModifyLoadBalancerAttributes");
    assert_eq!(check(&attributes(&[("a", "true"), ("b", "true"), ("c", "1")])), [""; 0]);
    assert_eq!(check(&attributes(&[("a", "maybe"), ("b", "false")])).len(), 1);
    assert_eq!(check(&attributes(&[("b", "false")])).len(), 1, "ours is gone");
}
