//! Remedies for load balancers, their listeners and target groups. Each knows one control.
//! What belongs to the way from CloudFront to the load balancer is in `fix/path`.

pub(crate) mod actions;
mod attributes;
mod certificate;
mod health_check;
pub(crate) mod http_redirects;
mod https_listener;
pub(crate) mod listener;
mod tls_policy;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    attributes::ACCESS_LOGS,
    attributes::DELETION_PROTECTION,
    attributes::DESYNC_MODE,
    attributes::DROP_INVALID_HEADERS,
    health_check::REMEDY,
    http_redirects::REMEDY,
    https_listener::REMEDY,
    tls_policy::REMEDY,
];
