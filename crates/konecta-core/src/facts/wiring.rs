//! What belongs to what: which groups, subnets and instances are wired to which part of a stack.
//! Knows wiring only: no name is ever a reason, a tag only where EKS or the blueprint sets it.

use std::collections::{BTreeMap, BTreeSet};

use super::attachments::{Attachments, Ids, Part};
use super::known::any;
use super::nodes::{Node, Nodes};
use super::seen::{AccountRegion, Seen};
use super::world::{Item, Regional};
use crate::model::{Presence, ec2, eks};
use konecta_base::blueprint::Bastion;
use konecta_base::calls;

/// An instance and what it is.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) arn: String,
    pub(crate) node: Node,
    pub(crate) bastion: Option<bool>,
    pub(crate) subnet: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) groups: Ids,
    /// Whether it has a public IPv4 address, or an IPv6 one.
    pub(crate) addressed: Option<bool>,
    pub(crate) profile: Presence<ec2::IamInstanceProfile>,
}

impl Machine {
    /// A terminated instance carries nothing any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.state.as_deref() == Some("terminated")
    }

    pub(crate) fn parts(&self) -> Option<BTreeSet<Part>> {
        let parts = [(Part::Node, self.node.is()?), (Part::Bastion, self.bastion?)];
        Some(parts.into_iter().filter(|(_, is)| *is).map(|(part, _)| part).collect())
    }
}

/// The wiring of one place.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    pub(crate) machines: BTreeMap<String, Machine>,
    pub(crate) groups: Attachments,
    pub(crate) subnets: Attachments,
}

impl Wiring {
    pub(crate) fn of(
        place: &AccountRegion,
        here: &Regional,
        global: &Regional,
        seen: &Seen,
        bastion: &Bastion,
    ) -> Self {
        let nodes = Nodes::of(place, here, global, seen, bastion);
        let machine = |item: &Item<ec2::Instance>| {
            (item.id(item.body.instance_id.as_ref()).to_owned(), machine(item, &nodes, bastion))
        };
        let mut wiring = Self { machines: here.instances.iter().map(machine).collect(), ..Self::default() };
        wiring.see_machines(seen.whole(place, calls::EC2_DESCRIBE_INSTANCES));
        wiring.see_load_balancers(here, seen.whole(place, calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS));
        wiring.see_clusters(here, clusters_seen(place, seen));
        wiring.see_nodegroups(here, nodegroups_seen(place, seen));
        wiring.see_fargate(here, !fargate_cut_short(place, seen));
        wiring.see_databases(here, seen.whole(place, calls::RDS_DESCRIBE_DB_INSTANCES));
        wiring
    }

    fn see_machines(&mut self, whole: bool) {
        self.groups.require(whole);
        self.subnets.require(whole);
        for machine in self.machines.values().filter(|machine| !machine.is_gone()) {
            let subnet = Ids::of(Some([machine.subnet.as_ref()]));
            self.groups.note(Part::Node, machine.node.is(), &machine.groups);
            self.subnets.note(Part::Node, machine.node.is(), &subnet);
            self.groups.note(Part::Bastion, machine.bastion, &machine.groups);
            self.subnets.note(Part::Bastion, machine.bastion, &subnet);
        }
    }

    fn see_load_balancers(&mut self, here: &Regional, whole: bool) {
        self.groups.require(whole);
        self.subnets.require(whole);
        for item in &here.load_balancers {
            let application = item.body.kind.as_deref().map(|kind| kind == "application");
            self.groups.note(Part::Alb, application, &told_ids(&item.body.security_groups));
            self.subnets.note(Part::Alb, application, &super::load_balancer::subnets(&item.body));
        }
    }

    fn see_clusters(&mut self, here: &Regional, whole: bool) {
        self.groups.require(whole);
        self.subnets.require(whole);
        for item in &here.clusters {
            let network = item.body.resources_vpc_config.clone().unwrap_or_default();
            self.groups.note(Part::Cluster, Some(true), &cluster_groups(&network));
            self.subnets.note(Part::Cluster, Some(true), &listed(network.subnet_ids.as_ref()));
        }
    }

    fn see_nodegroups(&mut self, here: &Regional, whole: bool) {
        self.subnets.require(whole);
        for item in &here.nodegroups {
            self.subnets.note(Part::Node, Some(true), &listed(item.body.subnets.as_ref()));
        }
    }

    /// What is said of where nodes stand is said of where pods on Fargate start.
    fn see_fargate(&mut self, here: &Regional, whole: bool) {
        self.subnets.require(whole);
        for item in &here.fargate_profiles {
            self.subnets.note(Part::Node, Some(true), &listed(item.body.subnets.as_ref()));
        }
    }

