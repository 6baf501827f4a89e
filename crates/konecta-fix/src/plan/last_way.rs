//! Which removals of security group rules would cut a path that works now: viewer to load balancer, load balancer to
//! target, nodes to database, nodes to the cluster's API, people to the bastion and from there to the nodes.
//! Knows rules, groups and what carries them; nothing of why a rule is removed.
//!
//! A path counts as open before if a rule may admit it, and as open afterwards only if a rule certainly does: what is
//! not known speaks against the removal both times.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde_json::Value;

use super::PlanInput;
use super::choose::Item;
use crate::path::origins;
use crate::step::Effect;
use crate::{RemedyContext, View};
use konecta_base::resource_types;

const RULE: &str = resource_types::EC2_SECURITY_GROUP_RULE;
const SSH: u64 = 22;
const HTTPS: u64 = 443;

/// Who uses a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Peer {
    /// The groups that its interfaces carry; `None` for whoever comes from outside.
    groups: Option<BTreeSet<String>>,
    /// The ranges that its interfaces have addresses of; empty where they are not known.
    ranges: BTreeSet<IpNet>,
}

/// One path through security groups to a TCP port. What needs two ports is two paths: each has a last rule of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Path {
    what: String,
    from: Peer,
    /// The groups that guard its end; a rule of any of them opens it.
    to: BTreeSet<String>,
    port: u64,
}

/// What removing rules does to the paths that they admit, by item.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Removals {
    /// The items that would close the last way of a path, with the reason.
    pub(super) closing: BTreeMap<usize, String>,
    /// The items whose paths each have another way, with the rule that it is.
    pub(super) harmless: BTreeMap<usize, Vec<String>>,
}

/// The items that remove rules, by whether a path would lose its last way.
pub(super) fn removals(input: &PlanInput<'_>, items: &[Item<'_>]) -> Removals {
    let taken = || items.iter().enumerate().filter(|(_, item)| item.left_out.is_none());
    let mut removed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut created: Vec<&View> = Vec::new();
    for (at, item) in taken() {
        for effect in &item.step.effects {
            match effect {
                Effect::Removed { resource } if resource.resource_type.as_str() == RULE => {
                    removed.entry(resource.arn.to_string()).or_default().push(at);
                }
                Effect::Created { resource, .. } if resource.reference.resource_type.as_str() == RULE => {
                    created.push(resource);
                }
                Effect::Removed { .. } | Effect::Created { .. } | Effect::Amended { .. } => {}
            }
        }
    }
    let mut removals = Removals::default();
    if removed.is_empty() {
        return removals;
    }
    let context = input.context;
    let group = |arn: &String| context.get(arn)?.text("/configuration/GroupId").map(str::to_owned);
    let touched: BTreeSet<String> = removed.keys().filter_map(group).collect();
    for path in paths(context).into_iter().filter(|path| !path.to.is_disjoint(&touched)) {
        let gone = |rule: &&View| removed.contains_key(rule.reference.arn.as_str());
        let other = context.all(RULE).filter(|rule| !gone(rule)).find(|rule| path.is_opened_by(rule));
        let made = || created.iter().copied().find(|rule| path.is_opened_by(rule));
        let other = other.map(|rule| format!("rule {}", rule.id)).or_else(|| made().map(made_rule));
        let may_open = |rule: &&View| path.is_guarded_by(rule) && path.admits(rule) != Some(false);
        let going = context.all(RULE).filter(gone).filter(may_open);
        for at in going.filter_map(|rule| removed.get(rule.reference.arn.as_str())).flatten() {
            match &other {
                Some(way) => {
                    let proof = format!("{way} lets {} as well", path.what);
                    removals.harmless.entry(*at).or_default().push(proof);
                }
                None => {
                    let reason = || format!("it is the last rule that lets {}", path.what);
                    removals.closing.entry(*at).or_insert_with(reason);
                }
            }
        }
    }
    removals
}

/// A rule that the plan makes, and AWS has not named yet.
fn made_rule(rule: &View) -> String {
    let group = rule.text("/configuration/GroupId").unwrap_or("the group");
    format!("the rule that this plan adds to {group}")
}

impl Path {
    fn is_guarded_by(&self, rule: &View) -> bool {
        rule.text("/configuration/GroupId").is_some_and(|id| self.to.contains(id))
    }

    /// Whether a rule certainly lets its users in.
    fn is_opened_by(&self, rule: &View) -> bool {
        self.is_guarded_by(rule) && self.admits(rule) == Some(true)
    }

