//! The message against what SNS takes, its snapshots, and strings of any kind.

use proptest::prelude::*;

use super::*;
use crate::changes::Known;
use crate::report::testdata::{self, id};
use konecta_base::resource::ResourceRef;
use konecta_base::target::Target;
use konecta_base::text::acts;

const RUN: &str = "nightly-2026-11-27";
const LOCATION: &str =
    "s3://konecta-audit/prod/account=123456789012/region=us-east-1/date=2026-11-27/nightly-2026-11-27.json";

fn target() -> Target {
    Target { account: id("123456789012"), region: id("us-east-1") }
}

fn message_of(known: &Known, report: &Report, run: &str, incomplete: bool) -> Message {
    let target = target();
    let news = known.compare(report, run, id("2026-11-27T03:00:00Z"));
    render(report, &news, &About { target: &target, run, location: LOCATION, incomplete })
}

fn check(message: &Message) {
    let Message { subject, body } = message;
    assert!(subject.len() < 100 && subject.bytes().all(|b| (0x20..0x7f).contains(&b)), "{subject:?}");
    assert!(!subject.starts_with(' '), "{subject:?}");
    assert!(body.len() <= 262_144, "{} bytes", body.len());
    assert!(body.chars().all(|c| c == '\n' || !acts(c)), "{body:?}");
}

#[test]
fn the_first_message() {
    let message = message_of(&Known::default(), &testdata::report(), RUN, true);
    check(&message);
    insta::assert_snapshot!(format!("{}\n\n{}", message.subject, message.body));
}

#[test]
fn a_later_message_tells_what_is_new_and_what_is_gone() {
    let mut before = testdata::report();
    before.findings.retain(|finding| finding.control.as_str() != "KA-SG-001");
    let known = Known::default().compare(&before, "one", id("2026-11-26T03:00:00Z")).next;
    let mut report = testdata::report();
    report.gaps.clear();
    report.errors.clear();
    report.findings.retain(|finding| finding.status != Status::Unknown);
    let mut at = |control: &str, status: Status| {
        let mut findings = report.findings.iter_mut();
        let finding = findings.find(|finding| finding.control.as_str() == control).expect("in the report");
        finding.status = status;
        finding.reasons = vec!["accepted by a.hassan until 2027-01-31: a demo".to_owned()].into();
    };
    at("KA-RDS-001", Status::Pass);
    at("KA-CF-006", Status::Waived);
    let message = message_of(&known, &report, RUN, false);
    check(&message);
    insta::assert_snapshot!(format!("{}\n\n{}", message.subject, message.body));
}

/// A report with this many failing security groups, whose names begin with `sort`.
fn many(sort: &str, count: usize) -> Report {
    let mut report = testdata::empty();
    let pattern = testdata::report().findings.into_iter().find(|finding| finding.control.as_str() == "KA-SG-001");
    let pattern = pattern.expect("in the report");
    report.findings = (0..count)
        .map(|number| {
            let mut finding = pattern.clone();
            let arn = id(&format!("arn:aws:ec2:us-east-1:123456789012:security-group/sg-{sort}{number:06}"));
            finding.resource = ResourceRef { arn, ..ResourceRef::clone(&finding.resource) }.into();
            finding
        })
        .collect();
    report
}

#[test]
fn what_is_too_much_is_cut_between_two_findings_and_counted() {
    let report = many("é", 3000);
    let mut known = Known::default().compare(&many("é", 2000), "one", id("2026-11-26T03:00:00Z")).next;
    for message in [message_of(&Known::default(), &report, RUN, false), {
        // As much that is gone as is new.
        let mut gone = many("é", 2000);
        for finding in &mut gone.findings {
            finding.status = Status::Pass;
        }
        let mut new = many("ü", 3000);
        gone.findings.append(&mut new.findings);
        known.run = Some("one".to_owned());
        message_of(&known, &gone, RUN, false)
    }] {
        check(&message);
        let shown = message.body.matches("CRITICAL KA-SG-001").count();
        let rest = message
            .body
            .lines()
            .find_map(|line| line.strip_prefix("and ")?.strip_suffix(" more: the report has them all."));
        let rest: usize = rest.expect("says how many more").parse().expect("a number");
        assert_eq!(shown + rest, 3000);
        assert!(shown > 500, "{shown}");
        // Every finding that is begun is told to its last line.
        assert_eq!(message.body.matches("   To do: ").count(), shown);
    }
}

#[test]
fn no_run_and_no_place_makes_a_subject_that_sns_refuses() {
    for run in ["", "a\r\nBcc: x", "ليلي", &"x".repeat(300)] {
        let message = message_of(&Known::default(), &testdata::report(), run, true);
        check(&message);
        assert!(message.subject.contains("123456789012/us-east-1"), "{}", message.subject);
    }
    let message = message_of(&Known::default(), &testdata::hostile(), RUN, false);
    check(&message);
}

proptest! {
    #[test]
    fn no_text_of_aws_breaks_a_message(words in testdata::words()) {
        check(&message_of(&Known::default(), &testdata::written_with(&words), &words[0], true));
    }
}
