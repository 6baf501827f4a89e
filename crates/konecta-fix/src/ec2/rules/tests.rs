//! What is closed can be given back as it was.

use super::*;
use crate::ec2::testdata::{group as a_group, member, resource, rule};
use crate::proof::World;

const REMEDY: Remedy =
    Remedy { id: "ec2.test", class: Class::B, actions: CLOSE, propose: |_, _| crate::Proposal::default() };

/// Asks a question of a case with these resources.
fn asked<T>(resources: Value, question: impl FnOnce(&RemedyContext<'_>) -> T) -> T {
    let world = World::of(resources);
    let facts = konecta_core::facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    question(&RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint))
}

fn closed(resources: Value, id: &str) -> Option<Step> {
    asked(resources, |context| close(context, find(context, id).expect("rule"), &REMEDY, Class::B))
}

#[test]
fn tags_come_back_but_for_those_of_aws() {
    let mut tagged = rule("sgr-1", "sg-1", (22, 22), member("sg-2"));
    tagged["tags"] = json!({"Name": "ssh", "aws:cloudformation:stack-name": "s"});
    let step = closed(json!([a_group("sg-1"), tagged]), "sgr-1").expect("step");
    let back = &step.inverse[0].parameters;
    assert_eq!(
        back["TagSpecifications"],
        json!([{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "ssh"}]}])
    );
    assert_eq!(
        back["IpPermissions"][0]["UserIdGroupPairs"],
        json!([{"GroupId": "sg-2", "UserId": "123456789012", "Description": "why sgr-1"}])
    );
    assert!(step.actions.contains(&action("ec2:CreateTags")));
}

#[test]
fn a_description_that_only_the_group_tells_comes_back_too() {
    let mut bare = rule("sgr-1", "sg-1", (22, 22), member("sg-2"));
    bare["configuration"].as_object_mut().expect("object").remove("Description");
    let mut group = a_group("sg-1");
    let pair = |id: &str| json!({"GroupId": id, "Description": format!("from {id}")});
    group["configuration"]["IpPermissions"] = json!([
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": "sg-2", "Description": "web"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [pair("sg-3"), pair("sg-2")]},
    ]);
    let step = closed(json!([group, bare]), "sgr-1").expect("step");
    assert_eq!(step.inverse[0].parameters["IpPermissions"][0]["UserIdGroupPairs"][0]["Description"], "from sg-2");
}

#[test]
fn what_could_not_be_given_back_is_not_closed() {
    assert!(closed(json!([a_group("sg-1"), rule("sgr-1", "sg-1", (22, 22), json!({}))]), "sgr-1").is_none());
    assert!(closed(json!([rule("sgr-1", "sg-gone", (22, 22), member("sg-2"))]), "sgr-1").is_none());
}

#[test]
fn what_goes_out_is_closed_as_egress() {
    let mut egress = rule("sgr-1", "sg-1", (-1, -1), json!({"CidrIpv4": "0.0.0.0/0", "IsEgress": true}));
    egress["configuration"]["IpProtocol"] = json!("-1");
    let step = closed(json!([a_group("sg-1"), egress]), "sgr-1").expect("step");
    assert_eq!(
        (step.call.operation.as_str(), step.inverse[0].operation.as_str()),
        ("RevokeSecurityGroupEgress", "AuthorizeSecurityGroupEgress")
    );
    assert_eq!(step.title, "Remove all traffic to 0.0.0.0/0 (sgr-1) from sg-1");
}

#[test]
fn a_list_is_let_in_and_found_again_for_the_way_back() {
    let step =
        asked(json!([resource("SecurityGroup", "security-group", "sg-1", json!({"GroupId": "sg-1"}))]), |context| {
            admit(group(context, "sg-1").expect("group"), Source::List("pl-1"), 443, "CloudFront", &REMEDY, Class::B)
        });
    let Effect::Created { resource, exists } = &step.effects[0] else { panic!("{:?}", step.effects) };
    assert_eq!(resource.reference.arn.as_str(), "arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-pl-1-443");
    // What is looked for is what the rule will be.
    for (pointer, value) in &exists.matching {
        assert_eq!(resource.at(&format!("/configuration{pointer}")), Some(value));
    }
    assert_eq!(step.inverse[0].parameters["SecurityGroupRuleIds"][0]["$find"]["take"], "/SecurityGroupRuleId");
}
