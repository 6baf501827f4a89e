//! Remedies for networks and instances. Each knows one control, or a family of controls about one thing.

mod acl_admin_ports;
mod bastion;
mod database_clients;
mod database_ingress;
mod default_group;
mod ebs_encryption;
mod exposed;
mod flow_logs;
mod imdsv2;
mod node_ingress;
pub(crate) mod rules;
mod subnet_public_ip;
mod subnet_roles;
#[cfg(test)]
pub(crate) mod testdata;
mod users;

use super::registry::Remedy;

/// The remedies of this service.
pub(super) const REMEDIES: &[Remedy] = &[
    acl_admin_ports::REMEDY,
    bastion::REMEDY,
    default_group::REMEDY,
    ebs_encryption::REMEDY,
    flow_logs::REMEDY,
    imdsv2::REMEDY,
    database_clients::REMEDY,
    database_ingress::REMEDY,
    exposed::ADMIN_PORTS,
    exposed::ALL_PORTS,
    exposed::HIGH_RISK_PORTS,
    node_ingress::REMEDY,
    subnet_public_ip::REMEDY,
    subnet_roles::REMEDY,
];
