//! The architecture document, sentence by sentence, and what the findings say of each.
//! Knows nothing of how claims are printed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Status};
use crate::id::{ClaimId, ControlId};

#[cfg(test)]
mod tests;

/// The control whose violations name the parts of the stack that are not there, each by its path.
pub const INVENTORY: &str = "KA-X-018";

/// The control that judges the whole path in two halves; each of its violations begins with the name of the half.
pub const CONTINUITY: &str = "KA-X-010";

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
    /// The parts of the stack that it speaks of.
    #[serde(default)]
    pub of: Vec<Part>,
    /// The controls that decide it, those included that do not exist yet.
    #[serde(default)]
    pub deciders: BTreeSet<ControlId>,
    /// The half of [`CONTINUITY`] that it speaks of: what is broken in the other half does not break it.
    #[serde(default)]
    pub half: Option<String>,
    /// What AWS cannot do as written, and the nearest thing that can be had.
    #[serde(default)]
    pub limit: Option<String>,
    /// Why nobody can audit it, as long as none of its deciders exists: marketing, a price, a promise of AWS's own.
    #[serde(default)]
    pub not_auditable: Option<String>,
}

/// A part of the stack, by the name that [`INVENTORY`] calls it in its paths.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Part {
    /// The CloudFront distribution.
    Distribution,
    /// The application load balancer.
    LoadBalancer,
    /// The EKS cluster.
    Cluster,
    /// Node groups, or other capacity of the cluster.
    Nodes,
    /// The repositories of the registry.
    Repositories,
    /// The database.
    Database,
    /// The bastion.
    Bastion,
}

impl Part {
    /// What a person calls it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Distribution => "distribution",
            Self::LoadBalancer => "load balancer",
            Self::Cluster => "cluster",
            Self::Nodes => "node group or other capacity",
            Self::Repositories => "repository of the stack",
            Self::Database => "database",
            Self::Bastion => "bastion",
        }
    }
}

/// What the findings say of a claim.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// One of its controls fails.
    Broken,
    /// Something that it speaks of is not there.
    Missing,
    /// AWS cannot do it as written.
    Unattainable,
    /// One of its controls gave no verdict, and none fails.
    Unknown,
    /// No control decides it.
    NotCovered,
    /// All its controls pass, and what it speaks of is there.
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
    /// The controls that decide it, whether or not they exist or ran.
    pub controls: Vec<ControlId>,
    /// The fingerprints of the findings that broke it or left it open.
    pub findings: Vec<String>,
}

/// Who decides the claims.
#[derive(Debug, Clone, Default)]
pub struct Deciders {
    /// By claim, those included that do not exist yet.
    pub of: BTreeMap<ClaimId, BTreeSet<ControlId>>,
    /// The controls that there are, those included that a selection left out of the run.
    pub existing: BTreeSet<ControlId>,
}

/// What was found, as far as claims look at it.
struct Found<'a> {
    by_control: BTreeMap<&'a ControlId, Vec<&'a Finding>>,
    /// Controls that could not be evaluated somewhere.
    failed: BTreeSet<&'a ControlId>,
    /// The parts of which it is proven that they are nowhere.
    missing: BTreeSet<String>,
}

/// Holds every claim against the findings of the controls that decide it; `failed` are the controls that could not be
/// evaluated on some resource.
#[must_use]
pub fn judge<'a>(
    claims: &[Claim],
    deciders: &Deciders,
    findings: &'a [Finding],
    failed: impl IntoIterator<Item = &'a ControlId>,
) -> Vec<JudgedClaim> {
    let mut by_control: BTreeMap<&ControlId, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_control.entry(&finding.control).or_default().push(finding);
    }
    let failed = failed.into_iter().collect();
    let missing = missing(findings);
    let found = Found { by_control, failed, missing };
    claims.iter().map(|claim| judge_one(claim, deciders, &found)).collect()
}

/// The parts that every account's inventory lacks.
fn missing(findings: &[Finding]) -> BTreeSet<String> {
    let inventories = findings.iter().filter(|finding| finding.control.as_str() == INVENTORY);
    let lacking = inventories
        .map(|finding| finding.violations.iter().map(|violation| violation.path.clone()).collect::<BTreeSet<String>>());
    lacking.reduce(|one, other| one.intersection(&other).cloned().collect()).unwrap_or_default()
}

