//! Remedies for web ACLs. Each knows one control.

mod baseline;
pub(in crate::fix) mod create;
mod rules;
#[cfg(test)]
pub(in crate::fix) mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[baseline::BASELINE, baseline::HAS_RULES];