    /// Whether a rule of one of the guarding groups admits it; `None` where that cannot be told.
    fn admits(&self, rule: &View) -> Option<bool> {
        if rule.at("/configuration/IsEgress") != Some(&Value::Bool(false)) {
            return Some(false);
        }
        if !self.reaches(rule)? {
            return Some(false);
        }
        let Some(groups) = &self.from.groups else { return Some(true) };
        if let Some(source) = rule.text("/configuration/ReferencedGroupInfo/GroupId") {
            return Some(groups.contains(source));
        }
        let range =
            ["/configuration/CidrIpv4", "/configuration/CidrIpv6"].into_iter().find_map(|key| rule.text(key))?;
        let range: IpNet = range.parse().ok()?;
        if self.from.ranges.is_empty() {
            return None;
        }
        let within = self.from.ranges.iter().filter(|one| range.contains(*one)).count();
        if within == self.from.ranges.len() {
            return Some(true);
        }
        let touched = within > 0 || self.from.ranges.iter().any(|one| one.contains(&range));
        if touched { None } else { Some(false) }
    }

    fn reaches(&self, rule: &View) -> Option<bool> {
        match rule.text("/configuration/IpProtocol")? {
            "-1" | "all" => Some(true),
            "tcp" | "6" => {
                let port = |key: &str| rule.at(key).and_then(Value::as_i64);
                let (from, to) = (port("/configuration/FromPort")?, port("/configuration/ToPort")?);
                let open = i64::try_from(self.port).is_ok_and(|port| (from..=to).contains(&port));
                Some((from, to) == (-1, -1) || open)
            }
            _ => Some(false),
        }
    }
}

/// Every path that the snapshot shows.
fn paths(context: &RemedyContext<'_>) -> BTreeSet<Path> {
    // Nodes of one group in the same subnets are alike: one stands for all.
    let nodes = holders(context, "node");
    let bastions = holders(context, "bastion");
    let mut paths = BTreeSet::new();
    for balancer in context.all(resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER) {
        let to = listed(balancer, "/configuration/SecurityGroups", None);
        let arn = balancer.reference.arn.as_str();
        let from = Peer { groups: Some(to.clone()), ranges: subnets(context, &zones(balancer)) };
        paths.extend(doors(context, arn).into_iter().map(|port| {
            let what = format!("viewers in at port {port} of load balancer {}", balancer.id);
            Path { what, from: Peer::default(), to: to.clone(), port }
        }));
        paths.extend(to_targets(context, balancer, &from));
    }
    for (peer, node) in &nodes {
        for (from, bastion) in &bastions {
            let what = format!("bastion {} in at node {} by SSH", bastion.id, node.id);
            paths.insert(Path { what, from: from.clone(), to: groups(node), port: SSH });
        }
        for database in context.all(resource_types::RDS_DB_INSTANCE) {
            let to = listed(database, "/configuration/VpcSecurityGroups", Some("VpcSecurityGroupId"));
            let Some(port) = database.at("/configuration/Endpoint/Port").and_then(Value::as_u64) else { continue };
            let what = format!("nodes such as {} in at database {}", node.id, database.id);
            paths.insert(Path { what, from: peer.clone(), to, port });
        }
        for cluster in context.all(resource_types::EKS_CLUSTER) {
            paths.insert(to_api(peer, node, cluster));
        }
    }
    for bastion in bastions.values() {
        let what = format!("people in at bastion {} by SSH", bastion.id);
        paths.insert(Path { what, from: Peer::default(), to: groups(bastion), port: SSH });
    }
    paths.retain(|path| !path.to.is_empty());
    paths
}

/// The ports by which a load balancer is come to: those of CloudFront's origins where that is known, else those of all
/// its listeners.
fn doors(context: &RemedyContext<'_>, balancer: &str) -> BTreeSet<u64> {
    let ways = || {
        let fronts = origins::fronts(context, balancer).filter(|fronts| !fronts.is_empty())?;
        fronts.iter().map(|front| front.ways(context)).collect::<Option<Vec<_>>>()
    };
    if let Some(ways) = ways() {
        return ways.into_iter().flatten().map(|(_, port)| port).collect();
    }
    context
        .all(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER)
        .filter(|listener| listener.text("/configuration/LoadBalancerArn") == Some(balancer))
        .filter_map(|listener| listener.at("/configuration/Port").and_then(Value::as_u64))
        .collect()
}

/// From a node to the private endpoint of a cluster.
fn to_api(peer: &Peer, node: &View, cluster: &View) -> Path {
    let mut to = listed(cluster, "/configuration/resourcesVpcConfig/securityGroupIds", None);
    let own = cluster.text("/configuration/resourcesVpcConfig/clusterSecurityGroupId");
    to.extend(own.map(str::to_owned));
    let what = format!("nodes such as {} in at the API of cluster {}", node.id, cluster.id);
    Path { what, from: peer.clone(), to, port: HTTPS }
}

