//! How one waiver stands after a scan, and the words for it.
//! Knows the waiver and what it was found to fit; decides nothing.

use konecta_base::id::{AccountId, Region};
use konecta_base::text::counted;
use konecta_base::waiver::Waiver;

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It accepts everything that it fits.
    Active,
    /// It accepts less than it fits: so many are in another state than the one that was accepted.
    Changed {
        /// How many.
        changed: usize,
    },
    /// Its last day is over.
    Expired,
    /// Its last day is farther away than is allowed.
    TooLong,
    /// Nothing that it names fails.
    Unmatched,
    /// The scan did not see what it names.
    NotSeen,
}

/// How much a waiver takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// It names what it means.
    Narrow,
    /// It fits whatever there is, now and later.
    NamesNothing,
    /// It fits more resources than is allowed.
    TooMany,
}

/// A waiver after a scan.
#[derive(Debug, Clone)]
pub struct Assessed<'a> {
    /// The waiver.
    pub waiver: &'a Waiver,
    /// What became of it.
    pub standing: Standing,
    /// How much it takes in.
    pub breadth: Breadth,
    /// How many fails it fits, accepted or not.
    pub fits: usize,
    /// Whether its control was run.
    pub(super) was_run: bool,
    /// Whether the scan would have seen what it names.
    pub(super) was_seen: bool,
    /// Where a finding about it is told; `None` where no account was scanned.
    pub(super) place: Option<(AccountId, Region)>,
}

impl Assessed<'_> {
    /// Whether it accepts anything at all.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        match self.standing {
            Standing::Active | Standing::Changed { .. } => true,
            Standing::Expired | Standing::TooLong | Standing::Unmatched | Standing::NotSeen => false,
        }
    }

    /// What is wrong with it, a sentence each; empty for one that is as it should be, or of which nothing can be said.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let Waiver { control, resource, expires, .. } = self.waiver;
        let it = format!("the waiver of {control} for {resource}");
        let standing = match self.standing {
            Standing::Active | Standing::NotSeen => None,
            Standing::Expired if !self.was_seen => None,
            Standing::Expired => Some(format!("{it} expired on {expires}")),
            Standing::TooLong => Some(format!("{it} lasts until {expires}, which is longer than is allowed")),
            Standing::Unmatched => Some(format!("{it} fits nothing that fails: take it out")),
            Standing::Changed { changed } => {
                Some(format!("{it} does not accept {} as it is now", counted(changed, "finding")))
            }
        };
        let breadth = match self.breadth {
            Breadth::NamesNothing if self.was_run => Some(format!("{it} names no resource: it fits whatever there is")),
            Breadth::TooMany => Some(format!("{it} fits {} resources, which is more than is allowed", self.fits)),
            Breadth::Narrow | Breadth::NamesNothing => None,
        };
        standing.into_iter().chain(breadth).collect()
    }

    /// Why a finding is waived.
    pub(super) fn acceptance(&self) -> String {
        let Waiver { owner, expires, reason, .. } = self.waiver;
        format!("accepted by {owner} until {expires}{}: {reason}", self.ticket())
    }

    /// Why a finding that it fits is not waived.
    pub(super) fn refusal(&self) -> String {
        let Waiver { owner, expires, reason, .. } = self.waiver;
        let ticket = self.ticket();
        match self.standing {
            Standing::Expired => format!("the acceptance by {owner}{ticket} expired on {expires}: {reason}"),
            Standing::TooLong => {
                format!("not accepted: the waiver of {owner}{ticket} lasts until {expires}, longer than is allowed")
            }
            Standing::Active | Standing::Changed { .. } | Standing::Unmatched | Standing::NotSeen => {
                format!("changed since it was accepted by {owner}{ticket}: {reason}")
            }
        }
    }

    fn ticket(&self) -> String {
        self.waiver.ticket.as_ref().map(|ticket| format!(" ({ticket})")).unwrap_or_default()
    }
}
