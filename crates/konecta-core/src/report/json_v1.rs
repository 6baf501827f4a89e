//! The report as JSON, version 1: complete, stable, for programs. `docs/report.schema.json` describes every field.
//! The structs are the wire format and nothing else: a renamed field of a domain struct cannot change them.
//!
//! Every key is always there. A list without anything is empty, and `null` has one meaning: in `actual` and
//! `expected` it is *known to be none*; in a gap's `resource` the call was about no single resource; in `baseline` and
//! `baselineState` there is no earlier scan to stand to.

mod baseline;
mod read;

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use strum::IntoEnumIterator;

use super::{Report, ReportedGap, json_text, sentence};
use crate::baseline::BaselineState;
use konecta_base::claim::{JudgedClaim, Verdict};
use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::rule::Rule;

pub(super) use self::baseline::{Earlier, earlier};
pub use self::read::{ReadError, read};

/// The version of this format; a reader that does not know it must stop.
pub const VERSION: u32 = 1;

/// Writes the report as pretty JSON.
///
/// # Errors
/// When a value cannot be written as JSON, which none of ours can.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    json_text::write(&Document::of(report))
}

/// The same, written while it is made.
///
/// # Errors
/// When what takes it takes no more.
pub fn write(report: &Report, out: &mut dyn io::Write) -> Result<(), serde_json::Error> {
    json_text::write_to(out, &Document::of(report))
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    scan: Scan<'a>,
    summary: Summary,
    controls: Vec<Control<'a>>,
    findings: Findings<'a>,
    gaps: Vec<Unseen<'a>>,
    claims: Vec<Promise<'a>>,
    errors: Vec<Failure<'a>>,
    baseline: Option<baseline::Earlier<'a>>,
}

#[derive(Serialize)]
pub(super) struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Scan<'a> {
    #[serde(flatten)]
    reading: Reading<'a>,
    complete: bool,
}

/// What is known of a scan before anything is judged.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reading<'a> {
    tool_version: &'a str,
    accounts: Vec<&'a str>,
    regions: Vec<&'a str>,
    started_at: Timestamp,
    finished_at: Timestamp,
    calls: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    controls: usize,
    by_status: BTreeMap<String, usize>,
    fails_by_severity: BTreeMap<String, usize>,
    claims_by_verdict: BTreeMap<String, usize>,
    gaps: usize,
    errors: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Control<'a> {
    id: &'a str,
    name: &'a str,
    layer: &'a str,
    severity: &'static str,
    title: &'a str,
    description: &'a str,
    remediation: &'a str,
    related_resources: &'a [String],
    frameworks: &'a BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
pub(super) struct Judged<'a> {
    control: &'a str,
    name: &'a str,
    layer: &'a str,
    title: &'a str,
    severity: &'static str,
    status: &'static str,
    unattainable: bool,
    resource: Subject<'a>,
    violations: Vec<Difference<'a>>,
    reasons: &'a [String],
    evidence: Vec<Call<'a>>,
    fingerprint: String,
    #[serde(rename = "baselineState")]
    baseline_state: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subject<'a> {
    arn: &'a str,
    name: String,
    resource_type: &'a str,
    account_id: &'a str,
    region: &'a str,
}

#[derive(Serialize)]
struct Difference<'a> {
    path: &'a str,
    actual: &'a Value,
    expected: &'a Value,
    proof: &'a [String],
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    action: &'a str,
    captured_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unseen<'a> {
    service: &'a str,
    operation: &'a str,
    action: &'a str,
    account_id: &'a str,
    region: &'a str,
    resource: Option<&'a str>,
    kind: &'static str,
    error: &'a str,
    message: &'a str,
    controls: Vec<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Promise<'a> {
    id: &'a str,
    says: &'a str,
    verdict: &'static str,
    reason: &'a str,
    controls: Vec<&'a str>,
    findings: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    control: &'a str,
    arn: &'a str,
    message: &'a str,
}

impl<'a> Document<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            version: VERSION,
            tool: Tool::of(report),
            scan: Scan { reading: Reading::of(report), complete: report.complete() },
            summary: Summary::of(report),
            controls: report.rules.iter().map(control).collect(),
            findings: Findings(report),
            gaps: gaps(report),
            claims: report.claims.iter().map(promise).collect(),
            errors: errors(report),
            baseline: report.baseline.as_ref().map(baseline::earlier),
        }
    }
}

impl<'a> Tool<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self { name: "konecta-audit", version: &report.tool_version }
    }
}

