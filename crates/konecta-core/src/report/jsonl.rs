//! The report as JSON Lines, for `jq`, log stores and data lakes, one document a line: first the scan, then what it did not
//! see, then the findings as they are found, and when all is judged the errors, the claims and the summary.
//! Each says by `type` what it is; the members are those of JSON version 1. A text without a summary was cut off.
//! `docs/report-lines.schema.json` describes each line.

#[cfg(test)]
mod schema;

use std::io::Write;

use serde::Serialize;

use super::json_v1::{self, Earlier, Failure, Judged, Promise, Reading, Summary, Tool, Unseen};
use super::{Report, json_text};
use crate::baseline::BaselineState;
use konecta_base::finding::Finding;

/// The version of this format. In version 1 the first line held what the last one holds now.
pub const VERSION: u32 = 2;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Scan { version: u32, tool: Tool<'a>, scan: Reading<'a> },
    Gap(Unseen<'a>),
    Finding(Box<Judged<'a>>),
    Error(Failure<'a>),
    Claim(Promise<'a>),
    Summary { complete: bool, summary: Summary, baseline: Option<Earlier<'a>> },
}

/// Writes the whole report, its findings worst first.
///
/// # Errors
/// When `out` takes no more.
pub fn write(report: &Report, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    begin(report, out)?;
    for found in report.worst_first() {
        finding(report, found, report.baseline_state(found), out)?;
    }
    end(report, out)
}

/// Writes what comes before the findings. The report has none yet.
///
/// # Errors
/// As [`write()`].
pub fn begin(report: &Report, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    put(&Line::Scan { version: VERSION, tool: Tool::of(report), scan: Reading::of(report) }, out)?;
    json_v1::gaps(report).into_iter().try_for_each(|gap| put(&Line::Gap(gap), out))
}

/// Writes one finding. Of the report, the controls are looked at only; `state` is how a fail stands to an earlier scan.
///
/// # Errors
/// As [`write()`].
pub fn finding(
    report: &Report,
    finding: &Finding,
    state: Option<BaselineState>,
    out: &mut dyn Write,
) -> Result<(), serde_json::Error> {
    put(&Line::Finding(Box::new(json_v1::finding(report, finding, state))), out)
}

/// Writes what comes after the findings, which are not written here.
///
/// # Errors
/// As [`write()`].
pub fn end(report: &Report, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    json_v1::errors(report).into_iter().try_for_each(|error| put(&Line::Error(error), out))?;
    report.claims.iter().try_for_each(|claim| put(&Line::Claim(json_v1::promise(claim)), out))?;
    let summary = Line::Summary {
        complete: report.complete(),
        summary: Summary::of(report),
        baseline: report.baseline.as_ref().map(json_v1::earlier),
    };
    put(&summary, out)
}

fn put(line: &Line<'_>, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    json_text::line_to(out, line)
}

#[cfg(test)]
mod tests {
    use konecta_base::finding::Status;
    use serde_json::{Value, json};

    use crate::report::testdata;

    #[test]
    fn every_line_is_a_document_that_says_what_it_is() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let text = testdata::text(super::write, &report);
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
            assert_eq!((&lines[0]["type"], &lines[0]["version"]), (&json!("scan"), &json!(super::VERSION)));
            let last = lines.last().expect("lines");
            assert_eq!((&last["type"], &last["complete"]), (&json!("summary"), &json!(report.complete())));
            assert_eq!(last["summary"]["byStatus"]["fail"], report.count(Status::Fail));
            assert_eq!(count("finding"), report.findings.len());
            assert_eq!(count("gap"), report.gaps.len());
            assert_eq!(count("claim"), report.claims.len());
            assert_eq!(count("error"), report.errors.len());
            assert!(!text.chars().any(|character| character != '\n' && konecta_base::text::acts(character)));
        }
    }

    #[test]
    fn a_finding_is_the_one_of_the_json_report() {
        let report = testdata::report();
        let whole: Value =
            serde_json::from_str(&crate::report::json_v1::render(&report).expect("renders")).expect("JSON");
        let text = testdata::text(super::write, &report);
        let findings = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut findings: Vec<Value> = findings.filter(|line| line["type"] == "finding").collect();
        for finding in &mut findings {
            finding.as_object_mut().expect("object").remove("type");
        }
        assert_eq!(Value::Array(findings), whole["findings"]);
    }
}
