//! The one way to write a JSON value: keys sorted, no white space. Its SHA-256 is what plans are known by.
//! Knows nothing of what the value means.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The value with the keys of every object in order, whatever map `serde_json` was built with.
#[must_use]
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// Canonical JSON: keys sorted by their bytes, no white space.
#[must_use]
pub fn canonical(value: Value) -> String {
    sorted(value).to_string()
}

/// SHA-256 of the canonical JSON, in lower-case hexadecimal.
#[must_use]
pub(super) fn digest(value: Value) -> String {
    hex::encode(Sha256::digest(canonical(value).as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_that_of_lists_does() {
        let one: Value = serde_json::from_str(r#"{"b": [1, {"d": 0, "c": 1}], "a": null}"#).expect("json");
        let same: Value = serde_json::from_str(r#"{"a":null,"b":[1,{"c":1,"d":0}]}"#).expect("json");
        assert_eq!(canonical(one.clone()), r#"{"a":null,"b":[1,{"c":1,"d":0}]}"#);
        assert_eq!(digest(one.clone()), digest(same));
        assert_ne!(digest(one), digest(json!({"a": null, "b": [{"c": 1, "d": 0}, 1]})));
    }
}
