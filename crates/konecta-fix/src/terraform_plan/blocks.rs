//! Lists of blocks of which a member is the name: what changes in an entry is laid over the live one of that name.
//! Where entries come, go or change places, or something changes that is not mapped, nothing is laid.

use std::collections::BTreeSet;

use konecta_base::silence;
use serde_json::{Map, Value, json};

use super::ResourceChange;
use crate::emit::terraform::table::Kind;
use crate::pointer;
use crate::terraform_parts::{Named, holds_true};

/// What differs in a block: the way to it and what it is afterwards.
type Difference = (Vec<String>, Value);

/// Lays the changes inside the entries of a list; whether all of them were.
pub(super) fn lay(change: &ResourceChange, kind: &Kind, named: &Named, body: &mut Value) -> bool {
    laid(change, kind, named, body).is_some()
}

fn laid(change: &ResourceChange, kind: &Kind, named: &Named, body: &mut Value) -> Option<()> {
    if change.unknown.get(&named.argument).is_some_and(holds_true) {
        return None;
    }
    let (argument, member) = &named.by;
    let before = change.before.get(&named.argument)?.as_array()?;
    let after = change.after.get(&named.argument)?.as_array()?;
    let live = body.pointer(&named.at)?.as_array()?.clone();
    let (was, is, here) = (names(before, argument)?, names(after, argument)?, names(&live, member)?);
    let same = |one: &[String], other: &[String]| {
        if named.ordered { one == other } else { one.iter().collect::<BTreeSet<_>>() == other.iter().collect() }
    };
    if !same(&was, &is) || !same(&is, &here) {
        return None;
    }
    for (name, new) in is.iter().zip(after) {
        let (_, old) = was.iter().zip(before).find(|(other, _)| *other == name)?;
        let at = here.iter().position(|other| other == name)?;
        let mut found = Vec::new();
        differences(Some(old), Some(new), &mut Vec::new(), &mut found);
        for (way, value) in found {
            let (pointer, value) = placed(kind, named, &way, value)?;
            pointer::put(body, &format!("{}/{at}/{pointer}", named.at), value).ok()?;
        }
    }
    Some(())
}

/// The names of all entries, if each has one of its own.
fn names(entries: &[Value], by: &str) -> Option<Vec<String>> {
    let name = |entry: &Value| match entry.get(by)? {
        Value::String(text) => Some(text.clone()),
        number @ Value::Number(_) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let names: Vec<String> = entries.iter().map(name).collect::<Option<_>>()?;
    let unlike: BTreeSet<&String> = names.iter().collect();
    (unlike.len() == names.len()).then_some(names)
}

/// Where the API has what differs, below the entry, and what it is there.
fn placed(kind: &Kind, named: &Named, way: &[String], value: Value) -> Option<(String, Option<Value>)> {
    let start = format!("{}/*/", named.at);
    let told = format!("{}*.{}", named.argument, way.join("."));
    let pointer = |wanted: &str| {
        let mut fitting = kind.arguments.iter().filter(|(_, argument)| argument.as_str() == wanted);
        let below = fitting.next()?.0.strip_prefix(&start)?;
        (!below.contains('*')).then(|| below.to_owned())
    };
    if let Some(below) = pointer(&told) {
        // The provider writes an empty text where an argument is not set.
        if !value.is_null() && value != "" {
            return Some((below, Some(value)));
        }
        let member = named.at.strip_prefix("/configuration/").map(|list| format!("{list}/{below}"))?;
        return silence::means_none(named.resource_type.as_str(), &member).then_some((below, Some(Value::Null)));
    }
    // A block without content: it is there, or it is not.
    let below = pointer(&format!("{told}{{}}"))?;
    match value.as_array().map(Vec::as_slice) {
        Some([]) | None if value.is_null() || value.is_array() => Some((below, None)),
        Some([block]) if block.as_object().is_some_and(is_empty) => Some((below, Some(json!({})))),
        _ => None,
    }
}

fn is_empty(block: &Map<String, Value>) -> bool {
    block.values().all(is_nothing)
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn differences(old: Option<&Value>, new: Option<&Value>, way: &mut Vec<String>, found: &mut Vec<Difference>) {
    let said = |side: Option<&Value>| side.filter(|value| !is_nothing(value)).cloned();
    let (was, is) = (said(old), said(new));
    if was == is {
        return;
    }
    let block = |side: &Option<Value>| match side {
        Some(Value::Array(items)) => match items.as_slice() {
            [Value::Object(only)] => Some(only.clone()),
            _ => None,
        },
        Some(Value::Object(members)) => Some(members.clone()),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => None,
    };
    let (Some(there), Some(here)) = (block(&was), block(&is)) else {
        found.push((way.clone(), is.unwrap_or_default()));
        return;
    };
    let all: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    for name in all {
        way.push(name.clone());
        differences(there.get(name), here.get(name), way, found);
        way.pop();
    }
}
