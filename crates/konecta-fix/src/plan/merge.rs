//! Two wishes for one value made one: parameters that are joined, and changes that are laid one upon the other.
//! Knows JSON and the two shapes in which AWS writes sets (`Quantity` with `Items`, lists of named settings).

use serde_json::{Map, Value, json};

/// The members by which AWS names an entry of a list of settings.
const NAMES: [&str; 5] = ["Key", "key", "ParameterName", "Name", "name"];

/// Joins the parameters of two calls: objects member by member, lists added up without duplicates.
///
/// # Errors
/// With the pointer at which both say something different.
pub(super) fn join(one: &Value, other: &Value) -> Result<Value, String> {
    join_at("", one, other)
}

fn join_at(path: &str, one: &Value, other: &Value) -> Result<Value, String> {
    if one == other {
        return Ok(one.clone());
    }
    match (one, other) {
        (Value::Object(a), Value::Object(b)) if !placeholder(a) && !placeholder(b) => {
            let mut joined = a.clone();
            let counted = a.get("Items").is_some_and(Value::is_array) && b.get("Items").is_some_and(Value::is_array);
            for (key, value) in b.iter().filter(|(key, _)| !(counted && *key == "Quantity")) {
                let both = match a.get(key) {
                    Some(there) => join_at(&format!("{path}/{key}"), there, value)?,
                    None => value.clone(),
                };
                joined.insert(key.clone(), both);
            }
            if counted && joined.contains_key("Quantity") {
                let count = joined["Items"].as_array().map_or(0, Vec::len);
                joined.insert("Quantity".to_owned(), json!(count));
            }
            Ok(Value::Object(joined))
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut joined = a.clone();
            for item in b.iter().filter(|item| !a.contains(item)) {
                if a.iter().any(|there| named(there).is_some() && named(there) == named(item)) {
                    return Err(format!("{path}/{}", named(item).unwrap_or_default()));
                }
                joined.push(item.clone());
            }
            Ok(Value::Array(joined))
        }
        _ => Err(path.to_owned()),
    }
}

/// What a value is after two changes of which each knew only the value before both; `None` is *absent*.
/// `first` is what the first change left, `second` what the second alone would have left.
///
/// Nothing where both want something different.
#[expect(clippy::option_option, reason = "the outer says whether they agree, the inner whether anything is there")]
pub(crate) fn lay(base: Option<&Value>, first: Option<&Value>, second: Option<&Value>) -> Option<Option<Value>> {
    if base == first || first == second {
        return Some(second.cloned());
    }
    if base == second {
        return Some(first.cloned());
    }
    match (base, first, second) {
        (Some(Value::Object(base)), Some(Value::Object(first)), Some(Value::Object(second)))
            if !placeholder(base) && !placeholder(first) && !placeholder(second) =>
        {
            lay_objects(base, first, second).map(|map| Some(Value::Object(map)))
        }
        (None | Some(Value::Null), Some(Value::Array(first)), Some(Value::Array(second))) => {
            Some(Some(Value::Array(lay_lists(&[], first, second)?)))
        }
        (Some(Value::Array(base)), Some(Value::Array(first)), Some(Value::Array(second))) => {
            Some(Some(Value::Array(lay_lists(base, first, second)?)))
        }
        _ => None,
    }
}

fn lay_objects(
    base: &Map<String, Value>,
    first: &Map<String, Value>,
    second: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let mut laid = first.clone();
    let counted = ["Items"].iter().all(|key| first.get(*key).is_some_and(Value::is_array) && second.contains_key(*key));
    let keys = base.keys().chain(second.keys()).filter(|key| !(counted && *key == "Quantity"));
    for key in keys {
        match lay(base.get(key), first.get(key), second.get(key))? {
            Some(value) => laid.insert(key.clone(), value),
            None => laid.remove(key),
        };
    }
    if counted && laid.contains_key("Quantity") {
        let count = laid.get("Items").and_then(Value::as_array).map_or(0, Vec::len);
        laid.insert("Quantity".to_owned(), json!(count));
    }
    Some(laid)
}

/// What the second took away is taken away, what it added is added; entries in the same place are laid member by member.
fn lay_lists(base: &[Value], first: &[Value], second: &[Value]) -> Option<Vec<Value>> {
    if base.len() == first.len() && base.len() == second.len() {
        let entries = base.iter().zip(first).zip(second);
        let laid: Option<Vec<Value>> =
            entries.map(|((base, first), second)| lay(Some(base), Some(first), Some(second)).flatten()).collect();
        if laid.is_some() {
            return laid;
        }
    }
    let mut laid = first.to_vec();
    for gone in less(base, second) {
        let at = laid.iter().position(|item| item == gone)?;
        laid.remove(at);
    }
    let added_by_first: Vec<Value> = less(first, base).into_iter().cloned().collect();
    for new in less(second, base) {
        if added_by_first.contains(new) {
            continue;
        }
        if added_by_first.iter().any(|there| named(there).is_some() && named(there) == named(new)) {
            return None;
        }
        laid.push(new.clone());
    }
    Some(laid)
}

/// What of the first list is not in the second, each as often as it is missing.
fn less<'a>(list: &'a [Value], without: &[Value]) -> Vec<&'a Value> {
    let mut left: Vec<&Value> = without.iter().collect();
    let mut missing = Vec::new();
    for item in list {
        match left.iter().position(|other| *other == item) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(item),
        }
    }
    missing
}

fn named(item: &Value) -> Option<&str> {
    NAMES.iter().find_map(|key| item.get(*key)?.as_str())
}

fn placeholder(map: &Map<String, Value>) -> bool {
    map.keys().any(|key| key.starts_with('$'))
}
