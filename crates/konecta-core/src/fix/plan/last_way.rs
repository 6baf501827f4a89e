//! Which removals of security group rules would cut a path that works now: viewer to load balancer, load balancer to
//! target, nodes to database, nodes to the cluster's API, people to the bastion and from there to the nodes.
//! Knows rules, groups and what carries them; nothing of why a rule is removed.
//!
//! A path counts as open before if a rule may admit it, and as open afterwards only if a rule certainly does: what is
//! not known speaks against the removal both times.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde_json::Value;

use super::Ground;
use super::choose::Item;
use crate::fix::path::front;
use crate::fix::step::Effect;
use crate::fix::{Case, View};

const RULE: &str = "AWS::EC2::SecurityGroupRule";
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

/// The items that would close the last way of a path, with the reason.
pub(super) fn removals(ground: &Ground<'_>, items: &[Item<'_>]) -> Vec<(usize, String)> {
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
    if removed.is_empty() {
        return Vec::new();
    }
    let case = ground.case;
    let mut closing: BTreeMap<usize, String> = BTreeMap::new();
    let group = |arn: &String| case.get(arn)?.text("/configuration/GroupId").map(str::to_owned);
    let touched: BTreeSet<String> = removed.keys().filter_map(group).collect();
    for path in paths(case).into_iter().filter(|path| !path.to.is_disjoint(&touched)) {
        let guards = |rule: &&View| rule.text("/configuration/GroupId").is_some_and(|id| path.to.contains(id));
        let gone = |rule: &&View| removed.contains_key(rule.reference.arn.as_str());
        let remains = |rule: &View| path.admits(rule) == Some(true);
        if case.all(RULE).filter(guards).filter(|rule| !gone(rule)).any(remains)
            || created.iter().copied().filter(guards).any(remains)
        {
            continue;
        }
        for rule in case.all(RULE).filter(guards).filter(gone).filter(|rule| path.admits(rule) != Some(false)) {
            for at in removed.get(rule.reference.arn.as_str()).into_iter().flatten() {
                closing.entry(*at).or_insert_with(|| format!("it is the last rule that lets {}", path.what));
            }
        }
    }
    closing.into_iter().collect()
}

