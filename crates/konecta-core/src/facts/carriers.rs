//! Everything that carries a security group, or will: who that is, as far as it is known.
//! Knows nothing of who is welcome where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::{Ids, Part};
use super::balanced::{self, Balanced};
use super::nodes::Node;
use super::region_index::RegionIndex;
use super::sink::object;
use super::templates;
use super::wiring::{self, Machine, group_ids, told_ids};
use super::world::Item;
use crate::model::Presence;
use crate::model::autoscaling::AutoScalingGroup;
use crate::model::ec2::NetworkInterface;
use konecta_base::calls;

/// Who carries a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A node of a cluster.
    Node(String),
    /// The control plane of a cluster.
    Cluster(String),
    /// Pods of a cluster that have a group of their own.
    Pod(String),
    /// A load balancer, with the clusters to which it forwards.
    Alb(BTreeSet<String>),
    /// The way in for people.
    Bastion,
    /// A database; of a cluster, or of a primary with its replicas, all are one family.
    Database(String),
    /// What opens no connection.
    Idle,
    /// Anybody else.
    Other,
    /// It is not known who; perhaps a node of a cluster.
    Unknown { why: String, said: Option<String> },
}

impl Who {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Cluster(_) => "cluster",
            Self::Pod(_) => "pod",
            Self::Alb(_) => "alb",
            Self::Bastion => "bastion",
            Self::Database(_) => "database",
            Self::Idle => "idle",
            Self::Other => "other",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// What it may be welcome as.
    fn roles(&self) -> Option<Vec<String>> {
        let kind = self.kind();
        match self {
            Self::Node(of) | Self::Cluster(of) | Self::Pod(of) | Self::Database(of) => {
                Some(vec![format!("{kind}/{of}")])
            }
            Self::Alb(clusters) => Some(clusters.iter().map(|of| format!("{kind}/{of}")).collect()),
            Self::Bastion | Self::Idle => Some(vec![kind.to_owned()]),
            Self::Other => Some(Vec::new()),
            Self::Unknown { .. } => None,
        }
    }
}

fn unknown(why: impl Into<String>) -> Who {
    Who::Unknown { why: why.into(), said: None }
}

/// One that carries a group.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: String,
    /// In words.
    pub(crate) name: String,
}

/// So many members of one kind are named for one group; of the others the number is enough, as they are alike.
const NAMED: usize = 50;
/// So many are named where a sentence has to hold them.
const TOLD: usize = 5;

/// The members of one kind.
#[derive(Debug, Default)]
pub(crate) struct Carrying {
    pub(crate) named: Vec<Member>,
    pub(crate) more: usize,
}

/// What carries which group.
#[derive(Debug, Default)]
pub(crate) struct Carriers {
    by_group: BTreeMap<String, BTreeMap<Who, Carrying>>,
    /// Why something that was not seen may carry any group, and whether that is what will be launched.
    gaps: BTreeMap<String, bool>,
    /// Who did not tell all groups that they carry.
    untold: Vec<String>,
    /// What will be launched with groups that are not known.
    unlaunched: Vec<String>,
    pub(crate) balanced: Balanced,
}

impl Carriers {
    /// Gathers what carries which group.
    pub(crate) fn of(region_index: &RegionIndex<'_>, is_fetched: &dyn Fn(&str) -> bool) -> Self {
        let mut carriers = Self { balanced: balanced::Balanced::of(region_index, is_fetched), ..Self::default() };
        for (action, why) in [
            (calls::EC2_DESCRIBE_NETWORK_INTERFACES, "the network interfaces were not listed to their end"),
            (calls::EC2_DESCRIBE_INSTANCES, "the instances were not listed to their end"),
            (calls::AUTOSCALING_DESCRIBE_AUTO_SCALING_GROUPS, "the Auto Scaling groups were not listed to their end"),
            (calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS, "the load balancers were not listed to their end"),
            (calls::RDS_DESCRIBE_DB_INSTANCES, "the databases were not listed to their end"),
        ] {
            carriers.require(region_index.seen.whole(region_index.place, action), why);
        }
        let (place, seen) = (region_index.place, region_index.seen);
        let classic = !seen.cut_short(place, calls::ELB_DESCRIBE_LOAD_BALANCERS);
        carriers.require(classic, "the classic load balancers were not listed to their end");
        carriers.require(wiring::clusters_seen(place, seen), "the clusters were not read to their end");
        carriers.require(wiring::nodegroups_seen(place, seen), "the node groups were not read to their end");
        carriers.see_wired(region_index);
        carriers.see_interfaces(region_index);
        carriers.see_launches(region_index);
        carriers.sum_up();
        carriers
    }

