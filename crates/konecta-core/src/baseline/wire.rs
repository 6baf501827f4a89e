//! The difference between two scans as JSON, version 1. The structs are the wire format and nothing else.
//! Every key is always there; a list without anything is empty.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::listing::ending;
use super::{Baseline, BaselineState, Fixed};
use crate::report::{Report, json_text, sentence};
use konecta_base::finding::Finding;

/// The version of this format; a reader that does not know it must stop.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    from: Scan<'a>,
    to: Scan<'a>,
    summary: Summary,
    new: Vec<Item<'a>>,
    changed: Vec<Item<'a>>,
    unchanged: Vec<Item<'a>>,
    fixed: Vec<Item<'a>>,
    accepted: Vec<Item<'a>>,
    #[serde(rename = "notSeen")]
    not_seen: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scan<'a> {
    started_at: Timestamp,
    accounts: Vec<&'a str>,
    regions: Vec<&'a str>,
    complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    new: usize,
    changed: usize,
    unchanged: usize,
    fixed: usize,
    accepted: usize,
    not_seen: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    fingerprint: String,
    control: &'a str,
    severity: String,
    title: String,
    arn: &'a str,
    account_id: &'a str,
    region: &'a str,
    /// What is wrong now; what was wrong for what is fixed or not seen.
    violations: Vec<Difference<'a>>,
    /// What was wrong, for what has changed.
    before: Vec<Difference<'a>>,
    /// Why it does not fail any more.
    because: Option<String>,
}

#[derive(Serialize)]
struct Difference<'a> {
    path: &'a str,
    actual: &'a Value,
    expected: &'a Value,
}

/// Writes the difference as pretty JSON.
///
/// # Errors
/// When a value cannot be written as JSON, which none of ours can.
pub fn render(earlier: &Report, report: &Report, baseline: &Baseline) -> Result<String, serde_json::Error> {
    let of = |state: BaselineState| -> Vec<Item<'_>> {
        let findings = report.worst_first().into_iter().filter(|finding| baseline.state(finding) == Some(state));
        findings.map(item).collect()
    };
    let mut changed = of(BaselineState::Updated);
    for one in &mut changed {
        one.before = baseline.before.get(&one.fingerprint).map(differences).unwrap_or_default();
    }
    let document = Document {
        version: VERSION,
        from: scan(earlier),
        to: scan(report),
        summary: Summary {
            new: baseline.count(BaselineState::New),
            changed: baseline.count(BaselineState::Updated),
            unchanged: baseline.count(BaselineState::Unchanged),
            fixed: baseline.fixed.len(),
            accepted: baseline.accepted.len(),
            not_seen: baseline.not_seen.len(),
        },
        new: of(BaselineState::New),
        changed,
        unchanged: of(BaselineState::Unchanged),
        fixed: baseline.fixed.iter().map(gone).collect(),
        accepted: baseline.accepted.iter().map(gone).collect(),
        not_seen: baseline.not_seen.iter().map(item).collect(),
    };
    json_text::write(&document)
}

fn scan(report: &Report) -> Scan<'_> {
    Scan {
        started_at: report.scan.started_at,
        accounts: report.scan.accounts.iter().map(|account| account.as_str()).collect(),
        regions: report.scan.regions.iter().map(|region| region.as_str()).collect(),
        complete: report.complete(),
    }
}

fn gone(fixed: &Fixed) -> Item<'_> {
    Item { because: Some(ending(&fixed.because)), ..item(&fixed.finding) }
}

fn item(finding: &Finding) -> Item<'_> {
    Item {
        fingerprint: finding.fingerprint(),
        control: finding.control.as_str(),
        severity: finding.severity.to_string(),
        title: sentence::title(finding),
        arn: finding.resource.arn.as_str(),
        account_id: finding.resource.account_id.as_str(),
        region: finding.resource.region.as_str(),
        violations: differences(finding),
        before: Vec::new(),
        because: None,
    }
}

fn differences(finding: &Finding) -> Vec<Difference<'_>> {
    finding
        .violations
        .iter()
        .map(|violation| Difference { path: &violation.path, actual: &violation.actual, expected: &violation.expected })
        .collect()
}
