//! The way from CloudFront to the load balancer, closed in order: the secret at CloudFront, deployed; the rule that asks
//! for it; the default action that denies; the prefix list let in; only then the rules for everybody else removed.
//! Wherever that stops, requests that come through CloudFront are still answered (`path/tests.rs` proves it).

mod closed_doors;
mod closed_gates;
pub(in crate::fix) mod doors;
pub(in crate::fix) mod flow;
pub(in crate::fix) mod front;
mod gates;
mod origin_tls;
#[cfg(test)]
pub(crate) mod testdata;
#[cfg(test)]
mod tests;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    closed_doors::DEFAULT_DENIES,
    closed_doors::SECRET_HEADER,
    closed_gates::BALANCER_INGRESS,
    closed_gates::ONLY_CLOUDFRONT,
    origin_tls::REMEDY,
];
