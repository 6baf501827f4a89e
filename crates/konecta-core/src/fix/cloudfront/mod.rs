//! Remedies for distributions. Each knows one control; all changes to a distribution become one update.

mod behaviors;
pub(in crate::fix) mod distribution;
mod spa_errors;
#[cfg(test)]
pub(in crate::fix) mod testdata;
mod viewer_https;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[spa_errors::REMEDY, viewer_https::REMEDY];
