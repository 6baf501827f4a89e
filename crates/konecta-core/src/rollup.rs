//! A run in one document: what was expected is held against what was seen, target by target, both in the same order.
//! Holds totals, controls and the worst targets; never the targets themselves. Knows nothing of where statuses are kept.

mod array;
mod status;
mod summary;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

pub use array::{Elements, elements};
pub use status::{TargetOutcome, TargetStatus};
pub use summary::{Accounts, ControlTotals, Summary, Targets, WORST, WorstTarget};

use konecta_base::id::{AccountId, ControlId, Region};
use konecta_base::target::Target;

/// The reason of a target that nothing was heard of.
pub const NO_STATUS: &str = "no status was written";

/// What a run was narrowed to; empty for what it was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Narrowed {
    /// The only controls that were run.
    pub controls: Vec<ControlId>,
    /// The only regions that were read.
    pub regions: Vec<Region>,
}

/// Why a roll-up cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollupError {
    /// The expected targets could not be read to their end.
    #[error("the expected targets cannot be read")]
    Expected(#[source] io::Error),
    /// One list is not in the order of accounts and regions, or names a target twice.
    #[error("the {list} are not in order: {} {} comes after {} {}", after.account, after.region, before.account, before.region)]
    Order {
        /// `expected targets` or `statuses`.
        list: &'static str,
        /// What came first.
        before: Box<Target>,
        /// What came after it.
        after: Box<Target>,
    },
    /// What is to be told of single targets could not be put aside.
    #[error("the lists of a roll-up cannot be written")]
    Aside(#[source] io::Error),
}

/// Why a target or an account is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// The account is closed or about to be, and was not entered.
    Suspended,
    /// The target was expected and not seen.
    Unscanned,
    /// The target was seen in part.
    Incomplete,
    /// There is a status of it, and nobody expected one: it is counted nowhere.
    Unexpected,
}

/// A target or an account that is told by name. One line of what is put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTarget {
    /// Why.
    pub naming: Naming,
    /// The account.
    pub account: AccountId,
    /// The region; `None` for an account as a whole.
    pub region: Option<Region>,
    /// What the organization calls the account.
    pub name: Option<String>,
    /// What is known about it: a reason, or the state of a suspended account.
    pub reason: Option<String>,
    /// Where its report is.
    pub key: Option<String>,
}

/// An account that is not entered. What `suspended.json` is a list of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspended {
    /// The account.
    pub account: AccountId,
    /// What the organization calls it.
    pub name: Option<String>,
    /// What the organization says of it, such as `SUSPENDED`.
    pub state: String,
}

/// A roll-up in the making. `E` gives the expected targets, `W` takes what must be told of single ones, a line each.
#[derive(Debug)]
pub struct Rollup<E, W> {
    expected: E,
    next: Option<Target>,
    last_expected: Option<Target>,
    last_seen: Option<Target>,
    aside: W,
    summary: Summary,
}

impl<E, W> Rollup<E, W>
where
    E: Iterator<Item = io::Result<Target>>,
    W: Write,
{
    /// Begins with the expected targets, sorted, and a place for the lists, which may grow with the number of accounts.
    #[must_use]
    pub fn new(expected: E, aside: W) -> Self {
        Self { expected, next: None, last_expected: None, last_seen: None, aside, summary: Summary::default() }
    }

    /// Names an account that is not entered, and of which no target is expected.
    ///
    /// # Errors
    /// When the lists cannot be written.
    pub fn suspended(&mut self, account: Suspended) -> Result<(), RollupError> {
        self.summary.suspended += 1;
        let Suspended { account, name, state } = account;
        self.name(&NamedTarget {
            naming: Naming::Suspended,
            account,
            region: None,
            name,
            reason: Some(state),
            key: None,
        })
    }

    /// Takes the next status, in the order of accounts and regions.
    ///
    /// # Errors
    /// When a list is not in order, cannot be read or cannot be written.
    pub fn see(&mut self, status: TargetStatus) -> Result<(), RollupError> {
        let target = status.target();
        in_order("statuses", self.last_seen.replace(target.clone()), &target)?;
        while let Some(next) = self.take_next()? {
            match next.cmp(&target) {
                Ordering::Less => self.missing(next)?,
                Ordering::Equal => return self.expected(status),
                Ordering::Greater => {
                    self.next = Some(next);
                    break;
                }
            }
        }
        self.summary.targets.unexpected += 1;
        self.name(&named(Naming::Unexpected, status))
    }

    /// Ends: what is still expected will not come. Gives the totals and the lists.
    ///
    /// # Errors
    /// When the expected targets are not in order or cannot be read, or the lists cannot be written.
    pub fn finish(mut self) -> Result<(Summary, W), RollupError> {
        while let Some(next) = self.take_next()? {
            self.missing(next)?;
        }
        self.summary.close_account();
        self.aside.flush().map_err(RollupError::Aside)?;
        Ok((self.summary, self.aside))
    }

    fn take_next(&mut self) -> Result<Option<Target>, RollupError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        let Some(next) = self.expected.next().transpose().map_err(RollupError::Expected)? else { return Ok(None) };
        in_order("expected targets", self.last_expected.replace(next.clone()), &next)?;
        Ok(Some(next))
    }

    fn missing(&mut self, target: Target) -> Result<(), RollupError> {
        self.expected(TargetStatus::unscanned(&target, NO_STATUS))
    }

    fn expected(&mut self, status: TargetStatus) -> Result<(), RollupError> {
        self.summary.add(&status);
        match status.status {
            TargetOutcome::Complete => Ok(()),
            TargetOutcome::Incomplete => self.name(&named(Naming::Incomplete, status)),
            TargetOutcome::Unscanned => self.name(&named(Naming::Unscanned, status)),
        }
    }

    fn name(&mut self, named: &NamedTarget) -> Result<(), RollupError> {
        let line = serde_json::to_string(named).map_err(|error| RollupError::Aside(error.into()))?;
        writeln!(self.aside, "{line}").map_err(RollupError::Aside)
    }
}

fn named(naming: Naming, status: TargetStatus) -> NamedTarget {
    let TargetStatus { account, region, name, reason, key, .. } = status;
    NamedTarget { naming, account, region: Some(region), name, reason, key }
}

fn in_order(list: &'static str, before: Option<Target>, after: &Target) -> Result<(), RollupError> {
    match before {
        Some(before) if &before >= after => {
            Err(RollupError::Order { list, before: Box::new(before), after: Box::new(after.clone()) })
        }
        Some(_) | None => Ok(()),
    }
}
