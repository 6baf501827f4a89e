//! The roll-up in both forms: against the schema, against its snapshot, with strings of anybody.

use std::io::{BufReader, Cursor};

use serde_json::Value;

use super::*;
use crate::report::testdata::{self, id};
use crate::rollup::{Rollup, Summary, Suspended};
use konecta_base::text::acts;

const SCHEMA: &str = include_str!("../../../../../docs/rollup.schema.json");

fn target(account: &str, region: &str) -> Target {
    Target { account: id(account), region: id(region) }
}

/// Five accounts with the report of the other formats in one of them, one that cannot be entered, and one that is silent.
fn rolled(name: &str) -> (Summary, BufReader<Cursor<Vec<u8>>>) {
    let whole = target("111111111111", "global");
    let partial = target("123456789012", "us-east-1");
    let refused = target("222222222222", "global");
    let silent = target("222222222222", "us-east-1");
    let half = target("111111111111", "us-east-1");
    let foreign = target("999999999999", "global");
    let expected = [&whole, &half, &partial, &refused, &silent].map(|target| Ok(target.clone()));
    let mut rollup = Rollup::new(expected.into_iter(), Vec::new());
    let closed = Suspended { account: id("333333333333"), name: Some(name.to_owned()), state: "SUSPENDED".to_owned() };
    rollup.suspended(closed).expect("written");
    let key = |target: &Target| format!("account={}/region={}/x.json", target.account, target.region);
    let of = |target: &Target, report: &Report| TargetStatus::of(target, report, key(target));
    let why = format!(
        "the role {name} cannot be assumed: denied; the role must exist, trust this identity, and get the --external-id that it demands"
    );
    let (clean, full) = (testdata::empty(), testdata::report());
    for mut status in
        [of(&whole, &clean), of(&partial, &full), TargetStatus::unscanned(&refused, &why), of(&foreign, &clean)]
    {
        status.name = Some(name.to_owned());
        rollup.see(status).expect("in order");
    }
    let (summary, lists) = rollup.finish().expect("in order");
    (summary, BufReader::new(Cursor::new(lists)))
}

fn written(name: &str, width: usize) -> (String, Value, String) {
    let (summary, mut lists) = rolled(name);
    let rules = testdata::report().rules;
    let narrowed = Narrowed::default();
    let about =
        RollupAbout { tool_version: "0.1.0", run: Some("nightly-2026-11-27"), narrowed: &narrowed, rules: &rules };
    let (mut as_json, mut as_text) = (Vec::new(), Vec::new());
    json(&about, &summary, &mut lists, &mut as_json).expect("renders");
    text(&about, &summary, &mut lists, &mut as_text, width).expect("renders");
    let as_json = String::from_utf8(as_json).expect("text");
    let document = serde_json::from_str(&as_json).expect("JSON");
    (as_json, document, String::from_utf8(as_text).expect("text"))
}

/// The page of the roll-up; the reports of the first account have pages.
pub(in crate::report) fn page(name: &str) -> String {
    let (summary, mut lists) = rolled(name);
    let rules = testdata::report().rules;
    let narrowed = Narrowed::default();
    let about =
        RollupAbout { tool_version: "0.1.0", run: Some("nightly-2026-11-27"), narrowed: &narrowed, rules: &rules };
    let at = |key: &str| {
        key.strip_suffix(".json").filter(|key| key.contains("123456789012")).map(|key| format!("{key}.html"))
    };
    let mut out = Vec::new();
    html(&about, &summary, &mut lists, &at, &mut out).expect("renders");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_page_names_what_was_not_seen_first_and_links_to_the_pages_of_targets() {
    let page = page("payroll");
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("Not scanned: ") < at("Worst targets</h2>"));
    assert!(page.contains("href=\"./account=123456789012/region=us-east-1/x.html\""), "{page}");
    assert!(page.contains("<code>account=999999999999/region=global/x.json</code>"), "no page, no link");
    assert!(page.contains("@media (prefers-color-scheme: dark) { :root "));
    assert!(!page.contains("{{") && !page.contains("<script") && !page.contains(" style="));
}

