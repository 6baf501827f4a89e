//! What a plan asks of the arguments of Terraform: each attribute that a change makes another, by the way to its argument.
//! Knows plans, live resources and the column `terraform` of the resource tables; nothing of files.

use serde_json::{Map, Value, json};

use super::place::{Entry, Step};
use crate::View;
use crate::emit::terraform::leaves::leaves;
use crate::emit::terraform::table::{Kind, kind};
use crate::pointer::put;
use crate::simulate::planned;
use crate::step::Edit;
use konecta_base::resource_types;

/// What an argument is to become.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Want {
    /// This value; of a block without content, that it is there.
    Value(Value),
    /// Nothing.
    Gone,
    /// What no file may hold.
    Secret,
}

/// One argument that is to become another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) way: Vec<Step>,
    pub(super) want: Want,
    /// What lives, where that has to be what the files say: else the plan mends something else.
    pub(super) before: Option<Value>,
    /// Where the snapshot has the attribute, as long as no list leads to it.
    pub(super) pointer: Option<String>,
}

/// What an edit of a resource asks for; and what it asks that is no argument, with the reason.
pub(super) fn asks(view: &View, edits: &[Edit]) -> (Vec<Ask>, Vec<(String, String)>) {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    let Some(kind) = kind(&view.reference.resource_type) else { return (found, left) };
    let after = after(view, edits);
    for edit in edits {
        if takes_out(edit.before.as_ref(), edit.after.as_ref()) {
            left.push((edit.path.clone(), "entries of the list go or change places".to_owned()));
            continue;
        }
        for leaf in leaves(edit).iter().filter(|leaf| is_told(kind, leaf)) {
            match kind.argument(&leaf.path) {
                Some(way) => found.push(ask(view, &after, leaf, way)),
                None if kind.reason(&leaf.path).is_some() => {}
                None => left.push((leaf.path.clone(), "no argument is known for it".to_owned())),
            }
        }
    }
    (found, left)
}

/// What a new resource asks for, apart from what AWS gives it.
pub(super) fn asks_of_new(view: &View) -> (Vec<Ask>, Vec<(String, String)>) {
    let part = |name: &str| Edit::new(format!("/{name}"), None, view.body.get(name).cloned());
    let empty = View { body: json!({}), ..view.clone() };
    let (mut asks, left) = asks(&empty, &[part("configuration"), part("supplement")]);
    for (resource_type, pointer, argument) in PARENTS {
        if view.reference.resource_type.as_str() == resource_type
            && let Some(parent) = view.at(pointer)
        {
            let way = vec![Step { name: argument.to_owned(), entry: Entry::Only, lives: false }];
            asks.push(Ask { way, want: Want::Value(parent.clone()), before: None, pointer: None });
        }
    }
    (asks, left)
}

/// What a resource stands in, where the table of arguments does not say it: no remedy changes it.
const PARENTS: [(&str, &str, &str); 1] =
    [(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE, "/supplement/listenerArn", "listener_arn")];

/// The resource as it is after the edits; what cannot be laid over it is left out.
fn after(view: &View, edits: &[Edit]) -> Value {
    let mut body = view.body.clone();
    for edit in edits {
        // An edit of what is not there is one of a new resource, whose members stand in the edit.
        if put(&mut body, &edit.path, edit.after.clone().map(planned)).is_err() {
            continue;
        }
    }
    body
}

fn ask(view: &View, after: &Value, leaf: &Edit, way: Vec<(String, String)>) -> Ask {
    let is_listed = way.iter().any(|(_, entry)| !entry.is_empty());
    let way = way.into_iter().map(|(name, entry)| step(view, after, name, &entry)).collect();
    let want = match &leaf.after {
        Some(after) if holds_secret(after) => Want::Secret,
        None | Some(Value::Null) => Want::Gone,
        Some(after) => Want::Value(after.clone()),
    };
    let before = leaf.before.clone().filter(|before| !holds_secret(before));
    Ask { way, want, before, pointer: (!is_listed).then(|| leaf.path.clone()) }
}

/// What names an entry of a list in the API, the surest first.
const NAMES: [&str; 6] = ["Id", "PathPattern", "ErrorCode", "HeaderName", "Name", "filter"];

/// A step with the entry of the list that it is about, as it is called before the change and after it.
fn step(view: &View, after: &Value, name: String, entry: &str) -> Step {
    if entry.is_empty() {
        return Step { name, entry: Entry::Only, lives: true };
    }
    let live = view.at(entry);
    let item = live.or_else(|| after.pointer(entry));
    let named = item.and_then(|item| NAMES.iter().find_map(|name| item.get(*name)));
    let text = named.and_then(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let (list, index) = entry.rsplit_once('/').unwrap_or_default();
    let at = Entry::At { index: index.parse().unwrap_or_default(), of: view.list(list).len() };
    Step { name, entry: text.map_or(at, Entry::Named), lives: live.is_some() }
}

/// Whether a leaf says something: how long a list is follows from it, and what was nothing and stays nothing is no change.
fn is_told(kind: &Kind, leaf: &Edit) -> bool {
    let is_block =
        || kind.argument(&leaf.path).is_some_and(|way| way.last().is_some_and(|(name, _)| name.ends_with("{}")));
    let is_empty =
        |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    let is_nothing = |value: &Option<Value>| {
        value.as_ref().is_none_or(|value| {
            value.is_null() || value == "" || (leaf.before.is_none() && is_empty(value) && !is_block())
        })
    };
    let is_silent = leaf.path.ends_with("/Quantity") || is_nothing(&leaf.before) && is_nothing(&leaf.after);
    !is_silent
}

/// Whether a list of objects loses entries or has them in another order: then no place says which entry is which.
fn takes_out(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(Value::Array(was)), Some(Value::Array(is))) if was.iter().all(Value::is_object) && !was.is_empty() => {
            let by_key = was.iter().all(|entry| entry.get("Key").is_some());
            let same = |(was, is): (&Value, &Value)| {
                let name = |value: &Value| NAMES.iter().find_map(|name| value.get(*name).cloned());
                name(was) == name(is)
            };
            let kept = was.len() <= is.len() && was.iter().zip(is).all(same);
            !by_key && (!kept || was.iter().zip(is).any(|(was, is)| takes_out(Some(was), Some(is))))
        }
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            was.iter().any(|(name, was)| takes_out(Some(was), is.get(name)))
        }
        (_, _) => false,
    }
}

/// Whether a value is, or holds, what is kept nowhere or is known only right before the call.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_secret),
        Value::String(text) => text.starts_with("sha256:") || text == "<redacted>",
        Value::Object(members) => members.keys().any(|key| key.starts_with('$')) || members.values().any(holds_secret),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
