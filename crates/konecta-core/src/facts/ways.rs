//! Ways to a load balancer past CloudFront, and who comes by them: over a load balancer before it, Global Accelerator,
//! and IPv6 through an internet gateway.
//! Knows nothing of distributions. Whether somebody is welcome is for policies to say.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fronts_of::{Front, Fronts};
use super::load_balancer::{ports, sources, subnets};
use super::region_index::RegionIndex;
use super::sink::object;
use super::world::Item;
use crate::model::elb::LoadBalancer;
use konecta_base::calls;

type Balancer = Item<LoadBalancer>;

/// One way: who may come by it, and how that is known.
#[derive(Debug)]
struct Way {
    kind: &'static str,
    /// Whether it is certain that it leads to this load balancer.
    certain: bool,
    proof: Vec<String>,
    sources: Vec<Value>,
}

/// All ways that were found, and why there may be more.
#[derive(Debug, Default)]
struct Found {
    ways: Vec<Way>,
    doubts: BTreeSet<String>,
}

/// The fact `ways`.
pub(crate) fn ways(
    fronts: &Fronts<'_>,
    grounds: &[RegionIndex<'_>],
    region_index: &RegionIndex<'_>,
    item: &Balancer,
) -> Value {
    let mut found = Found::default();
    match item.body.scheme.as_deref() {
        // Its own groups decide who comes to it from the internet: that is the fact `entrances`.
        Some("internet-facing") => {}
        Some("internal") => match ports(region_index, item, |_| true) {
            Some(ports) => inside(region_index, item, &ports, &mut found),
            None => found.doubt(format!("the listeners of {} were not all seen", item.arn)),
        },
        Some(_) | None => found.doubt(format!("it was not sent whether {} is internal", item.arn)),
    }
    found.doubts.extend(fronts.doubts(region_index.place));
    for front in fronts.before(&item.arn) {
        over(grounds, region_index, item, front, &mut found);
    }
    let told = |way: Way| {
        object([
            ("kind", Some(json!(way.kind))),
            ("certain", way.certain.then_some(Value::Bool(true))),
            ("sources", Some(Value::Array(way.sources))),
            ("proof", Some(json!(way.proof))),
        ])
    };
    let doubts = found.doubts;
    json!({"ways": found.ways.into_iter().map(told).collect::<Vec<_>>(), "doubts": doubts})
}

impl Found {
    fn doubt(&mut self, why: String) {
        self.doubts.insert(why);
    }
}

/// The ways over a load balancer before it: who comes to that one, as far as this one lets them in.
fn over(
    grounds: &[RegionIndex<'_>],
    region_index: &RegionIndex<'_>,
    item: &Balancer,
    front: &Front<'_>,
    found: &mut Found,
) {
    let own = front.port.map(|port| BTreeSet::from([port])).or_else(|| ports(region_index, item, |_| true));
    let own = own.and_then(|ports| sources(region_index, item, &ports));
    let seen = grounds.iter().find_map(|place| Some((place, *place.by_id.balancers.get(front.balancer)?)));
    let (Some(own), Some((place, before))) = (own, seen) else {
        return found.doubt(format!("{} stands before it, and was not all seen", front.balancer));
    };
    let mut coming = Found::default();
    let Some(doors) = ports(place, before, |listener| front.may_get_from(listener)) else {
        return found.doubt(format!("the listeners of {} were not all seen", before.arn));
    };
    if doors.is_empty() {
        return;
    }
    match (before.body.scheme.as_deref(), sources(place, before, &doors)) {
        (Some("internet-facing"), Some(sources)) => {
            coming.ways.push(Way { kind: "internet", certain: true, proof: Vec::new(), sources });
        }
        (Some("internal"), _) => inside(place, before, &doors, &mut coming),
        (_, _) => coming.doubt(format!("it was not sent who may come to {}", before.arn)),
    }
    found.doubts.append(&mut coming.doubts);
    let passing = front.passing(place, before);
    for mut way in coming.ways {
        way.proof.push(format!("{} → {} → {}", before.arn, front.group, item.arn));
        let meet = |one: &Value| own.iter().filter_map(|two| passing.meet(one, two)).collect::<Vec<_>>();
        way.sources = way.sources.iter().flat_map(meet).collect();
        found.ways.push(Way { kind: "load_balancer", ..way });
    }
}

/// The ways from the internet to one that is internal.
fn inside(region_index: &RegionIndex<'_>, item: &Balancer, ports: &BTreeSet<u16>, found: &mut Found) {
    let Some(all) = sources(region_index, item, ports) else {
        return found.doubt(format!("it was not sent which security groups {} carries", item.arn));
    };
    let stands = subnets(&item.body);
    if !stands.whole {
        found.doubt(format!("it was not sent in which subnets {} stands", item.arn));
    }
    accelerator(region_index, item, &stands.known, &all, found);
    ipv6(region_index, item, &stands.known, &all, found);
}

/// Global Accelerator comes to an internal load balancer by an interface of its own in each of its subnets.
fn accelerator(
    region_index: &RegionIndex<'_>,
    item: &Balancer,
    stands: &BTreeSet<String>,
    all: &[Value],
    found: &mut Found,
) {
    if !region_index.seen.whole(region_index.place, calls::EC2_DESCRIBE_NETWORK_INTERFACES) {
        let place = region_index.place;
        found.doubt(format!(
            "network interfaces of {} in {} were not listed to the end: one of Global Accelerator may be among them",
            place.account, place.region
        ));
    }
    let (mut proof, mut there, mut groups) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for interface in &region_index.by_id.accelerators {
        let sent = &interface.body;
        let id = interface.id(sent.network_interface_id.as_ref());
        let is_here = sent.subnet_id.as_ref().is_none_or(|subnet| stands.contains(subnet));
        match (sent.interface_type.as_deref(), &sent.subnet_id) {
            (Some("global_accelerator_managed"), Some(subnet)) if is_here => {
                proof.push(format!("{id} of Global Accelerator in {subnet} → {}", item.arn));
                there.insert(subnet.clone());
                groups.extend(sent.groups.iter().flatten().filter_map(|group| group.group_id.clone()));
            }
            (Some("global_accelerator_managed"), None) => {
                found.doubt(format!("it was not sent in which subnet {id} of Global Accelerator stands"));
            }
            // An interface that hangs on an instance is none of Global Accelerator's.
            (None, _) if is_here && sent.requester_managed != Some(false) => {
                found.doubt(format!("it was not sent what {id} is for: it may be one of Global Accelerator"));
            }
            (Some(_) | None, _) => {}
        }
    }
    if there.is_empty() {
        return;
    }
    let carried = |source: &&Value| {
        source["kind"] != "security_group" || source["source"]["id"].as_str().is_some_and(|id| groups.contains(id))
    };
    let certain = stands.is_subset(&there) || !has_company(region_index, item, &there);
    let sources = all.iter().filter(carried).cloned().collect();
    found.ways.push(Way { kind: "accelerator", certain, proof, sources });
}

/// Whether there is something else in these subnets to which Global Accelerator could lead.
fn has_company(region_index: &RegionIndex<'_>, item: &Balancer, there: &BTreeSet<String>) -> bool {
    let instance =
        region_index.here.instances.iter().any(|one| one.body.subnet_id.as_ref().is_none_or(|id| there.contains(id)));
    let others = region_index.here.load_balancers.iter().filter(|one| one.arn != item.arn);
    let balancer = others.map(|one| subnets(&one.body)).any(|ids| !ids.whole || !ids.known.is_disjoint(there));
    let seen = [calls::EC2_DESCRIBE_INSTANCES, calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS];
    instance || balancer || !seen.iter().all(|action| region_index.seen.whole(region_index.place, action))
}

/// The attribute by which an internal load balancer keeps internet gateways out.
const DENIES: &str = "ipv6.deny_all_igw_traffic";

/// An internal load balancer has public addresses of IPv6 where its subnets have them.
fn ipv6(region_index: &RegionIndex<'_>, item: &Balancer, stands: &BTreeSet<String>, all: &[Value], found: &mut Found) {
    let attributes = region_index.here.attributes.get(&item.arn);
    let denies = attributes.and_then(|all| all.iter().find(|one| one.key.as_deref() == Some(DENIES)));
    match (item.body.ip_address_type.as_deref(), denies.and_then(|one| one.value.as_deref())) {
        (Some("ipv4"), _) | (Some("dualstack"), Some("true")) => return,
        (Some("dualstack"), Some("false")) => {}
        (Some("dualstack"), _) => {
            return found.doubt(format!("it was not sent whether {} keeps internet gateways out ({DENIES})", item.arn));
        }
        (_, _) => return found.doubt(format!("it was not sent whether {} speaks IPv6", item.arn)),
    }
    let reaches: Vec<_> = stands.iter().map(|subnet| region_index.reaches.get(subnet.as_str())).collect();
    let closed = |reach: &Option<&super::routes::Reach>| reach.is_some_and(|reach| reach.open == Some(false));
    if !reaches.is_empty() && reaches.iter().all(closed) {
        return;
    }
    let mut proof = vec![format!("{DENIES} of {} is false", item.arn)];
    let open = reaches.iter().flatten().filter(|reach| reach.open == Some(true));
    let hops: Vec<String> = open.flat_map(|reach| &reach.proof).filter(|hop| hop.contains("::/0")).cloned().collect();
    let certain = !hops.is_empty();
    proof.extend(hops);
    let speaks = |source: &&Value| match source["kind"].as_str() {
        Some("cidr") => source["cidr"].as_str().is_none_or(|cidr| cidr.contains(':')),
        Some("security_group") => false,
        Some(_) | None => true,
    };
    found.ways.push(Way { kind: "ipv6", certain, proof, sources: all.iter().filter(speaks).cloned().collect() });
}
