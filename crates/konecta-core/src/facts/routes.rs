//! Where a subnet's routes lead: which table is in force, and whether it leads to the internet.
//! Knows nothing of what stands in a subnet.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cidr::{Span, is_any_internet};
use super::prefix_lists::PrefixLists;
use super::seen::{Place, Seen};
use super::sink::object;
use super::world::{Item, Regional};
use crate::model::ec2;

/// Whether a subnet is open to the internet, and how that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) open: Option<bool>,
    pub(crate) proof: Vec<String>,
}

impl Reach {
    pub(crate) fn describe(&self) -> Value {
        object([("open", self.open.map(Value::Bool)), ("proof", Some(json!(self.proof)))])
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self { open: None, proof: vec![why.into()] }
    }
}

/// The routes of one place.
pub(crate) struct Routes<'a> {
    here: &'a Regional,
    lists: &'a PrefixLists,
    whole: bool,
    gateways: BTreeMap<&'a str, &'a Item<ec2::InternetGateway>>,
}

type Table = Item<ec2::RouteTable>;

impl<'a> Routes<'a> {
    pub(crate) fn of(place: &Place, here: &'a Regional, seen: &Seen, lists: &'a PrefixLists) -> Self {
        let gateways =
            here.internet_gateways.iter().map(|item| (item.id(item.body.internet_gateway_id.as_ref()), item)).collect();
        Self { here, lists, whole: seen.whole(place, "ec2:DescribeRouteTables"), gateways }
    }

    /// Follows a subnet's routes.
    pub(crate) fn reach(&self, subnet: &Item<ec2::Subnet>) -> Reach {
        let id = subnet.id(subnet.body.subnet_id.as_ref());
        if !self.whole {
            return Reach::unknown("route tables were not listed to the end");
        }
        let (table, how) = match self.table_of(id, subnet.body.vpc_id.as_deref()) {
            Ok(found) => found,
            Err(why) => return Reach::unknown(why),
        };
        let name = table.id(table.body.route_table_id.as_ref());
        let vpc = subnet.body.vpc_id.as_deref().or(table.body.vpc_id.as_deref());
        let (open, hops) = self.leads_out(table, vpc);
        let proof = [format!("{id} → {name} ({how})")].into_iter().chain(hops).collect();
        Reach { open, proof }
    }

    /// The table in force: the one associated with the subnet, else the main table of its VPC.
    fn table_of(&self, subnet: &str, vpc: Option<&str>) -> Result<(&'a Table, &'static str), String> {
        let tables = &self.here.route_tables;
        let names = |table: &&Table| {
            table.body.associations.iter().flatten().any(|one| one.subnet_id.as_deref() == Some(subnet))
        };
        let mut explicit = tables.iter().filter(names);
        if let Some(table) = explicit.next() {
            return match explicit.next() {
                Some(_) => Err(format!("{subnet} is associated with two route tables")),
                None => Ok((table, "associated")),
            };
        }
        let vpc = vpc.ok_or_else(|| format!("the VPC of {subnet} was not sent"))?;
        let could_be = |table: &&Table| table.body.vpc_id.as_deref().is_none_or(|of| of == vpc);
        if let Some(table) = tables.iter().filter(could_be).find(is_unclear) {
            let name = table.id(table.body.route_table_id.as_ref());
            return Err(format!("it was not sent what {name} is associated with"));
        }
        if let Some(table) = tables.iter().find(|table| table.body.vpc_id.is_none()) {
            let name = table.id(table.body.route_table_id.as_ref());
            return Err(format!("the VPC of {name} was not sent: it could be the main route table of {vpc}"));
        }
        let mut main = tables.iter().filter(could_be).filter(is_main);
        match (main.next(), main.next()) {
            (Some(table), None) => Ok((table, "main")),
            (Some(_), Some(_)) => Err(format!("{vpc} has two main route tables")),
            (None, _) => Err(format!("the main route table of {vpc} was not seen")),
        }
    }

