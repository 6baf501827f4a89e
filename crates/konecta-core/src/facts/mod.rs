//! Facts: what follows from several resources together, derived once and handed to policies as data.
//! Knows nothing of policies. docs/facts.md is the contract.
//!
//! A fact is `None` until it is proved: a key that AWS did not send, a page that did not come and a call that was
//! refused make facts unknown, never better.

mod attachments;
mod autoscaler;
mod balanced;
mod balancer_way;
mod by_id;
mod carriers;
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
mod node_ssh;
mod node_template;
mod nodes;
mod origin;
mod origin_tls;
mod parts;
mod ports;
mod prefix_lists;
mod public_endpoint;
mod region_index;
mod repositories;
mod route_tables;
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

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

pub use self::iam_actions::wildcard;
pub use self::iam_document::scalar;
pub use self::iam_pattern::covers;
pub use self::named::Named;
use self::parts::Roles;
use self::prefix_lists::PrefixLists;
pub use self::public_endpoint::is_most_of_the_internet;
use self::region_index::RegionIndex;
use self::seen::{AccountRegion, Seen};
use self::sink::Sink;
pub(crate) use self::sink::Wanted;
use self::world::{Regional, World};
use konecta_base::blueprint::Blueprint;
use konecta_base::resource::Resource;
use konecta_base::snapshot::{SnapshotError, Source};
use konecta_rego::fact_reads::FactTexts;
pub use konecta_rego::fact_reads::{FactCatalogue, FactInfo, catalogue, is_fact, is_index, reads_of};

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

/// The same as the text that policies are given, in a fraction of the room.
#[derive(Debug, Clone)]
pub struct FactsAsText {
    /// Facts by the ARN of their resource and by name.
    pub by_arn: HashMap<Box<str>, FactTexts>,
    /// Indexes by name and key.
    pub index: BTreeMap<String, BTreeMap<String, Arc<str>>>,
    /// AWS's own lists.
    pub lifecycle: Value,
    /// The stacks, as resources that stack controls judge.
    pub stacks: Vec<Resource>,
}

/// Goes once through the snapshot and derives everything that follows from it.
///
/// # Errors
/// When the snapshot cannot be read to its end.
pub fn derive(source: &dyn Source, blueprint: &Blueprint) -> Result<Facts, SnapshotError> {
    Ok(Facts::of(&derive_as_text(source, blueprint)?))
}

impl Facts {
    pub(crate) fn of(texts: &FactsAsText) -> Self {
        let value = |text: &Arc<str>| serde_json::from_str(text).unwrap_or_default();
        let named = |facts: &FactTexts| facts.iter().map(|(name, text)| (*name, value(text))).collect();
        let entries =
            |all: &BTreeMap<String, Arc<str>>| all.iter().map(|(key, text)| (key.clone(), value(text))).collect();
        Self {
            by_arn: texts.by_arn.iter().map(|(arn, facts)| (arn.to_string(), named(facts))).collect(),
            index: texts.index.iter().map(|(name, all)| (name.clone(), entries(all))).collect(),
            lifecycle: texts.lifecycle.clone(),
            stacks: texts.stacks.clone(),
        }
    }
}

/// As [`derive()`], and nothing is parsed.
///
/// # Errors
/// When the snapshot cannot be read to its end.
pub fn derive_as_text(source: &dyn Source, blueprint: &Blueprint) -> Result<FactsAsText, SnapshotError> {
    texts(source, blueprint, Wanted::All)
}

