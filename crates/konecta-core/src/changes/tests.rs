//! What is new and what is gone, over runs that see more, less, and other things.

use super::*;
use crate::report::testdata::{self, id};

const FIRST: &str = "2026-11-23T12:00:00Z";
const SECOND: &str = "2026-11-24T12:00:00Z";

/// A report in which everything was read: the findings of the report made by hand, without gaps and errors.
fn whole() -> Report {
    let mut report = testdata::report();
    report.gaps.clear();
    report.errors.clear();
    report
}

fn known_after(report: &Report) -> Known {
    Known::default().compare(report, "one", id(FIRST)).next
}

fn at<'a>(report: &'a mut Report, control: &str) -> &'a mut Finding {
    report.findings.iter_mut().find(|finding| finding.control.as_str() == control).expect("in the report")
}

fn controls(news: &News<'_>) -> Vec<String> {
    news.new.iter().map(|finding| finding.control.to_string()).collect()
}

fn gone(news: &News<'_>) -> Vec<(String, Because)> {
    news.gone.iter().map(|gone| (gone.finding.control.to_string(), gone.because.clone())).collect()
}

#[test]
fn at_first_everything_that_fails_is_new_and_worst_comes_first() {
    let report = whole();
    let news = Known::default().compare(&report, "one", id(FIRST));
    assert!(news.first);
    assert_eq!(
        controls(&news),
        ["KA-RDS-001", "KA-SG-001", "KA-ALB-003", "KA-CF-001", "KA-CF-002", "KA-EKS-002", "KA-X-001", "KA-CF-006"]
    );
    assert_eq!((news.gone.len(), news.settled.len(), news.still, news.unseen), (0, 0, 0, 0));
    assert!(news.next.is_of("one") && !news.next.is_of("two"));
    // 8 fails and 3 unknown; what passes, does not apply or is waived is not kept.
    assert_eq!(news.next.findings.len(), 11);
}

#[test]
fn the_same_again_is_no_news_and_keeps_its_first_day() {
    let report = whole();
    let before = known_after(&report);
    let news = before.compare(&report, "two", id(SECOND));
    assert_eq!((news.first, news.new.len(), news.gone.len(), news.still), (false, 0, 0, 8));
    assert_eq!(news.next.findings, before.findings);
    assert!(news.next.findings.values().all(|known| known.first_seen == id(FIRST)));
}

#[test]
fn what_is_proven_not_to_fail_is_gone_with_the_reason() {
    let before = known_after(&whole());
    let mut report = whole();
    at(&mut report, "KA-RDS-001").status = Status::Pass;
    at(&mut report, "KA-CF-006").status = Status::NotApplicable;
    let accepted = at(&mut report, "KA-EKS-002");
    accepted.status = Status::Waived;
    accepted.reasons = vec!["accepted by a.hassan until 2027-01-31: upgraded in January".to_owned()].into();
    report.findings.retain(|finding| finding.control.as_str() != "KA-SG-001");
    let news = before.compare(&report, "two", id(SECOND));
    assert_eq!(
        gone(&news),
        [
            ("KA-RDS-001".to_owned(), Because::Passes),
            ("KA-SG-001".to_owned(), Because::Absent),
            (
                "KA-EKS-002".to_owned(),
                Because::Waived("accepted by a.hassan until 2027-01-31: upgraded in January".to_owned())
            ),
            ("KA-CF-006".to_owned(), Because::NotApplicable),
        ]
    );
    assert_eq!((news.new.len(), news.still, news.unseen), (0, 4, 0));
    assert!(news.gone.iter().all(|gone| !news.next.findings.contains_key(&gone.fingerprint)));
    // A waiver that has ended makes news of it once more.
    let again = whole();
    let news = news.next.compare(&again, "three", id("2026-11-25T12:00:00Z"));
    assert_eq!(controls(&news), ["KA-RDS-001", "KA-SG-001", "KA-EKS-002", "KA-CF-006"]);
}

