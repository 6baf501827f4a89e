//! A fact that is not made of the call for one resource is the same without what only that call carries.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{FactsAsText, Wanted, catalogue, texts};
use super::{DOCUMENTED, DRIFTED, INSIDE, blueprint, region, world};
use konecta_base::id::Action;
use konecta_base::reads::{Read, reads};
use konecta_base::snapshot::Snapshot;

/// What a member may be that only one call carries: it is there, it is on, it is off.
fn values() -> [Value; 3] {
    [
        json!("said"),
        json!({"Enabled": true, "Bucket": "logs.s3.amazonaws.com"}),
        json!({"Enabled": false, "Bucket": ""}),
    ]
}

/// The world with these members of a call set, or taken out.
fn with(mut snapshot: Snapshot, read: &Read, value: Option<&Value>) -> Snapshot {
    for resource in snapshot.resources.iter_mut().filter(|one| read.completes.contains(&one.resource_type)) {
        let mut whole: Value = serde_json::from_str(resource.configuration.get()).expect("JSON");
        read.set_added(&mut whole, value);
        resource.configuration = serde_json::value::to_raw_value(&whole).expect("JSON");
    }
    snapshot
}

/// Everything that is said under a name.
fn said(all: &FactsAsText, name: &str) -> Vec<String> {
    let facts = all.by_arn.iter().flat_map(|(arn, facts)| facts.iter().map(move |(known, text)| (arn, known, text)));
    let facts = facts.filter(|(_, known, _)| **known == name).map(|(arn, _, text)| format!("{arn} {text}"));
    let entries = all.index.get(name).into_iter().flatten().map(|(key, text)| format!("{key} {text}"));
    let mut said: Vec<String> = facts.chain(entries).collect();
    said.sort();
    said
}

/// The names whose facts or entries change in one of the worlds with what only this call carries.
fn changed_by(read: &Read) -> BTreeSet<&'static str> {
    let names = catalogue().facts.keys().chain(catalogue().index.keys()).map(String::as_str);
    let names: Vec<&'static str> = names.collect();
    let mut changed = BTreeSet::new();
    for text in [DOCUMENTED, INSIDE, DRIFTED] {
        let mut blueprint = blueprint();
        blueprint.stack.region = Some(region());
        let of =
            |value: Option<&Value>| texts(&with(world(text), read, value), &blueprint, Wanted::All).expect("in memory");
        let without = of(None);
        for value in values() {
            let more = of(Some(&value));
            changed.extend(names.iter().filter(|name| said(&more, name) != said(&without, name)));
        }
    }
    changed
}

#[test]
fn only_facts_that_name_a_call_change_with_what_it_alone_carries() {
    let partly: Vec<(&Action, &Read)> = reads().iter().filter(|(_, read)| !read.adds.is_empty()).collect();
    assert!(!partly.is_empty());
    for (action, read) in partly {
        let all = catalogue().facts.iter().chain(&catalogue().index);
        let naming: BTreeSet<&str> =
            all.filter(|(_, info)| info.reads.contains(action)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            changed_by(read),
            naming,
            "{action}: left are the facts that change with it, right those that name it"
        );
    }
}
