//! The way from CloudFront to the load balancer, closed in order: the secret at CloudFront, deployed; the rule that asks
//! for it; the default action that denies; the prefix list let in; only then the rules for everybody else removed.
//! Wherever that stops, requests that come through CloudFront are still answered (`path/tests.rs` proves it).

mod closed_groups;
mod closed_listeners;
pub(crate) mod flow;
pub(crate) mod listeners;
mod origin_tls;
pub(crate) mod origins;
mod security_groups;
#[cfg(test)]
pub(crate) mod testdata;
#[cfg(test)]
mod tests;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    closed_listeners::DEFAULT_DENIES,
    closed_listeners::SECRET_HEADER,
    closed_groups::BALANCER_INGRESS,
    closed_groups::ONLY_CLOUDFRONT,
    origin_tls::REMEDY,
];
