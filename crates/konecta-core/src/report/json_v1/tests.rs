//! The JSON report against its schema, its snapshot and strings of any kind.

use proptest::prelude::*;
use serde_json::Value;

use crate::report::{json_v1, testdata};

const SCHEMA: &str = include_str!("../../../../../docs/report.schema.json");

fn check(text: &str) {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    let document: Value = serde_json::from_str(text).expect("the report is JSON");
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_whole_report() {
    let text = json_v1::render(&testdata::report()).expect("renders");
    check(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_found_is_said_in_the_same_words() {
    let text = json_v1::render(&testdata::empty()).expect("renders");
    check(&text);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["scan"]["complete"], true);
    assert_eq!(document["summary"]["byStatus"]["fail"], 0);
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let mut turned = testdata::report();
    turned.findings.reverse();
    turned.gaps.reverse();
    turned.errors.reverse();
    let render = |report| json_v1::render(report).expect("renders");
    assert_eq!(render(&turned), render(&testdata::report()));
}

#[test]
fn hostile_strings_arrive_whole_and_act_on_nothing() {
    let report = testdata::hostile();
    let text = json_v1::render(&report).expect("renders");
    check(&text);
    assert!(text.chars().all(|c| c == '\n' || !konecta_base::text::acts(c)));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["findings"][0]["violations"][0]["actual"], report.findings[0].violations[0].actual);
}

#[test]
fn the_schema_describes_every_property_and_allows_no_other() {
    fn walk(at: &str, node: &Value) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            assert_eq!(node["additionalProperties"], false, "{at} takes what it does not know");
            let required = node["required"].as_array().map_or(0, Vec::len);
            assert_eq!(required, properties.len(), "{at}: every key is always there");
            for (key, property) in properties {
                assert!(property["description"].is_string(), "{at}.{key} is not described");
            }
        }
        match node {
            Value::Object(members) => members.iter().for_each(|(key, member)| walk(&format!("{at}.{key}"), member)),
            Value::Array(items) => items.iter().for_each(|item| walk(at, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    walk("$", &serde_json::from_str(SCHEMA).expect("JSON"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_strings_give_a_valid_report(words in testdata::words()) {
        check(&json_v1::render(&testdata::written_with(&words)).expect("renders"));
    }
}