/// By which rule the nodes are let in at the private endpoint of a cluster, for each kind of node.
///
/// # Errors
/// With a node that no rule certainly lets in.
pub(crate) fn to_private_api<'a>(context: &'a RemedyContext<'_>, cluster: &View) -> Result<Vec<String>, &'a View> {
    let way = |(peer, node): (Peer, &'a View)| {
        let path = to_api(&peer, node, cluster);
        let rule = context.all(RULE).find(|rule| path.is_opened_by(rule)).ok_or(node)?;
        Ok(format!("rule {} lets {}", rule.id, path.what))
    };
    holders(context, "node").into_iter().map(way).collect()
}

/// From a load balancer to each target that is an instance, or the address of an interface.
fn to_targets<'a>(context: &'a RemedyContext<'_>, balancer: &'a View, from: &'a Peer) -> impl Iterator<Item = Path> {
    let arn = balancer.reference.arn.as_str();
    let mine = move |group: &&View| group.list("/configuration/LoadBalancerArns").iter().any(|one| one == arn);
    context.all(resource_types::ELASTIC_LOAD_BALANCING_V2_TARGET_GROUP).filter(mine).flat_map(move |group| {
        group.list("/supplement/targetHealth").iter().flat_map(move |health| {
            let target = health.pointer("/Target/Id").and_then(Value::as_str).unwrap_or_default();
            let port = health.pointer("/Target/Port").or(group.at("/configuration/Port")).and_then(Value::as_u64);
            let check = health.get("HealthCheckPort").and_then(Value::as_str).and_then(|port| port.parse().ok());
            let to = target_groups(context, target);
            let ports: BTreeSet<u64> = port.into_iter().chain(check).collect();
            ports.into_iter().map(move |port| {
                let what = format!("load balancer {} in at port {port} of its target {target}", balancer.id);
                Path { what, from: from.clone(), to: to.clone(), port }
            })
        })
    })
}

/// The groups of a target: an instance by its id, an address by the interface that has it.
fn target_groups(context: &RemedyContext<'_>, target: &str) -> BTreeSet<String> {
    if let Some(instance) = context.all(resource_types::EC2_INSTANCE).find(|view| view.id == target) {
        return groups(instance);
    }
    let has = |view: &&View| {
        view.list("/configuration/PrivateIpAddresses").iter().any(|one| one["PrivateIpAddress"] == target)
            || view.text("/configuration/PrivateIpAddress") == Some(target)
    };
    let interface = context.all(resource_types::EC2_NETWORK_INTERFACE).find(has);
    interface.map_or_else(BTreeSet::new, |view| listed(view, "/configuration/Groups", Some("GroupId")))
}

/// The instances that are a part of the stack, one for each set of groups and subnet.
fn holders<'a>(context: &'a RemedyContext<'_>, part: &str) -> BTreeMap<Peer, &'a View> {
    let is = |view: &&View| {
        let parts = context.fact(view.reference.arn.as_str(), "parts").and_then(Value::as_array);
        parts.is_some_and(|parts| parts.iter().any(|one| one == part))
    };
    let gone = |view: &View| view.text("/configuration/State/Name") == Some("terminated");
    let instances = context.all(resource_types::EC2_INSTANCE).filter(is).filter(|view| !gone(view));
    instances.map(|view| (peer(context, view), view)).collect()
}

fn peer(context: &RemedyContext<'_>, instance: &View) -> Peer {
    let subnet = instance.text("/configuration/SubnetId").map(str::to_owned);
    Peer { groups: Some(groups(instance)), ranges: subnets(context, &subnet.into_iter().collect()) }
}

/// The groups of all interfaces of an instance.
fn groups(instance: &View) -> BTreeSet<String> {
    let mut all = listed(instance, "/configuration/SecurityGroups", Some("GroupId"));
    for interface in instance.list("/configuration/NetworkInterfaces") {
        let groups = interface["Groups"].as_array().into_iter().flatten();
        all.extend(groups.filter_map(|group| group["GroupId"].as_str()).map(str::to_owned));
    }
    all
}

fn zones(balancer: &View) -> BTreeSet<String> {
    listed(balancer, "/configuration/AvailabilityZones", Some("SubnetId"))
}

/// The address ranges of subnets; empty where one of them is not known.
fn subnets(context: &RemedyContext<'_>, ids: &BTreeSet<String>) -> BTreeSet<IpNet> {
    let range = |id: &String| {
        let subnet = context.all(resource_types::EC2_SUBNET).find(|view| &view.id == id)?;
        subnet.text("/configuration/CidrBlock")?.parse().ok()
    };
    ids.iter().map(range).collect::<Option<_>>().unwrap_or_default()
}

/// The texts of a list, or one member of each of its objects.
fn listed(view: &View, list: &str, member: Option<&str>) -> BTreeSet<String> {
    let text = |one: &Value| member.map_or(Some(one), |member| one.get(member))?.as_str().map(str::to_owned);
    view.list(list).iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests;
