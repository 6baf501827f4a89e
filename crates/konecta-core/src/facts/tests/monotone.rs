//! Monotonicity: whatever key is taken out of whatever answer, whatever read is not made, nothing becomes better.
//!
//! What is derived from less must say less: each fact is gone, or the same, or an item of it has become unknown.

use serde_json::{Map, Value, json};

use super::super::Facts;
use super::super::sink::WHY;
use super::{DOCUMENTED, DRIFTED, INSIDE, account, facts_of, region, snapshot, world};
use konecta_base::gap::{Gap, GapKind};
use konecta_base::reads::reads;
use konecta_base::resource::Resource;

/// Whether `less` says nothing that `more` does not say.
fn says_less(less: &Value, more: &Value) -> bool {
    match (less, more) {
        (Value::Object(_), Value::Object(_)) if less["kind"] == json!("unknown") => true,
        (Value::Object(less), Value::Object(more)) => less
            .iter()
            .filter(|(key, _)| !["faults", "proof", "unknown", "why", "names", "more", "place"].contains(&key.as_str()))
            .all(|(key, value)| more.get(key).is_some_and(|more| says_less(value, more))),
        (Value::Array(less), Value::Array(more)) => {
            let is_known = |item: &&Value| item["kind"] != json!("unknown") || more.contains(item);
            let (known, unknown): (Vec<&Value>, Vec<&Value>) = less.iter().partition(is_known);
            let mut rest = more.iter();
            // Each known item has its own, in order; what has none has become unknown.
            known.iter().all(|item| rest.any(|more| says_less(item, more))) && more.len() <= known.len() + unknown.len()
        }
        _ => less == more,
    }
}

/// Facts in which an entry more is worse: they may have other entries, as long as they are not better.
fn no_better(name: &str, facts: &Map<String, Value>, less: &Value, more: &Value) -> bool {
    if says_less(less, more) {
        return true;
    }
    match name {
        // An open port fails whatever else is known; none is good only with the word that this is all.
        "open_ports" => facts.get("open_ports_doubts") != Some(&json!([])),
        // Rules that were in doubt still are.
        "open_ports_doubts" => {
            let rules = |doubts: &Value| -> std::collections::BTreeSet<String> {
                doubts.as_array().into_iter().flatten().map(|doubt| doubt["rule"].to_string()).collect()
            };
            rules(less).is_superset(&rules(more))
        }
        // Nodes and control planes are good, everyone else is not.
        "database_clients" => {
            let good = |clients: &Value| {
                let all = clients.as_array().cloned().unwrap_or_default();
                all.iter()
                    .filter(|one| ["node", "cluster", "pod"].contains(&one["kind"].as_str().unwrap_or_default()))
                    .count()
                    == all.len()
            };
            !good(less) || good(more)
        }
        // Everything that they name is a fault, and what is not known keeps a control from passing. Less of a document
        // may say more: what it does not say, it does not say.
        "strangers" | "lifecycle_faults" | "grants" => less.as_array().is_some_and(|items| !items.is_empty()),
        // What is listed stands beside doubts; that it is all is known only without any.
        "edge" => is_doubted(less) && each_says_less(&less["distributions"], &more["distributions"]),
        // A way more is worse, and one that may lead elsewhere proves nothing.
        "ways" => {
            let count = |ways: &Value| ways["ways"].as_array().map_or(0, Vec::len);
            let certain = less["ways"].as_array().into_iter().flatten().filter(|way| way["certain"] == json!(true));
            (is_doubted(less) || count(more) <= count(less))
                && certain.into_iter().all(|way| each_says_less(&json!([way]), &more["ways"]))
        }
        // What is called a load balancer of the stack, or its group, is judged as one.
        "parts" => {
            let without = |parts: &Value| {
                let all = parts.as_array().into_iter().flatten();
                all.filter(|part| **part != json!("alb")).cloned().collect::<Vec<_>>()
            };
            without(less) == without(more) && !more.as_array().is_some_and(|more| more.contains(&json!("alb")))
        }
        // What is not known, or only may be of the stack, keeps a joined control from passing.
        "hops" | "log_sources" | "zones" => {
            let links = less.as_array().into_iter().flatten();
            let (open, known): (Vec<&Value>, Vec<&Value>) = links.partition(|one| one["why"].is_string());
            let parts: std::collections::BTreeSet<String> =
                less.as_array().into_iter().flatten().map(|one| one["part"].to_string()).collect();
            let lost = more.as_array().into_iter().flatten().any(|one| !parts.contains(&one["part"].to_string()));
            (lost || !open.is_empty()) && each_says_less(&json!(known), more)
        }
        // Whom a group lets in that was not all seen is one more source.
        "entrances" => {
            let sources = less["sources"].as_array().into_iter().flatten();
            let (open, known): (Vec<&Value>, Vec<&Value>) = sources.partition(|one| one["kind"] == json!("unknown"));
            !open.is_empty() && each_says_less(&json!(known), &more["sources"])
        }
        _ => false,
    }
}

fn is_doubted(fact: &Value) -> bool {
    fact["doubts"].as_array().is_some_and(|doubts| !doubts.is_empty())
}

