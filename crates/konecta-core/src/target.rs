//! The unit of a scan that is done piece by piece: one account and one region, or one account and what belongs to none.
//! Knows which subjects live there and what must be read to judge them; nothing of how it is read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::control::PolicyError;
use crate::control::catalogue::{Catalogue, Control};
use crate::control::reads::{ReadScope, reads};
use crate::id::{AccountId, Action, Arn, Region, ResourceType};

/// One account and one region, or `global`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// The region, or `global`.
    pub region: Region,
}

impl Target {
    /// Whether a resource is judged here, as [`crate::audit::Subjects`] asks.
    #[must_use]
    pub fn holds(&self, account: &AccountId, region: &Region, _arn: &Arn) -> bool {
        account == &self.account && region == &self.region
    }

    /// All calls that must be made, wherever, to judge what lives here.
    ///
    /// # Errors
    /// When the catalogue of reads is broken.
    pub fn reads(&self, catalogue: &Catalogue) -> Result<BTreeSet<Action>, PolicyError> {
        let known = reads()?;
        let lives_here = |subject: &ResourceType| {
            known.lister(subject).is_none_or(|(_, read)| match read.scope {
                ReadScope::Both => true,
                ReadScope::Global => self.region.is_global(),
                ReadScope::Regional => !self.region.is_global(),
            })
        };
        let here = |control: &&Control| match control.metadata.custom.resource.as_slice() {
            // A stack lives in a region: the blueprint's.
            [] => !self.region.is_global(),
            subjects => subjects.iter().any(lives_here),
        };
        Ok(known.closure(catalogue.controls().filter(here).flat_map(Control::looks_at)))
    }

    /// The regions in which those calls are made: what belongs to no region may lead to any.
    #[must_use]
    pub fn regions(&self, all: &[Region]) -> Vec<Region> {
        if self.region.is_global() { all.to_vec() } else { vec![self.region.clone()] }
    }
}
