//! An edit of a whole list or object as edits of what is in it, so that each is one argument.
//! Knows how AWS writes lists; nothing of Terraform.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pointer::escape;
use crate::step::Edit;

/// The edits of single values that an edit amounts to.
pub(crate) fn leaves(edit: &Edit) -> Vec<Edit> {
    let mut found = Vec::new();
    walk(&edit.path, edit.before.as_ref(), edit.after.as_ref(), &mut found);
    found
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Edit>) {
    let was = before.filter(|value| !value.is_null());
    let is = after.filter(|value| !value.is_null());
    if was == is {
        return;
    }
    match (was, is) {
        (Some(Value::Array(was)), Some(Value::Array(is))) if named(was) && named(is) => pairs(path, was, is, found),
        (Some(Value::Array(was)), Some(Value::Array(is))) if of_objects(was) || of_objects(is) => {
            // Entries that were added behind the others leave those alone; else each entry that is there is told.
            let kept = if is.starts_with(was) || was.len() == is.len() { was.as_slice() } else { &[] };
            for (index, item) in is.iter().enumerate() {
                walk(&format!("{path}/{index}"), kept.get(index), Some(item), found);
            }
            if is.len() < was.len() && is.is_empty() {
                found.push(Edit::new(path, before.cloned(), after.cloned()));
            }
        }
        (None, Some(Value::Array(is))) if of_objects(is) => {
            for (index, item) in is.iter().enumerate() {
                walk(&format!("{path}/{index}"), None, Some(item), found);
            }
        }
        (None | Some(Value::Object(_)), Some(Value::Object(is))) if !is.is_empty() && !is.contains_key("$secret") => {
            let was = was.and_then(Value::as_object);
            let names: BTreeSet<&String> = is.keys().chain(was.into_iter().flat_map(|was| was.keys())).collect();
            for name in names {
                let was = was.and_then(|was| was.get(name));
                walk(&format!("{path}/{}", escape(name)), was, is.get(name), found);
            }
        }
        (_, _) => found.push(Edit::new(path, before.cloned(), after.cloned())),
    }
}

/// Entries of `{"Key", "Value"}`, as load balancers have their attributes: each is told by its key.
fn pairs(path: &str, was: &[Value], is: &[Value], found: &mut Vec<Edit>) {
    let of = |list: &[Value], key: &str| {
        let entry = list.iter().find(|entry| entry["Key"] == key)?;
        entry["Value"].as_str().map(|text| match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => Value::String(other.to_owned()),
        })
    };
    let keys: BTreeSet<&str> = was.iter().chain(is).filter_map(|entry| entry["Key"].as_str()).collect();
    for key in keys {
        let (was, is) = (of(was, key), of(is, key));
        if was != is {
            found.push(Edit::new(format!("{path}/{}", escape(key)), was, is));
        }
    }
}

fn named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|entry| entry["Key"].is_string() && entry.get("Value").is_some())
}

/// The stand-in of a secret is one value.
fn of_objects(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| item.as_object().is_some_and(|item| !item.contains_key("$secret")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: Value, after: Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        let found = leaves(&Edit::new("/a", Some(before), Some(after)));
        found.into_iter().map(|edit| (edit.path, edit.before, edit.after)).collect()
    }

    #[test]
    fn only_what_changes_is_told() {
        assert_eq!(
            told(json!({"b": 1, "c": {"d": [1, 2]}}), json!({"b": 1, "c": {"d": [1, 3]}})),
            [("/a/c/d".to_owned(), Some(json!([1, 2])), Some(json!([1, 3])))]
        );
        assert_eq!(told(json!({"b": 1}), json!({"b": 1})), []);
    }

    #[test]
    fn an_entry_that_is_added_leaves_the_others_alone() {
        let found = told(json!([{"n": 1}]), json!([{"n": 1}, {"n": 2, "m": null}]));
        assert_eq!(found, [("/a/1/n".to_owned(), None, Some(json!(2)))]);
        let shorter = told(json!([{"n": 1}, {"n": 2}]), json!([{"n": 2}]));
        assert_eq!(shorter, [("/a/0/n".to_owned(), None, Some(json!(2)))]);
    }

    #[test]
    fn attributes_by_key_are_told_by_their_key() {
        let attribute = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let found = told(
            json!([attribute("x.y", "false"), attribute("z", "monitor")]),
            json!([attribute("z", "defensive"), attribute("x.y", "true")]),
        );
        assert_eq!(
            found,
            [
                ("/a/x.y".to_owned(), Some(json!(false)), Some(json!(true))),
                ("/a/z".to_owned(), Some(json!("monitor")), Some(json!("defensive"))),
            ]
        );
    }
}