    /// Each group may be carried by all that did not tell theirs. Where they are many, it is not said of each group of each of
    /// them, but how many they are.
    fn sum_up(&mut self) {
        let untold = std::mem::take(&mut self.untold);
        match untold.as_slice() {
            [first, others @ ..] if others.len() >= TOLD => {
                let why = format!("it was not sent which groups {} others carry, {first} among them", untold.len());
                self.gaps.insert(why, false);
            }
            few => {
                self.gaps.extend(few.iter().map(|name| (format!("it was not sent which groups {name} carries"), false)))
            }
        }
        let unlaunched = std::mem::take(&mut self.unlaunched);
        match unlaunched.as_slice() {
            [first, others @ ..] if others.len() >= TOLD => {
                self.gaps.insert(format!("{first}; so it is of {} other Auto Scaling groups", others.len()), true);
            }
            few => self.gaps.extend(few.iter().map(|why| (why.clone(), true))),
        }
    }

    fn require(&mut self, seen: bool, why: &str) {
        if !seen {
            self.gaps.insert(why.to_owned(), false);
        }
    }

    fn note(&mut self, who: &Who, carried: &Ids, id: &str, name: &str) {
        if !carried.whole && *who != Who::Idle {
            self.untold.push(name.to_owned());
        }
        for group in &carried.known {
            let carrying = self.by_group.entry(group.clone()).or_default().entry(who.clone()).or_default();
            if carrying.named.len() < NAMED {
                carrying.named.push(Member { id: id.to_owned(), name: name.to_owned() });
            } else {
                carrying.more += 1;
            }
        }
    }

    /// What says itself which groups it carries.
    fn see_wired(&mut self, region_index: &RegionIndex<'_>) {
        for item in &region_index.here.clusters {
            let name = item.id(item.body.name.as_ref());
            let network = item.body.resources_vpc_config.clone().unwrap_or_default();
            let groups = wiring::cluster_groups(&network);
            self.note(&Who::Cluster(name.to_owned()), &groups, name, &format!("cluster {name}"));
        }
        for item in &region_index.here.nodegroups {
            let group =
                item.body.resources.as_ref().and_then(|resources| resources.remote_access_security_group.as_ref());
            let name = item.body.nodegroup_name.as_deref().unwrap_or(&item.resource_id);
            if let (Some(group), Some(cluster)) = (group, &item.body.cluster_name) {
                let groups = Ids { known: [group.clone()].into(), whole: true };
                self.note(&Who::Node(cluster.clone()), &groups, name, &format!("the nodes of node group {name}"));
            }
        }
        for item in &region_index.here.load_balancers {
            let name = item.id(item.body.load_balancer_name.as_ref());
            let who = match (item.body.kind.as_deref(), self.balanced.clusters(&item.arn)) {
                (None, _) => unknown("it was not sent of which kind the load balancer is"),
                (Some("application"), Ok(clusters)) => Who::Alb(clusters.clone()),
                (Some("application"), Err(why)) => unknown(why),
                (Some(_), _) => Who::Other,
            };
            self.note(&who, &told_ids(&item.body.security_groups), name, &format!("load balancer {name}"));
        }
        // It forwards to instances whoever they are, on whatever port, and no control of this stack looks into it.
        for item in &region_index.here.classic_balancers {
            let name = item.id(item.body.load_balancer_name.as_ref());
            let groups = wiring::listed(item.body.security_groups.as_ref());
            self.note(&Who::Other, &groups, name, &format!("classic load balancer {name}"));
        }
        for item in &region_index.here.databases {
            let name = item.id(item.body.id.as_ref());
            let who = Who::Database(family(item));
            self.note(&who, &super::database::groups(&item.body), name, &format!("database {name}"));
        }
    }

