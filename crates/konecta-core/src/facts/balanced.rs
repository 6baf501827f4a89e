//! To which clusters a load balancer forwards, and on which ports of their nodes.
//! Knows target groups and the Auto Scaling groups that register with them; nothing of security groups.

use std::collections::{BTreeMap, BTreeSet};

use super::nodes::Node;
use super::region_index::RegionIndex;
use super::world::{Item, Supplemented};
use crate::model::autoscaling::AutoScalingGroup;
use crate::model::elb::{self, TargetHealth};
use konecta_base::calls;

type TargetGroup = Supplemented<elb::TargetGroup, Vec<TargetHealth>>;

/// A way of a load balancer to the nodes of a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) balancer: String,
    /// The port on the nodes; `None` where targets are registered with ports of their own.
    pub(crate) port: Option<u16>,
}

/// What load balancers forward to.
#[derive(Debug, Default)]
pub(crate) struct Balanced {
    clusters: BTreeMap<String, Result<BTreeSet<String>, String>>,
    ways: BTreeMap<String, Vec<Way>>,
}

impl Balanced {
    /// `is_fetched` says whether a distribution is known to fetch from a load balancer.
    pub(crate) fn of(region_index: &RegionIndex<'_>, is_fetched: &dyn Fn(&str) -> bool) -> Self {
        let (registered, unsure) = (registered(region_index), unsure(region_index));
        let mut balanced = Self::default();
        let applications =
            || region_index.here.load_balancers.iter().filter(|item| item.body.kind.as_deref() == Some("application"));
        let only = match (applications().count(), region_index.here.clusters.as_slice()) {
            (1, [cluster]) => Some(cluster.id(cluster.body.name.as_ref()).to_owned()),
            (_, _) => None,
        };
        let whole = [
            calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS,
            calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_GROUPS,
            calls::AUTOSCALING_DESCRIBE_AUTO_SCALING_GROUPS,
        ];
        let whole = whole.iter().all(|action| region_index.seen.whole(region_index.place, action))
            && super::wiring::clusters_seen(region_index.place, region_index.seen)
            && super::wiring::nodegroups_seen(region_index.place, region_index.seen)
            && region_index.here.target_groups.iter().all(|item| item.item.body.load_balancer_arns.is_some());
        for balancer in applications() {
            let targets = region_index.by_id.targets(&balancer.arn);
            let mut clusters = BTreeSet::new();
            for (target, cluster) in
                targets.iter().filter_map(|target| Some((*target, registered.get(target.item.arn.as_str())?)))
            {
                clusters.extend(cluster.iter().cloned());
                for cluster in cluster {
                    balanced.way(cluster, &balancer.arn, target);
                }
            }
            let untold = targets.iter().any(|target| !registered.contains_key(target.item.arn.as_str()));
            let found = match &only {
                _ if !clusters.is_empty() => Ok(clusters),
                _ if !whole => Err("it was not seen to its end to what the load balancer forwards".to_owned()),
                _ if targets.is_empty() => Ok(clusters),
                // A group that may be a cluster's own does not make the load balancer a stranger's.
                _ if targets.iter().any(|target| unsure.contains(target.item.arn.as_str())) => {
                    Err("it is not known whether what registers with the load balancer is nodes".to_owned())
                }
                // Where there is one application load balancer and one cluster, the one that a distribution fetches from is before the other.
                Some(cluster) if untold && is_fetched(&balancer.arn) => {
                    for target in targets {
                        balanced.way(cluster, &balancer.arn, target);
                    }
                    Ok([cluster.clone()].into())
                }
                Some(_) if !untold => Ok(clusters),
                Some(_) | None => Err("no Auto Scaling group of a cluster registers with the load balancer, so it is not known to which it forwards".to_owned()),
            };
            balanced.clusters.insert(balancer.arn.clone(), found);
        }
        balanced
    }

    fn way(&mut self, cluster: &str, balancer: &str, target: &TargetGroup) {
        let by_instance = target.item.body.target_type.as_deref() == Some("instance");
        let port = target.item.body.port.filter(|_| by_instance);
        self.ways.entry(cluster.to_owned()).or_default().push(Way { balancer: balancer.to_owned(), port });
    }

    /// The clusters to which a load balancer forwards; why that is not known, where it is not.
    pub(crate) fn clusters(&self, balancer: &str) -> Result<&BTreeSet<String>, &str> {
        match self.clusters.get(balancer) {
            Some(Ok(clusters)) => Ok(clusters),
            Some(Err(why)) => Err(why),
            None => Err("it is not an application load balancer"),
        }
    }

    /// How load balancers come to the nodes of a cluster.
    pub(crate) fn ways(&self, cluster: &str) -> &[Way] {
        self.ways.get(cluster).map_or(&[], Vec::as_slice)
    }
}

/// The clusters whose nodes an Auto Scaling group registers with a target group; none where its instances are no nodes.
fn registered<'a>(region_index: &RegionIndex<'a>) -> BTreeMap<&'a str, BTreeSet<String>> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for item in &region_index.here.scaling_groups {
        for target in item.body.target_group_arns.iter().flatten() {
            found.entry(target).or_default().extend(clusters_of(region_index, &item.body));
        }
    }
    found
}

/// The target groups with which something registers of which it is not known whether it is a node, or whose.
fn unsure<'a>(region_index: &RegionIndex<'a>) -> BTreeSet<&'a str> {
    let is_sure = |id: &str| {
        let node = region_index.wiring.machines.get(id).map(|machine| &machine.node);
        node.is_some_and(|node| matches!(node, Node::Of(_) | Node::No))
    };
    let doubtful = |group: &&Item<AutoScalingGroup>| {
        let members = group.body.instances.as_deref().unwrap_or_default();
        group.body.instances.is_none()
            || members.iter().any(|member| !member.instance_id.as_deref().is_some_and(is_sure))
    };
    let groups = region_index.here.scaling_groups.iter().filter(doubtful);
    groups.flat_map(|group| group.body.target_group_arns.iter().flatten()).map(String::as_str).collect()
}

fn clusters_of(region_index: &RegionIndex<'_>, group: &AutoScalingGroup) -> BTreeSet<String> {
    let name = group.auto_scaling_group_name.as_ref();
    let of_nodegroups = name.map_or(&[][..], |name| region_index.by_id.clusters(name));
    let of_nodegroups = of_nodegroups.iter().filter_map(|cluster| cluster.cloned());
    let running = group.instances.iter().flatten().filter_map(|member| member.instance_id.as_deref());
    let running = running.filter_map(|id| match &region_index.wiring.machines.get(id)?.node {
        Node::Of(cluster) => Some(cluster.clone()),
        Node::Said { .. } | Node::No | Node::Unknown(_) => None,
    });
    of_nodegroups.chain(running).collect()
}
