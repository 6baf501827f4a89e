//! Remedies for web ACLs. Each knows one control.

mod baseline;
pub(crate) mod create;
mod rules;
#[cfg(test)]
pub(crate) mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[baseline::BASELINE, baseline::HAS_RULES];
