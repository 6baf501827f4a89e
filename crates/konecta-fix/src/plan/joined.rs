//! Steps that no remedy proposes, put together: only what the planner itself does with them is tried here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::calls::{self, Amended};
use super::choose::{Choice, Item, LeftOut};
use super::{Change, PlanInput, agreed, order};
use crate::context::RemedyContext;
use crate::pointer;
use crate::proof::World;
use crate::registry::Refusal;
use crate::step::{Class, Edit, Step};
use konecta_base::finding::{Finding, Severity, Shared, Status};
use konecta_base::reads::reads;
use konecta_base::resource_types;
use konecta_core::facts;

const ARN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";

fn object() -> Value {
    json!({"Comment": "c", "HttpVersion": "http1.1", "IsIPV6Enabled": false, "Kept": {"a": [1, 2]}, "Aliases": {"Items": ["a"], "Quantity": 1}})
}

fn reference() -> Value {
    json!({"arn": ARN, "resourceType": resource_types::CLOUDFRONT_DISTRIBUTION, "accountId": "123456789012", "region": "global"})
}

/// Amends the distribution; the title is the key.
fn amending(key: &str, edits: &[Edit]) -> Step {
    let call = |edits: Vec<Edit>| {
        json!({"service": "cloudfront", "operation": "UpdateDistribution", "parameters": {"Id": "E1"}, "amend": {
            "read": "GetDistributionConfig", "parameters": {"Id": "E1"}, "member": "DistributionConfig",
            "token": ["ETag", "IfMatch"], "edits": edits}})
    };
    let effects: Vec<Edit> = edits.iter().map(|edit| edit.below("/configuration/DistributionConfig")).collect();
    let step = json!({
        "key": key, "merge": "UpdateDistribution/E1", "fix": "x.y", "resource": reference(), "class": "A", "title": key,
        "effects": [{"kind": "amended", "resource": reference(), "edits": effects}],
        "call": call(edits.to_vec()), "inverse": [call(edits.iter().rev().map(Edit::reversed).collect())], "actions": [],
    });
    serde_json::from_value(step).expect("step")
}

fn setting(key: &str, member: &str, to: &Value) -> Step {
    let path = format!("/{member}");
    amending(key, &[Edit::new(path.clone(), object().pointer(&path).cloned(), Some(to.clone()))])
}

fn adding(key: &str, alias: &str) -> Step {
    let count = Edit::new("/Aliases/Quantity", Some(json!(1)), Some(json!(2)));
    amending(key, &[Edit::new("/Aliases/Items/1", None, Some(json!(alias))), count])
}

fn needing(step: Step, needs: &[&str]) -> Step {
    Step { needs: needs.iter().map(|need| (*need).to_owned()).collect(), ..step }
}

fn apart(step: Step) -> Step {
    Step { merge: None, ..step }
}

fn finding(control: &str) -> Finding {
    Finding {
        control: control.parse().expect("control"),
        name: "".into(),
        title: "".into(),
        severity: Severity::High,
        status: Status::Fail,
        resource: serde_json::from_value(reference()).expect("reference"),
        violations: Shared::default(),
        reasons: Shared::default(),
        evidence: Shared::default(),
        unattainable: false,
    }
}

fn asked<'a>(finding: &'a Finding, mut step: Step) -> Item<'a> {
    step.controls.push(finding.control.clone());
    Item { finding, step, left_out: None }
}

fn left_out<'a>(item: Item<'a>, reason: &str) -> Item<'a> {
    Item { left_out: Some(LeftOut::because(reason)), ..item }
}

/// The changes, and what is said of what is not done.
fn planned(items: Vec<Item<'_>>, partial: Vec<&Finding>) -> (Vec<Change>, Vec<String>) {
    let world = World::of(
        json!([{"resourceType": resource_types::CLOUDFRONT_DISTRIBUTION, "resourceId": "E1", "region": "global",
        "arn": ARN, "tags": {}, "configuration": {"Id": "E1", "DistributionConfig": object()}}]),
    );
    let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
    let (promises, reads) = (BTreeMap::new(), reads());
    let input = PlanInput { snapshot: &world.snapshot, context: &context, promises: &promises, reads };
    let mut choice = Choice { items, partial, ..Choice::default() };
    let changes = agreed(&input, &mut choice).expect("changes");
    (changes, choice.refusals().iter().map(Refusal::message).collect())
}

