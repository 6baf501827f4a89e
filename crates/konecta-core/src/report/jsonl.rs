//! The report as JSON Lines, for `jq`, log stores and data lakes: the head of the scan, then gaps, errors, claims and
//! findings, one document a line. Each says by `type` what it is; the members are those of JSON version 1.

use serde::Serialize;

use super::json_v1::{Document, Earlier, Failure, Judged, Promise, Scan, Summary, Tool, Unseen};
use super::{Report, json_text};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'d, 'a> {
    Scan {
        version: u32,
        tool: &'d Tool<'a>,
        scan: &'d Scan<'a>,
        summary: &'d Summary,
        baseline: &'d Option<Earlier<'a>>,
    },
    Gap(&'d Unseen<'a>),
    Error(&'d Failure<'a>),
    Claim(&'d Promise<'a>),
    Finding(&'d Judged<'a>),
}

/// Writes the report, a line after the other.
///
/// # Errors
/// When a value cannot be written as JSON, which none of ours can.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let document = Document::of(report);
    let head = Line::Scan {
        version: document.version,
        tool: &document.tool,
        scan: &document.scan,
        summary: &document.summary,
        baseline: &document.baseline,
    };
    let lines = std::iter::once(head)
        .chain(document.gaps.iter().map(Line::Gap))
        .chain(document.errors.iter().map(Line::Error))
        .chain(document.claims.iter().map(Line::Claim))
        .chain(document.findings.iter().map(Line::Finding));
    let mut text = String::new();
    for line in lines {
        text.push_str(&json_text::line(&line)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::report::testdata;

    #[test]
    fn every_line_is_a_document_that_says_what_it_is() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let text = super::render(&report).expect("renders");
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
            assert_eq!(lines[0]["type"], "scan");
            assert_eq!(lines[0]["scan"]["complete"], report.complete());
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
        let text = super::render(&report).expect("renders");
        let findings = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut findings: Vec<Value> = findings.filter(|line| line["type"] == "finding").collect();
        for finding in &mut findings {
            finding.as_object_mut().expect("object").remove("type");
        }
        assert_eq!(Value::Array(findings), whole["findings"]);
    }
}
