//! The report as JUnit XML: a test suite a layer, a test case a finding; and a suite `coverage` of the calls without an
//! answer. What is unknown is an *error*: a build that reads it as green would take silence for proof.
//! Held against an earlier scan, only what is new is a *failure*, as for the exit code; what failed before is *skipped*,
//! with how it stands now and its verdict as the message.

use konecta_base::finding::{Finding, Status};
use konecta_base::text::prose;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, sentence};
use crate::baseline::BaselineState;

/// Writes the report.
///
/// # Errors
/// When the XML cannot be written, which memory always can.
pub fn render(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut xml = quick_junit::Report::new("konecta-audit");
    xml.add_test_suite(coverage(report));
    let mut layers: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in report.worst_first() {
        let layer = report.layer(finding);
        match layers.iter_mut().find(|(name, _)| *name == layer) {
            Some((_, findings)) => findings.push(finding),
            None => layers.push((layer, vec![finding])),
        }
    }
    layers.sort_by_key(|(layer, _)| *layer);
    for (layer, findings) in layers {
        let mut suite = TestSuite::new(prose(layer));
        findings.into_iter().for_each(|finding| {
            suite.add_test_case(case(report, finding));
        });
        xml.add_test_suite(suite);
    }
    xml.to_string()
}

fn case(report: &Report, finding: &Finding) -> TestCase {
    let state = report.baseline_state(finding);
    let known = state.filter(|state| *state != BaselineState::New);
    let status = known.map_or_else(|| status(finding), |state| failed_before(finding, state));
    let mut case = TestCase::new(format!("{} {}", finding.control, prose(finding.resource.arn.as_str())), status);
    if let Some(state) = state {
        case.add_property(("baseline", state.to_string().as_str()));
    }
    case.set_classname(format!("konecta.{}", prose(&finding.name)));
    case
}

/// A fail that is not new breaks no build.
fn failed_before(finding: &Finding, state: BaselineState) -> TestCaseStatus {
    let mut skipped = TestCaseStatus::skipped();
    skipped.set_message(format!("failed before, {state}: {}", sentence::verdict(finding)));
    skipped
}

fn status(finding: &Finding) -> TestCaseStatus {
    match finding.status {
        Status::Fail => {
            let lines: Vec<String> =
                finding.violations.iter().map(|violation| sentence::message(finding, violation)).collect();
            non_success(NonSuccessKind::Failure, &finding.severity.to_string(), &sentence::verdict(finding), &lines)
        }
        Status::Unknown => {
            let lines: Vec<String> = finding.reasons.iter().map(|reason| prose(reason)).collect();
            non_success(NonSuccessKind::Error, "unknown", &sentence::undecided(finding), &lines)
        }
        Status::Waived | Status::NotApplicable => {
            let mut skipped = TestCaseStatus::skipped();
            let reasons: Vec<String> = finding.reasons.iter().map(|reason| prose(reason)).collect();
            skipped.set_message(format!("{}: {}", finding.status.to_string().replace('_', " "), reasons.join(" ")));
            skipped
        }
        Status::Pass => TestCaseStatus::success(),
    }
}

/// Every call without an answer, and every control that could not be evaluated.
fn coverage(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("coverage");
    for reported in &report.gaps {
        let gap = &reported.gap;
        let name = format!("{} {} {}", gap.action, gap.account_id, gap.region);
        let controls: Vec<&str> = reported.controls.iter().map(|control| control.as_str()).collect();
        let lines = [format!("leaves open: {}", controls.join(", "))];
        let status = non_success(NonSuccessKind::Error, "gap", &prose(&gap.reason()), &lines);
        suite.add_test_case(TestCase::new(name, status));
    }
    for error in &report.errors {
        let status = non_success(NonSuccessKind::Error, "evaluation", &prose(&error.message), &[]);
        suite.add_test_case(TestCase::new(format!("{} {}", error.control, prose(&error.arn)), status));
    }
    suite
}

fn non_success(kind: NonSuccessKind, of: &str, message: &str, lines: &[String]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(of).set_message(message).set_description(lines.join("\n"));
    status
}

#[cfg(test)]
mod tests {
    use crate::report::testdata;
    use konecta_base::finding::Status;

    #[test]
    fn a_suite_a_layer() {
        insta::assert_snapshot!(super::render(&testdata::report()).expect("renders"));
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        let report = testdata::report();
        let text = super::render(&report).expect("renders");
        let count = |tag: &str| text.matches(tag).count();
        assert_eq!(count("<failure "), report.count(Status::Fail));
        assert_eq!(count("<error "), report.count(Status::Unknown) + report.gaps.len() + report.errors.len());
        assert_eq!(count("<skipped"), report.count(Status::Waived) + report.count(Status::NotApplicable));
    }

    #[test]
    fn only_what_is_new_is_a_failure() {
        let mut earlier = testdata::report();
        let new = earlier.findings.iter().position(|finding| finding.status == Status::Fail).expect("a fail");
        earlier.findings.remove(new);
        let mut report = testdata::report();
        report.baseline = Some(crate::baseline::Baseline::of(&earlier, &report));
        let text = super::render(&report).expect("renders");
        assert_eq!(text.matches("<failure ").count(), 1);
        assert_eq!(text.matches("failed before, unchanged: ").count(), report.count(Status::Fail) - 1);
        assert_eq!(text.matches("name=\"baseline\" value=\"new\"").count(), 1);
    }

    #[test]
    fn hostile_names_leave_it_well_formed() {
        let text = super::render(&testdata::hostile()).expect("renders");
        let document = roxmltree::Document::parse(&text).expect("XML");
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
        assert!(cases >= testdata::hostile().findings.len());
    }
}