#[test]
fn what_became_unknown_keeps_its_entry_and_is_not_new_when_it_fails_again() {
    let before = known_after(&whole());
    let mut report = whole();
    at(&mut report, "KA-RDS-001").status = Status::Unknown;
    let news = before.compare(&report, "two", id(SECOND));
    assert_eq!((gone(&news), news.still, news.unseen), (vec![], 7, 1));
    assert_eq!(news.next.findings, before.findings);
    let again = whole();
    let news = news.next.compare(&again, "three", id("2026-11-25T12:00:00Z"));
    assert_eq!((news.new.len(), news.still, news.unseen), (0, 8, 0));
}

#[test]
fn what_this_run_cannot_speak_of_keeps_its_entry() {
    let before = known_after(&whole());
    let without = |control: &str| {
        let mut report = whole();
        report.findings.retain(|finding| finding.control.as_str() != control);
        report
    };
    let mut not_run = without("KA-SG-001");
    not_run.rules.retain(|rule| rule.id.as_str() != "KA-SG-001");
    let mut incomplete = without("KA-SG-001");
    incomplete.gaps = testdata::report().gaps;
    let mut broke = without("KA-SG-001");
    broke.errors = testdata::report().errors;
    broke.errors[0].control = id("KA-SG-001");
    let mut not_listed = without("KA-SG-001");
    let mut unlisted = at(&mut whole(), "KA-ECR-004").clone();
    unlisted.control = id("KA-SG-001");
    unlisted.resource = testdata::resource("AWS::EC2::SecurityGroup", "arn:aws:ec2:us-east-1:123456789012:*").into();
    not_listed.findings.push(unlisted);
    for (why, report) in
        [("not run", not_run), ("incomplete", incomplete), ("broke", broke), ("not listed", not_listed)]
    {
        let news = before.compare(&report, "two", id(SECOND));
        assert_eq!((gone(&news), news.unseen, news.still), (vec![], 1, 7), "{why}");
        let kept =
            before.findings.iter().all(|(fingerprint, known)| news.next.findings.get(fingerprint) == Some(known));
        assert!(kept, "{why}");
    }
    // A pass is proven, whatever else was not read.
    let mut passes = whole();
    passes.gaps = testdata::report().gaps;
    at(&mut passes, "KA-SG-001").status = Status::Pass;
    assert_eq!(gone(&before.compare(&passes, "two", id(SECOND))), [("KA-SG-001".to_owned(), Because::Passes)]);
}

#[test]
fn an_unknown_is_no_news_but_its_end_is_known() {
    let before = known_after(&whole());
    let mut report = whole();
    at(&mut report, "KA-CF-041").status = Status::Pass;
    for finding in report.findings.iter_mut().filter(|finding| finding.control.as_str() == "KA-ECR-004") {
        finding.status = Status::Fail;
    }
    let news = before.compare(&report, "two", id(SECOND));
    assert_eq!(news.settled.len(), 1);
    assert_eq!(news.settled[0].finding.control.as_str(), "KA-CF-041");
    assert_eq!(controls(&news), ["KA-ECR-004", "KA-ECR-004"]);
    // It was there before it was proven.
    let known = &news.next.findings[&news.new[0].fingerprint()];
    assert_eq!((known.status, known.first_seen), (Status::Fail, id(FIRST)));
}

#[test]
fn the_state_is_read_as_it_was_written_and_nothing_else_is() {
    let known = known_after(&whole());
    let bytes = known.to_json().expect("writes");
    assert_eq!(Known::from_json(&bytes).expect("reads"), known);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let newer = text.replacen("\"version\":1", "\"version\":2,\"more\":[]", 1);
    assert!(matches!(Known::from_json(newer.as_bytes()), Err(NewsError::Version { found: 2 })));
    for damaged in [&text[..text.len() / 2], "", "[]", &text.replacen("firstSeen", "seenFirst", 1)] {
        assert!(matches!(Known::from_json(damaged.as_bytes()), Err(NewsError::Damaged(_))), "{damaged}");
    }
    let small = Known {
        run: Some("nightly-2026-11-27".to_owned()),
        findings: known.findings.into_iter().take(1).collect(),
        ..Known::default()
    };
    insta::assert_json_snapshot!(small);
}
