//! Wishes laid upon each other: nothing gets lost, nothing else changes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::amends::{collapse, rebase, reversed};
use super::merge::{join, lay};
use crate::pointer;
use crate::step::Edit;

fn made(start: &Value, edits: &[Edit]) -> Value {
    let mut value = start.clone();
    for edit in edits {
        pointer::edit(&mut value, edit).unwrap_or_else(|error| panic!("{error}: {edits:?} on {start}"));
    }
    value
}

fn both(first: &[Edit], second: &[Edit]) -> Result<Vec<Edit>, String> {
    let rebased = rebase(first, second)?;
    collapse(first.iter().cloned().chain(rebased).collect())
}

#[test]
fn two_entries_at_the_end_of_one_list_both_stay_and_are_counted() {
    let start = json!({"L": {"Items": ["a"], "Quantity": 1}});
    let add = |what: &str| {
        vec![Edit::new("/L/Items/1", None, Some(json!(what))), Edit::new("/L/Quantity", Some(json!(1)), Some(json!(2)))]
    };
    let edits = both(&add("b"), &add("c")).expect("fits");
    let after = made(&start, &edits);
    assert_eq!(after, json!({"L": {"Items": ["a", "b", "c"], "Quantity": 3}}));
    assert_eq!(made(&after, &reversed(&edits)), start);
    assert_eq!(made(&start, &both(&add("b"), &add("b")).expect("fits"))["L"]["Items"], json!(["a", "b"]));
}

#[test]
fn unequal_wishes_for_one_place_are_told() {
    let set = |to: u64| vec![Edit::new("/a", Some(json!(0)), Some(json!(to)))];
    assert_eq!(both(&set(1), &set(2)), Err("/a".to_owned()));
    assert_eq!(both(&set(1), &set(1)).map(|edits| edits.len()), Ok(1));
    assert_eq!(join(&json!({"a": {"b": 1}}), &json!({"a": {"b": 2}})), Err("/a/b".to_owned()));
    let attributes = |value: &str| json!([{"Key": "k", "Value": value}]);
    assert!(join(&attributes("1"), &attributes("2")).is_err());
    assert_eq!(join(&json!([{"Key": "a"}]), &json!([{"Key": "b"}])), Ok(json!([{"Key": "a"}, {"Key": "b"}])));
}

#[test]
fn what_two_take_out_of_a_set_is_both_out() {
    let (base, first, second) = (json!([1, 2, 3]), json!([2, 3]), json!([1, 2]));
    assert_eq!(lay(Some(&base), Some(&first), Some(&second)), Some(Some(json!([2]))));
}

fn config() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0_u8..9).prop_map(Value::from)];
    let tree = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-d]", tree, 1..4).prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    /// Each of two remedies sets members of its own in any object; together they do what both do, and no more.
    #[test]
    fn what_no_edit_names_stays(start in config(), one in 10_u8..20, other in 20_u8..30) {
        let first = vec![
            Edit::new("/x", start.get("x").cloned(), Some(json!(one))),
            Edit::new("/a", start.get("a").cloned(), Some(json!({"new": one}))),
        ];
        let second = vec![Edit::new("/y", None, Some(json!({"v": other})))];
        let edits = both(&first, &second).expect("apart");
        let after = made(&start, &edits);
        prop_assert_eq!(&made(&after, &reversed(&edits)), &start);
        let mut expected = start;
        expected["x"] = json!(one);
        expected["a"] = json!({"new": one});
        expected["y"] = json!({"v": other});
        prop_assert_eq!(after, expected);
    }

    /// A change laid upon nothing, or upon itself, is itself.
    #[test]
    fn laying_is_harmless_where_nothing_else_changed(base in config(), wanted in config()) {
        prop_assert_eq!(lay(Some(&base), Some(&base), Some(&wanted)), Some(Some(wanted.clone())));
        prop_assert_eq!(lay(Some(&base), Some(&wanted), Some(&wanted)), Some(Some(wanted.clone())));
        prop_assert_eq!(lay(Some(&base), Some(&wanted), Some(&base)), Some(Some(wanted)));
    }
}