#[test]
fn hostile_names_are_text_on_the_page() {
    let page = page("</td><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}{{main}}");
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.chars().all(|c| c == '\n' || !acts(c)));
    let row = "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=alert(1)&gt;";
    assert!(page.contains(row), "{page}");
}

fn check(document: &Value) {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_roll_up_as_json() {
    let (text, document, _) = written("payroll", 80);
    check(&document);
    insta::assert_snapshot!(text);
}

#[test]
fn the_roll_up_for_people() {
    let (_, _, text) = written("payroll", 80);
    assert!(text.starts_with("3 accounts expected, 1 seen, 1 in part, 1 UNSCANNED, 1 suspended\n"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_expected_and_nothing_seen_is_said_too() {
    let (summary, lists) = Rollup::new(std::iter::empty(), Vec::new()).finish().expect("empty");
    let mut lists = Cursor::new(lists);
    let narrowed = Narrowed {
        controls: vec![testdata::id("KA-CF-001"), testdata::id("KA-CF-002")],
        regions: vec![testdata::id("us-east-1")],
    };
    let about = RollupAbout { tool_version: "0.1.0", run: None, narrowed: &narrowed, rules: &[] };
    let (mut as_json, mut as_text) = (Vec::new(), Vec::new());
    json(&about, &summary, &mut lists, &mut as_json).expect("renders");
    check(&serde_json::from_slice(&as_json).expect("JSON"));
    text(&about, &summary, &mut lists, &mut as_text, 80).expect("renders");
    let text = String::from_utf8(as_text).expect("text");
    let targets = "0 targets: no account and region was expected, so nothing is known of the\norganization\n";
    let narrowed =
        "NARROWED to the controls KA-CF-001, KA-CF-002 and the region us-east-1: it says\nnothing of the rest\n";
    assert_eq!(text, format!("0 accounts expected, 0 seen\n{targets}findings: none\n{narrowed}konecta-audit 0.1.0\n"));
}

#[test]
fn hostile_names_act_on_nothing_and_no_line_is_too_wide() {
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\n12 accounts expected, 12 seen 人事部門👩‍💻".repeat(3);
    let (as_json, document, text) = written(&hostile, 80);
    check(&document);
    assert_eq!(document["suspended"][0]["name"], hostile);
    assert!(as_json.chars().all(|c| c == '\n' || !acts(c)));
    assert!(text.chars().all(|c| c == '\n' || !acts(c)), "{text}");
    for line in text.lines() {
        let width = unicode_width::UnicodeWidthStr::width(line);
        assert!(width <= 80, "{width} columns: {line}");
    }
}

#[test]
fn a_status_is_what_the_report_counts() {
    let report = testdata::report();
    let target = target("123456789012", "us-east-1");
    let status = TargetStatus::of(&target, &report, "k.json".to_owned());
    assert_eq!(status.status, TargetOutcome::Incomplete);
    for each in Status::iter() {
        assert_eq!(usize::try_from(status.count(each)).expect("small"), report.count(each), "{each}");
    }
    assert_eq!(status.fails.values().sum::<u64>(), status.count(Status::Fail));
    assert_eq!(status.fails_by_severity.values().sum::<u64>(), status.count(Status::Fail));
    assert_eq!(status.unknowns.values().sum::<u64>(), status.count(Status::Unknown));
    let text = serde_json::to_string(&status).expect("JSON");
    assert_eq!(serde_json::from_str::<TargetStatus>(&text).expect("read back"), status);

    let clean = TargetStatus::of(&target, &testdata::empty(), "k.json".to_owned());
    assert_eq!((clean.status, clean.reason), (TargetOutcome::Complete, None));
    // A verdict that could not be proven leaves a target incomplete, also without a gap.
    let mut open = testdata::report();
    open.gaps.clear();
    open.errors.clear();
    let open = TargetStatus::of(&target, &open, "k.json".to_owned());
    assert_eq!(open.status, TargetOutcome::Incomplete);
    assert!(open.reason.expect("a reason").contains("unknown"));
}

#[test]
fn the_schema_describes_every_property_and_allows_no_other() {
    fn walk(at: &str, node: &Value) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            assert_eq!(node["additionalProperties"], false, "{at} takes what it does not know");
            assert_eq!(node["required"].as_array().map_or(0, Vec::len), properties.len(), "{at}: a key may be missing");
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