    /// Network interfaces, and instances whose interfaces were not listed.
    fn see_interfaces(&mut self, region_index: &RegionIndex<'_>) {
        let mut told = BTreeSet::new();
        for item in &region_index.here.interfaces {
            let carried = group_ids(item.body.groups.as_ref());
            let id = item.id(item.body.network_interface_id.as_ref());
            if let Some(holder) = item.body.attachment.as_ref().and_then(|one| one.instance_id.as_deref()) {
                told.extend(carried.known.iter().map(|group| (holder, group.clone())));
            }
            let (who, id, name) = match machine_of(region_index, item) {
                Some((holder, machine)) => {
                    let who = of_machine(machine);
                    let known_as = if matches!(who, Who::Node(_)) { holder } else { id };
                    (who, known_as, format!("{id} (instance {holder})"))
                }
                None => match self.of_interface(region_index, item, &carried) {
                    Some(who) => (who, id, id.to_owned()),
                    None => continue,
                },
            };
            self.note(&who, &carried, id, &name);
        }
        for (id, machine) in region_index.wiring.machines.iter().filter(|(_, machine)| !machine.is_gone()) {
            let untold = |group: &&String| !told.contains(&(id.as_str(), (*group).clone()));
            let known = machine.groups.known.iter().filter(untold).cloned().collect();
            let groups = Ids { known, whole: machine.groups.whole };
            self.note(&of_machine(machine), &groups, id, &format!("instance {id}"));
        }
    }

    /// Whose an interface is that hangs on no instance of the account; `None` where its owner says itself what it
    /// carries.
    fn of_interface(
        &self,
        region_index: &RegionIndex<'_>,
        item: &Item<NetworkInterface>,
        carried: &Ids,
    ) -> Option<Who> {
        let sent = &item.body;
        let wired = |part| carried.known.iter().all(|id| region_index.wiring.groups.has(id, part));
        let owner = sent.attachment.as_ref().and_then(|attachment| attachment.instance_owner_id.as_deref());
        let kind = sent.interface_type.as_deref();
        if sent.owner_id.as_deref().is_some_and(|owner| region_index.is_stranger(owner)) {
            return Some(Who::Other);
        }
        if sent.status.as_deref() == Some("available") || kind == Some("vpc_endpoint") {
            return Some(Who::Idle);
        }
        if kind == Some("branch") {
            return Some(branch(region_index, item));
        }
        if let Some(cluster) = control_plane(region_index, item) {
            return Some(Who::Cluster(cluster));
        }
        let balancer = sent.description.as_deref().and_then(|text| text.strip_prefix("ELB "));
        if owner == Some("amazon-elb") && balancer.is_some_and(|name| is_listed(region_index, name)) {
            return None;
        }
        if owner == Some("amazon-rds") && wired(Part::Database) {
            return None;
        }
        if sent.attachment.as_ref().is_some_and(|attachment| attachment.instance_id.is_some()) {
            return Some(unknown("the instance on which the interface hangs is in no listing"));
        }
        let Some(owner) = owner.filter(|owner| *owner != region_index.place.account.as_str()) else {
            return Some(unknown("it was not sent on what the interface hangs"));
        };
        // Pods on Fargate carry the cluster's group, on machines of an account of AWS's.
        let numbered = owner.bytes().all(|byte| byte.is_ascii_digit());
        if numbered && carried.known.iter().any(|id| region_index.wiring.groups.has(id, Part::Cluster)) {
            return Some(unknown("the interface hangs on a machine of AWS's, perhaps a pod on Fargate"));
        }
        if sent.description.is_none() || kind.is_none() {
            return Some(unknown("it was not sent what the interface is for"));
        }
        Some(Who::Other)
    }

    /// What Auto Scaling groups will launch.
    fn see_launches(&mut self, region_index: &RegionIndex<'_>) {
        for item in &region_index.here.scaling_groups {
            if item.body.max_size == Some(0) {
                continue;
            }
            let name = item.id(item.body.auto_scaling_group_name.as_ref());
            let who = of_group(region_index, &item.body, name);
            for launch in templates::launches(region_index.place, region_index.here, region_index.seen, &item.body) {
                let (groups, named) = match &launch {
                    Ok(launch) => (templates::groups(launch.data), launch.name()),
                    Err(_) => (Ids::default(), String::new()),
                };
                let known = Ids { known: groups.known, whole: true };
                self.note(&who, &known, name, &format!("what Auto Scaling group {name} launches from {named}"));
                // What runs shows what it carries; of a group in which nothing runs, only the template tells.
                if !groups.whole && item.body.instances.as_ref().is_none_or(Vec::is_empty) {
                    let why = launch.err().unwrap_or_else(|| format!("{named} does not say which groups"));
                    self.unlaunched.push(format!("Auto Scaling group {name} will launch instances, and {why}"));
                }
            }
        }
    }

