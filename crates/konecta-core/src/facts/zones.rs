//! In which availability zones the parts of the stack stand, and on which other zones they depend: the fact `zones`.
//! Knows nothing of what happens when a zone is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::links::{Database, Links, Stack};
use super::load_balancer::zones as balancer_zones;
use super::nodes::Node;
use super::region_index::RegionIndex;
use super::routes::Nat;
use super::sink::Sink;
use konecta_base::calls;

const BALANCER: &str = "load balancer";
const NODES: &str = "nodes";
const DATABASE: &str = "database";

/// The fact `zones`.
pub(crate) fn zones(stack: &Stack<'_, '_>, sink: &Sink) -> Arc<str> {
    let mut links = Links::default();
    stack.open_balancers(BALANCER, &mut links);
    for balancer in stack.balancers(sink) {
        let place = balancer.name();
        match balancer.item.body.kind.as_deref() {
            Some("application") => {
                let zones = balancer_zones(&balancer.item.body).map(|zones| json!(zones));
                links.note_of((BALANCER, balancer.doubt.as_ref()), "zones", &place, zones);
            }
            // What a network load balancer passes on to is judged itself.
            Some(_) => {}
            None => links.open(BALANCER, format!("{place}: it was not sent of which kind it is")),
        }
    }
    links.require(NODES, stack.here(), &[calls::EKS_LIST_CLUSTERS], "the clusters");
    for (region_index, cluster) in stack.clusters() {
        nodes(region_index, cluster.id(cluster.body.name.as_ref()), &mut links);
    }
    stack.open_databases(DATABASE, &mut links);
    for (_, database) in stack.databases() {
        let told = match database {
            Database::Instance(item) => {
                json!({"multi_az": item.body.multi_az, "zone": item.body.availability_zone})
            }
            Database::Cluster(item) => json!({"multi_az": item.body.get("MultiAZ"), "zone": null}),
        };
        let known = told["multi_az"].is_boolean();
        links.note(DATABASE, "multi_az", &database.name(), known.then_some(told));
    }
    links.into_text()
}

fn describe(nat: &Nat) -> Value {
    match &nat.zone {
        Some(zone) => json!({"nat": nat.id, "zone": zone}),
        None => json!({"nat": nat.id, "regional": true}),
    }
}

/// The subnets of the cluster's node groups, and those in which its machines run.
fn nodes(region_index: &RegionIndex<'_>, cluster: &str, links: &mut Links) {
    links.require(
        NODES,
        [region_index].into_iter(),
        &[calls::EKS_LIST_NODEGROUPS, calls::EKS_DESCRIBE_NODEGROUP],
        "the node groups",
    );
    let mut subnets: BTreeSet<&str> = BTreeSet::new();
    let mut running: BTreeSet<&str> = BTreeSet::new();
    let mut known = true;
    for item in &region_index.here.nodegroups {
        match (item.body.cluster_name.as_deref(), &item.body.subnets) {
            (Some(of), _) if of != cluster => {}
            (Some(_), Some(ids)) => subnets.extend(ids.iter().map(String::as_str)),
            (_, _) => {
                let name = item.id(item.body.nodegroup_name.as_ref());
                links.open(NODES, format!("it was not sent in which subnets node group {name} stands"));
            }
        }
    }
    links.require(NODES, [region_index].into_iter(), &[calls::EC2_DESCRIBE_INSTANCES], "the instances");
    for (id, machine) in region_index.wiring.machines.iter().filter(|(_, machine)| !machine.is_gone()) {
        match (&machine.node, machine.subnet.as_deref()) {
            (Node::Of(of) | Node::Said { cluster: of, .. }, _) if of != cluster => {}
            (Node::Of(_) | Node::Said { .. }, Some(subnet)) => {
                subnets.insert(subnet);
                match machine.state.as_deref() {
                    Some("running") => drop(running.insert(subnet)),
                    Some(_) => {}
                    None => {
                        known = false;
                        links.open(NODES, format!("it was not sent whether node {id} runs"));
                    }
                }
            }
            (Node::Of(_) | Node::Said { .. }, None) => {
                known = false;
                links.open(NODES, format!("it was not sent in which subnet node {id} stands"));
            }
            (Node::Unknown(why), _) => {
                known = false;
                links.open(NODES, format!("it is not known whether {id} is a node: {why}"));
            }
            (Node::No, _) => {}
        }
    }
    let whole = region_index.seen.whole(region_index.place, calls::EC2_DESCRIBE_SUBNETS);
    let zone_of = |id: &str| {
        let found = region_index.by_id.subnets.get(id);
        found.and_then(|item| item.body.availability_zone.as_deref())
    };
    // Of none that runs, a new one comes up in any of the subnets.
    let zones: Option<BTreeSet<&str>> = running.iter().map(|id| zone_of(id)).collect();
    if let Some(zones) = zones.filter(|zones| known && !zones.is_empty()) {
        links.note(NODES, "running", &format!("cluster {cluster}"), Some(json!({"zones": zones})));
    }
    for id in &subnets {
        match (zone_of(id), region_index.nats.get(id)) {
            (Some(zone), Some(Ok(nats))) => {
                let nats: Vec<Value> = nats.iter().map(describe).collect();
                let told = json!({"zone": zone, "nats": nats});
                links.note(NODES, "zone", &format!("subnet {id}"), Some(told));
            }
            (Some(_), Some(Err(why))) => links.open(NODES, format!("subnet {id}: {why}")),
            (_, _) if whole => links.open(NODES, format!("the zone of subnet {id} was not sent")),
            (_, _) => links.open(NODES, format!("subnet {id} is in no listing")),
        }
    }
}
