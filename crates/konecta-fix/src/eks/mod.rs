//! Remedies for clusters and node groups. Each knows one control.

mod api_endpoint;
mod cluster;
mod control_plane_logs;
mod scaling_limits;
mod secrets_encrypted;
#[cfg(test)]
pub(crate) mod testdata;
mod version;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    api_endpoint::REMEDY,
    control_plane_logs::REMEDY,
    scaling_limits::REMEDY,
    secrets_encrypted::REMEDY,
    version::REMEDY,
];
