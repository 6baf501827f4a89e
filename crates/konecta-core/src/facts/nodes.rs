//! Whose node a machine is: of which cluster, and whether more than a tag says so.
//! Knows node groups, Auto Scaling groups, access entries and instance profiles; nothing of groups and subnets.

use std::collections::{BTreeMap, BTreeSet};

use super::attachments::Ids;
use super::seen::{AccountRegion, Seen};
use super::wiring::nodegroups_seen;
use super::world::{Item, Regional};
use crate::model::{Presence, Tag, ec2};
use konecta_base::blueprint::Bastion;
use konecta_base::calls;

/// The types of access entries by which a role's machines join a cluster.
const NODE_ENTRIES: [&str; 6] = ["EC2", "EC2_LINUX", "EC2_WINDOWS", "HYBRID_LINUX", "HYPERPOD_LINUX", "FARGATE_LINUX"];

/// How the access entries of clusters are read.
pub(crate) const ACCESS_ENTRIES: [&str; 2] = [calls::EKS_LIST_ACCESS_ENTRIES, calls::EKS_DESCRIBE_ACCESS_ENTRY];

/// A tag that only AWS can set: the prefix `aws:` is its own.
const AWS_TAG: &str = "aws:eks:cluster-name";

/// Whose node a machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// Of this cluster.
    Of(String),
    /// It is said to be of this cluster, by what anybody could have written.
    Said { cluster: String, why: String },
    /// Of none.
    No,
    /// Not known.
    Unknown(&'static str),
}

