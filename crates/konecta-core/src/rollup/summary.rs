//! The totals of a roll-up. What is held here grows with the number of controls and not with that of accounts.
//! Knows nothing of how it is shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use strum::IntoEnumIterator;

use super::{TargetOutcome, TargetStatus};
use konecta_base::finding::{Severity, Status};
use konecta_base::id::{AccountId, ControlId, Region};

/// How many of the worst targets are held.
pub const WORST: usize = 100;

/// Accounts, counted by how many of their targets were seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accounts {
    /// All that were expected.
    pub expected: u64,
    /// Of which every target was read.
    pub seen: u64,
    /// Of which some targets were read and some were not.
    pub in_part: u64,
    /// Of which nothing was read.
    pub unscanned: u64,
}

/// Targets by what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Targets {
    /// All that were expected.
    pub expected: u64,
    /// Read to the end and decided.
    pub complete: u64,
    /// Read with gaps.
    pub incomplete: u64,
    /// Not read.
    pub unscanned: u64,
    /// Not expected, and there all the same; in no other number.
    pub unexpected: u64,
}

/// One control over all targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlTotals {
    /// Fails.
    pub fails: u64,
    /// Unknowns.
    pub unknowns: u64,
    /// Accounts in which it fails.
    pub accounts: u64,
    last: Option<AccountId>,
}

/// One of the worst targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstTarget {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// What the organization calls the account.
    pub name: Option<String>,
    /// Its fails.
    pub fails_by_severity: BTreeMap<Severity, u64>,
    /// Its unknowns.
    pub unknown: u64,
    /// Where its report is.
    pub key: Option<String>,
}

/// Fails by severity and unknowns, the most first; then account and region.
type Rank = (Reverse<(Vec<u64>, u64)>, AccountId, Region);

/// A run in numbers.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Accounts.
    pub accounts: Accounts,
    /// Targets.
    pub targets: Targets,
    /// Accounts that were not entered because they are closed or about to be.
    pub suspended: u64,
    /// Findings by status.
    pub counts: BTreeMap<Status, u64>,
    /// Fails by severity.
    pub fails_by_severity: BTreeMap<Severity, u64>,
    /// Calls without an answer.
    pub gaps: u64,
    /// Evaluations that came to no verdict.
    pub errors: u64,
    /// What each control says, for those that fail or are unknown somewhere.
    pub controls: BTreeMap<ControlId, ControlTotals>,
    worst: BTreeMap<Rank, WorstTarget>,
    open: Option<OpenAccount>,
}

/// The account whose targets are just being counted.
#[derive(Debug, Clone)]
struct OpenAccount {
    id: AccountId,
    read: bool,
    missed: bool,
}

impl Summary {
    /// Whether every expected target was read to its end, and no other. Where nothing was expected nothing was seen: an
    /// empty list of accounts is no clean organization.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.targets.expected > 0
            && self.targets.incomplete == 0
            && self.targets.unscanned == 0
            && self.targets.unexpected == 0
    }

    /// How many fails are this bad or worse.
    #[must_use]
    pub fn fails(&self, at_least: Severity) -> u64 {
        self.fails_by_severity.iter().filter(|(severity, _)| **severity <= at_least).map(|(_, count)| count).sum()
    }

    /// The worst targets, the worst first: most fails of the highest severity, then of the next.
    pub fn worst(&self) -> impl Iterator<Item = &WorstTarget> {
        self.worst.values()
    }

    /// Counts the status of an expected target.
    pub(super) fn add(&mut self, status: &TargetStatus) {
        let targets = &mut self.targets;
        targets.expected += 1;
        match status.status {
            TargetOutcome::Complete => targets.complete += 1,
            TargetOutcome::Incomplete => targets.incomplete += 1,
            TargetOutcome::Unscanned => targets.unscanned += 1,
        }
        self.account(status);
        for (&kind, &count) in &status.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        for (&severity, &count) in &status.fails_by_severity {
            *self.fails_by_severity.entry(severity).or_default() += count;
        }
        self.gaps += status.gaps;
        self.errors += status.errors;
        for (control, count) in &status.fails {
            self.control(control).fails += count;
        }
        for control in status.fails.keys() {
            let totals = self.control(control);
            if totals.last.as_ref() != Some(&status.account) {
                totals.accounts += 1;
                totals.last = Some(status.account.clone());
            }
        }
        for (control, count) in &status.unknowns {
            self.control(control).unknowns += count;
        }
        self.rank(status);
    }

    /// Counts the account whose targets are all here.
    pub(super) fn close_account(&mut self) {
        let Some(account) = self.open.take() else { return };
        self.accounts.expected += 1;
        match (account.read, account.missed) {
            (true, false) => self.accounts.seen += 1,
            (true, true) => self.accounts.in_part += 1,
            (false, _) => self.accounts.unscanned += 1,
        }
    }

    fn account(&mut self, status: &TargetStatus) {
        if self.open.as_ref().is_some_and(|open| open.id != status.account) {
            self.close_account();
        }
        let missed = status.status == TargetOutcome::Unscanned;
        let new = || OpenAccount { id: status.account.clone(), read: false, missed: false };
        let open = self.open.get_or_insert_with(new);
        open.missed |= missed;
        open.read |= !missed;
    }

    fn control(&mut self, control: &ControlId) -> &mut ControlTotals {
        self.controls.entry(control.clone()).or_default()
    }

    fn rank(&mut self, status: &TargetStatus) {
        let of = |severity: Severity| status.fails_by_severity.get(&severity).copied().unwrap_or_default();
        let fails: Vec<u64> = Severity::iter().map(of).collect();
        if fails.iter().all(|&count| count == 0) {
            return;
        }
        let unknown = status.count(Status::Unknown);
        let rank = (Reverse((fails, unknown)), status.account.clone(), status.region.clone());
        let full = self.worst.len() >= WORST;
        if full && self.worst.last_key_value().is_some_and(|(last, _)| last <= &rank) {
            return;
        }
        let target = WorstTarget {
            account: status.account.clone(),
            region: status.region.clone(),
            name: status.name.clone(),
            fails_by_severity: status.fails_by_severity.clone(),
            unknown,
            key: status.key.clone(),
        };
        self.worst.insert(rank, target);
        if self.worst.len() > WORST {
            self.worst.pop_last();
        }
    }

    /// Everything that is held, in elements of its collections.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.counts.len() + self.fails_by_severity.len() + self.controls.len() + self.worst.len()
    }
}
