//! The report as GitLab's code quality report: an entry a violation that fails and one a finding that is unknown.
//! GitLab shows what a branch adds and removes by the fingerprints: it holds the report against that of the target branch
//! itself. So every fail is an entry, with an earlier scan as without: one that is left out would be told as mended.

use serde::Serialize;

use super::places::{FileLocation, Places};
use super::{Report, json_text, sentence};
use konecta_base::finding::{Finding, Severity, Status, fingerprint};

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
    #[serde(skip_serializing_if = "Option::is_none")]
    positions: Option<Positions>,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// GitLab reads the lines; other readers of the format take the column from here.
#[derive(Serialize)]
struct Positions {
    begin: Begin,
}

#[derive(Serialize)]
struct Begin {
    line: u32,
    column: u32,
}

impl From<FileLocation> for Location {
    fn from(place: FileLocation) -> Self {
        let positions = place.column.map(|column| Positions { begin: Begin { line: place.line, column } });
        Self { path: place.uri, lines: Lines { begin: place.line }, positions }
    }
}

/// Writes the report as a JSON list.
///
/// # Errors
/// When a value cannot be written as JSON, which none of ours can.
pub fn render(report: &Report, places: &Places) -> Result<String, serde_json::Error> {
    let mut entries = Vec::new();
    for finding in report.worst_first() {
        let mut add = |path: &str, description: String| {
            entries.push(Entry {
                description,
                check_name: finding.control.as_str(),
                fingerprint: fingerprint(&finding.control, finding.resource.arn.as_str(), path),
                severity: severity(finding),
                location: places.spot(report.layer(finding), finding, path).place.into(),
            });
        };
        match finding.status {
            Status::Fail if finding.violations.is_empty() => add("", sentence::verdict(finding)),
            Status::Fail => finding
                .violations
                .iter()
                .for_each(|violation| add(&violation.path, sentence::message(finding, violation))),
            Status::Unknown => add("", sentence::undecided(finding)),
            Status::Waived | Status::Pass | Status::NotApplicable => {}
        }
    }
    // One fingerprint is one entry to GitLab.
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.fingerprint.clone()));
    json_text::write(&entries)
}

/// What is not decided is never worse than `minor`: nobody knows that it is wrong.
fn severity(finding: &Finding) -> &'static str {
    match (finding.status, finding.severity) {
        (Status::Unknown, Severity::Info) | (_, Severity::Info) => "info",
        (Status::Unknown, _) | (_, Severity::Low) => "minor",
        (_, Severity::Critical) => "blocker",
        (_, Severity::High) => "critical",
        (_, Severity::Medium) => "major",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::report::{sarif, testdata};

    #[test]
    fn every_fingerprint_stands_once() {
        for report in [testdata::report(), testdata::hostile()] {
            let text = super::render(&report, &sarif::tests::places()).expect("renders");
            let entries: Vec<Value> = serde_json::from_str(&text).expect("JSON");
            let prints: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["fingerprint"].as_str()).collect();
            assert_eq!(prints.len(), entries.len());
            assert!(entries.iter().all(|entry| entry["location"]["lines"]["begin"].as_u64() >= Some(1)));
        }
    }

    #[test]
    fn fails_and_what_is_unknown() {
        insta::assert_snapshot!(super::render(&testdata::report(), &sarif::tests::places()).expect("renders"));
    }
}
