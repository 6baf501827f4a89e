//! Remedies for networks and instances. Each knows one control, or a family of controls about one thing.

mod bastion;
mod database_clients;
mod database_ingress;
mod exposed;
mod node_ingress;
pub(crate) mod rules;
mod subnet_public_ip;
mod subnet_roles;
#[cfg(test)]
pub(in crate::fix) mod testdata;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    bastion::REMEDY,
    database_clients::REMEDY,
    database_ingress::REMEDY,
    exposed::ADMIN_PORTS,
    exposed::ALL_PORTS,
    exposed::HIGH_RISK_PORTS,
    node_ingress::REMEDY,
    subnet_public_ip::REMEDY,
    subnet_roles::REMEDY,
];
