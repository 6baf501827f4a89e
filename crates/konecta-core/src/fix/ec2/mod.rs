//! Remedies for networks and instances. Each knows one control.

mod subnet_public_ip;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[subnet_public_ip::REMEDY];
