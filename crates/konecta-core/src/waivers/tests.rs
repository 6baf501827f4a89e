//! Waivers against the report made by hand: what they accept, what they do not, and what is told of them.

use jiff::civil::date;
use serde_json::json;

use super::*;
use crate::report::format::{Format, FormatOptions};
use crate::report::{json_v1, sarif, testdata};
use konecta_base::waiver::{AcceptedState, is_about_a_waiver};
use strum::IntoEnumIterator as _;

const DB: &str = "arn:aws:rds:us-east-1:123456789012:db:konecta-erp-db";
const CF: &str = "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1KONECTA";

fn waiver(control: &str, resource: &str) -> Waiver {
    let text = format!(
        "control = \"{control}\"\nresource = \"{resource}\"\nreason = \"until the move\"\nowner = \"jane\"\n\
         expires = \"2027-01-31\"\nticket = \"OPS-17\"\n"
    );
    toml::from_str(&text).expect("a waiver")
}

fn limits() -> WaiverLimits {
    WaiverLimits::default()
}

fn finding<'a>(report: &'a Report, control: &str) -> &'a Finding {
    report.findings.iter().find(|finding| finding.control.as_str() == control).expect("a finding")
}

fn standing(waiver: &Waiver) -> Standing {
    standing_in(&testdata::report(), waiver)
}

fn standing_in(report: &Report, waiver: &Waiver) -> Standing {
    assess(report, std::slice::from_ref(waiver), &limits())[0].standing
}

/// One of each kind, with the report that they were applied to.
fn rotten() -> (Report, Vec<Waiver>) {
    let db = waiver("KA-RDS-001", DB);
    let waivers = vec![
        Waiver { expires: date(2026, 11, 22), ..db.clone() },
        Waiver { expires: date(2028, 11, 22), ..waiver("KA-CF-001", CF) },
        Waiver { state: Some(AcceptedState::of(&[])), ..waiver("KA-CF-006", CF) },
        waiver("KA-ALB-003", "*"),
        waiver("KA-ECR-002", "arn:aws:ecr:us-east-1:123456789012:repository/konecta-erp/hr-service"),
        waiver("KA-RDS-001", "arn:aws:rds:ap-south-1:123456789012:db:elsewhere"),
        waiver("KA-EKS-002", "arn:aws:eks:us-east-1:123456789012:cluster/konecta-erp-*"),
    ];
    let mut report = testdata::report();
    apply(&mut report, &waivers, &limits());
    (report, waivers)
}

#[test]
fn an_accepted_fail_is_waived_with_the_words_of_the_waiver() {
    let mut report = testdata::report();
    let state = AcceptedState::of(&finding(&report, "KA-RDS-001").violations);
    accept(&mut report, &[Waiver { state: Some(state), ..waiver("KA-RDS-001", DB) }], &limits());
    let found = finding(&report, "KA-RDS-001");
    assert_eq!(found.status, Status::Waived);
    assert_eq!(found.reasons.last().expect("a reason"), "accepted by jane until 2027-01-31 (OPS-17): until the move");
}

#[test]
fn a_finding_that_changed_since_it_was_accepted_fails() {
    let mut report = testdata::report();
    let state = AcceptedState::of(&finding(&report, "KA-CF-001").violations[..1]);
    let waivers = [Waiver { state: Some(state), ..waiver("KA-CF-001", CF) }];
    let assessed = accept(&mut report, &waivers, &limits());
    assert_eq!(assessed[0].standing, Standing::Changed { changed: 1 });
    let found = finding(&report, "KA-CF-001");
    assert_eq!(found.status, Status::Fail);
    assert_eq!(*found.reasons, ["changed since it was accepted by jane (OPS-17): until the move".to_owned()]);
}

#[test]
fn a_waiver_in_force_speaks_before_one_that_is_not() {
    let mut report = testdata::report();
    let old = Waiver { expires: date(2026, 1, 1), ..waiver("KA-RDS-001", DB) };
    let assessed = accept(&mut report, &[old, waiver("KA-RDS-001", DB)], &limits()).len();
    let found = finding(&report, "KA-RDS-001");
    assert_eq!((assessed, found.status, found.reasons.len()), (2, Status::Waived, 1));
}

#[test]
fn a_waiver_holds_to_the_end_of_its_last_day_and_no_longer_than_is_allowed() {
    let until = |expires| standing(&Waiver { expires, ..waiver("KA-RDS-001", DB) });
    assert_eq!(until(date(2026, 11, 22)), Standing::Expired);
    assert_eq!(until(date(2026, 11, 23)), Standing::Active, "the day of the scan");
    assert_eq!(until(date(2027, 11, 23)), Standing::Active);
    assert_eq!(until(date(2027, 11, 24)), Standing::TooLong);
}