impl Path {
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
fn paths(case: &Case<'_>) -> BTreeSet<Path> {
    // Nodes of one group in the same subnets are alike: one stands for all.
    let nodes = holders(case, "node");
    let bastions = holders(case, "bastion");
    let mut paths = BTreeSet::new();
    for balancer in case.all("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        let to = listed(balancer, "/configuration/SecurityGroups", None);
        let arn = balancer.reference.arn.as_str();
        let from = Peer { groups: Some(to.clone()), ranges: subnets(case, &zones(balancer)) };
        paths.extend(doors(case, arn).into_iter().map(|port| {
            let what = format!("viewers in at port {port} of load balancer {}", balancer.id);
            Path { what, from: Peer::default(), to: to.clone(), port }
        }));
        paths.extend(to_targets(case, balancer, &from));
    }
    for (peer, node) in &nodes {
        for (from, bastion) in &bastions {
            let what = format!("bastion {} in at node {} by SSH", bastion.id, node.id);
            paths.insert(Path { what, from: from.clone(), to: groups(node), port: SSH });
        }
        for database in case.all("AWS::RDS::DBInstance") {
            let to = listed(database, "/configuration/VpcSecurityGroups", Some("VpcSecurityGroupId"));
            let Some(port) = database.at("/configuration/Endpoint/Port").and_then(Value::as_u64) else { continue };
            let what = format!("nodes such as {} in at database {}", node.id, database.id);
            paths.insert(Path { what, from: peer.clone(), to, port });
        }
        for cluster in case.all("AWS::EKS::Cluster") {
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
fn doors(case: &Case<'_>, balancer: &str) -> BTreeSet<u64> {
    let ways = || {
        let fronts = front::fronts(case, balancer).filter(|fronts| !fronts.is_empty())?;
        fronts.iter().map(|front| front.ways(case)).collect::<Option<Vec<_>>>()
    };
    if let Some(ways) = ways() {
        return ways.into_iter().flatten().map(|(_, port)| port).collect();
    }
    case.all("AWS::ElasticLoadBalancingV2::Listener")
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

/// A node that no rule certainly lets in at the private endpoint of a cluster.
pub(in crate::fix) fn kept_from_api<'a>(case: &'a Case<'_>, cluster: &View) -> Option<&'a View> {
    let shut = |(peer, node): &(Peer, &View)| {
        let path = to_api(peer, node, cluster);
        let guards = |rule: &&View| rule.text("/configuration/GroupId").is_some_and(|id| path.to.contains(id));
        !case.all(RULE).filter(guards).any(|rule| path.admits(rule) == Some(true))
    };
    holders(case, "node").into_iter().find(shut).map(|(_, node)| node)
}

/// From a load balancer to each target that is an instance, or the address of an interface.
fn to_targets<'a>(case: &'a Case<'_>, balancer: &'a View, from: &'a Peer) -> impl Iterator<Item = Path> {
    let arn = balancer.reference.arn.as_str();
    let mine = move |group: &&View| group.list("/configuration/LoadBalancerArns").iter().any(|one| one == arn);
    case.all("AWS::ElasticLoadBalancingV2::TargetGroup").filter(mine).flat_map(move |group| {
        group.list("/supplement/targetHealth").iter().flat_map(move |health| {
            let target = health.pointer("/Target/Id").and_then(Value::as_str).unwrap_or_default();
            let port = health.pointer("/Target/Port").or(group.at("/configuration/Port")).and_then(Value::as_u64);
            let check = health.get("HealthCheckPort").and_then(Value::as_str).and_then(|port| port.parse().ok());
            let to = target_groups(case, target);
            let ports: BTreeSet<u64> = port.into_iter().chain(check).collect();
            ports.into_iter().map(move |port| {
                let what = format!("load balancer {} in at port {port} of its target {target}", balancer.id);
                Path { what, from: from.clone(), to: to.clone(), port }
            })
        })
    })
}

/// The groups of a target: an instance by its id, an address by the interface that has it.
fn target_groups(case: &Case<'_>, target: &str) -> BTreeSet<String> {
    if let Some(instance) = case.all("AWS::EC2::Instance").find(|view| view.id == target) {
        return groups(instance);
    }
    let has = |view: &&View| {
        view.list("/configuration/PrivateIpAddresses").iter().any(|one| one["PrivateIpAddress"] == target)
            || view.text("/configuration/PrivateIpAddress") == Some(target)
    };
    let interface = case.all("AWS::EC2::NetworkInterface").find(has);
    interface.map_or_else(BTreeSet::new, |view| listed(view, "/configuration/Groups", Some("GroupId")))
}

/// The instances that are a part of the stack, one for each set of groups and subnet.
fn holders<'a>(case: &'a Case<'_>, part: &str) -> BTreeMap<Peer, &'a View> {
    let is = |view: &&View| {
        let parts = case.fact(view.reference.arn.as_str(), "parts").and_then(Value::as_array);
        parts.is_some_and(|parts| parts.iter().any(|one| one == part))
    };
    let gone = |view: &View| view.text("/configuration/State/Name") == Some("terminated");
    let instances = case.all("AWS::EC2::Instance").filter(is).filter(|view| !gone(view));
    instances.map(|view| (peer(case, view), view)).collect()
}

fn peer(case: &Case<'_>, instance: &View) -> Peer {
    let subnet = instance.text("/configuration/SubnetId").map(str::to_owned);
    Peer { groups: Some(groups(instance)), ranges: subnets(case, &subnet.into_iter().collect()) }
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
fn subnets(case: &Case<'_>, ids: &BTreeSet<String>) -> BTreeSet<IpNet> {
    let range = |id: &String| {
        let subnet = case.all("AWS::EC2::Subnet").find(|view| &view.id == id)?;
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
