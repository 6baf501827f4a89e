//! Facts: what follows from several resources together, derived once and handed to policies as data.
//! Knows nothing of policies. docs/facts.md is the contract.
//!
//! A fact is `None` until it is proved: a key that AWS did not send, a page that did not come and a call that was
//! refused make facts unknown, never better.

mod attachments;
mod autoscaler;
mod balanced;
mod balancer_way;
mod carriers;
mod catalogue;
mod certificates;
mod chain;
mod cidr;
mod database;
mod dns;
mod dynamic_paths;
mod edge_routes;
mod flow_logs;
mod forwarded_host;
mod fronts;
mod fronts_of;
mod grants;
mod ground;
mod group_use;
mod hops;
mod iam_actions;
mod iam_document;
mod iam_pattern;
mod indexes;
mod ingress;
mod inventory;
mod known;
mod lifecycle;
mod lifecycle_keeps;
mod links;
mod listening;
mod load_balancer;
mod log_deliveries;
mod log_sources;
mod named;
mod network_acls;
mod node_template;
mod nodes;
mod origin;
mod origin_tls;
mod parts;
mod ports;
mod prefix_lists;
mod public_endpoint;
mod repositories;
mod route_targets;
mod routes;
mod seen;
mod sink;
mod stack;
mod strangers;
mod subnet_role;
mod templates;
#[cfg(test)]
mod tests;
mod tls_door;
mod trust;
mod ways;
mod web_acl;
mod wiring;
mod world;
mod zones;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use self::catalogue::{FactCatalogue, FactInfo, catalogue, is_fact, is_index, reads_of};
use self::ground::Ground;
pub(crate) use self::iam_actions::wildcard;
pub(crate) use self::iam_document::scalar;
pub(crate) use self::iam_pattern::covers;
pub use self::named::Named;
use self::parts::Roles;
use self::prefix_lists::PrefixLists;
pub(crate) use self::public_endpoint::is_most_of_the_internet;
use self::seen::{Place, Seen};
use self::sink::Sink;
use self::world::{Regional, World};
use crate::blueprint::Blueprint;
use crate::resource::Resource;
use crate::snapshot::{SnapshotError, Source};

/// Everything that was derived from a snapshot.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Facts by the ARN of their resource and by name: `data.facts`.
    pub by_arn: BTreeMap<String, Named>,
    /// Indexes by name and key: `data.index`.
    pub index: BTreeMap<String, BTreeMap<String, Value>>,
    /// AWS's own lists: `data.lifecycle`.
    pub lifecycle: Value,
    /// The stacks, as resources that stack controls judge.
    pub stacks: Vec<Resource>,
}

/// Goes once through the snapshot and derives everything that follows from it.
///
/// # Errors
/// When the snapshot cannot be read to its end.
pub fn derive(source: &dyn Source, blueprint: &Blueprint) -> Result<Facts, SnapshotError> {
    let mut world = World::new();
    source.visit_types(&world::is_taken, &mut |resource| world::take(&mut world, resource))?;
    let seen = Seen::of(source);
    let mut sink = Sink::default();
    let names = catalogue().map(|catalogue| catalogue.index.keys().map(String::as_str)).ok();
    indexes::open(&mut sink, names.into_iter().flatten());
    let nothing = Regional::default();
    let here = |place: &Place| world.get(place).unwrap_or(&nothing);
    let places = all_places(source.info());
    let lists: Vec<PrefixLists> = places.iter().map(|place| PrefixLists::of(place, here(place), &seen)).collect();
    let global = |place: &Place| here(&Place { region: crate::id::Region::global(), ..place.clone() });
    let grounds: Vec<Ground<'_>> = places
        .iter()
        .zip(&lists)
        .map(|(place, lists)| Ground::of(place, (here(place), global(place)), &seen, lists, blueprint))
        .collect();
    let fronts = fronts_of::Fronts::of(&grounds);
    let edge = origin::Edge::of(&seen, &grounds, &fronts);
    for account in &source.info().accounts {
        state_account(account, (&grounds, &edge, &fronts), &seen, blueprint, &mut sink);
    }
    inventory::state(&world, source.info(), &seen, blueprint, &mut sink);
    state_edge((&grounds, &edge, &fronts), &seen, (source.info(), blueprint), &mut sink);
    let (by_arn, index) = sink.finish();
    Ok(Facts {
        by_arn,
        index,
        lifecycle: lifecycle::lifecycle(&world, &ordered(source, blueprint), &seen),
        stacks: stack::stacks(source.info(), blueprint),
    })
}

/// All places of the scan, account by account: its regions, then what spans them.
fn all_places(info: &crate::snapshot::ScanInfo) -> Vec<Place> {
    let place = |account: &crate::id::AccountId, region| Place { account: account.clone(), region };
    let regions = || info.regions.iter().cloned().chain([crate::id::Region::global()]);
    info.accounts.iter().flat_map(|account| regions().map(move |region| place(account, region))).collect()
}