/// Whether everything in a list says less than something in another.
fn each_says_less(less: &Value, more: &Value) -> bool {
    let (less, more) = (less.as_array().into_iter().flatten(), more.as_array());
    less.into_iter().all(|one| more.into_iter().flatten().any(|other| says_less(one, other)))
}

fn compare(before: &Facts, after: &Facts, what: &str, wrong: &mut Vec<String>) {
    for (arn, facts) in &after.by_arn {
        let told: Map<String, Value> = facts.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        for (name, value) in facts.iter().filter(|(name, _)| *name != WHY) {
            let known = before.by_arn.get(arn).and_then(|facts| facts.get(name));
            if !known.is_some_and(|known| no_better(name, &told, value, known)) {
                wrong.push(format!("{what}\n  {name} of {arn}\n  was {known:?}\n  is {value}"));
            }
        }
    }
    for (index, entries) in &after.index {
        for (key, value) in entries {
            let known = before.index.get(index).and_then(|entries| entries.get(key));
            if !known.is_some_and(|known| says_less(value, known)) {
                wrong.push(format!("{what}\n  {index} {key}\n  was {known:?}\n  is {value}"));
            }
        }
    }
    if !says_less(&after.lifecycle, &before.lifecycle) {
        wrong.push(format!("{what}\n  lifecycle {}", after.lifecycle));
    }
}

/// Every version of a value with one key of one object taken out, and where.
fn cuts(value: &Value, at: &str, found: &mut Vec<(String, Value)>, rebuild: &dyn Fn(Value) -> Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let mut cut = members.clone();
                cut.remove(key);
                found.push((format!("{at}.{key}"), rebuild(Value::Object(cut))));
                let inner = |changed: Value| {
                    let mut whole = members.clone();
                    whole.insert(key.clone(), changed);
                    rebuild(Value::Object(whole))
                };
                cuts(member, &format!("{at}.{key}"), found, &inner);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let inner = |changed: Value| {
                    let mut whole = items.clone();
                    whole[index] = changed;
                    rebuild(Value::Array(whole))
                };
                cuts(item, &format!("{at}[{index}]"), found, &inner);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The resource with one key less, in every way. Keys of the tag map are data, not members: the map goes as a whole.
fn smaller(resource: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for part in ["configuration", "supplement"] {
        let rebuild = |changed: Value| {
            let mut whole = resource.clone();
            whole[part] = changed;
            whole
        };
        cuts(&resource[part], part, &mut found, &rebuild);
    }
    for part in ["supplement", "tags"] {
        let mut whole = resource.clone();
        if whole.as_object_mut().expect("resource").remove(part).is_some() {
            found.push((part.to_owned(), whole));
        }
    }
    found
}

fn parse(resource: &Value) -> Resource {
    serde_json::from_str(&resource.to_string()).expect("resource")
}

fn check_keys(text: &str) {
    let whole = world(text);
    let before = facts_of(&whole);
    let resources: Vec<Value> = serde_json::from_str(text).expect("world");
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (index, resource) in resources.iter().enumerate() {
        for (at, cut) in smaller(resource) {
            let mut changed = whole.resources.clone();
            changed[index] = parse(&cut);
            compare(&before, &facts_of(&snapshot(changed)), &format!("{} without {at}", resource["arn"]), &mut wrong);
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_key_less_makes_the_documented_world_better() {
    check_keys(DOCUMENTED);
}

#[test]
fn no_key_less_makes_the_drifted_world_better() {
    check_keys(DRIFTED);
}

#[test]
fn no_key_less_makes_the_inside_world_better() {
    check_keys(INSIDE);
}

#[test]
fn no_read_less_makes_anything_better() {
    for text in [DOCUMENTED, DRIFTED, INSIDE] {
        let whole = world(text);
        let before = facts_of(&whole);
        let mut wrong = Vec::new();
        for index in 0..whole.reads.len() {
            let name = format!("{} in {}", whole.reads[index].action, whole.reads[index].region);
            let mut without = whole.clone();
            without.reads.remove(index);
            compare(&before, &facts_of(&without), &format!("without {name}"), &mut wrong);
            let mut cut_short = whole.clone();
            cut_short.reads[index].complete = false;
            compare(&before, &facts_of(&cut_short), &format!("cut short: {name}"), &mut wrong);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn no_gap_about_a_resource_makes_anything_better() {
    for text in [DOCUMENTED, DRIFTED, INSIDE] {
        let whole = world(text);
        let before = facts_of(&whole);
        let mut wrong = Vec::new();
        let reads = reads();
        for (action, read) in reads.iter() {
            let is_asked_about = |resource: &&Resource| {
                reads.lister(&resource.resource_type).is_some_and(|(lister, _)| read.after.contains(lister))
            };
            for resource in whole.resources.iter().filter(is_asked_about) {
                let mut missing = whole.clone();
                for read in missing.reads.iter_mut().filter(|read| &read.action == action) {
                    read.complete = false;
                }
                for place in [region(), konecta_base::id::Region::global()] {
                    missing.gaps.push(Gap {
                        action: action.clone(),
                        account_id: account(),
                        region: place,
                        resource: Some(resource.arn.clone()),
                        kind: GapKind::Denied,
                        error: "AccessDenied".to_owned(),
                        message: String::new(),
                    });
                }
                compare(&before, &facts_of(&missing), &format!("{action} denied for {}", resource.arn), &mut wrong);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