/// As [`derive_as_text`], of the facts and indexes that are wanted.
pub(crate) fn texts(source: &dyn Source, blueprint: &Blueprint, wanted: Wanted) -> Result<FactsAsText, SnapshotError> {
    let mut world = World::new();
    source.visit_types(&world::is_taken, &mut |resource| world::take(&mut world, resource))?;
    let seen = Seen::of(source);
    let mut sink = Sink::of(wanted);
    let names = catalogue().index.keys().map(String::as_str);
    indexes::open(&mut sink, names);
    let nothing = Regional::default();
    let here = |place: &AccountRegion| world.get(place).unwrap_or(&nothing);
    let places = all_places(source.info());
    let lists: Vec<PrefixLists> = places.iter().map(|place| PrefixLists::of(place, here(place), &seen)).collect();
    let global =
        |place: &AccountRegion| here(&AccountRegion { region: konecta_base::id::Region::global(), ..place.clone() });
    let grounds: Vec<RegionIndex<'_>> = places
        .iter()
        .zip(&lists)
        .map(|(place, lists)| RegionIndex::of(place, (here(place), global(place)), &seen, lists, blueprint))
        .collect();
    let fronts = fronts_of::Fronts::of(&grounds);
    let edge = origin::Edge::of(&seen, &grounds, &fronts);
    for account in &source.info().accounts {
        state_account(account, (&grounds, &edge, &fronts), &seen, blueprint, &mut sink);
    }
    inventory::state(&world, source.info(), &seen, blueprint, &mut sink);
    state_edge((&grounds, &edge, &fronts), &seen, (source.info(), blueprint), &mut sink);
    let (by_arn, index) = sink.finish();
    Ok(FactsAsText {
        by_arn,
        index,
        lifecycle: lifecycle::lifecycle(&world, &ordered(source, blueprint), &seen),
        stacks: stack::stacks(source.info(), blueprint),
    })
}

/// All places of the scan, account by account: its regions, then what spans them.
fn all_places(info: &konecta_base::snapshot::ScanInfo) -> Vec<AccountRegion> {
    let place = |account: &konecta_base::id::AccountId, region| AccountRegion { account: account.clone(), region };
    let regions = || info.regions.iter().cloned().chain([konecta_base::id::Region::global()]);
    info.accounts.iter().flat_map(|account| regions().map(move |region| place(account, region))).collect()
}

/// All places of the scan, those in the stack's region first.
fn ordered(source: &dyn Source, blueprint: &Blueprint) -> Vec<AccountRegion> {
    let info = source.info();
    let place = |account: &konecta_base::id::AccountId, region: &konecta_base::id::Region| AccountRegion {
        account: account.clone(),
        region: region.clone(),
    };
    let mut places: Vec<AccountRegion> = info
        .regions
        .iter()
        .flat_map(|region| info.accounts.iter().map(move |account| place(account, region)))
        .collect();
    places.sort_by_key(|place| Some(&place.region) != blueprint.stack.region.as_ref());
    places
}

/// All places of the scan, with what stands before load balancers.
type Edged<'a, 'b> = (&'b [RegionIndex<'a>], &'b origin::Edge<'a>, &'b fronts_of::Fronts<'b>);

/// Derives everything of one account: region by region, then what spans regions.
fn state_account(
    account: &konecta_base::id::AccountId,
    (grounds, edge, fronts): Edged<'_, '_>,
    seen: &Seen,
    blueprint: &Blueprint,
    sink: &mut Sink,
) {
    let mut roles = Roles::default();
    let own = || grounds.iter().filter(|region_index| &region_index.place.account == account);
    let (vpcs, organizations) = (vpcs(grounds), trust::Organizations::of(grounds));
    for region_index in own() {
        state_place(region_index, (edge, fronts), sink);
        repositories::state(region_index, (&vpcs, &organizations), blueprint, sink);
        if !region_index.place.region.is_global() {
            roles.see(region_index, seen);
        }
        if Some(&region_index.place.region) == blueprint.stack.region.as_ref() {
            stack::state(region_index, blueprint, sink);
        }
    }
    for region_index in own().filter(|region_index| region_index.place.region.is_global()) {
        roles.state(region_index.here, sink);
        if sink.wants(&["grants"]) {
            let policies = grants::Policies::of(region_index.here);
            for item in &region_index.here.roles {
                sink.fact(&item.arn, "grants", Some(policies.grants(item)));
            }
        }
        for item in &region_index.here.distributions {
            sink.fact(&item.arn, "dynamic_paths", dynamic_paths::dynamic_paths(item, blueprint));
        }
    }
}

