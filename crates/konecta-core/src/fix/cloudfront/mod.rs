//! Remedies for distributions. Each knows one control or two that want the same; all changes to a distribution become one update.

mod behaviors;
mod caching;
pub(in crate::fix) mod distribution;
mod dynamic_not_cached;
mod headers;
mod policies;
mod spa_errors;
#[cfg(test)]
pub(in crate::fix) mod testdata;
mod viewer_https;
mod viewer_tls;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    caching::COMPRESSION,
    caching::STATIC,
    dynamic_not_cached::REMEDY,
    headers::HSTS,
    headers::SECURITY,
    spa_errors::REMEDY,
    viewer_https::REMEDY,
    viewer_tls::REMEDY,
];