/// All places of the scan, those in the stack's region first.
fn ordered(source: &dyn Source, blueprint: &Blueprint) -> Vec<Place> {
    let info = source.info();
    let place = |account: &crate::id::AccountId, region: &crate::id::Region| Place {
        account: account.clone(),
        region: region.clone(),
    };
    let mut places: Vec<Place> = info
        .regions
        .iter()
        .flat_map(|region| info.accounts.iter().map(move |account| place(account, region)))
        .collect();
    places.sort_by_key(|place| Some(&place.region) != blueprint.stack.region.as_ref());
    places
}

/// All places of the scan, with what stands before load balancers.
type Edged<'a, 'b> = (&'b [Ground<'a>], &'b origin::Edge<'a>, &'b fronts_of::Fronts<'b>);

/// Derives everything of one account: region by region, then what spans regions.
fn state_account(
    account: &crate::id::AccountId,
    (grounds, edge, fronts): Edged<'_, '_>,
    seen: &Seen,
    blueprint: &Blueprint,
    sink: &mut Sink,
) {
    let mut roles = Roles::default();
    let own = || grounds.iter().filter(|ground| &ground.place.account == account);
    let (vpcs, organizations) = (vpcs(grounds), trust::Organizations::of(grounds));
    for ground in own() {
        state_place(ground, (edge, fronts), sink);
        repositories::state(ground, (&vpcs, &organizations), blueprint, sink);
        if !ground.place.region.is_global() {
            roles.see(ground, seen);
        }
        if Some(&ground.place.region) == blueprint.stack.region.as_ref() {
            stack::state(ground, blueprint, sink);
        }
    }
    for ground in own().filter(|ground| ground.place.region.is_global()) {
        roles.state(ground.here, sink);
        let policies = grants::Policies::of(ground.here);
        for item in &ground.here.roles {
            sink.fact(&item.arn, "grants", Some(policies.grants(item)));
        }
        for item in &ground.here.distributions {
            sink.fact(&item.arn, "dynamic_paths", dynamic_paths::dynamic_paths(item, blueprint));
        }
    }
}

