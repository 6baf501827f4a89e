//! The SARIF file against its schema, its snapshot, our preflight and strings of any kind.

use proptest::prelude::*;
use serde_json::Value;

use super::{Places, SarifError, SarifOptions, preflight, render, render_several};
use crate::report::{Report, testdata};
use konecta_base::finding::{Finding, Severity, Status, Violation};
use konecta_base::text;

pub(crate) fn places() -> Places {
    let lines =
        [("alb", 21), ("cloudfront", 12), ("ecr", 40), ("eks", 33), ("network", 52), ("origin", 12), ("rds", 47)];
    Places {
        uri: "konecta-audit.toml".to_owned(),
        lines: lines.map(|(layer, line)| (layer.to_owned(), line)).into(),
        default_line: 1,
        spots: std::collections::BTreeMap::new(),
    }
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("testdata/sarif-2.1.0.json")).expect("the schema is JSON");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("the schema is a schema")
}

fn check(validator: &jsonschema::Validator, text: &str) -> Value {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(preflight::check_text(text), []);
    document
}

fn rendered(report: &Report) -> String {
    render(report, &places(), &SarifOptions::default()).expect("renders").text
}

#[test]
fn the_whole_report() {
    let text = rendered(&testdata::report());
    let document = check(&validator(), &text);
    assert_eq!(document["runs"].as_array().expect("runs").len(), 6, "two accounts, two regions and what is global");
    // All runs have the same rules: the first is shown whole, of the others what is their own.
    let mut shown = document.clone();
    for run in shown["runs"].as_array_mut().expect("runs").iter_mut().skip(1) {
        run["tool"] = Value::String("as in the first run".to_owned());
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).expect("JSON"));
}

#[test]
fn nothing_found_is_still_a_run_for_every_category() {
    let document = check(&validator(), &rendered(&testdata::empty()));
    let runs = document["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run["results"], Value::Array(vec![]));
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }
}

#[test]
fn only_gaps_are_notifications_and_no_success() {
    let mut report = testdata::empty();
    report.gaps = testdata::report().gaps;
    let document = check(&validator(), &rendered(&report));
    let notified: usize = document["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| {
            assert_eq!(run["invocations"][0]["executionSuccessful"], false);
            run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications").len()
        })
        .sum();
    assert_eq!(notified, report.gaps.len());
}

#[test]
fn waived_findings_are_left_out_or_suppressed() {
    let report = testdata::report();
    let count = |include_waived: bool| {
        let text = render(&report, &places(), &SarifOptions { include_waived }).expect("renders").text;
        let document = check(&validator(), &text);
        let runs = document["runs"].as_array().expect("runs").clone();
        let results: Vec<Value> =
            runs.iter().flat_map(|run| run["results"].as_array().expect("results").clone()).collect();
        (results.len(), results.iter().filter(|result| result["suppressions"][0]["kind"] == "external").count())
    };
    let fails: usize = report.findings.iter().filter(|f| f.status == Status::Fail).map(|f| f.violations.len()).sum();
    assert_eq!(count(false), (fails, 0));
    assert_eq!(count(true), (fails + 1, 1));
}

#[test]
fn two_violations_at_one_path_are_two_alerts_and_keep_their_marks() {
    let mut report = testdata::report();
    let finding = report.findings.iter_mut().find(|f| f.control.as_str() == "KA-CF-001").expect("finding");
    for violation in &mut finding.violations {
        violation.path = "Items".to_owned();
    }
    let marks = |report: &Report| -> Vec<String> {
        let document = check(&validator(), &rendered(report));
        let runs = document["runs"].as_array().expect("runs").clone();
        let of = |result: &Value| {
            result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("mark").to_owned()
        };
        runs.iter()
            .flat_map(|run| run["results"].as_array().expect("results").iter().map(of).collect::<Vec<_>>())
            .collect()
    };
    let first = marks(&report);
    report.findings.reverse();
    report.scan.started_at = testdata::id("2027-01-01T00:00:00Z");
    assert_eq!(first, marks(&report), "a mark changes with neither order nor time");
}

#[test]
fn what_does_not_fit_is_an_error_that_says_what_to_do() {
    let mut report = testdata::report();
    report.scan.regions = (0..10).map(|number| testdata::id(&format!("us-east-{number}"))).collect();
    let error = render(&report, &places(), &SarifOptions::default()).expect_err("too many runs");
    assert!(error.to_string().contains("name a file, and several are written"), "{error}");
    assert!(matches!(error, SarifError::TooManyRuns { limit: 20, .. }));
    let several = render_several(&report, &places(), &SarifOptions::default()).expect("several");
    let runs: Vec<usize> =
        several.iter().map(|one| check(&validator(), &one.text)["runs"].as_array().expect("runs").len()).collect();
    assert_eq!(runs, [20, 3], "two accounts with ten regions and what is global, and a region that a finding names");

    let bad = Places { uri: "../konecta-audit.toml".to_owned(), ..places() };
    let error = render(&testdata::report(), &bad, &SarifOptions::default()).expect_err("bad place");
    assert!(error.to_string().contains("holds `.`, `..`"), "{error}");

    let mut report = testdata::report();
    report.rules.clear();
    let error = render(&report, &places(), &SarifOptions::default()).expect_err("no rules");
    assert!(matches!(error, SarifError::UnknownControl { .. }));
}

#[test]
fn of_more_results_than_a_run_takes_the_worst_are_kept_and_the_rest_is_counted() {
    let mut report = testdata::report();
    let fail = report.findings.iter().find(|finding| finding.status == Status::Fail).expect("a fail").clone();
    let violation = fail.violations.first().expect("a violation").clone();
    report.findings.retain(|finding| finding.status != Status::Fail);
    for (severity, count) in [(Severity::Low, 20_000), (Severity::Critical, 10_000)] {
        let violations =
            (0..count).map(|number| Violation { path: format!("{severity}[{number}]"), ..violation.clone() });
        report.findings.push(Finding { severity, violations: violations.collect::<Vec<_>>().into(), ..fail.clone() });
    }
    let text = rendered(&report);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let run = document["runs"].as_array().expect("runs").iter().find(|run| run["results"][0].is_object());
    let run = run.expect("the run of the fails");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 25_000);
    assert!(results.iter().take(10_000).all(|result| result["level"] == "error"), "worst first");
    let told = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(told.contains("5000 results, none worse than those told, are left out"), "{told}");
}

#[test]
fn hostile_strings_are_text_and_nothing_else() {
    let text = rendered(&testdata::hostile());
    check(&validator(), &text);
    assert!(text.chars().all(|c| c == '\n' || !text::acts(c)));
    assert!(!text.contains("]("), "no link of somebody else's");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_shrink_iters: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_strings_give_a_file_that_github_takes(words in testdata::words(), include_waived in any::<bool>()) {
        let text = render(&testdata::written_with(&words), &places(), &SarifOptions { include_waived }).expect("renders").text;
        check(&validator(), &text);
    }
}
