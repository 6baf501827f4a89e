//! A JSON report read back: findings, controls, gaps and errors, as far as another scan can be held against them.
//! What only a reader of the page needs (claims, sentences, the pages of controls) is not taken in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::VERSION;
use crate::report::{Report, ReportedGap};
use konecta_base::finding::{Evidence, Finding, Severity, Status, Violation};
use konecta_base::gap::{Gap, GapKind};
use konecta_base::id::{AccountId, Action, Arn, ControlId, Region, ResourceType};
use konecta_base::resource::ResourceRef;
use konecta_base::rule::{ControlError, Rule};
use konecta_base::snapshot::ScanInfo;

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no JSON, or not that of a report.
    #[error("it is not a JSON report of konecta-audit")]
    Foreign(#[from] serde_json::Error),
    /// It was written by a version with another format.
    #[error("it is a report of version {found}; this version of konecta-audit reads version {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
}

/// Reads what [`super::render`] wrote.
///
/// # Errors
/// When it is something else, or of another version.
pub fn read(bytes: &[u8]) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
        tool: Tool,
    }
    let Versioned { version, tool } = serde_json::from_slice(bytes)?;
    if version != VERSION {
        return Err(ReadError::Version { found: version });
    }
    let document: Document = serde_json::from_slice(bytes)?;
    let complete = document.scan.complete;
    let mut rules: Vec<Rule> = document.controls.into_iter().map(Rule::from).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Report {
        tool_version: tool.version,
        scan: document.scan.into(),
        rules,
        findings: document.findings.into_iter().map(Finding::from).collect(),
        gaps: document.gaps.into_iter().map(|gap| gap.reported(!complete)).collect(),
        claims: Vec::new(),
        errors: document.errors.into_iter().map(ControlError::from).collect(),
        baseline: None,
    })
}

#[derive(Deserialize)]
struct Tool {
    version: String,
}

#[derive(Deserialize)]
struct Document {
    scan: Scan,
    controls: Vec<Control>,
    findings: Vec<Judged>,
    gaps: Vec<Unseen>,
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scan {
    tool_version: String,
    accounts: Vec<AccountId>,
    regions: Vec<Region>,
    started_at: Timestamp,
    finished_at: Timestamp,
    calls: u64,
    complete: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    id: ControlId,
    name: String,
    layer: String,
    severity: Severity,
    title: String,
    description: String,
    remediation: String,
    related_resources: Vec<String>,
    frameworks: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Judged {
    control: ControlId,
    name: String,
    title: String,
    severity: Severity,
    status: Status,
    unattainable: bool,
    resource: Subject,
    violations: Vec<Difference>,
    reasons: Vec<String>,
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    arn: Arn,
    resource_type: ResourceType,
    account_id: AccountId,
    region: Region,
}

#[derive(Deserialize)]
struct Difference {
    path: String,
    actual: Value,
    expected: Value,
    proof: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unseen {
    action: Action,
    account_id: AccountId,
    region: Region,
    resource: Option<Arn>,
    kind: GapKind,
    error: String,
    message: String,
    controls: Vec<ControlId>,
}

#[derive(Deserialize)]
struct Failure {
    control: ControlId,
    arn: String,
    message: String,
}

impl From<Scan> for ScanInfo {
    fn from(scan: Scan) -> Self {
        let Scan { tool_version, accounts, regions, started_at, finished_at, calls, complete: _ } = scan;
        Self { tool_version, started_at, finished_at, accounts, regions, calls }
    }
}

impl From<Control> for Rule {
    fn from(control: Control) -> Self {
        let Control { id, name, layer, severity, title, description, remediation, related_resources, frameworks } =
            control;
        let page = None;
        Self { id, name, layer, title, description, remediation, severity, page, related_resources, frameworks }
    }
}

impl From<Judged> for Finding {
    fn from(judged: Judged) -> Self {
        let Subject { arn, resource_type, account_id, region } = judged.resource;
        let violation = |Difference { path, actual, expected, proof }| Violation { path, actual, expected, proof };
        Self {
            control: judged.control,
            name: judged.name.into(),
            title: judged.title.into(),
            severity: judged.severity,
            status: judged.status,
            resource: ResourceRef { arn, resource_type, account_id, region }.into(),
            violations: judged.violations.into_iter().map(violation).collect(),
            reasons: judged.reasons.into(),
            evidence: judged.evidence.into(),
            unattainable: judged.unattainable,
        }
    }
}

impl Unseen {
    /// A report says of a gap which controls it leaves open; whether it is needed is known for all of them together.
    fn reported(self, needed: bool) -> ReportedGap {
        let Self { action, account_id, region, resource, kind, error, message, controls } = self;
        ReportedGap { gap: Gap { action, account_id, region, resource, kind, error, message }, controls, needed }
    }
}

impl From<Failure> for ControlError {
    fn from(Failure { control, arn, message }: Failure) -> Self {
        Self { control, arn, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json_v1, testdata};

    #[test]
    fn what_was_written_is_read_back() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let text = json_v1::render(&report).expect("renders");
            let read = read(text.as_bytes()).expect("reads");
            assert_eq!((&read.scan, &read.findings, &read.errors), (&report.scan, &report.findings, &report.errors));
            assert_eq!(read.complete(), report.complete());
            let without_pages: Vec<Rule> =
                report.rules.iter().map(|rule| Rule { page: None, ..rule.clone() }).collect();
            assert_eq!(read.rules, without_pages);
            let gaps = |report: &Report| {
                let mut gaps: Vec<Gap> = report.gaps.iter().map(|reported| reported.gap.clone()).collect();
                gaps.sort();
                gaps
            };
            assert_eq!(gaps(&read), gaps(&report));
        }
    }

    #[test]
    fn what_is_something_else_is_refused() {
        let told = |text: &str| read(text.as_bytes()).expect_err(text).to_string();
        assert_eq!(told("{}"), "it is not a JSON report of konecta-audit");
        assert_eq!(
            told(r#"{"version": 2, "tool": {"version": "9"}}"#),
            "it is a report of version 2; this version of konecta-audit reads version 1"
        );
    }
}