fn made(start: &Value, edits: &[Edit]) -> Value {
    let mut value = start.clone();
    for edit in edits {
        pointer::edit(&mut value, edit).unwrap_or_else(|error| panic!("{error}: {edits:?} on {start}"));
    }
    value
}

fn edits(call: &crate::step::Call) -> &[Edit] {
    &call.amend.as_ref().expect("amend").edits
}

#[test]
fn what_needs_a_step_that_is_left_out_is_left_out_too_and_names_it() {
    let one = finding("KA-CF-001");
    let first = left_out(asked(&one, setting("first", "Comment", &json!("d"))), "it belongs to CloudFormation");
    let second = asked(&one, needing(setting("second", "HttpVersion", &json!("http2")), &["first"]));
    let third = asked(&one, needing(setting("third", "Price", &json!("all")), &["second"]));
    let other = finding("KA-CF-002");
    let free = asked(&other, needing(setting("free", "IsIPV6Enabled", &json!(true)), &["not in this plan"]));
    let (changes, refusals) = planned(vec![third, second, first, free], Vec::new());
    assert_eq!(changes.iter().map(Change::title).collect::<Vec<_>>(), ["free"]);
    assert_eq!(refusals.len(), 3);
    assert!(refusals.contains(&"first: it belongs to CloudFormation".to_owned()));
    assert!(
        refusals.iter().any(|told| told.starts_with("second: it needs “first” first, which is left out: it belongs"))
    );
    assert!(refusals.iter().any(|told| told.starts_with("third: it needs “second” first")), "{refusals:?}");
}

#[test]
fn a_need_that_another_finding_brings_is_there() {
    let (one, other) = (finding("KA-CF-001"), finding("KA-CF-002"));
    let step = || setting("first", "Comment", &json!("d"));
    let second = needing(setting("second", "HttpVersion", &json!("http2")), &["first"]);
    let items = vec![left_out(asked(&one, step()), "waived"), asked(&other, step()), asked(&other, second)];
    let (changes, _) = planned(items, Vec::new());
    assert_eq!(changes.iter().map(Change::title).collect::<Vec<_>>(), ["first", "second"]);
    assert!(changes[0].verifies.is_empty());
    let verified: Vec<&str> = changes[1].verifies.iter().map(|verifies| verifies.control.as_str()).collect();
    assert_eq!(verified, ["KA-CF-002"], "a finding of which a step was left out is promised to nobody");
}

#[test]
fn two_wishes_for_one_place_are_told_with_both_names() {
    let (one, other) = (finding("KA-CF-001"), finding("KA-CF-002"));
    for split in [false, true] {
        let mut second = setting("Bid 3", "HttpVersion", &json!("http3"));
        second.merge = second.merge.filter(|_| !split);
        let first = setting("Ask 2", "HttpVersion", &json!("http2"));
        let after = needing(apart(setting("Call", "Comment", &json!("d"))), &["Bid 3"]);
        let (changes, refusals) =
            planned(vec![asked(&one, first), asked(&other, second), asked(&other, after)], Vec::new());
        assert_eq!(changes.iter().map(Change::title).collect::<Vec<_>>(), ["Ask 2"]);
        let told = |start: &str| refusals.iter().any(|told| told.starts_with(start));
        assert!(told("Bid 3: it does not go together with “Ask 2”"), "{refusals:?}");
        assert!(told("Call: it needs “Bid 3” first"), "{refusals:?}");
    }
}

#[test]
fn one_wish_of_two_findings_is_done_once_for_both() {
    let (one, other) = (finding("KA-CF-001"), finding("KA-CF-002"));
    let worse = Step { class: Class::B, ..setting("same", "Comment", &json!("d")) };
    let items = vec![asked(&one, setting("same", "Comment", &json!("d"))), asked(&other, worse)];
    let (changes, refusals) = planned(items, Vec::new());
    assert_eq!((changes.len(), changes[0].parts.len(), changes[0].class), (1, 1, Class::B));
    assert_eq!((changes[0].controls.len(), changes[0].verifies.len()), (2, 2));
    assert_eq!(refusals, Vec::<String>::new());
    let unequal = vec![
        asked(&one, setting("same", "Comment", &json!("d"))),
        asked(&other, setting("same", "Comment", &json!("e"))),
    ];
    let (changes, refusals) = planned(unequal, Vec::new());
    assert_eq!((changes.len(), changes[0].verifies.len()), (1, 1));
    assert!(refusals[0].contains("it is not the same as “same”"), "{refusals:?}");
}