impl Node {
    /// Whether it is to be judged as a node: of whichever cluster, and also where only a tag says so.
    pub(crate) fn is(&self) -> Option<bool> {
        match self {
            Self::Of(_) | Self::Said { .. } => Some(true),
            Self::No => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

/// What says whose node a machine is.
pub(crate) struct Nodes<'a> {
    /// Instances in Auto Scaling groups that EKS names as those of a node group, with the cluster.
    scaled: BTreeMap<&'a str, &'a str>,
    /// Instances in Auto Scaling groups that carry the tags of a node group.
    said: BTreeMap<&'a str, &'a str>,
    /// Whether every instance of every node group is known.
    whole: bool,
    clusters: Ids,
    /// Roles whose machines join a cluster.
    roles: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Instance profiles and the roles that they give.
    profiles: BTreeMap<&'a str, &'a str>,
    /// Clusters which let in by access entries only, all of which were seen.
    closed: BTreeSet<&'a str>,
    /// Clusters which let in by access entries only, not all of which were seen.
    untold: BTreeSet<&'a str>,
    bastion: &'a Bastion,
}

impl<'a> Nodes<'a> {
    pub(crate) fn of(
        place: &AccountRegion,
        here: &'a Regional,
        global: &'a Regional,
        seen: &Seen,
        bastion: &'a Bastion,
    ) -> Self {
        let mut nodes = Self {
            scaled: BTreeMap::new(),
            said: BTreeMap::new(),
            whole: nodegroups_seen(place, seen) && seen.whole(place, calls::AUTOSCALING_DESCRIBE_AUTO_SCALING_GROUPS),
            clusters: Ids {
                known: here.clusters.iter().map(|item| item.id(item.body.name.as_ref()).to_owned()).collect(),
                whole: seen.whole(place, calls::EKS_LIST_CLUSTERS),
            },
            roles: roles(here),
            profiles: profiles(global),
            closed: BTreeSet::new(),
            untold: BTreeSet::new(),
            bastion,
        };
        nodes.see_scaled(here);
        let by_entries = |mode: &str| mode == "API";
        let by_entries = here.clusters.iter().filter(|item| {
            let config = item.body.access_config.as_ref();
            config.and_then(|config| config.authentication_mode.as_deref()).is_some_and(by_entries)
        });
        let by_entries = by_entries.map(|item| item.id(item.body.name.as_ref())).collect();
        if ACCESS_ENTRIES.iter().all(|action| seen.whole(place, action)) {
            nodes.closed = by_entries;
        } else if ACCESS_ENTRIES.iter().any(|action| seen.cut_short(place, action)) {
            nodes.untold = by_entries;
        }
        nodes
    }

    fn see_scaled(&mut self, here: &'a Regional) {
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        let mut all_named = true;
        for item in &here.nodegroups {
            let groups = item.body.resources.as_ref().and_then(|resources| resources.auto_scaling_groups.as_ref());
            all_named &= groups.is_some_and(|groups| groups.iter().all(|group| group.name.is_some()));
            for name in groups.into_iter().flatten().filter_map(|group| group.name.as_deref()) {
                match item.body.cluster_name.as_deref() {
                    Some(cluster) => drop(named.insert(name, cluster)),
                    None => self.whole = false,
                }
            }
        }
        for item in &here.scaling_groups {
            let name = item.body.auto_scaling_group_name.as_deref();
            let members = item.body.instances.as_ref();
            let known = members.into_iter().flatten().filter_map(|member| member.instance_id.as_deref());
            let told = members.is_some_and(|members| members.iter().all(|member| member.instance_id.is_some()));
            if let Some(cluster) = name.and_then(|name| named.get(name).copied()) {
                self.scaled.extend(known.map(|member| (member, cluster)));
                self.whole &= told;
            } else if let Some(cluster) = tagged(item.body.tags.as_ref()) {
                self.said.extend(known.map(|member| (member, cluster)));
                self.whole &= told;
            } else if name.is_none() || !all_named && is_untold(item.body.tags.as_ref()) {
                // It could be a node group's.
                self.whole &= told && members.is_some_and(Vec::is_empty);
            }
        }
    }

    /// Whose node an instance is.
    pub(crate) fn node(&self, item: &Item<ec2::Instance>) -> Node {
        let id = item.id(item.body.instance_id.as_ref());
        if let Some(cluster) = self.scaled.get(id) {
            return Node::Of((*cluster).to_owned());
        }
        let Some(tags) = &item.tags else { return Node::Unknown("its tags were not sent") };
        if let Some(cluster) = tags.get(AWS_TAG) {
            return Node::Of(cluster.clone());
        }
        let said = self.said.get(id).map(|cluster| (*cluster).to_owned());
        let named: Vec<String> = said.into_iter().chain(tags.iter().filter_map(named_cluster)).collect();
        let listed: Vec<String> = named.iter().filter(|name| self.clusters.known.contains(*name)).cloned().collect();
        match listed.as_slice() {
            [] if !named.is_empty() && !self.clusters.whole => Node::Unknown("not all clusters were listed"),
            [] if !self.whole => Node::Unknown("not all instances of node groups are known"),
            [] => Node::No,
            [..] if tags.get(&self.bastion.tag_key) == Some(&self.bastion.tag_value) => Node::No,
            [first, ..] => self.by_role(&item.body, first, &listed),
        }
    }

    /// A machine joins a cluster by its role; a tag alone says only what somebody wrote.
    fn by_role(&self, sent: &ec2::Instance, first: &str, named: &[String]) -> Node {
        let profile = sent.iam_instance_profile.value().and_then(|profile| profile.arn.as_deref());
        let role = profile.and_then(|profile| self.profiles.get(profile));
        let clusters = role.and_then(|role| self.roles.get(role));
        if let Some(cluster) = named.iter().find(|name| clusters.is_some_and(|all| all.contains(name.as_str()))) {
            return Node::Of(cluster.clone());
        }
        if role.is_some() && named.iter().all(|name| self.closed.contains(name.as_str())) {
            return Node::No;
        }
        if role.is_some() && named.iter().all(|name| self.untold.contains(name.as_str())) {
            return Node::Unknown("tags call it a node, and not all access entries of the cluster were read");
        }
        let why =
            format!("tags, which anybody may set, call it a node of {first}, and no access entry of its role was seen");
        Node::Said { cluster: first.to_owned(), why }
    }
}

/// The roles whose machines join a cluster, by node groups, Auto Mode and access entries.
pub(crate) fn roles(here: &Regional) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut roles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let groups = here.nodegroups.iter().map(|item| (item.body.node_role.as_deref(), item.body.cluster_name.as_deref()));
    let auto = here.clusters.iter().map(|item| {
        let role = item.body.compute_config.value().and_then(|compute| compute.node_role_arn.as_deref());
        (role, Some(item.id(item.body.name.as_ref())))
    });
    let of_nodes = |kind: &String| NODE_ENTRIES.contains(&kind.as_str());
    let entries = here.access_entries.iter().filter(|item| item.body.kind.as_ref().is_some_and(of_nodes));
    let entries = entries.map(|item| (item.body.principal_arn.as_deref(), item.body.cluster_name.as_deref()));
    for (role, cluster) in groups.chain(auto).chain(entries) {
        if let (Some(role), Some(cluster)) = (role, cluster) {
            roles.entry(role).or_default().insert(cluster);
        }
    }
    roles
}

fn profiles(global: &Regional) -> BTreeMap<&str, &str> {
    let pairs = global.roles.iter().flat_map(|item| {
        let profiles = item.body.instance_profile_list.as_ref().into_iter().flatten();
        profiles.filter_map(|profile| Some((profile.arn.as_deref()?, item.arn.as_str())))
    });
    pairs.collect()
}

/// Whether a group may have tags of a node group that were not sent.
fn is_untold(tags: Option<&Vec<Tag>>) -> bool {
    let untold = |tag: &Tag| tag.key.as_deref().is_none_or(|key| key.starts_with("eks:") && tag.value.is_none());
    tags.is_none_or(|tags| tags.iter().any(untold))
}

/// The cluster that an Auto Scaling group's tags name, where they name a node group too.
fn tagged(tags: Option<&Vec<Tag>>) -> Option<&str> {
    let value = |key: &str| {
        let tag = tags?.iter().find(|tag| tag.key.as_deref() == Some(key))?;
        tag.value.as_deref()
    };
    value("eks:nodegroup-name")?;
    value("eks:cluster-name")
}

/// The cluster that a tag names which EKS, or whoever joins a machine to a cluster, must set.
fn named_cluster((key, value): (&String, &String)) -> Option<String> {
    match key.strip_prefix("kubernetes.io/cluster/") {
        Some(cluster) => Some(cluster.to_owned()),
        None => (key == "eks:cluster-name" || key == "eks:eks-cluster-name").then(|| value.clone()),
    }
}

/// The instance profile of a machine, as ids.
pub(crate) fn profile(told: &Presence<ec2::IamInstanceProfile>) -> Ids {
    match told {
        Presence::Absent => Ids::default(),
        Presence::Null => Ids { whole: true, ..Ids::default() },
        Presence::Value(profile) => Ids::of(Some([profile.arn.as_ref()])),
    }
}
