//! What came of one target, in the form in which it is kept: enough for a roll-up, so that no report need be read again.
//! Made of a report in `report::rollup`; knows nothing of reports itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use konecta_base::finding::{Severity, Status};
use konecta_base::id::{AccountId, ControlId, Region};
use konecta_base::target::Target;

/// How much of a target was seen, best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum TargetOutcome {
    /// Everything was answered and everything was decided.
    Complete,
    /// There are gaps, verdicts that could not be proven, or controls in error.
    Incomplete,
    /// It could not be entered or read at all.
    Unscanned,
}

/// What came of one target. The wire format of `status/A/R.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetStatus {
    /// The account.
    pub account: AccountId,
    /// The region, `global`, or `all` where an account was scanned at once.
    pub region: Region,
    /// What the organization calls the account.
    #[serde(default)]
    pub name: Option<String>,
    /// How much was seen.
    pub status: TargetOutcome,
    /// Where the JSON report is; none for what was not scanned.
    pub key: Option<String>,
    /// Why it is not complete.
    pub reason: Option<String>,
    /// Findings by status.
    pub counts: BTreeMap<Status, u64>,
    /// Fails by severity.
    #[serde(default)]
    pub fails_by_severity: BTreeMap<Severity, u64>,
    /// Fails by control, those without any left out.
    #[serde(default)]
    pub fails: BTreeMap<ControlId, u64>,
    /// Unknowns by control, those without any left out.
    #[serde(default)]
    pub unknowns: BTreeMap<ControlId, u64>,
    /// Calls without an answer.
    #[serde(default)]
    pub gaps: u64,
    /// Controls that could not be evaluated, counted by resource.
    #[serde(default)]
    pub errors: u64,
}

impl TargetStatus {
    /// That of a target which could not be entered or read at all. Of a refusal, the reason also says what to do.
    #[must_use]
    pub fn unscanned(target: &Target, reason: &str) -> Self {
        Self {
            account: target.account.clone(),
            region: target.region.clone(),
            name: None,
            status: TargetOutcome::Unscanned,
            key: None,
            reason: Some(reason.to_owned()),
            counts: BTreeMap::new(),
            fails_by_severity: BTreeMap::new(),
            fails: BTreeMap::new(),
            unknowns: BTreeMap::new(),
            gaps: 0,
            errors: 0,
        }
    }

    /// Whose status it is.
    #[must_use]
    pub fn target(&self) -> Target {
        Target { account: self.account.clone(), region: self.region.clone() }
    }

    /// How many findings have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> u64 {
        self.counts.get(&status).copied().unwrap_or_default()
    }
}
