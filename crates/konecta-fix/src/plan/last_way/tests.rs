//! The last way in stays, whoever asks for it to go.

use serde_json::{Value, json};

use super::*;
use crate::ec2::rules;
use crate::ec2::testdata::{cidr, cluster_stack, database, group, instance, member, rule};
use crate::proof::World;
use crate::registry::remedy;
use crate::step::Class;
use konecta_base::finding::{Finding, Severity, Shared, Status};
use konecta_core::facts;

fn finding() -> Finding {
    let reference = json!({"arn": "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1",
        "resourceType": "AWS::EC2::SecurityGroup", "accountId": "123456789012", "region": "us-east-1"});
    Finding {
        control: "KA-SG-001".parse().expect("control"),
        name: "".into(),
        title: "".into(),
        severity: Severity::High,
        status: Status::Fail,
        resource: serde_json::from_value(reference).expect("reference"),
        violations: Shared::default(),
        reasons: Shared::default(),
        evidence: Shared::default(),
        unattainable: false,
    }
}

/// What closing these rules does.
fn removed(resources: &[Value], closed: &[&str]) -> Removals {
    let world = World::of(json!(resources));
    let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
    let finding = finding();
    let remedy = remedy("ec2.admin_ports_closed").expect("remedy");
    let step =
        |id: &&str| rules::close(&context, rules::find(&context, id).expect("rule"), remedy, Class::B).expect("step");
    let items: Vec<Item<'_>> =
        closed.iter().map(|id| Item { finding: &finding, step: step(id), left_out: None }).collect();
    let (promises, reads) = (BTreeMap::new(), konecta_base::reads::reads());
    let input = PlanInput { snapshot: &world.snapshot, context: &context, promises: &promises, reads };
    removals(&input, &items)
}

/// The reasons for which closing these rules is refused.
fn refused(resources: &[Value], closed: &[&str]) -> Vec<String> {
    removed(resources, closed).closing.into_values().collect()
}

fn bastion(rules: &[Value]) -> Vec<Value> {
    let mut bastion = instance("i-1", "subnet-1", "sg-1");
    bastion["tags"] = json!({"Role": "bastion"});
    [&[group("sg-1"), bastion], rules].concat()
}

#[test]
fn the_last_ssh_rule_of_a_bastion_stays() {
    let world = rule("sgr-world", "sg-1", (22, 22), cidr("0.0.0.0/0"));
    let office = rule("sgr-office", "sg-1", (22, 22), cidr("203.0.113.0/24"));
    let told = refused(&bastion(std::slice::from_ref(&world)), &["sgr-world"]);
    assert_eq!(told, ["it is the last rule that lets people in at bastion i-1 by SSH"]);
    let harmless = removed(&bastion(&[world.clone(), office.clone()]), &["sgr-world"]);
    assert!(harmless.closing.is_empty());
    assert_eq!(harmless.harmless[&0], ["rule sgr-office lets people in at bastion i-1 by SSH as well"]);
    assert_eq!(refused(&bastion(&[world, office]), &["sgr-world", "sgr-office"]).len(), 2);
}

#[test]
fn the_nodes_keep_a_way_to_the_database() {
    let stack = |rules: &[Value]| {
        let own = vec![group("sg-db"), group("sg-x"), database("db-1", "sg-db")];
        [cluster_stack(), own, rules.to_vec()].concat()
    };
    let world = rule("sgr-world", "sg-db", (5432, 5432), cidr("0.0.0.0/0"));
    let nodes = rule("sgr-nodes", "sg-db", (5432, 5432), member("sg-nodes"));
    let other = rule("sgr-other", "sg-db", (5432, 5432), member("sg-x"));
    // The subnet's range is not known here, so 0.0.0.0/0 may be how the nodes come in.
    let told = refused(&stack(&[world.clone(), other]), &["sgr-world"]);
    assert_eq!(told, ["it is the last rule that lets nodes such as i-node in at database db-1"]);
    assert!(refused(&stack(&[world, nodes]), &["sgr-world"]).is_empty());
}

#[test]
fn a_rule_that_nobody_comes_in_by_may_go() {
    let rules = [rule("sgr-1", "sg-x", (22, 22), cidr("0.0.0.0/0"))];
    assert!(refused(&[&[group("sg-x")], &rules[..]].concat(), &["sgr-1"]).is_empty());
}

#[test]
fn a_range_admits_only_those_within_it() {
    let path = |ranges: &[&str]| Path {
        what: String::new(),
        from: Peer {
            groups: Some(BTreeSet::from(["sg-a".to_owned()])),
            ranges: ranges.iter().map(|range| range.parse().expect("range")).collect(),
        },
        to: BTreeSet::new(),
        port: 443,
    };
    let admits = |ranges: &[&str], rule: Value| {
        let world = World::of(json!([rule]));
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
        path(ranges).admits(context.all(RULE).next().expect("rule"))
    };
    let https = |peer: Value| rule("sgr-1", "sg-1", (443, 443), peer);
    assert_eq!(admits(&["10.0.1.0/24"], https(cidr("10.0.0.0/16"))), Some(true));
    assert_eq!(admits(&["10.0.1.0/24"], https(cidr("10.1.0.0/16"))), Some(false));
    assert_eq!(admits(&["10.0.1.0/24", "10.1.0.0/24"], https(cidr("10.1.0.0/16"))), None);
    assert_eq!(admits(&["10.0.1.0/24"], https(cidr("10.0.1.7/32"))), None);
    assert_eq!(admits(&[], https(cidr("10.0.0.0/16"))), None);
    assert_eq!(admits(&["10.0.1.0/24"], https(member("sg-a"))), Some(true));
    assert_eq!(admits(&["10.0.1.0/24"], https(member("sg-b"))), Some(false));
    assert_eq!(admits(&["10.0.1.0/24"], rule("sgr-1", "sg-1", (80, 80), member("sg-a"))), Some(false));
    assert_eq!(admits(&["10.0.1.0/24"], https(json!({"PrefixListId": "pl-1"}))), None);
}
