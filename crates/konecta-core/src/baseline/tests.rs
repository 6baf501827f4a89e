//! A report against an earlier one: what is new, as it was, changed, fixed, and not seen.

use serde_json::{Value, json};

use super::*;
use crate::report::format::{Format, FormatOptions};
use crate::report::table::{self, TableOptions};
use crate::report::{json_v1, sarif, testdata};

fn at<'a>(report: &'a mut Report, control: &str) -> &'a mut Finding {
    report.findings.iter_mut().find(|finding| finding.control.as_str() == control).expect("a finding")
}

/// The report made by hand, whole, and as it was a day before.
fn two() -> (Report, Report) {
    let mut report = testdata::report();
    report.gaps.clear();
    report.errors.clear();
    report.findings.retain(|finding| !finding.resource.arn.as_str().ends_with('*'));
    let mut earlier = report.clone();
    earlier.scan.started_at = testdata::id("2026-11-22T12:00:00Z");
    // New: it passed. Changed: one place less. Fixed: four ways. Not seen: it is unknown now.
    at(&mut earlier, "KA-SG-001").status = Status::Pass;
    let viewer = at(&mut earlier, "KA-CF-001");
    viewer.violations = viewer.violations[..2].to_vec().into();
    viewer.violations[0].actual = json!("https-only-not");
    for control in ["KA-ALB-006", "KA-IAM-001", "KA-RDS-004", "KA-CF-041"] {
        at(&mut earlier, control).status = Status::Fail;
    }
    let mut gone = at(&mut earlier, "KA-EKS-002").clone();
    std::sync::Arc::make_mut(&mut gone.resource).arn = testdata::id("arn:aws:eks:us-east-1:123456789012:cluster/gone");
    earlier.findings.push(gone.clone());
    std::sync::Arc::make_mut(&mut gone.resource).region = testdata::id("ap-south-1");
    std::sync::Arc::make_mut(&mut gone.resource).arn =
        testdata::id("arn:aws:eks:ap-south-1:123456789012:cluster/elsewhere");
    earlier.findings.push(gone);
    (earlier, report)
}

fn held() -> Report {
    let (earlier, mut report) = two();
    report.baseline = Some(Baseline::of(&earlier, &report));
    report
}

#[test]
fn what_fails_is_told_apart_by_what_it_was() {
    let (earlier, report) = two();
    let baseline = Baseline::of(&earlier, &report);
    let fails = report.count(Status::Fail);
    assert_eq!(baseline.count(BaselineState::New), 1);
    assert_eq!(baseline.count(BaselineState::Updated), 1);
    assert_eq!(baseline.count(BaselineState::Unchanged), fails - 2);
    let told = |list: &[Fixed]| -> Vec<(String, Because)> {
        list.iter().map(|fixed| (fixed.finding.control.to_string(), fixed.because.clone())).collect()
    };
    let named = |control: &str, because: Because| (control.to_owned(), because);
    assert_eq!(
        told(&baseline.fixed),
        [
            named("KA-EKS-002", Because::Absent),
            named("KA-ALB-006", Because::Passes),
            named("KA-IAM-001", Because::NotApplicable),
        ]
    );
    let by = "accepted by a.hassan until 2027-01-31: a replica, restored from its source";
    assert_eq!(told(&baseline.accepted), [named("KA-RDS-004", Because::Waived(by.to_owned()))]);
    let not_seen: Vec<&str> = baseline.not_seen.iter().map(|finding| finding.control.as_str()).collect();
    assert_eq!(not_seen, ["KA-CF-041", "KA-EKS-002"], "what is unknown now, and what is in a region that was not read");
}

#[test]
fn a_report_against_itself_has_nothing_new_and_nothing_fixed() {
    let report = testdata::report();
    let baseline = Baseline::of(&report, &report);
    assert_eq!(baseline.count(BaselineState::Unchanged), report.count(Status::Fail));
    assert_eq!(
        (baseline.states.len(), baseline.fixed.len(), baseline.not_seen.len()),
        (report.count(Status::Fail), 0, 0)
    );
}

