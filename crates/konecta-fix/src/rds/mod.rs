//! Remedies for databases. Each knows one control; what they share is how a DB instance or its cluster is modified.

mod backups;
mod engine_supported;
mod log_exports;
mod owner;
pub(crate) mod storage_encrypted;
mod switches;
#[cfg(test)]
pub(crate) mod testdata;
mod tls_forced;

pub(super) use self::storage_encrypted::{ENCRYPT, encrypt};
use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    backups::REMEDY,
    engine_supported::REMEDY,
    log_exports::REMEDY,
    storage_encrypted::REMEDY,
    switches::COPY_TAGS,
    switches::DELETION_PROTECTION,
    switches::IAM_AUTHENTICATION,
    switches::MINOR_UPGRADES,
    switches::MULTI_AZ,
    switches::NOT_PUBLIC,
    tls_forced::REMEDY,
];