    /// Everything seen that carries a group.
    pub(crate) fn seen(&self, group: &str) -> impl Iterator<Item = (&Who, &Carrying)> {
        self.by_group.get(group).into_iter().flatten()
    }

    /// Why there may be more than were seen.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = &String> {
        self.gaps.keys()
    }

    /// The fact `carried_by_nodes`. That nothing will be launched with groups that are not known is said where it is so.
    pub(crate) fn of_nodes(&self, group: &str) -> Value {
        let cluster = |who: &Who| match who {
            Who::Node(cluster) | Who::Unknown { said: Some(cluster), .. } => Some(cluster.clone()),
            Who::Unknown { said: None, .. }
            | Who::Cluster(_)
            | Who::Pod(_)
            | Who::Alb(_)
            | Who::Bastion
            | Who::Database(_)
            | Who::Idle
            | Who::Other => None,
        };
        let clusters: BTreeSet<String> = self.seen(group).filter_map(|(who, _)| cluster(who)).collect();
        let launches = self.gaps.values().any(|launches| *launches);
        object([("clusters", Some(json!(clusters))), ("launches", (!launches).then_some(json!(false)))])
    }

    /// The entry of the index `group_carriers`.
    pub(crate) fn describe(&self, group: &str) -> Value {
        let told = self.seen(group).map(|(who, carrying)| {
            let names: BTreeSet<&str> = carrying.named.iter().map(|member| member.name.as_str()).collect();
            let (why, said) = match who {
                Who::Unknown { why, said } => {
                    (Some(json!(why)), said.as_ref().map(|cluster| json!(format!("node/{cluster}"))))
                }
                Who::Node(_)
                | Who::Cluster(_)
                | Who::Pod(_)
                | Who::Alb(_)
                | Who::Bastion
                | Who::Database(_)
                | Who::Idle
                | Who::Other => (None, None),
            };
            object([
                ("kind", Some(json!(who.kind()))),
                ("roles", who.roles().map(|roles| json!(roles))),
                ("names", Some(json!(names.iter().take(TOLD).collect::<Vec<_>>()))),
                ("more", Some(json!(names.len().saturating_sub(TOLD) + carrying.more))),
                ("why", why),
                ("said", said),
            ])
        });
        let gaps = self.gaps.iter().map(
            |(why, launches)| json!({"kind": "unknown", "names": [], "more": 0, "why": why, "launches": launches}),
        );
        told.chain(gaps).collect()
    }
}

/// Whose the instances of an Auto Scaling group are: EKS names those of node groups; others show it by what runs.
fn of_group(region_index: &RegionIndex<'_>, group: &AutoScalingGroup, name: &str) -> Who {
    if let Some(Some(cluster)) = region_index.by_id.clusters(name).first() {
        return Who::Node((*cluster).clone());
    }
    let members = group.instances.iter().flatten().filter_map(|member| member.instance_id.as_deref());
    let mut running = members.map(|id| region_index.wiring.machines.get(id).map(of_machine)).peekable();
    if running.peek().is_some() {
        let all: BTreeSet<Option<Who>> = running.collect();
        let mut all = all.into_iter();
        return match (all.next().flatten(), all.next()) {
            (Some(one), None) => one,
            (_, _) => unknown("the Auto Scaling group keeps instances of more than one kind"),
        };
    }
    let Some(tags) = &group.tags else { return unknown("the tags of the Auto Scaling group were not sent") };
    let bastion = &region_index.blueprint.bastion;
    let is = |key: &str, value: &str| {
        tags.iter().any(|tag| tag.key.as_deref() == Some(key) && tag.value.as_deref() == Some(value))
    };
    let joined = |key: &str| key.starts_with("kubernetes.io/cluster/") || key.starts_with("eks:");
    if is(&bastion.tag_key, &bastion.tag_value) {
        return Who::Bastion;
    }
    if tags.iter().any(|tag| tag.key.as_deref().is_none_or(joined)) {
        return unknown(
            "tags, which anybody may set, call the Auto Scaling group one of nodes, and nothing runs in it",
        );
    }
    Who::Other
}

