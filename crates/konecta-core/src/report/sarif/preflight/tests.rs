//! Every reason for a rejection, made on purpose and found.

use serde_json::{Value, json};
use serde_sarif::sarif::{Run, Sarif};

use super::{SarifProblem, check, check_text};
use crate::report::sarif::{SarifOptions, render, tests::places};
use crate::report::testdata;

fn good() -> String {
    render(&testdata::report(), &places(), &SarifOptions::default()).expect("renders").text
}

/// What is found after one place of a good file has been changed.
fn after(good: &Value, pointer: &str, value: Value) -> Vec<String> {
    let mut log = good.clone();
    // The run of account one in us-east-1, which holds results.
    let at = (0..6).find(|at| log["runs"][at]["automationDetails"]["id"] == "konecta-audit/123456789012/us-east-1/");
    let pointer = pointer.replace("RUN", &format!("/runs/{}", at.expect("run")));
    match log.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            log.pointer_mut(parent).expect(parent)[key] = value;
        }
    }
    check_text(&log.to_string()).iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_file_has_no_problem() {
    for report in [testdata::report(), testdata::empty(), testdata::hostile()] {
        let text = render(&report, &places(), &SarifOptions { include_waived: true }).expect("renders").text;
        assert_eq!(check_text(&text), []);
    }
}

#[test]
fn every_reason_for_a_rejection_is_found() {
    let place = "RUN/results/0/locations/0/physicalLocation";
    let rule = "RUN/tool/driver/rules/0";
    let uri = |uri: &str, says: &'static str| (format!("{place}/artifactLocation/uri"), json!(uri), says);
    let cases = vec![
        ("/$schema".to_owned(), json!(""), "`$schema` is missing"),
        ("/version".to_owned(), json!("2.0.0"), "not \"2.1.0\""),
        ("/runs".to_owned(), json!([]), "runs is missing or empty"),
        ("RUN/results".to_owned(), Value::Null, "results is missing"),
        ("RUN/tool/driver/name".to_owned(), json!(""), "driver.name is missing"),
        (
            "RUN/automationDetails/id".to_owned(),
            json!("konecta-audit/123456789012/global/"),
            "two runs have the category",
        ),
        ("RUN/automationDetails/id".to_owned(), json!("konecta"), "does not end in"),
        ("RUN/originalUriBaseIds".to_owned(), json!({"ROOT": {"uri": "file:///"}}), "base ids"),
        (format!("{place}/artifactLocation/uriBaseId"), json!("ROOT"), "base ids"),
        (format!("{rule}/id"), json!("KA-X-001"), "stands there twice"),
        (format!("{rule}/shortDescription/text"), json!(" "), "shortDescription.text is missing or empty"),
        (format!("{rule}/fullDescription/text"), json!("x".repeat(1025)), "1025 characters, 1024 are allowed"),
        (format!("{rule}/help"), Value::Null, "help.text is missing"),
        (format!("{rule}/properties/tags"), json!(["aws"]), "no tag `security`"),
        (format!("{rule}/properties/tags"), json!(vec!["security"; 21]), "holds 21, 20 are allowed"),
        (format!("{rule}/properties/tags"), json!(vec!["security"; 11]), "holds 11, 10 are kept"),
        (format!("{rule}/properties/security-severity"), json!(9.5), "security-severity is 9.5"),
        (format!("{rule}/properties/security-severity"), json!("11"), "security-severity is \"11\""),
        ("RUN/results/0/message/text".to_owned(), json!(""), "message.text is missing"),
        ("RUN/results/0/ruleIndex".to_owned(), json!(999), "no rule"),
        ("RUN/results/0/partialFingerprints".to_owned(), json!({"other": "x"}), "no primaryLocationLineHash"),
        ("RUN/results/0/locations".to_owned(), json!([]), "no location"),
        ("RUN/results/0/locations".to_owned(), json!([{"logicalLocations": [{"name": "x"}]}]), "no physical location"),
        ("RUN/results/0/locations".to_owned(), json!(vec![json!({}); 1001]), "holds 1001, 1000 are allowed"),
        (format!("{place}/artifactLocation"), Value::Null, "no artifactLocation"),
        (format!("{place}/region/startLine"), json!(0), "no startLine"),
        uri("", "is empty"),
        uri("arn:aws:s3:::bucket", "has a scheme"),
        uri("https://example.com/a", "has a scheme"),
        uri("/etc/passwd", "is absolute"),
        uri("a\\b.toml", "a backslash"),
        uri("a b.toml", "white space"),
        uri("../a.toml", "`..`"),
        uri("a//b.toml", "an empty folder"),
        uri("a[0].toml", "no URI may hold"),
    ];
    let good = serde_json::from_str(&good()).expect("JSON");
    for (pointer, value, says) in cases {
        let found = after(&good, &pointer, value.clone());
        assert!(found.iter().any(|problem| problem.contains(says)), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn counts_are_counted() {
    let log: Sarif = serde_json::from_str(&good()).expect("SARIF");
    let has_results = |run: &&Run| run.results.as_ref().is_some_and(|results| !results.is_empty());
    let run = log.runs.iter().find(has_results).expect("a run with results");
    let result = run.results.as_ref().expect("results")[0].clone();
    let rule = run.tool.driver.rules.as_ref().expect("rules")[0].clone();
    let found = |runs: Vec<Run>, says: &str| {
        let problems = check(&Sarif { runs, ..log.clone() }, "");
        assert!(problems.iter().any(|problem| problem.to_string().contains(says)), "{says}");
    };
    let results = |count| vec![Run { results: Some(vec![result.clone(); count]), ..run.clone() }];
    let mut rules = run.clone();
    rules.tool.driver.rules = Some(vec![rule; 25_001]);

    found(vec![run.clone(); 21], "runs holds 21, 20 are allowed");
    found(results(5_001), "holds 5001, 5000 are kept");
    found(results(25_001), "holds 25001, 25000 are allowed");
    found(results(2), "stands there twice");
    found(vec![rules], "rules holds 25001, 25000 are allowed");
}

#[test]
fn a_text_that_gzip_cannot_make_small_enough_is_too_large() {
    let mut state = 1_u64;
    let mut noise = String::new();
    while noise.len() < 22 * 1024 * 1024 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        noise.push_str(&format!("{:016x}", state ^ (state >> 31)));
    }
    let log = Sarif::builder().schema("s").version("2.1.0").runs(vec![]).build();
    let too_large = |text: &str| check(&log, text).iter().any(|p| matches!(p, SarifProblem::TooLarge { .. }));
    assert!(too_large(&noise));
    assert!(!too_large(&"konecta-audit ".repeat(2_000_000)));
}
