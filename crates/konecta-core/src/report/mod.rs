//! Telling: one file a format, none of which decides anything.
//! Knows findings, gaps and claims as data; never sees a control, a policy or a call.

pub mod asff;
pub mod csv;
pub mod emf;
#[cfg(test)]
mod examples;
pub mod format;
pub mod gitlab;
pub mod html;
pub mod json_text;
pub mod json_v1;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod message;
pub mod ocsf;
pub mod places;
pub mod rollup;
pub mod sarif;
pub mod sentence;
pub mod table;
#[cfg(test)]
pub(crate) mod testdata;

use serde::Serialize;

use crate::baseline::{Baseline, BaselineState};

use konecta_base::claim::JudgedClaim;
use konecta_base::finding::{Finding, Status};
use konecta_base::gap::Gap;
use konecta_base::id::ControlId;
use konecta_base::rule::{ControlError, Rule};
use konecta_base::snapshot::ScanInfo;
use konecta_base::target::Target;

/// Everything that a format may tell.
#[derive(Debug, Clone)]
pub struct Report {
    /// The version of the program that judged.
    pub tool_version: String,
    /// Who read what, when.
    pub scan: ScanInfo,
    /// The controls that were run, sorted by id.
    pub rules: Vec<Rule>,
    /// The findings, worst first: severity, status, control, ARN.
    pub findings: Vec<Finding>,
    /// What was not seen, and which controls it left open.
    pub gaps: Vec<ReportedGap>,
    /// The document, claim by claim.
    pub claims: Vec<JudgedClaim>,
    /// Controls that could not be evaluated.
    pub errors: Vec<ControlError>,
    /// The earlier scan that it was held against.
    pub baseline: Option<Baseline>,
}

/// A gap, and the controls that wanted the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportedGap {
    /// What was not seen.
    #[serde(flatten)]
    pub gap: Gap,
    /// The controls that read it.
    pub controls: Vec<ControlId>,
    /// Whether the scan is not whole by it: an optional read is needed only where one of these controls is left open.
    #[serde(skip)]
    pub needed: bool,
}

/// What a report that goes to others is about; the report itself does not know where it is kept.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The account and region that were judged.
    pub target: &'a Target,
    /// The run that did it.
    pub run: &'a str,
    /// Where the whole report is, as `s3://bucket/key`.
    pub location: &'a str,
    /// Whether gaps or unproven verdicts are left.
    pub incomplete: bool,
}

impl Report {
    /// Whether everything that was asked and needed was answered.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.gaps.iter().any(|gap| gap.needed)
    }

    /// The findings, worst first: severity, status, control, ARN; the order of every format.
    #[must_use]
    pub fn worst_first(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by(|a, b| {
            (a.severity, a.status, &a.control, &a.resource.arn).cmp(&(
                b.severity,
                b.status,
                &b.control,
                &b.resource.arn,
            ))
        });
        findings
    }

    /// The control of a finding, as a reader needs it.
    #[must_use]
    pub fn rule(&self, control: &ControlId) -> Option<&Rule> {
        let found = self.rules.binary_search_by(|rule| rule.id.cmp(control));
        found.ok().and_then(|at| self.rules.get(at))
    }

    /// The layer of a finding: that of its control, else the first part of its readable name.
    #[must_use]
    pub fn layer<'a>(&'a self, finding: &'a Finding) -> &'a str {
        let first = || finding.name.split('.').next().unwrap_or(&finding.name);
        self.rule(&finding.control).map_or_else(first, |rule| &rule.layer)
    }

    /// How a fail stands to the earlier scan; `None` for what does not fail, and where there is no earlier scan.
    #[must_use]
    pub fn baseline_state(&self, finding: &Finding) -> Option<BaselineState> {
        self.baseline.as_ref()?.state(finding)
    }

    /// How many findings have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}
