//! The line against the rules that the specification of the embedded metric format sets.

use serde_json::{Value, json};

use super::*;
use crate::report::testdata::{self, id};
use konecta_base::target::Target;

/// The rules of the specification: the JSON schema in it, with `MUST NOT contain any additional members` written out.
fn schema() -> Value {
    let name = json!({"type": "string", "pattern": "^[\\x21-\\x7e]+$", "minLength": 1, "maxLength": 255});
    let unit = "^(Seconds|Microseconds|Milliseconds|((Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Count)(/Second)?)|Percent|None)$";
    json!({
        "type": "object",
        "required": ["_aws"],
        "properties": {"_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "additionalProperties": false,
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "items": {
                    "type": "object",
                    "required": ["Namespace", "Dimensions", "Metrics"],
                    "additionalProperties": false,
                    "properties": {
                        "Namespace": name,
                        "Dimensions": {"type": "array", "minItems": 1, "items": {
                            "type": "array", "minItems": 0, "maxItems": 9, "items": name,
                        }},
                        "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": {
                            "type": "object",
                            "required": ["Name"],
                            "additionalProperties": false,
                            "properties": {"Name": name, "Unit": {"type": "string", "pattern": unit}},
                        }},
                    },
                }},
            },
        }},
    })
}

/// The line as CloudWatch reads it: valid, and every reference leads to a member of the root of the right kind.
fn read(line: &str) -> Value {
    assert!(!line.contains('\n') && line.len() <= 256 * 1024, "{line}");
    let document: Value = serde_json::from_str(line).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema is a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for directive in document["_aws"]["CloudWatchMetrics"].as_array().expect("directives") {
        for key in directive["Dimensions"].as_array().expect("sets").iter().flat_map(|set| set.as_array().expect("set"))
        {
            let value = document[key.as_str().expect("key")].as_str().expect("a dimension is a string");
            assert!((1..=1024).contains(&value.len()), "{key}");
        }
        for metric in directive["Metrics"].as_array().expect("metrics") {
            assert!(document[metric["Name"].as_str().expect("name")].is_number(), "{metric}");
        }
    }
    document
}

#[test]
fn the_figures_of_a_target() {
    let target = Target { account: id("123456789012"), region: id("us-east-1") };
    let about = About { target: &target, run: "nightly-2026-11-27", location: "s3://b/k", incomplete: true };
    let at = id("2026-11-27T03:00:00.25Z");
    let line = render(Some(&testdata::report()), &about, "8f5a", at, Duration::from_millis(41_250)).expect("writes");
    let document = read(&line);
    assert_eq!(document["_aws"]["Timestamp"], 1_795_748_400_250_i64);
    insta::assert_json_snapshot!(document);
}

#[test]
fn what_was_not_counted_is_no_zero() {
    let target = Target { account: id("123456789012"), region: id("global") };
    let about = About { target: &target, run: "line\nbreak \u{1b}", location: "", incomplete: true };
    let line = render(None, &about, "", id("2026-11-27T03:00:00Z"), Duration::MAX).expect("writes");
    let document = read(&line);
    assert_eq!(document["Incomplete"], 1);
    assert!(document.get("FindingsCritical").is_none() && document.get("Gaps").is_none(), "{document}");
    let names: Vec<&str> = document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        .as_array()
        .expect("metrics")
        .iter()
        .filter_map(|metric| metric["Name"].as_str())
        .collect();
    assert_eq!(names, ["Incomplete", "DurationMilliseconds"]);
}
