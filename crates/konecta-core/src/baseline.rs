//! What is new since an earlier scan, what is as it was, and what is gone.
//! Knows two reports; knows nothing of where the earlier one was kept.

mod listing;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::changes::{Because, absence_is_proven, because};
use crate::report::Report;
use konecta_base::finding::{Finding, Status};
use konecta_base::waiver::AcceptedState;

pub(crate) use self::listing::ending;
pub use self::listing::listing;
pub use self::wire::render;

/// How a fail stands to the earlier scan; the words are SARIF's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum BaselineState {
    /// It did not fail in the earlier scan.
    New,
    /// It failed in the earlier scan, at the same places with the same values.
    Unchanged,
    /// It failed in the earlier scan, at other places or with other values.
    Updated,
}

impl BaselineState {
    /// Of a fail; `earlier` is the same fail in the earlier scan, if there was one.
    fn of(finding: &Finding, earlier: Option<&Finding>) -> Self {
        match earlier {
            None => Self::New,
            Some(earlier) if AcceptedState::of(&earlier.violations) == AcceptedState::of(&finding.violations) => {
                Self::Unchanged
            }
            Some(_) => Self::Updated,
        }
    }
}

/// What failed in an earlier scan, for findings that are held against it one by one.
#[derive(Debug, Default)]
pub struct EarlierFails(BTreeMap<String, Finding>);

impl EarlierFails {
    /// The fails of a report.
    #[must_use]
    pub fn of(earlier: &Report) -> Self {
        let failed = earlier.findings.iter().filter(|finding| finding.status == Status::Fail);
        Self(failed.map(|finding| (finding.fingerprint(), finding.clone())).collect())
    }

    /// How a finding stands; `None` for what does not fail. The same as [`Baseline::state`].
    #[must_use]
    pub fn state(&self, finding: &Finding) -> Option<BaselineState> {
        let is_fail = finding.status == Status::Fail;
        is_fail.then(|| BaselineState::of(finding, self.0.get(&finding.fingerprint())))
    }
}

/// A fail of the earlier scan that is none any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// As it was.
    pub finding: Finding,
    /// Why it is gone.
    pub because: Because,
}

/// An earlier scan, and what a report is against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// When the earlier scan began.
    pub started_at: Timestamp,
    /// The fails of the report, by fingerprint.
    pub states: BTreeMap<String, BaselineState>,
    /// What failed in the earlier scan and fails now or is accepted, as it was, by fingerprint.
    pub before: BTreeMap<String, Finding>,
    /// What failed and is proven not to fail any more, worst first.
    pub fixed: Vec<Fixed>,
    /// What failed and still is as bad, but somebody accepted it; worst first.
    pub accepted: Vec<Fixed>,
    /// What failed, and of which the report can say nothing: it is unknown now, or was not looked at; worst first.
    pub not_seen: Vec<Finding>,
}

impl Baseline {
    /// Holds a report against an earlier one. What fails is told apart by its fingerprint. A fail is fixed only where that
    /// is proven: one that has become unknown, or that is missing from a report that is not whole, is *not seen*.
    #[must_use]
    pub fn of(earlier: &Report, report: &Report) -> Self {
        let failed = earlier.findings.iter().filter(|finding| finding.status == Status::Fail);
        let mut before: BTreeMap<String, &Finding> = failed.map(|finding| (finding.fingerprint(), finding)).collect();
        let mut baseline = Self {
            started_at: earlier.scan.started_at,
            states: BTreeMap::new(),
            before: BTreeMap::new(),
            fixed: Vec::new(),
            accepted: Vec::new(),
            not_seen: Vec::new(),
        };
        for finding in &report.findings {
            let fingerprint = finding.fingerprint();
            let known = before.remove(&fingerprint);
            match (finding.status, because(finding), known) {
                (Status::Fail, _, known) => baseline.fails(fingerprint, finding, known),
                (_, Some(because), Some(known)) => {
                    let gone = Fixed { finding: known.clone(), because };
                    if finding.status == Status::Waived {
                        baseline.before.insert(fingerprint, known.clone());
                        baseline.accepted.push(gone);
                    } else {
                        baseline.fixed.push(gone);
                    }
                }
                (_, None, Some(known)) => baseline.not_seen.push(known.clone()),
                (_, _, None) => {}
            }
        }
        for known in before.into_values() {
            if was_read(report, known) && absence_is_proven(report, &known.control) {
                baseline.fixed.push(Fixed { finding: known.clone(), because: Because::Absent });
            } else {
                baseline.not_seen.push(known.clone());
            }
        }
        for gone in [&mut baseline.fixed, &mut baseline.accepted] {
            gone.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        }
        baseline.not_seen.sort_by(|a, b| order(a).cmp(&order(b)));
        baseline
    }

    fn fails(&mut self, fingerprint: String, finding: &Finding, known: Option<&Finding>) {
        if let Some(known) = known {
            self.before.insert(fingerprint.clone(), known.clone());
        }
        self.states.insert(fingerprint, BaselineState::of(finding, known));
    }

    /// How a finding stands; `None` for what does not fail.
    #[must_use]
    pub fn state(&self, finding: &Finding) -> Option<BaselineState> {
        if finding.status == Status::Fail { self.states.get(&finding.fingerprint()).copied() } else { None }
    }

    /// What a finding of the report was when it failed in the earlier scan.
    #[must_use]
    pub fn earlier(&self, finding: &Finding) -> Option<&Finding> {
        self.before.get(&finding.fingerprint())
    }

    /// How many fails stand so.
    #[must_use]
    pub fn count(&self, state: BaselineState) -> usize {
        self.states.values().filter(|one| **one == state).count()
    }
}

/// Whether the report is about the account and the region of a finding at all.
fn was_read(report: &Report, finding: &Finding) -> bool {
    let resource = &finding.resource;
    report.scan.accounts.contains(&resource.account_id)
        && (resource.region.is_global() || report.scan.regions.contains(&resource.region))
}

/// Worst first.
fn order(finding: &Finding) -> impl Ord + use<'_> {
    (finding.severity, &finding.control, &finding.resource)
}
