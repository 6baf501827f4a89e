//! Every event is valid by OCSF's own schema, and says of a finding what the report says.

use serde_json::Value;

use crate::baseline::Baseline;
use crate::report::{Report, testdata};
use konecta_base::finding::Status;

fn events(report: &Report) -> Vec<Value> {
    let text = testdata::text(super::write, report);
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_event_is_valid_by_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("testdata/compliance_finding-1.6.0.json")).expect("a schema");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let mut since = testdata::report();
    since.baseline = Some(Baseline::of(&testdata::report(), &testdata::empty()));
    for report in [testdata::report(), testdata::hostile(), testdata::empty(), since] {
        for event in events(&report) {
            let errors: Vec<String> = schema.iter_errors(&event).map(|error| format!("{error} in {event}")).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
}

#[test]
fn an_event_a_finding() {
    let report = testdata::report();
    let events = events(&report);
    assert_eq!(events.len(), report.findings.len());
    let count = |caption: &str| events.iter().filter(|event| event["compliance"]["status"] == caption).count();
    assert_eq!(count("Fail"), report.count(Status::Fail) + report.count(Status::Waived));
    assert_eq!(count("Warning"), report.count(Status::Unknown));
    assert_eq!(count("Pass"), report.count(Status::Pass));
    let suppressed = events.iter().filter(|event| event["status_id"] == 3).count();
    assert_eq!(suppressed, report.count(Status::Waived));
    insta::assert_snapshot!(serde_json::to_string_pretty(&events[0]).expect("JSON"));
}

/// What was there before is updated, and what is proven not to fail any more is closed.
#[test]
fn an_earlier_scan_makes_updates_and_closes() {
    let mut report = testdata::report();
    report.baseline = Some(Baseline::of(&testdata::report(), &report));
    let all = events(&report);
    let updated = all.iter().filter(|event| event["activity_id"] == 2).count();
    assert_eq!(updated, report.count(Status::Fail));
    let mut mended = testdata::report();
    for finding in &mut mended.findings {
        finding.status = Status::Pass;
        finding.violations = Vec::new().into();
    }
    mended.baseline = Some(Baseline::of(&testdata::report(), &mended));
    let closed: Vec<Value> = events(&mended).into_iter().filter(|event| event["activity_id"] == 3).collect();
    assert_eq!(closed.len(), report.count(Status::Fail));
    assert!(closed.iter().all(|event| event["type_uid"] == 200_303 && event["status"] == "Resolved"));
}