    /// Whether a table leads to the internet, and by which routes.
    fn leads_out(&self, table: &Table, vpc: Option<&str>) -> (Option<bool>, Vec<String>) {
        let name = table.id(table.body.route_table_id.as_ref());
        let Some(routes) = &table.body.routes else {
            return (None, vec![format!("the routes of {name} were not sent")]);
        };
        let (mut sure, mut possible, mut hops, mut doubts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut anywhere = false;
        for route in routes {
            let out = self.goes_out(route, vpc);
            if out == Some(false) {
                continue;
            }
            let hop = format!("{name}: {} → {}", destination(route), target(route).unwrap_or("?"));
            match (out, self.spans(route)) {
                (Some(true), Some(spans)) => {
                    sure.extend(spans);
                    hops.push(hop);
                }
                (_, Some(spans)) => {
                    possible.extend(spans);
                    doubts.push(hop);
                }
                (_, None) => {
                    anywhere = true;
                    doubts.push(hop);
                }
            }
        }
        if is_any_internet(&sure) {
            return (Some(true), hops);
        }
        possible.extend(sure);
        if anywhere || is_any_internet(&possible) {
            for hop in &mut doubts {
                hop.push_str(" is not fully known");
            }
            return (None, doubts);
        }
        (Some(false), closed(name, routes))
    }

    /// Whether a route works and ends at an internet gateway.
    fn goes_out(&self, route: &ec2::Route, vpc: Option<&str>) -> Option<bool> {
        let state = match route.state.as_deref() {
            Some("active") => Some(true),
            Some("blackhole") => return Some(false),
            Some(_) | None => None,
        };
        let gateway = match target(route) {
            Some(target) if target.starts_with("igw-") => self.is_attached(target, vpc),
            // From a carrier's gateway, the internet can be reached in ways that the table does not tell.
            Some(target) if target.starts_with("cagw-") => None,
            Some(_) => Some(false),
            None => None,
        };
        match (gateway, state) {
            (Some(false), _) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (_, _) => None,
        }
    }

    /// Whether an internet gateway is attached; of one that was not seen, the route itself says it by its state.
    fn is_attached(&self, gateway: &str, vpc: Option<&str>) -> Option<bool> {
        let Some(gateway) = self.gateways.get(gateway) else { return Some(true) };
        super::known::any(gateway.body.attachments.as_ref()?.iter().map(|one| {
            let here = one.vpc_id.as_deref().zip(vpc).map(|(of, vpc)| of == vpc);
            let works = one.state.as_deref().map(|state| ["available", "attached"].contains(&state));
            match (here, works) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (_, _) => None,
            }
        }))
    }

    fn spans(&self, route: &ec2::Route) -> Option<Vec<Span>> {
        let cidr = route.destination_cidr_block.as_ref().or(route.destination_ipv6_cidr_block.as_ref());
        match (cidr, &route.destination_prefix_list_id) {
            (Some(cidr), _) => Some(vec![Span::parse(cidr)?]),
            (None, Some(list)) => self.lists.get(list)?.spans(),
            (None, None) => None,
        }
    }
}

/// An association that could be any subnet's.
fn is_unclear(table: &&Table) -> bool {
    let Some(associations) = &table.body.associations else { return true };
    associations.iter().any(|one| one.subnet_id.is_none() && one.gateway_id.is_none() && one.main != Some(true))
}

fn is_main(table: &&Table) -> bool {
    table.body.associations.iter().flatten().any(|one| one.main == Some(true))
}

fn destination(route: &ec2::Route) -> &str {
    let destinations =
        [&route.destination_cidr_block, &route.destination_ipv6_cidr_block, &route.destination_prefix_list_id];
    destinations.into_iter().flatten().next().map_or("?", String::as_str)
}

fn target(route: &ec2::Route) -> Option<&str> {
    let targets = [
        &route.gateway_id,
        &route.egress_only_internet_gateway_id,
        &route.nat_gateway_id,
        &route.transit_gateway_id,
        &route.vpc_peering_connection_id,
        &route.network_interface_id,
        &route.instance_id,
        &route.local_gateway_id,
        &route.carrier_gateway_id,
        &route.core_network_arn,
        &route.odb_network_arn,
    ];
    targets.into_iter().flatten().next().map(String::as_str)
}

/// What the default routes of a closed table lead to.
fn closed(name: &str, routes: &[ec2::Route]) -> Vec<String> {
    let default = |route: &&ec2::Route| ["0.0.0.0/0", "::/0"].contains(&destination(route));
    let hop = |route: &ec2::Route| {
        let state = route.state.as_deref().filter(|state| *state != "active");
        let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
        format!("{name}: {} → {}{state}", destination(route), target(route).unwrap_or("?"))
    };
    let hops: Vec<String> = routes.iter().filter(default).map(hop).collect();
    if hops.is_empty() { vec![format!("{name}: no default route")] } else { hops }
}
