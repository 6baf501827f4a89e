//! Remedies for roles and the account. Each knows one control.

mod detach;
mod document;
mod inline_policy;
mod no_admin;
mod node_role;
mod password_policy;
#[cfg(test)]
mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[no_admin::REMEDY, node_role::REMEDY, password_policy::REMEDY];