    fn see_databases(&mut self, here: &Regional, whole: bool) {
        self.groups.require(whole);
        self.subnets.require(whole);
        for item in &here.databases {
            self.groups.note(Part::Database, Some(true), &super::database::groups(&item.body));
            self.subnets.note(Part::Database, Some(true), &super::database::subnets(&item.body));
        }
    }
}

/// Whether all clusters were seen.
pub(crate) fn clusters_seen(place: &AccountRegion, seen: &Seen) -> bool {
    [calls::EKS_LIST_CLUSTERS, calls::EKS_DESCRIBE_CLUSTER].iter().all(|action| seen.whole(place, action))
}

/// Whether all node groups were seen: those of every cluster.
pub(crate) fn nodegroups_seen(place: &AccountRegion, seen: &Seen) -> bool {
    let reads = [calls::EKS_LIST_CLUSTERS, calls::EKS_LIST_NODEGROUPS, calls::EKS_DESCRIBE_NODEGROUP];
    reads.iter().all(|action| seen.whole(place, action))
}

/// Whether Fargate profiles were to be read, and not all of them were.
pub(crate) fn fargate_cut_short(place: &AccountRegion, seen: &Seen) -> bool {
    [calls::EKS_LIST_FARGATE_PROFILES, calls::EKS_DESCRIBE_FARGATE_PROFILE]
        .iter()
        .any(|action| seen.cut_short(place, action))
}

/// A plain list of ids.
pub(crate) fn listed(list: Option<&Vec<String>>) -> Ids {
    Ids::of(list.map(|list| list.iter().map(Some)))
}

/// A list of ids that may be known to be none.
pub(crate) fn told_ids(list: &Presence<Vec<String>>) -> Ids {
    match list {
        Presence::Absent => Ids::default(),
        Presence::Null => Ids { whole: true, ..Ids::default() },
        Presence::Value(list) => listed(Some(list)),
    }
}

pub(crate) fn cluster_groups(network: &eks::VpcConfig) -> Ids {
    let own = match &network.cluster_security_group_id {
        Presence::Absent => Ids::default(),
        Presence::Null => Ids { whole: true, ..Ids::default() },
        Presence::Value(id) => Ids::of(Some([Some(id)])),
    };
    own.join(listed(network.security_group_ids.as_ref()))
}

fn machine(item: &Item<ec2::Instance>, nodes: &Nodes<'_>, bastion: &Bastion) -> Machine {
    let sent = &item.body;
    let marked = item.tags.as_ref().map(|tags| tags.get(&bastion.tag_key) == Some(&bastion.tag_value));
    Machine {
        arn: item.arn.clone(),
        node: nodes.node(item),
        bastion: marked,
        subnet: sent.subnet_id.clone(),
        state: sent.state.as_ref().and_then(|state| state.name.clone()),
        groups: carried(sent),
        addressed: addressed(sent),
        profile: sent.iam_instance_profile.clone(),
    }
}

/// Whether an instance has an address at which it can be reached from outside its network.
fn addressed(sent: &ec2::Instance) -> Option<bool> {
    let public = |one: &Presence<serde_json::Value>| match one {
        Presence::Absent => None,
        Presence::Null => Some(false),
        Presence::Value(_) => Some(true),
    };
    let own = match sent.public_ip_address {
        Presence::Absent => None,
        Presence::Null => Some(false),
        Presence::Value(_) => Some(true),
    };
    let interface = |one: &ec2::InstanceInterface| {
        let second = one.private_ip_addresses.as_ref().map(|all| any(all.iter().map(|of| public(&of.association))));
        let six = one.ipv6_addresses.as_ref().map(|all| !all.is_empty());
        any([public(&one.association), second.flatten(), six])
    };
    let interfaces = sent.network_interfaces.as_ref().map(|all| any(all.iter().map(interface)));
    any([own, interfaces.flatten()])
}

/// The groups of all interfaces of an instance.
fn carried(sent: &ec2::Instance) -> Ids {
    let own = group_ids(sent.security_groups.as_ref());
    let Some(interfaces) = &sent.network_interfaces else { return Ids { whole: false, ..own } };
    interfaces.iter().map(|one| group_ids(one.groups.as_ref())).fold(own, Ids::join)
}

pub(crate) fn group_ids(groups: Option<&Vec<ec2::GroupIdentifier>>) -> Ids {
    Ids::of(groups.map(|groups| groups.iter().map(|group| group.group_id.as_ref())))
}
