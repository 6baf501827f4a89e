//! Remedies for distributions. Each knows one control or two that want the same; all changes to a distribution become one update.

mod access_logs;
mod behaviors;
mod caching;
pub(crate) mod distribution;
mod dynamic_not_cached;
mod forwarded_proto;
mod headers;
pub(crate) mod origin_header;
pub(crate) mod origin_https;
pub(crate) mod origin_protocols;
mod policies;
mod settings;
mod spa_errors;
#[cfg(test)]
pub(crate) mod testdata;
mod viewer_https;
mod viewer_tls;
mod web_acl;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    access_logs::REMEDY,
    caching::COMPRESSION,
    caching::STATIC,
    dynamic_not_cached::REMEDY,
    forwarded_proto::REMEDY,
    headers::HSTS,
    headers::SECURITY,
    origin_header::REMEDY,
    origin_https::REMEDY,
    origin_protocols::REMEDY,
    settings::GEO,
    settings::HTTP_VERSIONS,
    settings::ROOT_OBJECT,
    spa_errors::REMEDY,
    viewer_https::REMEDY,
    viewer_tls::REMEDY,
    web_acl::REMEDY,
];
