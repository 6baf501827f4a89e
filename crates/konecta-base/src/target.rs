//! The unit of a scan that is done piece by piece: one account and one region, or one account and what belongs to none.
//! Knows which subjects live there; nothing of controls, nor of how it is read.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Arn, Region};

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
    /// Whether a resource is judged here, as `konecta_core::audit::Subjects` asks.
    #[must_use]
    pub fn holds(&self, account: &AccountId, region: &Region, _arn: &Arn) -> bool {
        account == &self.account && region == &self.region
    }

    /// The regions in which those calls are made: what belongs to no region may lead to any.
    #[must_use]
    pub fn regions(&self, all: &[Region]) -> Vec<Region> {
        if self.region.is_global() { all.to_vec() } else { vec![self.region.clone()] }
    }
}
