//! What a subnet is for: by what is wired to it, else by the tag that the blueprint declares.
//! Knows nothing of where its routes lead; that the two fit is for a control to prove.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::Ids;
use super::seen::{AccountRegion, Seen};
use super::wiring::{Wiring, clusters_seen, fargate_cut_short, listed, nodegroups_seen};
use super::world::{Item, Regional};
use crate::model::ec2;
use konecta_base::calls;

/// Those who use subnets, in the order in which their word counts: where a node or a database stands is private
/// whatever else stands there; a cluster's own interfaces may be spread over both kinds.
#[derive(Debug, Default)]
pub(crate) struct SubnetRoles {
    inside: Users,
    outside: Users,
    clusters: Users,
}

/// Those who use subnets for one reason.
#[derive(Debug, Default)]
struct Users {
    sure: BTreeMap<String, Vec<String>>,
    doubtful: BTreeSet<String>,
    anything: bool,
}

impl Users {
    fn note(&mut self, is: Option<bool>, ids: &Ids, proof: &str) {
        if is == Some(false) {
            return;
        }
        self.anything |= !ids.whole;
        for id in &ids.known {
            match is {
                Some(_) => self.sure.entry(id.clone()).or_default().push(proof.to_owned()),
                None => {
                    self.doubtful.insert(id.clone());
                }
            }
        }
    }

    /// Why the subnet is used, empty where it is not; `None` where that is not known.
    fn of(&self, id: &str) -> Option<&[String]> {
        match self.sure.get(id) {
            Some(proof) => Some(proof),
            None if self.anything || self.doubtful.contains(id) => None,
            None => Some(&[]),
        }
    }
}

/// A role and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    /// `None` where none is declared.
    pub(crate) role: Option<&'static str>,
    proof: Vec<String>,
}

impl Role {
    pub(crate) fn describe(&self) -> Value {
        json!({"role": self.role, "proof": self.proof})
    }
}

impl SubnetRoles {
    pub(crate) fn of(place: &AccountRegion, here: &Regional, seen: &Seen, wiring: &Wiring) -> Self {
        let mut roles = Self::default();
        roles.see_inside(place, here, seen);
        roles.see_load_balancers(place, here, seen);
        roles.see_nat_gateways(place, here, seen);
        roles.see_bastions(place, seen, wiring);
        roles.clusters.anything |= !clusters_seen(place, seen);
        for item in &here.clusters {
            let network = item.body.resources_vpc_config.as_ref();
            let subnets = listed(network.and_then(|network| network.subnet_ids.as_ref()));
            let name = item.id(item.body.name.as_ref());
            roles.clusters.note(Some(true), &subnets, &format!("cluster {name} uses it"));
        }
        roles
    }

    fn see_inside(&mut self, place: &AccountRegion, here: &Regional, seen: &Seen) {
        self.inside.anything |= !nodegroups_seen(place, seen) || !seen.whole(place, calls::RDS_DESCRIBE_DB_INSTANCES);
        for item in &here.nodegroups {
            let name = item.body.nodegroup_name.as_ref().unwrap_or(&item.resource_id);
            let proof = format!("node group {name} uses it");
            self.inside.note(Some(true), &listed(item.body.subnets.as_ref()), &proof);
        }
        self.inside.anything |= fargate_cut_short(place, seen);
        for item in &here.fargate_profiles {
            let name = item.body.fargate_profile_name.as_ref().unwrap_or(&item.resource_id);
            let proof = format!("Fargate profile {name} uses it");
            self.inside.note(Some(true), &listed(item.body.subnets.as_ref()), &proof);
        }
        for item in &here.databases {
            let proof = format!("the subnet group of database {} names it", item.resource_id);
            self.inside.note(Some(true), &super::database::subnets(&item.body), &proof);
        }
    }

    fn see_load_balancers(&mut self, place: &AccountRegion, here: &Regional, seen: &Seen) {
        self.outside.anything |= !seen.whole(place, calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS);
        self.outside.anything |= seen.cut_short(place, calls::ELB_DESCRIBE_LOAD_BALANCERS);
        let facing = |scheme: Option<&String>| match scheme.map(String::as_str) {
            Some("internet-facing") => Some(true),
            Some("internal") => Some(false),
            Some(_) | None => None,
        };
        for item in here.load_balancers.iter().filter(|item| item.body.kind.as_deref() != Some("gateway")) {
            let name = item.id(item.body.load_balancer_name.as_ref());
            let proof = format!("internet-facing load balancer {name} stands in it");
            self.outside.note(facing(item.body.scheme.as_ref()), &super::load_balancer::subnets(&item.body), &proof);
        }
        for item in &here.classic_balancers {
            let name = item.id(item.body.load_balancer_name.as_ref());
            let proof = format!("internet-facing classic load balancer {name} stands in it");
            self.outside.note(facing(item.body.scheme.as_ref()), &listed(item.body.subnets.as_ref()), &proof);
        }
    }

    fn see_nat_gateways(&mut self, place: &AccountRegion, here: &Regional, seen: &Seen) {
        self.outside.anything |= !seen.whole(place, calls::EC2_DESCRIBE_NAT_GATEWAYS);
        let gone = |state: &str| ["deleted", "deleting", "failed"].contains(&state);
        for item in &here.nat_gateways {
            let regional = item.body.availability_mode.as_deref() == Some("regional");
            if regional || item.body.state.as_deref().is_some_and(gone) {
                continue;
            }
            let public = match item.body.connectivity_type.as_deref() {
                Some("public") => Some(true),
                Some("private") => Some(false),
                Some(_) | None => None,
            };
            let public = if item.body.state.is_none() && public == Some(true) { None } else { public };
            let proof = format!("public NAT gateway {} stands in it", item.resource_id);
            self.outside.note(public, &Ids::of(Some([item.body.subnet_id.as_ref()])), &proof);
        }
    }

    fn see_bastions(&mut self, place: &AccountRegion, seen: &Seen, wiring: &Wiring) {
        self.outside.anything |= !seen.whole(place, calls::EC2_DESCRIBE_INSTANCES);
        for (id, machine) in wiring.machines.iter().filter(|(_, machine)| !machine.is_gone()) {
            let marked = if machine.state.is_none() && machine.bastion == Some(true) { None } else { machine.bastion };
            let subnet = Ids::of(Some([machine.subnet.as_ref()]));
            self.outside.note(marked, &subnet, &format!("bastion {id} stands in it"));
        }
    }

    /// The role of a subnet; `None` where it is not known.
    pub(crate) fn role(&self, subnet: &Item<ec2::Subnet>, tag: &str) -> Option<Role> {
        let id = subnet.id(subnet.body.subnet_id.as_ref());
        for (users, role) in [(&self.inside, "private"), (&self.outside, "public"), (&self.clusters, "private")] {
            let proof = users.of(id)?;
            if !proof.is_empty() {
                return Some(Role { role: Some(role), proof: proof.to_vec() });
            }
        }
        Some(match subnet.tags.as_ref()?.get(tag) {
            Some(value) => {
                let role = if value.eq_ignore_ascii_case("public") { "public" } else { "private" };
                Role { role: Some(role), proof: vec![format!("its tag {tag} is {value}")] }
            }
            None => Role { role: None, proof: vec![format!("nothing uses it and it has no tag {tag}")] },
        })
    }
}
