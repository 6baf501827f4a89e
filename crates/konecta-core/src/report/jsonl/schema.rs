//! `docs/report-lines.schema.json`, made of the schema of the JSON report, and the lines held against it.
//! To lay it down again: `make pages`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::report::testdata;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/report-lines.schema.json")
}

/// An object of the report's schema as a line, which has its type.
fn line(kind: &str, object: &Value) -> Value {
    let mut line = object.clone();
    line["properties"]["type"] = json!({"const": kind, "description": "What the line is."});
    line["required"].as_array_mut().expect("a list").insert(0, json!("type"));
    line
}

fn schema() -> Value {
    let report: Value =
        serde_json::from_str(include_str!("../../../../../docs/report.schema.json")).expect("the schema is JSON");
    let of = |name: &str| &report["properties"][name];
    let object = |description: &str, properties: Value| {
        let names: Vec<&String> = properties.as_object().expect("an object").keys().collect();
        json!({"type": "object", "description": description, "additionalProperties": false, "required": names, "properties": properties})
    };
    let version = json!({"const": super::VERSION, "description": of("version")["description"]});
    // Whether it was complete is known at the end.
    let mut reading = of("scan").clone();
    let complete = reading["properties"].as_object_mut().expect("an object").remove("complete");
    reading["required"].as_array_mut().expect("a list").retain(|name| name != "complete");
    let scan = json!({"version": version, "tool": of("tool"), "scan": reading});
    let summary = json!({"complete": complete, "summary": of("summary"), "baseline": of("baseline")});
    json!({
        "$schema": report["$schema"],
        "$id": format!("urn:konecta-audit:report-lines:{}", super::VERSION),
        "title": format!("a line of a konecta-audit report as JSON Lines, version {}", super::VERSION),
        "description": "The report one document a line: first the scan, then each gap, each finding as it is found, each \
            error, each claim, and last the summary; text without a summary was cut off. The members are those of the JSON \
            report (report.schema.json), and mean the same.",
        "oneOf": [
            line("scan", &object("The first line: who read what, when.", scan)),
            line("gap", &of("gaps")["items"]),
            line("finding", &of("findings")["items"]),
            line("error", &of("errors")["items"]),
            line("claim", &of("claims")["items"]),
            line("summary", &object("The last line.", summary)),
        ],
        "$defs": report["$defs"],
    })
}

fn text() -> String {
    serde_json::to_string_pretty(&schema()).expect("JSON") + "\n"
}

#[test]
fn the_schema_is_that_of_the_report() {
    let there = std::fs::read_to_string(path()).expect("docs/report-lines.schema.json");
    assert!(there == text(), "docs/report-lines.schema.json is old: make pages");
}

#[test]
#[ignore = "writes docs/report-lines.schema.json"]
fn lay_down() {
    std::fs::write(path(), text()).expect("written");
}

#[test]
fn every_line_follows_its_schema() {
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema is a schema");
    for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
        for line in testdata::text(super::write, &report).lines() {
            let document: Value = serde_json::from_str(line).expect("JSON");
            assert!(validator.is_valid(&document), "{line}");
            let mut other = document.clone();
            other["more"] = json!(1);
            assert!(!validator.is_valid(&other), "{line}");
        }
    }
}