/// The VPCs that the scan saw, of whichever account.
fn vpcs(grounds: &[RegionIndex<'_>]) -> std::collections::BTreeSet<String> {
    let all = grounds.iter().flat_map(|region_index| &region_index.here.vpcs);
    all.map(|item| item.id(item.body.vpc_id.as_ref()).to_owned()).collect()
}

/// A fact of the whole stack, as JSON.
type Derive = fn(&links::Stack<'_, '_>, &Sink) -> Arc<str>;

/// Derives what holds between the edge and the load balancers of all regions, of all accounts: a distribution, the zone
/// that names its origin and the load balancer may stand in three of them.
fn state_edge(
    (grounds, edge, fronts): Edged<'_, '_>,
    seen: &Seen,
    (info, blueprint): (&konecta_base::snapshot::ScanInfo, &Blueprint),
    sink: &mut Sink,
) {
    for region_index in grounds.iter().filter(|region_index| region_index.place.region.is_global()) {
        let (place, global) = (region_index.place, region_index.here);
        let policies = forwarded_host::Policies::of(global);
        let deliveries = log_deliveries::Deliveries::of(place, global, seen);
        let origins_wanted = sink.wants(&["origins", "log_deliveries", "origin_tls"]);
        for item in global.distributions.iter().filter(|_| origins_wanted) {
            sink.fact(&item.arn, "origins", edge.origins(item));
            sink.fact(&item.arn, "log_deliveries", deliveries.about(&item.arn));
            sink.fact(&item.arn, "origin_tls", origin_tls::origin_tls(edge, &policies, grounds, item));
        }
    }
    let ways_wanted = sink.wants(&["edge", "ways"]);
    for region_index in grounds.iter().filter(|_| ways_wanted) {
        for item in &region_index.here.load_balancers {
            sink.fact(&item.arn, "edge", Some(edge.edge(item, fronts)));
            sink.fact(&item.arn, "ways", Some(ways::ways(fronts, grounds, region_index, item)));
        }
    }
    let Some(region) = &blueprint.stack.region else { return };
    let joined = links::Stack { grounds, region, edge };
    let joins: [(&'static str, Derive); 3] =
        [("hops", hops::hops), ("zones", zones::zones), ("log_sources", log_sources::log_sources)];
    for (name, derive) in joins {
        if !sink.wants(&[name]) {
            continue;
        }
        let text = derive(&joined, sink);
        for account in &info.accounts {
            sink.fact_as_text(&stack::arn(account, region, blueprint), name, Some(Arc::clone(&text)));
        }
    }
}

/// Derives what follows within one place.
fn state_place(
    region_index: &RegionIndex<'_>,
    (edge, fronts): (&origin::Edge<'_>, &fronts_of::Fronts<'_>),
    sink: &mut Sink,
) {
    let carriers = carriers::Carriers::of(region_index, &|arn| edge.is_fetched(arn));
    parts::state(region_index, &strangers_balancers(region_index, &carriers, (edge, fronts)), sink);
    indexes::fill(region_index, sink);
    state_network(region_index, sink);
    let ports = database::Ports::of(region_index);
    let uses = group_use::GroupUse::of(region_index);
    let listening = listening::Listening::of(region_index);
    let ports_wanted =
        sink.wants(&["open_ports", "open_ports_doubts", "database_ports", "ingress", "members", "rule_ids"]);
    for item in region_index.here.security_groups.iter().filter(|_| ports_wanted) {
        let group = item.id(item.body.group_id.as_ref());
        state_group(region_index, &ports, &listening, (&item.arn, group), sink);
        sink.fact(&item.arn, "members", uses.members(group));
        sink.fact(&item.arn, "rule_ids", uses.rules(group));
    }
    let fronts_wanted = sink.wants(&["entrances", "doors", "web_acl"]);
    for item in region_index.here.load_balancers.iter().filter(|_| fronts_wanted) {
        sink.fact(&item.arn, "entrances", load_balancer::entrances(region_index, item));
        sink.fact(&item.arn, "doors", Some(load_balancer::doors(region_index, item)));
        sink.fact(&item.arn, "web_acl", Some(web_acl::web_acl(region_index, item)));
    }
    let bearers = balancer_way::bearers(region_index);
    let carriers_wanted = sink.wants(&["group_carriers", "carried_by_nodes", "balancer_way"]);
    for item in region_index.here.security_groups.iter().filter(|_| carriers_wanted) {
        let group = item.id(item.body.group_id.as_ref());
        sink.index("group_carriers", group, Some(carriers.describe(group)));
        sink.fact(&item.arn, "carried_by_nodes", Some(carriers.of_nodes(group)));
        match balancer_way::balancer_way(region_index, (&carriers, &bearers), group) {
            Ok(way) => sink.fact(&item.arn, "balancer_way", Some(way)),
            Err(whys) => whys.into_iter().for_each(|why| sink.why(&item.arn, "balancer_way", why)),
        }
    }
    let clients_wanted = sink.wants(&["database_clients"]);
    for item in region_index.here.databases.iter().filter(|_| clients_wanted) {
        sink.fact(&item.arn, "database_clients", database::clients(region_index, &carriers, item));
    }
    for item in &region_index.here.instances {
        let instance = item.id(item.body.instance_id.as_ref());
        let template = node_template::node_template(region_index, instance);
        sink.fact(&item.arn, "node_template", template);
    }
    for item in &region_index.here.clusters {
        sink.fact(&item.arn, "public_endpoint", public_endpoint::public_endpoint(&item.body));
    }
    for item in &region_index.here.nodegroups {
        let autoscaler = autoscaler::autoscaler(region_index.place, region_index.here, region_index.seen, item);
        sink.fact(&item.arn, "autoscaler", autoscaler);
        sink.fact(&item.arn, "ssh", node_ssh::ssh(region_index, item));
    }
}

/// The application load balancers that are certainly another's: they forward to other clusters than the one that the
/// blueprint names, and no distribution has them as an origin.
fn strangers_balancers<'a>(
    region_index: &RegionIndex<'a>,
    carriers: &carriers::Carriers,
    (edge, fronts): (&origin::Edge<'_>, &fronts_of::Fronts<'_>),
) -> std::collections::BTreeSet<&'a str> {
    let stack = &region_index.blueprint.eks.cluster;
    let elsewhere = |arn: &str| {
        carriers.balanced.clusters(arn).is_ok_and(|clusters| !clusters.is_empty() && !clusters.contains(stack))
    };
    let alone = |item: &world::Item<crate::model::elb::LoadBalancer>| {
        let found = edge.edge(item, fronts);
        [&found["distributions"], &found["doubts"]].iter().all(|list| list.as_array().is_some_and(Vec::is_empty))
    };
    let balancers = region_index.here.load_balancers.iter();
    balancers.filter(|item| elsewhere(&item.arn) && alone(item)).map(|item| item.arn.as_str()).collect()
}

/// Of what belongs to another account of this scan, its owner tells: in a shared VPC, routes, gateways, network ACLs and flow logs.
fn state_network(region_index: &RegionIndex<'_>, sink: &mut Sink) {
    for item in &region_index.here.subnets {
        let id = item.id(item.body.subnet_id.as_ref());
        if region_index.speaks_for(item.body.owner_id.as_ref()) {
            sink.fact(&item.arn, "internet_route", region_index.reaches.get(id).map(routes::Reach::describe));
        }
        sink.fact(&item.arn, "subnet_role", region_index.roles.get(id).map(subnet_role::Role::describe));
    }
    let flow_logs = flow_logs::FlowLogs::of(region_index);
    for item in &region_index.here.vpcs {
        if let Some(why) = flow_logs::unseen(region_index, item) {
            sink.why(&item.arn, "flow_logs", why);
        }
        if region_index.speaks_for(item.body.owner_id.as_ref()) {
            sink.fact(&item.arn, "flow_logs", flow_logs.watching(region_index, item));
        }
    }
    for item in
        region_index.here.network_acls.iter().filter(|item| region_index.speaks_for(item.body.owner_id.as_ref()))
    {
        sink.fact(&item.arn, "acl_subnets", network_acls::subnets(region_index, &item.body));
        sink.fact(&item.arn, "acl_open_ports", network_acls::open_ports(&item.body));
    }
}

fn state_group(
    region_index: &RegionIndex<'_>,
    databases: &database::Ports,
    listening: &listening::Listening,
    (arn, group): (&str, &str),
    sink: &mut Sink,
) {
    let all = region_index.ingress.all(group);
    let ports = ports::open_ports(region_index.ingress.seen(group), region_index.lists, &listening.of_group(group));
    let known = all.is_some() || !ports.open.is_empty();
    sink.fact(arn, "open_ports", known.then(|| json!(ports.open)));
    sink.fact(arn, "open_ports_doubts", all.is_some().then(|| json!(ports.doubts)));
    sink.fact(arn, "database_ports", databases.behind(group));
    let ingress = all.map(|rules| rules.iter().map(|rule| region_index.source(rule)).collect());
    sink.fact(arn, "ingress", ingress.map(Value::Array));
}
