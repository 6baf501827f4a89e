//! The architecture document, sentence by sentence, and what the findings say of each.
//! Knows nothing of how claims are printed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Status};
use crate::id::{ClaimId, ControlId};

/// One sentence of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its id, such as `cf-https-only`.
    pub id: ClaimId,
    /// The document's words.
    pub says: String,
    /// The section they stand in.
    pub section: String,
    /// What AWS cannot do as written, and the nearest thing that can be had.
    #[serde(default)]
    pub limit: Option<String>,
    /// Why nobody can audit it: marketing, a price, a promise of AWS's own.
    #[serde(default)]
    pub not_auditable: Option<String>,
}

/// What the findings say of a claim.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// One of its controls fails.
    Broken,
    /// AWS cannot do it as written.
    Unattainable,
    /// One of its controls is unknown and none fails, or nothing was there to judge.
    Unknown,
    /// All its controls pass.
    Holds,
    /// Nobody can audit it.
    NotAuditable,
}

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedClaim {
    /// The claim.
    pub id: ClaimId,
    /// The document's words.
    pub says: String,
    /// What the findings say.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The controls that decide it, as far as they ran.
    pub controls: Vec<ControlId>,
    /// The fingerprints of the findings that broke it or left it open.
    pub findings: Vec<String>,
}

/// Holds every claim against the findings of the controls that decide it.
#[must_use]
pub fn judge(
    claims: &[Claim],
    deciders: &BTreeMap<ClaimId, BTreeSet<ControlId>>,
    findings: &[Finding],
) -> Vec<JudgedClaim> {
    claims
        .iter()
        .map(|claim| {
            let controls: Vec<&ControlId> = deciders.get(&claim.id).into_iter().flatten().collect();
            let concerning: Vec<&Finding> =
                findings.iter().filter(|finding| controls.contains(&&finding.control)).collect();
            judge_one(claim, &controls, &concerning)
        })
        .collect()
}

fn judge_one(claim: &Claim, controls: &[&ControlId], findings: &[&Finding]) -> JudgedClaim {
    let with = |status: Status| findings.iter().filter(move |finding| finding.status == status);
    let names = |status: Status| {
        let ids: BTreeSet<&str> = with(status).map(|finding| finding.control.as_str()).collect();
        ids.into_iter().collect::<Vec<_>>().join(", ")
    };
    let failing = with(Status::Fail).count();
    let (verdict, reason, because) = if let Some(reason) = &claim.not_auditable {
        (Verdict::NotAuditable, reason.clone(), None)
    } else if failing > 0 && with(Status::Fail).all(|finding| finding.unattainable) {
        let reason = claim.limit.clone().unwrap_or_else(|| names(Status::Fail));
        (Verdict::Unattainable, reason, Some(Status::Fail))
    } else if failing > 0 {
        (Verdict::Broken, format!("{} found otherwise", names(Status::Fail)), Some(Status::Fail))
    } else if controls.is_empty() {
        match &claim.limit {
            Some(limit) => (Verdict::Unattainable, limit.clone(), None),
            None => (Verdict::Unknown, "no control decides it yet".to_owned(), None),
        }
    } else if with(Status::Unknown).next().is_some() {
        (Verdict::Unknown, format!("{} could not be decided", names(Status::Unknown)), Some(Status::Unknown))
    } else if with(Status::Waived).next().is_some() {
        (Verdict::Broken, format!("{} found otherwise and was waived", names(Status::Waived)), Some(Status::Waived))
    } else if let Some(silent) = silent(controls, findings) {
        (Verdict::Unknown, format!("{silent} found nothing to judge, or was not run"), None)
    } else {
        (Verdict::Holds, "all its controls pass".to_owned(), None)
    };
    JudgedClaim {
        id: claim.id.clone(),
        says: claim.says.clone(),
        verdict,
        reason,
        controls: controls.iter().map(|&control| control.clone()).collect(),
        findings: because.into_iter().flat_map(with).map(|finding| finding.fingerprint()).collect(),
    }
}

/// The controls that passed nothing: a promise about something that is not there does not hold.
fn silent(controls: &[&ControlId], findings: &[&Finding]) -> Option<String> {
    let passed = |control: &ControlId| {
        findings.iter().any(|finding| &finding.control == control && finding.status == Status::Pass)
    };
    let silent: Vec<&str> =
        controls.iter().filter(|control| !passed(control)).map(|control| control.as_str()).collect();
    (!silent.is_empty()).then(|| silent.join(", "))
}
