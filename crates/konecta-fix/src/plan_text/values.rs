//! What a change does attribute by attribute: only what differs, as deep as it differs, by the API's names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Page;
use crate::pointer::attribute;
use crate::step::{Effect, PLANNED_SECRET};
use konecta_base::resource::ResourceRef;
use konecta_base::text::{clip, visible};

/// How values of any size are kept to what a person can take in.
const LONGEST: usize = 400;

/// Lists that are maps: what names an element, and what it holds.
const PAIRS: [(&str, &str); 2] = [("Key", "Value"), ("ParameterName", "ParameterValue")];

pub(super) fn effect(page: &mut Page<'_>, effect: &Effect) {
    let start = page.text.len();
    match effect {
        Effect::Amended { resource, edits } => {
            let named = named(page, resource);
            page.hang(5, "~ ", &named);
            page.paint(start, "~", "33");
            for edit in edits {
                value(page, &edit.path, edit.before.as_ref(), edit.after.as_ref());
            }
        }
        Effect::Created { resource, .. } => {
            let named = format!(
                "{} {} ({})",
                resource.reference.resource_type,
                visible(&resource.id),
                resource.reference.region
            );
            page.hang(5, "+ ", &named);
            page.paint(start, "+", "32");
            for (part, body) in resource.body.as_object().into_iter().flatten() {
                if body.as_object().is_some_and(|map| !map.is_empty()) {
                    value(page, &format!("/{part}"), None, Some(body));
                }
            }
        }
        Effect::Removed { resource } => {
            let named = named(page, resource);
            page.hang(5, "- ", &named);
            page.paint(start, "-", "31");
        }
    }
}

fn named(page: &Page<'_>, resource: &ResourceRef) -> String {
    format!("{} {} ({})", resource.resource_type, page.legend.name(resource), resource.region)
}

fn value(page: &mut Page<'_>, path: &str, before: Option<&Value>, after: Option<&Value>) {
    if before == after {
        return;
    }
    if let (Some(a), Some(b)) = (before.and_then(pairs), after.and_then(pairs)) {
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys.into_iter().filter(|key| a.get(*key) != b.get(*key)) {
            line(page, &visible(key), &change(a.get(key), b.get(key)));
        }
        return;
    }
    let name = visible(&attribute(path));
    match (before, after) {
        (Some(Value::Object(a)), Some(Value::Object(b))) if !special(after) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                value(page, &below(path, key), a.get(key), b.get(key));
            }
        }
        (None, Some(Value::Object(map))) if !special(after) && !map.is_empty() => {
            for (key, inner) in map.iter().filter(|(_, inner)| !inner.is_null()) {
                value(page, &below(path, key), None, Some(inner));
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if !a.is_empty() && !b.is_empty() => {
            for gone in a.iter().filter(|item| !b.contains(item)) {
                line(page, &name, &format!("- {}", shown(Some(gone))));
            }
            for new in b.iter().filter(|item| !a.contains(item)) {
                line(page, &name, &format!("+ {}", shown(Some(new))));
            }
        }
        (None, Some(_)) => line(page, &name, &shown(after)),
        (Some(_) | None, _) => line(page, &name, &change(before, after)),
    }
}

fn line(page: &mut Page<'_>, name: &str, text: &str) {
    page.put(9, &format!("{name}: {text}"));
}

fn change(before: Option<&Value>, after: Option<&Value>) -> String {
    format!("{} → {}", shown(before), shown(after))
}

fn below(path: &str, key: &str) -> String {
    format!("{path}/{}", crate::pointer::escape(key))
}

/// A list of names and values as the map that it is.
fn pairs(value: &Value) -> Option<Map<String, Value>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    PAIRS.iter().find_map(|(name, held)| {
        let pair = |item: &Value| {
            let key = item.get(name)?.as_str()?.to_owned();
            Some((key, item.get(held).cloned().unwrap_or(Value::Null)))
        };
        list.iter().map(pair).collect::<Option<Map<_, _>>>().filter(|map| map.len() == list.len())
    })
}

fn special(value: Option<&Value>) -> bool {
    let map = value.and_then(Value::as_object);
    map.is_some_and(|map| map.keys().any(|key| key.starts_with('$')))
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "(none)".to_owned() };
    let readable = readable(value);
    match readable.as_str() {
        Some(text) if text.starts_with('(') => visible(text),
        Some(_) | None => clip(&visible(&readable.to_string()), LONGEST),
    }
}

/// The value with words in the place of what is not known yet, or not to be seen.
fn readable(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("$secret") => Value::String("(secret)".to_owned()),
        Value::Object(map) if special(Some(value)) && !map.is_empty() => {
            Value::String("(known when applied)".to_owned())
        }
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), readable(value))).collect()),
        Value::Array(list) => Value::Array(list.iter().map(readable).collect()),
        Value::String(text) if text == PLANNED_SECRET || text.starts_with("sha256:") => {
            Value::String("(secret)".to_owned())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other.clone(),
    }
}