#[test]
fn what_was_not_seen_is_not_told_as_unmatched() {
    let mended = "arn:aws:rds:us-east-1:123456789012:db:mended";
    assert_eq!(standing(&waiver("KA-RDS-001", mended)), Standing::Unmatched);
    let elsewhere = ["arn:aws:rds:ap-south-1:123456789012:db:a", "arn:aws:rds:us-east-1:999999999999:db:a"];
    for resource in elsewhere.into_iter().chain(["arn:aws:rds:*:123456789012:db:a", "arn:aws:rds:us-east-1:*:db:a"]) {
        assert_eq!(standing(&waiver("KA-RDS-001", resource)), Standing::NotSeen, "{resource}");
    }
    // Not run, in error, not listed to the end, not decided.
    assert_eq!(standing(&waiver("KA-SG-999", mended)), Standing::NotSeen);
    assert_eq!(standing(&waiver("KA-X-001", mended)), Standing::NotSeen);
    assert_eq!(
        standing(&waiver("KA-ECR-004", "arn:aws:ecr:us-east-1:123456789012:repository/other")),
        Standing::NotSeen
    );
    assert_eq!(standing(&waiver("KA-CF-041", CF)), Standing::NotSeen);
}

#[test]
fn a_waiver_that_fits_too_many_is_told_and_still_accepts() {
    let mut report = testdata::report();
    let model = finding(&report, "KA-RDS-001").clone();
    for number in 0..30 {
        let mut copy = model.clone();
        std::sync::Arc::make_mut(&mut copy.resource).arn = testdata::id(&format!("{DB}-{number}"));
        report.findings.push(copy);
    }
    apply(&mut report, &[waiver("KA-RDS-001", &format!("{DB}*"))], &limits());
    assert_eq!(report.findings.iter().filter(|f| f.status == Status::Waived && f.control == model.control).count(), 31);
    assert_eq!(
        *finding(&report, "KA-WAIVER-003").violations,
        [konecta_base::finding::Violation {
            path: "resource".to_owned(),
            actual: json!(format!("{DB}*")),
            expected: json!("a pattern that fits at most 20 resources"),
            proof: vec![],
        }]
    );
}

#[test]
fn every_format_tells_what_has_rotted() {
    let (report, _) = rotten();
    let told: Vec<&str> = ["KA-WAIVER-001", "KA-WAIVER-002", "KA-WAIVER-003", "KA-WAIVER-004"].to_vec();
    let places = sarif::tests::places();
    for format in Format::iter() {
        let options =
            FormatOptions { width: 200, color: false, show_pass: false, places: Some(&places), include_waived: false };
        let text = format.render(&report, &options).expect("renders");
        for control in &told {
            assert!(text.contains(control), "{format} does not tell {control}");
        }
        assert!(text.contains("changed since it was accepted by jane"), "{format}");
    }
}

#[test]
fn the_findings_about_waivers_in_eighty_columns() {
    let (mut report, _) = rotten();
    report.findings.retain(|finding| is_about_a_waiver(&finding.control) || finding.control.as_str() == "KA-CF-006");
    report.gaps.clear();
    report.claims.clear();
    let options = crate::report::table::TableOptions { width: 80, color: false, show_pass: false };
    insta::assert_snapshot!(crate::report::table::render(&report, &options));
}

#[test]
fn how_the_waivers_stand() {
    let (report, waivers) = rotten();
    insta::assert_snapshot!(listing(&report, &assess(&report, &waivers, &limits()), 80));
}

#[test]
fn a_report_that_is_read_back_says_the_same_of_the_waivers() {
    let (report, waivers) = rotten();
    let text = json_v1::render(&report).expect("renders");
    let read = json_v1::read(text.as_bytes()).expect("reads");
    let shown = |report: &Report| listing(report, &assess(report, &waivers, &limits()), 80);
    assert_eq!(shown(&read), shown(&report));
    assert_eq!(shown(&report), shown(&testdata::report()), "what was applied counts as what was found");
}

#[test]
fn without_waivers_the_report_is_as_it_was() {
    let mut report = testdata::report();
    apply(&mut report, &[], &limits());
    assert_eq!(report.rules, testdata::report().rules);
    assert_eq!(report.findings, testdata::report().findings);
}
