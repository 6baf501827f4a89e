//! What the JSON report says of an earlier scan.

use jiff::Timestamp;
use serde::Serialize;

use crate::baseline::{Baseline, BaselineState, ending};
use konecta_base::finding::Finding;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct Earlier<'a> {
    started_at: Timestamp,
    new: usize,
    unchanged: usize,
    updated: usize,
    fixed: Vec<Gone<'a>>,
    accepted: Vec<Gone<'a>>,
    not_seen: Vec<Gone<'a>>,
}

/// A fail of the earlier scan.
#[derive(Serialize)]
struct Gone<'a> {
    fingerprint: String,
    control: &'a str,
    title: &'a str,
    severity: &'static str,
    arn: &'a str,
    because: String,
}

pub(in crate::report) fn earlier(baseline: &Baseline) -> Earlier<'_> {
    Earlier {
        started_at: baseline.started_at,
        new: baseline.count(BaselineState::New),
        unchanged: baseline.count(BaselineState::Unchanged),
        updated: baseline.count(BaselineState::Updated),
        fixed: baseline.fixed.iter().map(|one| gone(&one.finding, ending(&one.because))).collect(),
        accepted: baseline.accepted.iter().map(|one| gone(&one.finding, ending(&one.because))).collect(),
        not_seen: baseline.not_seen.iter().map(|one| gone(one, "is not decided now".to_owned())).collect(),
    }
}

fn gone(finding: &Finding, because: String) -> Gone<'_> {
    Gone {
        fingerprint: finding.fingerprint(),
        control: finding.control.as_str(),
        title: &finding.title,
        severity: finding.severity.into(),
        arn: finding.resource.arn.as_str(),
        because,
    }
}