impl<'a> Reading<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let scan = &report.scan;
        Self {
            tool_version: &scan.tool_version,
            accounts: scan.accounts.iter().map(|account| account.as_str()).collect(),
            regions: scan.regions.iter().map(|region| region.as_str()).collect(),
            started_at: scan.started_at,
            finished_at: scan.finished_at,
            calls: scan.calls,
        }
    }
}

/// The findings of a report, worst first; each is made when it is written, and not kept.
pub(super) struct Findings<'a>(&'a Report);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = *self;
        let state = |finding| report.baseline_state(finding);
        serializer.collect_seq(report.worst_first().into_iter().map(|found| finding(report, found, state(found))))
    }
}

pub(super) fn gaps(report: &Report) -> Vec<Unseen<'_>> {
    let mut gaps: Vec<&ReportedGap> = report.gaps.iter().collect();
    gaps.sort_by(|a, b| a.gap.cmp(&b.gap));
    gaps.into_iter().map(unseen).collect()
}

pub(super) fn errors(report: &Report) -> Vec<Failure<'_>> {
    let mut errors: Vec<_> = report.errors.iter().collect();
    errors.sort();
    errors
        .into_iter()
        .map(|error| Failure { control: error.control.as_str(), arn: &error.arn, message: &error.message })
        .collect()
}

impl Summary {
    pub(super) fn of(report: &Report) -> Self {
        let fails =
            |severity| report.findings.iter().filter(|f| f.status == Status::Fail && f.severity == severity).count();
        let claims = |verdict| report.claims.iter().filter(|claim| claim.verdict == verdict).count();
        Self {
            controls: report.rules.len(),
            by_status: Status::iter().map(|status| (status.to_string(), report.count(status))).collect(),
            fails_by_severity: Severity::iter().map(|severity| (severity.to_string(), fails(severity))).collect(),
            claims_by_verdict: Verdict::iter().map(|verdict| (verdict.to_string(), claims(verdict))).collect(),
            gaps: report.gaps.len(),
            errors: report.errors.len(),
        }
    }
}

fn control(rule: &Rule) -> Control<'_> {
    Control {
        id: rule.id.as_str(),
        name: &rule.name,
        layer: &rule.layer,
        severity: rule.severity.into(),
        title: &rule.title,
        description: &rule.description,
        remediation: &rule.remediation,
        related_resources: &rule.related_resources,
        frameworks: &rule.frameworks,
    }
}

/// A finding of a report, and how it stands to the earlier scan.
pub(super) fn finding<'a>(report: &'a Report, finding: &'a Finding, state: Option<BaselineState>) -> Judged<'a> {
    let resource = &finding.resource;
    Judged {
        control: finding.control.as_str(),
        name: &finding.name,
        layer: report.layer(finding),
        title: &finding.title,
        severity: finding.severity.into(),
        status: finding.status.into(),
        unattainable: finding.unattainable,
        resource: Subject {
            arn: resource.arn.as_str(),
            name: sentence::name(resource),
            resource_type: resource.resource_type.as_str(),
            account_id: resource.account_id.as_str(),
            region: resource.region.as_str(),
        },
        violations: finding
            .violations
            .iter()
            .map(|violation| Difference {
                path: &violation.path,
                actual: &violation.actual,
                expected: &violation.expected,
                proof: &violation.proof,
                message: sentence::message(finding, violation),
            })
            .collect(),
        reasons: &finding.reasons,
        evidence: finding
            .evidence
            .iter()
            .map(|evidence| Call { action: evidence.action.as_str(), captured_at: evidence.captured_at })
            .collect(),
        fingerprint: finding.fingerprint(),
        baseline_state: state.map(Into::into),
    }
}

fn unseen(reported: &ReportedGap) -> Unseen<'_> {
    let gap = &reported.gap;
    Unseen {
        service: gap.action.service(),
        operation: gap.action.operation(),
        action: gap.action.as_str(),
        account_id: gap.account_id.as_str(),
        region: gap.region.as_str(),
        resource: gap.resource.as_ref().map(|arn| arn.as_str()),
        kind: gap.kind.into(),
        error: &gap.error,
        message: &gap.message,
        controls: reported.controls.iter().map(|control| control.as_str()).collect(),
    }
}

pub(super) fn promise(claim: &JudgedClaim) -> Promise<'_> {
    Promise {
        id: claim.id.as_str(),
        says: &claim.says,
        verdict: claim.verdict.into(),
        reason: &claim.reason,
        controls: claim.controls.iter().map(|control| control.as_str()).collect(),
        findings: &claim.findings,
    }
}

#[cfg(test)]
mod tests;