fn of_machine(machine: &Machine) -> Who {
    match (&machine.node, machine.bastion) {
        (Node::Of(cluster), _) => Who::Node(cluster.clone()),
        (Node::Said { cluster, why }, _) => Who::Unknown { why: why.clone(), said: Some(cluster.clone()) },
        (Node::Unknown(why), _) => unknown(*why),
        (Node::No, Some(true)) => Who::Bastion,
        (Node::No, Some(false)) => Who::Other,
        (Node::No, None) => unknown("the tags of the instance were not sent"),
    }
}

/// The instance on which an interface hangs.
fn machine_of<'a>(
    region_index: &'a RegionIndex<'_>,
    item: &'a Item<NetworkInterface>,
) -> Option<(&'a str, &'a Machine)> {
    let holder = item.body.attachment.as_ref()?.instance_id.as_deref()?;
    Some((holder, region_index.wiring.machines.get(holder)?))
}

/// A branch interface is a pod's, if it hangs on the trunk of a node: EKS writes down on which.
fn branch(region_index: &RegionIndex<'_>, item: &Item<NetworkInterface>) -> Who {
    const TRUNK: &str = "vpcresources.k8s.aws/trunk-eni-id";
    let tag = item.body.tag_set.iter().flatten().find(|tag| tag.key.as_deref() == Some(TRUNK));
    let trunk = tag.and_then(|tag| tag.value.as_ref()).or_else(|| item.tags.as_ref()?.get(TRUNK));
    let found = trunk.and_then(|trunk| region_index.by_id.interfaces.get(trunk.as_str()));
    let trunk = found.filter(|found| found.body.interface_type.as_deref() == Some("trunk"));
    match trunk.and_then(|trunk| machine_of(region_index, trunk)).map(|(_, machine)| &machine.node) {
        Some(Node::Of(cluster)) => Who::Pod(cluster.clone()),
        Some(Node::No) => Who::Other,
        Some(Node::Said { why, .. }) => unknown(why.as_str()),
        Some(Node::Unknown(why)) => unknown(*why),
        None => unknown("the branch interface hangs on a trunk that was not seen on a node"),
    }
}

/// The interfaces of a control plane carry the cluster's group, hang on a machine of AWS's, and EKS writes the
/// cluster's name on them; all three must hold.
fn control_plane(region_index: &RegionIndex<'_>, item: &Item<NetworkInterface>) -> Option<String> {
    let cluster = item.body.description.as_deref()?.strip_prefix("Amazon EKS ")?;
    let owner = item.body.attachment.as_ref()?.instance_owner_id.as_deref()?;
    let groups = group_ids(item.body.groups.as_ref());
    let own = region_index.here.clusters.iter().find(|item| item.id(item.body.name.as_ref()) == cluster)?;
    let wired = wiring::cluster_groups(&own.body.resources_vpc_config.clone().unwrap_or_default());
    let wired = groups.known.iter().any(|id| wired.known.contains(id));
    (owner != region_index.place.account.as_str() && wired).then(|| cluster.to_owned())
}

/// Whether a load balancer is listed: ELB writes `app/<name>/<id>` on its interfaces.
fn is_listed(region_index: &RegionIndex<'_>, named: &str) -> bool {
    region_index.by_id.lists_balancer(named)
}

/// The cluster of a database, or its primary: what they are to each other, replicas of one write.
pub(crate) fn family(item: &Item<crate::model::rds::DbInstance>) -> String {
    let named = |told: &Presence<String>| told.value().map(|name| name.rsplit(':').next().unwrap_or(name).to_owned());
    let sent = &item.body;
    let above = [&sent.cluster, &sent.replica_of_cluster, &sent.replica_of].into_iter().find_map(named);
    above.unwrap_or_else(|| item.id(sent.id.as_ref()).to_owned())
}
