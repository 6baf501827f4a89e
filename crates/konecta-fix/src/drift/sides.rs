//! A live resource and what its state says of it, side by side: each as the arguments of the provider that the column
//! `terraform` knows. Decides nothing about what differs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::meaning::is_same;
use crate::emit::terraform::table::Kind;
use crate::pointer::escape;
use crate::terraform_source::Step;

/// What tells the entries of a list apart and is no argument that a remedy changes.
const NAMES: [(&str, &str, &str); 3] = [
    (
        "aws_cloudfront_distribution",
        "/configuration/DistributionConfig/CacheBehaviors/Items/*/PathPattern",
        "ordered_cache_behavior*.path_pattern",
    ),
    ("aws_cloudfront_distribution", "/configuration/DistributionConfig/Origins/Items/*/Id", "origin*.origin_id"),
    (
        "aws_cloudfront_distribution",
        "/configuration/DistributionConfig/Origins/Items/*/DomainName",
        "origin*.domain_name",
    ),
];

/// One argument in two places. Where one of them has no such block, it is nothing there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    /// The way to it, as in `ordered_cache_behavior[/api/*].compress`.
    pub(super) argument: String,
    /// The same by steps.
    pub(crate) way: Vec<Step>,
    pub(super) declared: Option<Value>,
    pub(super) live: Option<Value>,
}

/// What an argument is where nothing is said, by the block that it stands in (none: any).
const DEFAULTS: [(&str, &str, &str); 4] = [
    ("", "order", "1"),
    ("redirect", "host", "#{host}"),
    ("redirect", "path", "/#{path}"),
    ("redirect", "query", "#{query}"),
];

impl Pair {
    /// Whether both sides mean the same.
    pub(crate) fn is_same(&self) -> bool {
        let mut names = self.way.iter().rev().map(|step| step.name.as_str());
        let (name, block) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let default = DEFAULTS.iter().find(|(within, of, _)| *of == name && (within.is_empty() || *within == block));
        let default = default.map(|(.., value)| Value::from(*value));
        let side =
            |value: &Option<Value>| value.clone().filter(|value| !is_same(Some(value), None)).or(default.clone());
        is_same(side(&self.declared).as_ref(), side(&self.live).as_ref())
    }
}

/// Every argument that the table knows of a kind and that the state has. `name` is the provider's resource type.
pub(crate) fn pairs(kind: &Kind, live: &Value, declared: &Value) -> Vec<Pair> {
    let (mut here, mut there) = (Value::Object(Map::new()), Value::Object(Map::new()));
    let arguments = kind.arguments.iter().map(|(pattern, argument)| (pattern.as_str(), argument.as_str()));
    let names =
        NAMES.iter().filter(|(of, ..)| *of == kind.resource).map(|(_, pattern, argument)| (*pattern, *argument));
    for (pattern, argument) in arguments.chain(names) {
        let way: Vec<&str> = argument.split('.').collect();
        // A block without content is no value; it is compared by nothing.
        if argument.ends_with("{}") {
            continue;
        }
        let pointer: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
        let live = unfolded(live, pattern);
        from_live(&live, &pointer, &mut Vec::new(), &mut |value, entries| put(&mut here, &way, entries, value));
        from_state(declared, &way, &mut Vec::new(), &mut |value, entries| put(&mut there, &way, entries, value));
    }
    let mut found = Vec::new();
    compared(&there, &here, &[], &mut found);
    found
}

/// Attributes of a load balancer stand as a list of keys and values; the table speaks of them by their keys.
fn unfolded(live: &Value, pattern: &str) -> Value {
    let Some(list) = live.pointer("/supplement/attributes").and_then(Value::as_array) else { return live.clone() };
    if !pattern.starts_with("/supplement/attributes/") {
        return live.clone();
    }
    let by_key = list.iter().filter_map(|entry| Some((escape(entry["Key"].as_str()?), entry["Value"].clone())));
    serde_json::json!({"supplement": {"attributes": by_key.collect::<Map<String, Value>>()}})
}

type Tell<'t> = dyn FnMut(&Value, &[usize]) + 't;

fn from_live(value: &Value, pointer: &[&str], entries: &mut Vec<usize>, tell: &mut Tell<'_>) {
    match pointer.split_first() {
        None => tell(value, entries),
        Some((&"*", rest)) => {
            for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                entries.push(at);
                from_live(item, rest, entries, tell);
                entries.pop();
            }
        }
        Some((name, rest)) => {
            if let Some(value) = value.get(name) {
                from_live(value, rest, entries, tell);
            }
        }
    }
}

fn from_state(value: &Value, way: &[&str], entries: &mut Vec<usize>, tell: &mut Tell<'_>) {
    let Some((name, rest)) = way.split_first() else { return tell(value, entries) };
    let Some(value) = value.get(name.trim_end_matches('*')) else { return };
    if rest.is_empty() {
        return tell(value, entries);
    }
    // The state has a list where the configuration has a block.
    let items: Vec<&Value> = value.as_array().map_or_else(|| vec![value], |items| items.iter().collect());
    for (at, item) in items.into_iter().enumerate() {
        if name.ends_with('*') {
            entries.push(at);
        }
        from_state(item, rest, entries, tell);
        if name.ends_with('*') {
            entries.pop();
        }
    }
}

