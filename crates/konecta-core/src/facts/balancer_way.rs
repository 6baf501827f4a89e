//! Whether the security groups of nodes let in the load balancer that forwards to them.
//! Knows nothing of whom else they let in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::Ids;
use super::balanced::Way;
use super::carriers::Carriers;
use super::ingress::{Peer, Protocol, Rule};
use super::nodes::Node;
use super::region_index::RegionIndex;
use super::templates;
use super::wiring::told_ids;

/// The fact `balancer_way` of a security group that nodes carry; where no node does, or where it is not known whether the
/// load balancers that forward to them come in by any of their groups, the reasons.
pub(crate) fn balancer_way(
    region_index: &RegionIndex<'_>,
    (carriers, bearers): (&Carriers, &Bearers),
    group: &str,
) -> Result<Value, BTreeSet<String>> {
    let (mut closed, mut whys) = (BTreeSet::new(), BTreeSet::new());
    let none = BTreeSet::new();
    let bearers = bearers.get(group).unwrap_or(&none);
    for (cluster, groups) in bearers {
        let Some(groups) = groups else {
            whys.insert(format!("it was not sent which groups all nodes of cluster {cluster} carry"));
            continue;
        };
        let ways = carriers.balanced.ways(cluster);
        if ways.is_empty() {
            whys.insert(format!("no load balancer is known to forward to the nodes of cluster {cluster}"));
        }
        for way in ways {
            let spelled = format!("{} on port {}", name(region_index, &way.balancer), spelled(way.port));
            match enters(region_index, way, groups) {
                Some(true) => {}
                Some(false) => drop(closed.insert(spelled)),
                None => drop(whys.insert(format!("it is not known whether the nodes' groups let in {spelled}"))),
            }
        }
    }
    if closed.is_empty() && (bearers.is_empty() || !whys.is_empty()) {
        return Err(whys);
    }
    Ok(json!({"open": closed.is_empty(), "closed": closed}))
}

fn spelled(port: Option<u16>) -> String {
    port.map_or_else(|| "of its targets".to_owned(), |port| port.to_string())
}

fn name<'a>(region_index: &RegionIndex<'a>, balancer: &'a str) -> &'a str {
    let found = region_index.by_id.balancers.get(balancer);
    found.map_or(balancer, |item| item.id(item.body.load_balancer_name.as_ref()))
}

/// By group, every set of groups with which nodes carry it, each with their cluster; `None` where one is not whole.
pub(crate) type Bearers = BTreeMap<String, BTreeSet<(String, Option<BTreeSet<String>>)>>;

/// Finds out with which other groups nodes carry each one.
pub(crate) fn bearers(region_index: &RegionIndex<'_>) -> Bearers {
    let mut found = Bearers::new();
    let mut note = |cluster: &String, groups: &Ids| {
        let whole = groups.whole.then(|| groups.known.clone());
        for group in &groups.known {
            found.entry(group.clone()).or_default().insert((cluster.clone(), whole.clone()));
        }
    };
    for machine in region_index.wiring.machines.values().filter(|machine| !machine.is_gone()) {
        if let Node::Of(cluster) | Node::Said { cluster, .. } = &machine.node {
            note(cluster, &machine.groups);
        }
    }
    for item in &region_index.here.nodegroups {
        let Some(cluster) = &item.body.cluster_name else { continue };
        let ssh = item.body.resources.as_ref().and_then(|resources| resources.remote_access_security_group.clone());
        let names = super::autoscaler::named_groups(&item.body).known;
        let own = region_index
            .here
            .scaling_groups
            .iter()
            .filter(|group| group.body.auto_scaling_group_name.as_ref().is_some_and(|name| names.contains(name)));
        let asleep = own.filter(|group| group.body.instances.as_ref().is_some_and(Vec::is_empty));
        for launch in asleep
            .flat_map(|one| templates::launches(region_index.place, region_index.here, region_index.seen, &one.body))
        {
            let Ok(launch) = launch else { continue };
            let mut groups = templates::groups(launch.data);
            groups.known.extend(ssh.clone());
            note(cluster, &groups);
        }
    }
    found
}

/// Whether a load balancer comes in on its target port by any of the groups that a node carries.
fn enters(region_index: &RegionIndex<'_>, way: &Way, groups: &BTreeSet<String>) -> Option<bool> {
    let balancer = region_index.by_id.balancers.get(way.balancer.as_str())?;
    let own = told_ids(&balancer.body.security_groups);
    let fits = |rule: &Rule| {
        let Ok(traffic) = &rule.traffic else { return None };
        if !matches!(traffic.protocol, Protocol::All | Protocol::Tcp) {
            return Some(false);
        }
        let reaches = match way.port {
            Some(port) => rule.reaches(&Protocol::Tcp, port)?,
            None => true,
        };
        match &rule.peer {
            _ if !reaches => Some(false),
            _ if !rule.ingress => None,
            Ok(Peer::Group { id, .. }) if own.known.contains(id) => Some(true),
            Ok(Peer::Group { .. }) if own.whole => Some(false),
            // A range may hold the load balancer's addresses.
            Ok(_) | Err(_) => None,
        }
    };
    let mut all_seen = true;
    let mut doubt = false;
    for group in groups {
        all_seen &= region_index.ingress.all(group).is_some();
        for rule in region_index.ingress.seen(group) {
            match fits(rule) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => doubt = true,
            }
        }
    }
    // Pods that are targets themselves may have groups of their own.
    (all_seen && !doubt && way.port.is_some()).then_some(false)
}
