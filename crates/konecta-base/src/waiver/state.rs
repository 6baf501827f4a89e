//! The state in which a finding was accepted, as a digest of its violations: where, and what is there.
//! What was expected is left out: another blueprint does not change what runs. Order says nothing, neither that of the
//! violations nor that of a list in a value: AWS sends lists in any order.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::finding::Violation;

/// How many hexadecimal digits a state has.
const DIGITS: usize = 32;

/// A digest of violations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AcceptedState(String);

/// Why a text is no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a state is 32 hexadecimal digits, as `konecta-audit waive` writes them")]
pub struct StateError;

impl TryFrom<String> for AcceptedState {
    type Error = StateError;

    fn try_from(text: String) -> Result<Self, StateError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == DIGITS && text.bytes().all(is_digit) { Ok(Self(text)) } else { Err(StateError) }
    }
}

impl fmt::Display for AcceptedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AcceptedState {
    /// The state that these violations are.
    #[must_use]
    pub fn of(violations: &[Violation]) -> Self {
        let mut parts: Vec<String> = violations
            .iter()
            .map(|violation| format!("{}={}\n", Value::from(violation.path.as_str()), canonical(&violation.actual)))
            .collect();
        parts.sort_unstable();
        let digest = Sha256::digest(parts.concat());
        Self(hex::encode(digest)[..DIGITS].to_owned())
    }
}

/// A value as JSON, whose lists and objects are in one order.
fn canonical(value: &Value) -> String {
    let (open, close, mut items): (_, _, Vec<String>) = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return value.to_string(),
        Value::Array(items) => ('[', ']', items.iter().map(canonical).collect()),
        Value::Object(members) => {
            let member =
                |(name, member): (&String, &Value)| format!("{}:{}", Value::from(name.as_str()), canonical(member));
            ('{', '}', members.iter().map(member).collect())
        }
    };
    items.sort_unstable();
    format!("{open}{}{close}", items.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn violation(path: &str, actual: Value) -> Violation {
        Violation { path: path.to_owned(), actual, expected: Value::Null, proof: vec![] }
    }

    #[test]
    fn a_state_is_the_same_in_every_version() {
        let violations = [violation("MultiAZ", json!(false)), violation("Ports", json!([22, 3389]))];
        assert_eq!(AcceptedState::of(&violations).to_string(), "b560d8d76784ff42e601671b8f0dd2df");
    }

    #[test]
    fn what_was_expected_and_along_which_hops_does_not_matter() {
        let mut other = violation("MultiAZ", json!(false));
        other.expected = json!(true);
        other.proof = vec!["internet".to_owned()];
        assert_eq!(AcceptedState::of(&[other]), AcceptedState::of(&[violation("MultiAZ", json!(false))]));
    }

    #[test]
    fn a_text_that_is_no_state_is_refused() {
        assert!(AcceptedState::try_from("abc".to_owned()).is_err());
        assert!(AcceptedState::try_from("A".repeat(DIGITS)).is_err());
        assert!(AcceptedState::try_from("a".repeat(DIGITS)).is_ok());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            "[a\",:\\[\\]]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The same with every list in one order, for comparison.
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(sorted).collect();
                items.sort_by_key(ToString::to_string);
                Value::Array(items)
            }
            Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), sorted(member))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_order_does_not_matter(
            (violations, turned) in prop::collection::vec(("[ab]", value()), 0..4)
                .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
        ) {
            let state = |list: &[(String, Value)]| {
                AcceptedState::of(&list.iter().map(|(path, actual)| violation(path, actual.clone())).collect::<Vec<_>>())
            };
            prop_assert_eq!(state(&violations), state(&turned));
        }

        #[test]
        fn another_value_is_another_state(one in value(), other in value()) {
            let state = |value: &Value| AcceptedState::of(&[violation("a", value.clone())]);
            prop_assert_eq!(state(&one) == state(&other), sorted(&one) == sorted(&other));
        }

        #[test]
        fn one_violation_more_is_another_state(list in prop::collection::vec(("[ab]", value()), 1..4)) {
            let all: Vec<Violation> = list.into_iter().map(|(path, actual)| violation(&path, actual)).collect();
            prop_assert_ne!(AcceptedState::of(&all), AcceptedState::of(&all[1..]));
        }
    }
}