#[test]
fn entries_of_two_steps_find_their_places_are_counted_and_go_back() {
    let one = finding("KA-CF-001");
    for split in [false, true] {
        let second = adding("two", "c");
        let second = if split { apart(second) } else { second };
        let (changes, refusals) = planned(vec![asked(&one, adding("one", "b")), asked(&one, second)], Vec::new());
        assert_eq!((changes.len(), refusals.len()), (1 + usize::from(split), 0), "{refusals:?}");
        let after = changes.iter().fold(object(), |value, change| made(&value, edits(&change.call)));
        assert_eq!(after["Aliases"]["Quantity"], json!(3));
        assert_eq!(after["Aliases"]["Items"].as_array().map(Vec::len), Some(3));
        let back = changes
            .iter()
            .rev()
            .flat_map(|change| &change.inverse)
            .fold(after, |value, call| made(&value, edits(call)));
        assert_eq!(back, object());
    }
}

#[test]
fn only_the_last_change_promises_and_never_for_what_was_refused_in_part() {
    let (one, other) = (finding("KA-CF-001"), finding("KA-CF-002"));
    let items = || {
        vec![
            asked(&one, needing(apart(setting("b", "Comment", &json!("d"))), &["a"])),
            asked(&one, apart(setting("a", "HttpVersion", &json!("http2")))),
            asked(&other, apart(setting("c", "IsIPV6Enabled", &json!(true)))),
        ]
    };
    let promised = |changes: &[Change]| {
        let each = changes.iter().map(|change| (change.title(), change.verifies.len()));
        each.collect::<Vec<_>>()
    };
    let told = |a: usize, b: usize, c: usize| vec![("a".to_owned(), a), ("b".to_owned(), b), ("c".to_owned(), c)];
    let (changes, _) = planned(items(), Vec::new());
    assert_eq!(promised(&changes), told(0, 1, 1));
    assert_eq!(changes[1].needs, ["c1"]);
    let (changes, _) = planned(items(), vec![&one]);
    assert_eq!(promised(&changes), told(0, 0, 1));
}

#[test]
fn a_call_that_would_wait_for_itself_is_made_in_two() {
    let one = finding("KA-CF-001");
    let items = vec![
        asked(&one, setting("a", "Comment", &json!("d"))),
        asked(&one, needing(apart(setting("b", "HttpVersion", &json!("http2"))), &["a"])),
        asked(&one, needing(setting("c", "IsIPV6Enabled", &json!(true)), &["b"])),
    ];
    let (changes, _) = planned(items, Vec::new());
    assert_eq!(changes.iter().map(Change::title).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(
        changes.iter().map(|change| change.needs.clone()).collect::<Vec<_>>(),
        [vec![], vec!["c1".to_owned()], vec!["c2".to_owned()]]
    );
    let circle =
        [needing(apart(setting("a", "A", &json!(1))), &["b"]), needing(apart(setting("b", "B", &json!(1))), &["a"])];
    assert_eq!(order::calls(&circle.iter().collect::<Vec<_>>()), Err(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn ways_back_are_joined_call_by_call() {
    let step = |key: &str, member: &str, tag: &str| {
        let mut step = setting(key, "Comment", &json!("d"));
        let call = |value: bool| json!({"service": "rds", "operation": "ModifyDBInstance", "parameters": {"DBInstanceIdentifier": "d", member: value}});
        let tags = json!({"service": "rds", "operation": "RemoveTagsFromResource", "parameters": {"ResourceName": "d", "TagKeys": [tag]}});
        step.call = serde_json::from_value(call(true)).expect("call");
        step.inverse = serde_json::from_value(json!([call(false), tags])).expect("calls");
        step
    };
    let (one, other) = (step("a", "MultiAZ", "x"), step("b", "DeletionProtection", "y"));
    let (call, inverse) = calls::call(&[&one, &other], &mut Amended::new()).expect("fits");
    assert_eq!(call.parameters, json!({"DBInstanceIdentifier": "d", "MultiAZ": true, "DeletionProtection": true}));
    assert_eq!(inverse.len(), 2);
    assert_eq!(
        inverse[0].parameters,
        json!({"DBInstanceIdentifier": "d", "MultiAZ": false, "DeletionProtection": false})
    );
    assert_eq!(inverse[1].parameters, json!({"ResourceName": "d", "TagKeys": ["x", "y"]}));
}

mod random;