#[test]
fn what_a_scan_with_gaps_does_not_hold_is_not_fixed() {
    let (earlier, mut report) = two();
    report.gaps = testdata::report().gaps;
    let baseline = Baseline::of(&earlier, &report);
    assert!(baseline.fixed.iter().all(|fixed| fixed.because != Because::Absent));
}

#[test]
fn an_acceptance_that_is_over_is_new() {
    let (mut earlier, report) = two();
    at(&mut earlier, "KA-RDS-001").status = Status::Waived;
    let baseline = Baseline::of(&earlier, &report);
    let found = report.findings.iter().find(|finding| finding.control.as_str() == "KA-RDS-001").expect("a finding");
    assert_eq!(baseline.state(found), Some(BaselineState::New));
}

#[test]
fn the_report_as_json_is_what_its_schema_says() {
    let report = held();
    let text = json_v1::render(&report).expect("renders");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/report.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(document["baseline"]["new"], 1);
    let states = document["findings"].as_array().expect("findings").iter().map(|one| &one["baselineState"]);
    assert_eq!(states.filter(|state| *state == "new").count(), 1);
}

#[test]
fn the_difference_as_json_is_what_its_schema_says() {
    let (earlier, report) = two();
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/diff.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    for (from, to) in [(&earlier, &report), (&report, &earlier), (&testdata::hostile(), &report)] {
        let text = super::render(from, to, &Baseline::of(from, to)).expect("renders");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn the_table_tells_what_is_new_and_what_is_fixed() {
    let mut report = held();
    report.claims.clear();
    report.findings.retain(|finding| finding.severity <= konecta_base::finding::Severity::High);
    insta::assert_snapshot!(table::render(&report, &TableOptions { width: 80, color: false, show_pass: false }));
}

#[test]
fn every_result_of_a_sarif_run_has_a_state() {
    let report = held();
    let places = sarif::tests::places();
    let options =
        FormatOptions { width: 80, color: false, show_pass: false, places: Some(&places), include_waived: true };
    let text = Format::Sarif.render(&report, &options).expect("renders");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let schema: Value = serde_json::from_str(include_str!("../report/sarif/testdata/sarif-2.1.0.json")).expect("JSON");
    assert!(jsonschema::draft202012::new(&schema).expect("a schema").is_valid(&document));
    let runs = document["runs"].as_array().expect("runs").iter();
    let results: Vec<&Value> = runs.flat_map(|run| run["results"].as_array().expect("results")).collect();
    let of = |control: &str| -> Vec<&str> {
        let mut states: Vec<&str> = results
            .iter()
            .filter(|result| result["ruleId"] == control)
            .map(|result| result["baselineState"].as_str().expect("a state"))
            .collect();
        states.sort_unstable();
        states
    };
    assert_eq!(of("KA-SG-001"), ["new"]);
    assert_eq!(of("KA-RDS-001"), ["unchanged"]);
    assert_eq!(
        of("KA-CF-001"),
        ["new", "unchanged", "updated"],
        "one place more, one as it was, one with another value"
    );
    assert_eq!(of("KA-ALB-006"), ["absent"]);
    assert_eq!(of("KA-RDS-004"), ["unchanged"], "suppressed, and what was found before");
    assert_eq!(of("KA-CF-041"), Vec::<&str>::new(), "what was not seen is not absent");
}

#[test]
fn the_difference_for_a_person() {
    let (earlier, report) = two();
    let baseline = Baseline::of(&earlier, &report);
    insta::assert_snapshot!(listing(&earlier, &report, &baseline, 80));
}

#[test]
fn the_difference_as_json() {
    let (earlier, report) = two();
    let baseline = Baseline::of(&earlier, &report);
    let text = render(&earlier, &report, &baseline).expect("renders");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        document["summary"],
        json!({"new": 1, "changed": 1, "unchanged": 6, "fixed": 3, "accepted": 1, "notSeen": 2})
    );
    for (list, count) in document["summary"].as_object().expect("numbers") {
        assert_eq!(document[list].as_array().map(Vec::len), count.as_u64().and_then(|count| count.try_into().ok()));
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["changed"]).expect("JSON"));
}
