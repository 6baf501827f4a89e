//! Small changes of JSON at random places: a member gone, one in the place of another, one of another kind.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};

/// What can happen to a member of a resource.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Delete(Index),
    /// One value takes the place of another.
    Swap(Index, Index),
    Set(Index, Json),
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let odd =
        prop::sample::select(vec![json!(null), json!(true), json!(false), json!(0), json!(""), json!([]), json!({})]);
    prop_oneof![
        any::<Index>().prop_map(Change::Delete),
        (any::<Index>(), any::<Index>()).prop_map(|(to, from)| Change::Swap(to, from)),
        (any::<Index>(), odd).prop_map(|(at, value)| Change::Set(at, value)),
    ]
}

fn pointers(value: &Json, at: &str, found: &mut Vec<String>) {
    let mut below = |key: &str, child: &Json| {
        let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(path.clone());
        pointers(child, &path, found);
    };
    match value {
        Json::Object(members) => members.iter().for_each(|(key, child)| below(key, child)),
        Json::Array(list) => list.iter().enumerate().for_each(|(at, child)| below(&at.to_string(), child)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

pub(super) fn apply(value: &mut Json, change: &Change) {
    let mut found = Vec::new();
    pointers(value, "", &mut found);
    let pick = |at: &Index| found[at.index(found.len())].as_str();
    if found.is_empty() {
        return;
    }
    match change {
        Change::Delete(at) => {
            let path = pick(at);
            let (parent, key) = path.rsplit_once('/').expect("a pointer");
            match value.pointer_mut(parent) {
                Some(Json::Object(members)) => {
                    members.remove(&key.replace("~1", "/").replace("~0", "~"));
                }
                Some(Json::Array(list)) => {
                    list.remove(key.parse().expect("a position"));
                }
                None | Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => {}
            }
        }
        Change::Swap(to, from) => {
            let other = value.pointer(pick(from)).expect("there").clone();
            *value.pointer_mut(pick(to)).expect("there") = other;
        }
        Change::Set(at, odd) => *value.pointer_mut(pick(at)).expect("there") = odd.clone(),
    }
}