fn judge_one(claim: &Claim, deciders: &Deciders, found: &Found<'_>) -> JudgedClaim {
    let none = BTreeSet::new();
    let controls = deciders.of.get(&claim.id).unwrap_or(&none);
    let findings: Vec<&Finding> =
        controls.iter().filter_map(|control| found.by_control.get(control)).flatten().copied().collect();
    let with = |status: Status| {
        findings.iter().copied().filter(move |finding| finding.status == status && !is_elsewhere(claim, finding))
    };
    let names = |status: Status| {
        let ids: BTreeSet<&str> = with(status).map(|finding| finding.control.as_str()).collect();
        ids.into_iter().collect::<Vec<_>>().join(", ")
    };
    let failing = with(Status::Fail).count();
    let missing: Vec<Part> =
        claim.of.iter().copied().filter(|part| found.missing.contains(&part.to_string())).collect();
    let is_covered = controls.iter().any(|control| deciders.existing.contains(control));
    let (verdict, reason, because) = if let Some(reason) = claim.not_auditable.as_ref().filter(|_| !is_covered) {
        (Verdict::NotAuditable, reason.clone(), None)
    } else if !missing.is_empty() && missing.len() == claim.of.len() {
        (Verdict::Missing, nothing_there(&missing), None)
    } else if failing > 0 && with(Status::Fail).all(|finding| finding.unattainable) {
        let reason = claim.limit.clone().unwrap_or_else(|| names(Status::Fail));
        (Verdict::Unattainable, reason, Some(Status::Fail))
    } else if failing > 0 {
        (Verdict::Broken, format!("{} found otherwise", names(Status::Fail)), Some(Status::Fail))
    } else if let Some(limit) = claim.limit.as_ref().filter(|_| !is_covered) {
        (Verdict::Unattainable, limit.clone(), None)
    } else if !missing.is_empty() {
        (Verdict::Missing, nothing_there(&missing), None)
    } else if controls.is_empty() {
        (Verdict::NotCovered, "no control decides it".to_owned(), None)
    } else if with(Status::Waived).next().is_some() {
        (Verdict::Broken, format!("{} found otherwise and was waived", names(Status::Waived)), Some(Status::Waived))
    } else if let Some(open) = open(claim, controls, deciders, found) {
        (Verdict::Unknown, open, Some(Status::Unknown))
    } else {
        (Verdict::Holds, "all its controls pass".to_owned(), None)
    };
    JudgedClaim {
        id: claim.id.clone(),
        says: claim.says.clone(),
        verdict,
        reason,
        controls: controls.iter().cloned().collect(),
        findings: because.into_iter().flat_map(with).map(Finding::fingerprint).collect(),
    }
}

/// Whether a finding is of something else than the claim: of the other half of the path only.
fn is_elsewhere(claim: &Claim, finding: &Finding) -> bool {
    let Some(half) = claim.half.as_deref().filter(|_| finding.control.as_str() == CONTINUITY) else { return false };
    let is_of_it = |path: &str| path.strip_prefix(half).is_some_and(|rest| rest.starts_with(':'));
    matches!(finding.status, Status::Fail | Status::Waived)
        && !finding.violations.iter().any(|violation| is_of_it(&violation.path))
}

fn nothing_there(parts: &[Part]) -> String {
    let words: Vec<&str> = parts.iter().map(|part| part.words()).collect();
    format!("there is no {}", words.join(" and no "))
}

/// What keeps a claim from holding, each control by its name: a promise about something that nobody saw does not hold.
fn open(claim: &Claim, controls: &BTreeSet<ControlId>, deciders: &Deciders, found: &Found<'_>) -> Option<String> {
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for control in controls {
        let findings = found.by_control.get(control).map(Vec::as_slice).unwrap_or_default();
        let has = |status: Status| findings.iter().any(|finding| finding.status == status);
        let why = if !deciders.existing.contains(control) {
            "does not exist yet"
        } else if found.failed.contains(control) {
            "could not be evaluated"
        } else if has(Status::Unknown) {
            "could not be decided"
        } else if findings.iter().any(|finding| is_elsewhere(claim, finding)) {
            "found otherwise in another respect, and does not say whether this holds"
        } else if has(Status::Pass) {
            continue;
        } else if findings.is_empty() {
            "found nothing to judge, or was not run"
        } else {
            "applies to nothing that was seen"
        };
        told.entry(why).or_default().push(control.as_str());
    }
    let told: Vec<String> = told.into_iter().map(|(why, controls)| format!("{} {why}", controls.join(", "))).collect();
    (!told.is_empty()).then(|| told.join("; "))
}
