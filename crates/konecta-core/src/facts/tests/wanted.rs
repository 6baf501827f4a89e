//! What is derived for some controls is what is derived for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{FactsAsText, Wanted, catalogue, texts};
use super::{DOCUMENTED, DRIFTED, INSIDE, blueprint, region, world};

/// What is said under one name, of resources and in an index.
type Said = (BTreeMap<String, Arc<str>>, Option<BTreeMap<String, Arc<str>>>);

fn said(texts: &FactsAsText, name: &str) -> Said {
    let of = texts.by_arn.iter().filter_map(|(arn, facts)| {
        let (_, text) = facts.iter().find(|(known, _)| *known == name)?;
        Some((arn.to_string(), text.clone()))
    });
    (of.collect(), texts.index.get(name).cloned())
}

#[test]
fn what_is_wanted_alone_is_what_it_is_among_all() {
    let (names, mut wrong, mut heard) = (catalogue(), Vec::new(), BTreeSet::new());
    for text in [DOCUMENTED, INSIDE, DRIFTED] {
        let (snapshot, mut blueprint) = (world(text), blueprint());
        blueprint.stack.region = Some(region());
        let derived = |wanted| texts(&snapshot, &blueprint, wanted).expect("in memory");
        let all = derived(Wanted::All);
        for name in names.facts.keys().chain(names.index.keys()) {
            let whole = said(&all, name);
            if !whole.0.is_empty() || whole.1.as_ref().is_some_and(|index| !index.is_empty()) {
                heard.insert(name);
            }
            let alone = derived(Wanted::of(BTreeSet::from([name.as_str()])));
            if said(&alone, name) != whole {
                wrong.push(name);
            }
        }
    }
    assert_eq!(wrong, Vec::<&String>::new());
    assert!(heard.len() * 10 > (names.facts.len() + names.index.len()) * 8, "only {heard:?} are there to be compared");
}
