//! The report as CSV, for a spreadsheet: a row a violation, and a row a finding that has none.
//! Held against an earlier scan, the last column says whether a fail is new, unchanged or updated.
//! A cell that a spreadsheet would take for a formula is made text by an apostrophe.

use std::io::Write;

use ::csv::{Terminator, WriterBuilder};
use konecta_base::finding::{Finding, Violation, fingerprint};
use konecta_base::text::visible;

use super::{Report, sentence};

/// The columns, in order.
const COLUMNS: [&str; 17] = [
    "severity",
    "status",
    "control",
    "layer",
    "title",
    "account",
    "region",
    "type",
    "name",
    "arn",
    "path",
    "actual",
    "expected",
    "proof",
    "reason",
    "fingerprint",
    "baseline",
];

/// Writes the report with a line of column names; lines end with CR LF, as RFC 4180 has it.
///
/// # Errors
/// When `out` takes no more.
pub fn write(report: &Report, out: &mut dyn Write) -> Result<(), ::csv::Error> {
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    rows.write_record(COLUMNS)?;
    for finding in report.worst_first() {
        if finding.violations.is_empty() {
            rows.write_record(row(report, finding, None))?;
        }
        for violation in finding.violations.iter() {
            rows.write_record(row(report, finding, Some(violation)))?;
        }
    }
    Ok(rows.flush()?)
}

fn row(report: &Report, finding: &Finding, violation: Option<&Violation>) -> [String; 17] {
    let resource = &finding.resource;
    let path = violation.map_or("", |violation| &violation.path);
    let values = violation.map(|violation| (sentence::value(&violation.actual), sentence::value(&violation.expected)));
    let (actual, expected) = values.unwrap_or_default();
    [
        finding.severity.to_string(),
        finding.status.to_string(),
        finding.control.to_string(),
        report.layer(finding).to_owned(),
        sentence::title(finding),
        resource.account_id.to_string(),
        resource.region.to_string(),
        resource.resource_type.to_string(),
        sentence::name(resource),
        resource.arn.to_string(),
        path.to_owned(),
        actual,
        expected,
        violation.map(sentence::proof).unwrap_or_default(),
        finding.reasons.join(" "),
        fingerprint(&finding.control, resource.arn.as_str(), path),
        report.baseline_state(finding).map(|state| state.to_string()).unwrap_or_default(),
    ]
    .map(|cell| harmless(&visible(&cell)))
}

/// A cell that no spreadsheet evaluates: what begins one of their formulas is led by an apostrophe.
fn harmless(cell: &str) -> String {
    match cell.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::harmless;
    use crate::report::testdata;

    #[test]
    fn a_row_a_violation() {
        insta::assert_snapshot!(testdata::text(super::write, &testdata::report()));
    }

    #[test]
    fn every_row_has_every_column() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let text = testdata::text(super::write, &report);
            let mut rows = ::csv::Reader::from_reader(text.as_bytes());
            let found: Vec<_> = rows.records().map(|row| row.expect("a row")).collect();
            assert!(found.len() >= report.findings.len());
            assert!(found.iter().all(|row| row.len() == super::COLUMNS.len()));
            assert!(found.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        }
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(cell in "[=+@\\-\\t \\r|%]{0,3}[ -~]{0,20}") {
            let safe = harmless(&konecta_base::text::visible(&cell));
            prop_assert!(!safe.trim_start().starts_with(['=', '+', '-', '@', '|', '%']), "{safe:?}");
            prop_assert!(!safe.starts_with(['\t', '\r']));
        }
    }
}
