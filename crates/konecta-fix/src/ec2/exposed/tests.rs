//! One rule of three goes, unions go whole, and only what must.

use serde_json::{Value, json};

use super::*;
use crate::ec2::testdata::{cidr, group, member, resource, rule};
use crate::proof::World;

fn ids(steps: &[Step]) -> Vec<&str> {
    steps.iter().filter_map(|step| step.call.parameters["SecurityGroupRuleIds"][0].as_str()).collect()
}

fn world(rules: &[Value]) -> World {
    World::of([&[group("sg-1"), group("sg-bastion")], rules].concat().into())
}

#[test]
fn of_everybody_an_office_and_the_bastion_everybody_goes() {
    let world = world(&[
        rule("sgr-a", "sg-1", (22, 22), cidr("0.0.0.0/0")),
        rule("sgr-b", "sg-1", (22, 22), cidr("10.0.0.0/8")),
        rule("sgr-c", "sg-1", (22, 22), member("sg-bastion")),
    ]);
    let steps = world.mended("KA-SG-001", "security-group/sg-1");
    assert_eq!(ids(&steps), ["sgr-a"]);
    assert_eq!(steps[0].class, Class::A);
    assert_eq!(steps[0].call.parameters, json!({"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-a"]}));
    let back = json!({"GroupId": "sg-1", "IpPermissions": [{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "why sgr-a"}],
    }]});
    assert_eq!(steps[0].inverse[0].parameters, back);
    assert_eq!(steps[0].effects.len(), 1);
}

#[test]
fn halves_of_the_internet_go_together_in_one_call() {
    let world = world(&[
        rule("sgr-a", "sg-1", (22, 22), cidr("0.0.0.0/1")),
        rule("sgr-b", "sg-1", (22, 22), cidr("128.0.0.0/1")),
        rule("sgr-o", "sg-1", (22, 22), cidr("203.0.113.0/24")),
    ]);
    let steps = world.mended("KA-SG-001", "security-group/sg-1");
    assert_eq!(ids(&steps), ["sgr-a", "sgr-b"]);
    assert_eq!(steps[0].merge, steps[1].merge);
    assert!(steps[0].merge.is_some());
}

#[test]
fn a_prefix_list_that_holds_the_internet_goes_and_ipv6_counts() {
    let mut list = resource(
        "PrefixList",
        "prefix-list",
        "pl-1",
        json!({"PrefixListId": "pl-1", "PrefixListName": "offices", "OwnerId": "123456789012"}),
    );
    list["supplement"] = json!({"entries": [{"Cidr": "0.0.0.0/0"}]});
    let world = world(&[
        list,
        rule("sgr-l", "sg-1", (22, 22), json!({"PrefixListId": "pl-1"})),
        rule("sgr-6", "sg-1", (22, 22), json!({"CidrIpv6": "::/0"})),
    ]);
    let steps = world.mended("KA-SG-001", "security-group/sg-1");
    assert_eq!(ids(&steps), ["sgr-6", "sgr-l"]);
    assert_eq!(steps[0].inverse[0].parameters["IpPermissions"][0]["Ipv6Ranges"][0]["CidrIpv6"], "::/0");
    assert_eq!(steps[1].inverse[0].parameters["IpPermissions"][0]["PrefixListIds"][0]["PrefixListId"], "pl-1");
}

#[test]
fn a_range_that_is_right_in_part_goes_as_a_whole_but_not_unasked() {
    let world = world(&[rule("sgr-a", "sg-1", (3380, 3400), cidr("0.0.0.0/0"))]);
    let steps = world.mended("KA-SG-001", "security-group/sg-1");
    assert_eq!(steps[0].class, Class::B);
    assert!(steps[0].consequences.iter().any(|line| line.contains("tcp 3380-3400 from 0.0.0.0/0")));
}

#[test]
fn every_remedy_says_the_same_of_the_same_rule() {
    let world = world(&[
        rule("sgr-a", "sg-1", (0, 65535), cidr("0.0.0.0/0")),
        rule("sgr-w", "sg-1", (443, 443), cidr("0.0.0.0/0")),
    ]);
    let steps = ["KA-SG-001", "KA-SG-002", "KA-SG-003"].map(|id| world.mended(id, "security-group/sg-1"));
    for steps in &steps {
        assert_eq!(ids(steps), ["sgr-a"]);
        assert_eq!((steps[0].class, &steps[0].key), (Class::A, &"ec2.close_rule/sgr-a".to_owned()));
    }
}

#[test]
fn of_several_ranges_the_widest_go_until_half_of_the_ports_are_closed() {
    let world = world(&[
        rule("sgr-web", "sg-1", (443, 443), cidr("0.0.0.0/0")),
        rule("sgr-low", "sg-1", (1, 400), cidr("0.0.0.0/0")),
        rule("sgr-high", "sg-1", (1024, 65535), cidr("0.0.0.0/0")),
    ]);
    assert_eq!(ids(&world.mended("KA-SG-002", "security-group/sg-1")), ["sgr-high"]);
}

#[test]
fn all_traffic_is_given_back_without_ports() {
    let mut all = rule("sgr-a", "sg-1", (-1, -1), cidr("0.0.0.0/0"));
    all["configuration"]["IpProtocol"] = json!("-1");
    let steps = world(&[all]).mended("KA-SG-002", "security-group/sg-1");
    let range = json!([{"CidrIp": "0.0.0.0/0", "Description": "why sgr-a"}]);
    assert_eq!(steps[0].inverse[0].parameters["IpPermissions"][0], json!({"IpProtocol": "-1", "IpRanges": range}));
}
