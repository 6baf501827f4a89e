//! Remedies for networks and instances. Each knows one control, or a family of controls about one thing.

mod exposed;
pub(crate) mod rules;
mod subnet_public_ip;
#[cfg(test)]
pub(in crate::fix) mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] =
    &[exposed::ADMIN_PORTS, exposed::ALL_PORTS, exposed::HIGH_RISK_PORTS, subnet_public_ip::REMEDY];
