//! What was seen to its end: whether the absence of a resource from the snapshot says anything.
//! Knows reads and gaps, nothing of resources.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use konecta_base::gap::{Gap, ReadRecord};
use konecta_base::id::{AccountId, Region};
use konecta_base::snapshot::Source;

/// An account and a region (or `global`): ids hold within one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountRegion {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

/// The reads of one action in one place.
#[derive(Debug, Default)]
struct Asked {
    recorded: bool,
    complete: bool,
    /// Something is missing, and it is not said of what.
    unbound_gap: bool,
    /// The resources whose answer is missing.
    missing: BTreeSet<String>,
}

/// All reads of a scan.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// When the scan began.
    began: Option<Timestamp>,
    by_place: BTreeMap<AccountRegion, BTreeMap<String, Asked>>,
}

impl Seen {
    pub(crate) fn of(source: &dyn Source) -> Self {
        let mut seen = Self { began: Some(source.info().started_at), ..Self::default() };
        source.reads().iter().for_each(|record| seen.record(record));
        source.gaps().iter().for_each(|gap| seen.gap(gap));
        seen
    }

    /// The time that everything is held against; `None` where there is no scan.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn asked(&mut self, account: &AccountId, region: &Region, action: &str) -> &mut Asked {
        let place = AccountRegion { account: account.clone(), region: region.clone() };
        self.by_place.entry(place).or_default().entry(action.to_owned()).or_default()
    }

    fn record(&mut self, record: &ReadRecord) {
        let asked = self.asked(&record.account_id, &record.region, record.action.as_str());
        asked.complete = record.complete && (asked.complete || !asked.recorded);
        asked.recorded = true;
    }

    fn gap(&mut self, gap: &Gap) {
        let asked = self.asked(&gap.account_id, &gap.region, gap.action.as_str());
        match &gap.resource {
            Some(arn) => {
                asked.missing.insert(arn.as_str().to_owned());
            }
            None => asked.unbound_gap = true,
        }
    }

    /// Whether anything was read in an account.
    pub(crate) fn has_account(&self, account: &str) -> bool {
        self.by_place.keys().any(|place| place.account.as_str() == account)
    }

    /// Whether anything was asked in this place.
    pub(crate) fn is_scanned(&self, account: &str, region: &Region) -> bool {
        self.by_place.keys().any(|place| place.account.as_str() == account && &place.region == region)
    }

    fn get(&self, place: &AccountRegion, action: &str) -> Option<&Asked> {
        self.by_place.get(place)?.get(action)
    }

    /// Whether anything in the snapshot says that this read was to be made.
    pub(crate) fn asked_for(&self, place: &AccountRegion, action: &str) -> bool {
        self.get(place, action).is_some()
    }

    /// Whether a read was to be made and was not answered to its end. A snapshot of a version that did not know the read
    /// is judged by what was asked then.
    pub(crate) fn cut_short(&self, place: &AccountRegion, action: &str) -> bool {
        self.asked_for(place, action) && !self.whole(place, action)
    }

    /// Whether a read was made and answered to its end, for everything that it is made about.
    pub(crate) fn whole(&self, place: &AccountRegion, action: &str) -> bool {
        self.get(place, action)
            .is_some_and(|asked| asked.recorded && asked.complete && !asked.unbound_gap && asked.missing.is_empty())
    }

    /// Whether a read that is made once for each resource was made and answered to its end for this one.
    pub(crate) fn whole_of(&self, place: &AccountRegion, action: &str, arn: &str) -> bool {
        self.get(place, action).is_some_and(|asked| {
            asked.recorded
                && !asked.unbound_gap
                && !asked.missing.contains(arn)
                && (asked.complete || !asked.missing.is_empty())
        })
    }

    /// Whether the answer of a read about one resource is known to be missing.
    pub(crate) fn lacks(&self, place: &AccountRegion, action: &str, arn: &str) -> bool {
        self.get(place, action).is_some_and(|asked| asked.missing.contains(arn))
    }
}

#[cfg(test)]
impl Seen {
    /// One place in which every read was answered to its end.
    pub(crate) fn everything() -> (AccountRegion, Self) {
        let account_id: AccountId = "123456789012".parse().expect("account");
        let region: Region = "us-east-1".parse().expect("region");
        let mut seen = Self::default();
        for (action, _) in konecta_base::reads::reads().iter() {
            let (account_id, region) = (account_id.clone(), region.clone());
            seen.record(&ReadRecord { action: action.clone(), account_id, region, calls: 1, complete: true });
        }
        (AccountRegion { account: account_id, region }, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> AccountRegion {
        AccountRegion {
            account: "123456789012".parse().expect("account"),
            region: "us-east-1".parse().expect("region"),
        }
    }

    fn seen(complete: Option<bool>, gaps: &[Option<&str>]) -> Seen {
        let mut seen = Seen::default();
        let (account_id, region) = (place().account, place().region);
        let action = "eks:ListNodegroups".parse::<konecta_base::id::Action>().expect("action");
        if let Some(complete) = complete {
            let (account_id, region, action) = (account_id.clone(), region.clone(), action.clone());
            seen.record(&ReadRecord { action, account_id, region, calls: 1, complete });
        }
        for gap in gaps {
            seen.gap(&Gap {
                action: action.clone(),
                account_id: account_id.clone(),
                region: region.clone(),
                resource: gap.map(|arn| arn.parse().expect("arn")),
                kind: konecta_base::gap::GapKind::Denied,
                error: "AccessDenied".to_owned(),
                message: String::new(),
            });
        }
        seen
    }

    const ONE: &str = "arn:aws:eks:us-east-1:123456789012:cluster/one";
    const TWO: &str = "arn:aws:eks:us-east-1:123456789012:cluster/two";

    #[test]
    fn what_was_never_asked_is_not_seen() {
        let nothing = seen(None, &[]);
        assert!(!nothing.whole(&place(), "eks:ListNodegroups"));
        assert!(!nothing.whole_of(&place(), "eks:ListNodegroups", ONE));
        assert!(seen(Some(true), &[]).whole(&place(), "eks:ListNodegroups"));
        let global = AccountRegion { region: Region::global(), ..place() };
        assert!(!seen(Some(true), &[]).whole(&global, "eks:ListNodegroups"));
        assert!(!seen(Some(false), &[]).whole_of(&place(), "eks:ListNodegroups", ONE));
        assert!(seen(Some(false), &[]).cut_short(&place(), "eks:ListNodegroups"));
        assert!(seen(None, &[None]).cut_short(&place(), "eks:ListNodegroups"), "a gap says that it was to be made");
        assert!(!seen(Some(true), &[]).cut_short(&place(), "eks:ListNodegroups"));
        assert!(!nothing.cut_short(&place(), "eks:ListNodegroups"), "nobody knew of it");
    }

    #[test]
    fn a_gap_about_one_resource_leaves_the_others_seen() {
        let one_missing = seen(Some(false), &[Some(ONE)]);
        assert!(!one_missing.whole(&place(), "eks:ListNodegroups"));
        assert!(!one_missing.whole_of(&place(), "eks:ListNodegroups", ONE));
        assert!(one_missing.whole_of(&place(), "eks:ListNodegroups", TWO));
        assert!(one_missing.lacks(&place(), "eks:ListNodegroups", ONE));
        let page_missing = seen(Some(false), &[Some(ONE), None]);
        assert!(!page_missing.whole_of(&place(), "eks:ListNodegroups", TWO));
    }
}