/// Puts a value at its way; a `*` takes the next number. What has more numbers than ways, as the certificates of a
/// listener, is told by its first.
fn put(tree: &mut Value, way: &[&str], entries: &[usize], value: &Value) {
    let mut entries = entries.iter();
    let mut place = tree;
    for (at, step) in way.iter().enumerate() {
        let Some(members) = place.as_object_mut() else { return };
        let is_last = at + 1 == way.len();
        let empty = if step.ends_with('*') { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        let name = step.trim_end_matches('*').to_owned();
        if is_last {
            members.entry(name).or_insert_with(|| value.clone());
            return;
        }
        place = members.entry(name).or_insert(empty);
        if step.ends_with('*') {
            let Some(items) = place.as_array_mut() else { return };
            let index = entries.next().copied().unwrap_or_default();
            while items.len() <= index {
                items.push(Value::Object(Map::new()));
            }
            let Some(item) = items.get_mut(index) else { return };
            place = item;
        }
    }
}

fn compared(declared: &Value, live: &Value, way: &[Step], found: &mut Vec<Pair>) {
    let (Value::Object(there), Value::Object(here)) = (declared, live) else { return };
    let names: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    for name in names {
        let (there, here) = (there.get(name), here.get(name));
        // The state of an older provider does not have it.
        if there.is_none() && way.is_empty() {
            continue;
        }
        let below: Vec<Step> = way.iter().cloned().chain([Step { name: name.clone(), entry: None }]).collect();
        let is_object = |side: Option<&Value>| side.is_some_and(Value::is_object);
        let listed = |side: Option<&Value>| side.and_then(Value::as_array).is_some_and(|items| blocks(items));
        if is_object(there) || is_object(here) {
            let empty = Value::Object(Map::new());
            compared(there.unwrap_or(&empty), here.unwrap_or(&empty), &below, found);
        } else if listed(there) || listed(here) {
            let items = |side: Option<&Value>| side.and_then(Value::as_array).cloned().unwrap_or_default();
            entries(&items(there), &items(here), &below, found);
        } else {
            found.push(Pair { argument: told(&below), way: below, declared: there.cloned(), live: here.cloned() });
        }
    }
}

/// A way as a person reads it.
pub(super) fn told(way: &[Step]) -> String {
    let step = |step: &Step| match &step.entry {
        Some(entry) => format!("{}[{entry}]", step.name),
        None => step.name.clone(),
    };
    way.iter().map(step).collect::<Vec<_>>().join(".")
}

fn blocks(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(Value::is_object)
}

/// What tells one block of a list from the others, the surest first.
const KEYS: [&str; 9] =
    ["origin_id", "path_pattern", "error_code", "name", "priority", "filter", "http_header_name", "type", "order"];

fn key(item: &Value) -> Option<&Value> {
    KEYS.iter().find_map(|key| item.get(*key)).filter(|key| !key.is_object())
}

/// Pairs the blocks of two lists: those that say the same, then those with the same key, then the rest in order.
fn entries(declared: &[Value], live: &[Value], way: &[Step], found: &mut Vec<Pair>) {
    let mut left: Vec<&Value> = live.iter().collect();
    let mut pair = |there: Option<&Value>, here: Option<&Value>| {
        let named = there.or(here).and_then(key).map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        let mut way = way.to_vec();
        if let Some(last) = way.last_mut() {
            last.entry = named;
        }
        match (there, here) {
            (Some(there), Some(here)) => compared(there, here, &way, found),
            // A block that is there once only is told as one thing.
            (there, here) => {
                found.push(Pair { argument: told(&way), way, declared: there.map(outline), live: here.map(outline) })
            }
        }
    };
    let mut rest: Vec<&Value> = Vec::new();
    for there in declared {
        let same = |here: &&Value| is_same(Some(there), Some(here));
        let named = |here: &&Value| key(there).is_some() && is_same(key(there), key(here));
        match left.iter().position(same).or_else(|| left.iter().position(named)) {
            Some(at) => pair(Some(there), Some(left.remove(at))),
            None => rest.push(there),
        }
    }
    // Where nothing tells them apart, they are what they are by their place.
    let (nameless, named): (Vec<&Value>, Vec<&Value>) = rest.into_iter().partition(|there| key(there).is_none());
    named.into_iter().for_each(|there| pair(Some(there), None));
    let mut left = left.into_iter();
    for there in nameless {
        pair(Some(there), left.next());
    }
    left.for_each(|here| pair(None, Some(here)));
}

/// What a block says in itself. What it holds in blocks of its own is left out, and so is what may be a secret.
fn outline(block: &Value) -> Value {
    let members = block.as_object().into_iter().flatten();
    let plain = members.filter(|(name, value)| *name != "value" && !value.is_object() && !value.is_array());
    Value::Object(plain.map(|(name, value)| (name.clone(), value.clone())).collect())
}
