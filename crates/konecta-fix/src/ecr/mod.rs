//! Remedies for the registry and its repositories. Each knows one control.

mod declared_repositories;
mod immutable_tags;
mod lifecycle_keeps;
mod lifecycle_rules;
mod repository;
mod repository_policy;
mod scan_on_push;
#[cfg(test)]
mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    declared_repositories::REMEDY,
    immutable_tags::REMEDY,
    lifecycle_keeps::REMEDY,
    repository_policy::REMEDY,
    scan_on_push::REMEDY,
];