/// The VPCs that the scan saw, of whichever account.
fn vpcs(grounds: &[Ground<'_>]) -> std::collections::BTreeSet<String> {
    let all = grounds.iter().flat_map(|ground| &ground.here.vpcs);
    all.map(|item| item.id(item.body.vpc_id.as_ref()).to_owned()).collect()
}

/// Derives what holds between the edge and the load balancers of all regions, of all accounts: a distribution, the zone
/// that names its origin and the load balancer may stand in three of them.
fn state_edge(
    (grounds, edge, fronts): Edged<'_, '_>,
    seen: &Seen,
    (info, blueprint): (&crate::snapshot::ScanInfo, &Blueprint),
    sink: &mut Sink,
) {
    for ground in grounds.iter().filter(|ground| ground.place.region.is_global()) {
        let (place, global) = (ground.place, ground.here);
        let policies = forwarded_host::Policies::of(global);
        for item in &global.distributions {
            sink.fact(&item.arn, "origins", edge.origins(item));
            sink.fact(&item.arn, "log_deliveries", log_deliveries::log_deliveries(place, global, seen, &item.arn));
            sink.fact(&item.arn, "origin_tls", origin_tls::origin_tls(edge, &policies, grounds, item));
        }
    }
    for ground in grounds {
        for item in &ground.here.load_balancers {
            sink.fact(&item.arn, "edge", Some(edge.edge(item, fronts)));
            sink.fact(&item.arn, "ways", Some(ways::ways(fronts, grounds, ground, item)));
        }
    }
    let Some(region) = &blueprint.stack.region else { return };
    let joined = links::Stack { grounds, region, edge };
    let (hops, zones) = (hops::hops(&joined, sink), zones::zones(&joined, sink));
    let log_sources = log_sources::log_sources(&joined, sink);
    for account in &info.accounts {
        let arn = stack::arn(account, region, blueprint);
        sink.fact(&arn, "hops", Some(hops.clone()));
        sink.fact(&arn, "zones", Some(zones.clone()));
        sink.fact(&arn, "log_sources", Some(log_sources.clone()));
    }
}

/// Derives what follows within one place.
fn state_place(ground: &Ground<'_>, (edge, fronts): (&origin::Edge<'_>, &fronts_of::Fronts<'_>), sink: &mut Sink) {
    let carriers = carriers::Carriers::of(ground, &|arn| edge.is_fetched(arn));
    parts::state(ground, &strangers_balancers(ground, &carriers, (edge, fronts)), sink);
    indexes::fill(ground, sink);
    state_network(ground, sink);
    let ports = database::Ports::of(ground);
    let uses = group_use::GroupUse::of(ground);
    let listening = listening::Listening::of(ground);
    for item in &ground.here.security_groups {
        let group = item.id(item.body.group_id.as_ref());
        state_group(ground, &ports, &listening, (&item.arn, group), sink);
        sink.fact(&item.arn, "members", uses.members(group));
        sink.fact(&item.arn, "rule_ids", uses.rules(group));
    }
    for item in &ground.here.load_balancers {
        sink.fact(&item.arn, "entrances", load_balancer::entrances(ground, item));
        sink.fact(&item.arn, "doors", Some(load_balancer::doors(ground, item)));
        sink.fact(&item.arn, "web_acl", Some(web_acl::web_acl(ground, item)));
    }
    for item in &ground.here.security_groups {
        let group = item.id(item.body.group_id.as_ref());
        sink.index("group_carriers", group, Some(carriers.describe(group)));
        match balancer_way::balancer_way(ground, &carriers, group) {
            Ok(way) => sink.fact(&item.arn, "balancer_way", Some(way)),
            Err(whys) => whys.into_iter().for_each(|why| sink.why(&item.arn, "balancer_way", why)),
        }
    }
    for item in &ground.here.databases {
        sink.fact(&item.arn, "database_clients", database::clients(ground, &carriers, item));
    }
    for item in &ground.here.instances {
        let instance = item.id(item.body.instance_id.as_ref());
        let template = node_template::node_template(ground, instance);
        sink.fact(&item.arn, "node_template", template);
    }
    for item in &ground.here.clusters {
        sink.fact(&item.arn, "public_endpoint", public_endpoint::public_endpoint(&item.body));
    }
    for item in &ground.here.nodegroups {
        let autoscaler = autoscaler::autoscaler(ground.place, ground.here, ground.seen, item);
        sink.fact(&item.arn, "autoscaler", autoscaler);
    }
}

/// The application load balancers that are certainly another's: they forward to other clusters than the one that the
/// blueprint names, and no distribution has them as an origin.
fn strangers_balancers<'a>(
    ground: &Ground<'a>,
    carriers: &carriers::Carriers,
    (edge, fronts): (&origin::Edge<'_>, &fronts_of::Fronts<'_>),
) -> std::collections::BTreeSet<&'a str> {
    let stack = &ground.blueprint.eks.cluster;
    let elsewhere = |arn: &str| {
        carriers.balanced.clusters(arn).is_ok_and(|clusters| !clusters.is_empty() && !clusters.contains(stack))
    };
    let alone = |item: &world::Item<crate::model::elb::LoadBalancer>| {
        let found = edge.edge(item, fronts);
        [&found["distributions"], &found["doubts"]].iter().all(|list| list.as_array().is_some_and(Vec::is_empty))
    };
    let balancers = ground.here.load_balancers.iter();
    balancers.filter(|item| elsewhere(&item.arn) && alone(item)).map(|item| item.arn.as_str()).collect()
}

/// Of what belongs to another account of this scan, its owner tells: in a shared VPC, routes, gateways, network ACLs and flow logs.
fn state_network(ground: &Ground<'_>, sink: &mut Sink) {
    for item in &ground.here.subnets {
        let id = item.id(item.body.subnet_id.as_ref());
        if ground.speaks_for(item.body.owner_id.as_ref()) {
            sink.fact(&item.arn, "internet_route", ground.reaches.get(id).map(routes::Reach::describe));
        }
        sink.fact(&item.arn, "subnet_role", ground.roles.get(id).map(subnet_role::Role::describe));
    }
    for item in &ground.here.vpcs {
        if let Some(why) = flow_logs::unseen(ground, item) {
            sink.why(&item.arn, "flow_logs", why);
        }
        if ground.speaks_for(item.body.owner_id.as_ref()) {
            sink.fact(&item.arn, "flow_logs", flow_logs::flow_logs(ground, item));
        }
    }
    for item in ground.here.network_acls.iter().filter(|item| ground.speaks_for(item.body.owner_id.as_ref())) {
        sink.fact(&item.arn, "acl_subnets", network_acls::subnets(ground, &item.body));
        sink.fact(&item.arn, "acl_open_ports", network_acls::open_ports(&item.body));
    }
}

fn state_group(
    ground: &Ground<'_>,
    databases: &database::Ports,
    listening: &listening::Listening,
    (arn, group): (&str, &str),
    sink: &mut Sink,
) {
    let all = ground.ingress.all(group);
    let ports = ports::open_ports(ground.ingress.seen(group), ground.lists, &listening.of_group(group));
    let known = all.is_some() || !ports.open.is_empty();
    sink.fact(arn, "open_ports", known.then(|| json!(ports.open)));
    sink.fact(arn, "open_ports_doubts", all.is_some().then(|| json!(ports.doubts)));
    sink.fact(arn, "database_ports", databases.behind(group));
    let ingress = all.map(|rules| rules.iter().map(|rule| ground.source(rule)).collect());
    sink.fact(arn, "ingress", ingress.map(Value::Array));
}
