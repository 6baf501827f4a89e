//! Where a subnet's routes lead: which table is in force, and whether it leads to the internet.
//! Knows nothing of what stands in a subnet.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::by_id::ById;
use super::cidr::{Family, Span, is_internet};
use super::edge_routes::{Led, led};
use super::known::any;
use super::prefix_lists::PrefixLists;
use super::route_tables::{Table, Tables};
use super::route_targets::{Target, closed, label, target};
use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::world::{Item, Regional};
use crate::model::ec2;
use konecta_base::calls;

/// Whether a subnet is open to the internet, and how that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// By either version of IP.
    pub(crate) open: Option<bool>,
    pub(crate) ipv4: Option<bool>,
    pub(crate) ipv6: Option<bool>,
    pub(crate) proof: Vec<String>,
    /// What is not known.
    pub(crate) why: Vec<String>,
}

impl Reach {
    pub(crate) fn describe(&self) -> Value {
        object([
            ("open", self.open.map(Value::Bool)),
            ("ipv4", self.ipv4.map(Value::Bool)),
            ("ipv6", self.ipv6.map(Value::Bool)),
            ("proof", Some(json!(self.proof))),
            ("why", (!self.why.is_empty()).then(|| json!(self.why))),
        ])
    }

    fn unknown(why: impl Into<String>) -> Self {
        let why = vec![why.into()];
        Self { proof: why.clone(), why, ..Self::default() }
    }
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nat {
    pub(crate) id: String,
    /// Its zone; `None` where it stands in all of the region.
    pub(crate) zone: Option<String>,
}

/// Where one route leads in one version of IP.
enum Way {
    /// To the internet, over these hops.
    Out(Vec<String>),
    /// Elsewhere, or nowhere.
    Inside,
    /// That is not known, for this reason.
    Unknown(String),
}

/// What is known of one version of IP.
#[derive(Default)]
struct Sorted {
    sure: Vec<Span>,
    possible: Vec<Span>,
    /// A route of which it is not known what it leads to may be the default route.
    anywhere: bool,
    hops: Vec<String>,
    doubts: Vec<String>,
}

impl Sorted {
    fn open(&mut self, family: Family) -> Option<bool> {
        if is_internet(family, &self.sure) {
            return Some(true);
        }
        let all = self.possible.iter().chain(&self.sure);
        let open = if self.anywhere || is_internet(family, all) { None } else { Some(false) };
        if open.is_some() {
            self.doubts.clear();
        }
        open
    }
}

/// The routes of one place.
pub(crate) struct Routes<'a, 'b> {
    tables: Tables<'a>,
    by_id: &'b ById<'a>,
    lists: &'a PrefixLists,
    account: &'a str,
    whole: bool,
    gateways: BTreeMap<&'a str, &'a Item<ec2::InternetGateway>>,
}

impl<'a, 'b> Routes<'a, 'b> {
    pub(crate) fn of(
        place: &'a AccountRegion,
        here: &'a Regional,
        seen: &Seen,
        (lists, by_id): (&'a PrefixLists, &'b ById<'a>),
    ) -> Self {
        let gateways =
            here.internet_gateways.iter().map(|item| (item.id(item.body.internet_gateway_id.as_ref()), item)).collect();
        let account = place.account.as_str();
        let tables = Tables::of(&here.route_tables);
        Self { tables, by_id, lists, account, whole: seen.whole(place, calls::EC2_DESCRIBE_ROUTE_TABLES), gateways }
    }

    /// Follows a subnet's routes.
    pub(crate) fn reach(&self, subnet: &Item<ec2::Subnet>) -> Reach {
        let id = subnet.id(subnet.body.subnet_id.as_ref());
        if !self.whole {
            return Reach::unknown("route tables were not listed to the end");
        }
        let (table, how) = match self.tables.of_subnet(id, subnet.body.vpc_id.as_deref()) {
            Ok(found) => found,
            Err(why) => return Reach::unknown(why),
        };
        let name = table.id(table.body.route_table_id.as_ref());
        let Some(routes) = &table.body.routes else {
            return Reach::unknown(format!("the routes of {name} were not sent"));
        };
        let [mut four, mut six] = Family::BOTH.map(|family| self.sort(subnet, table, routes, family));
        let (ipv4, ipv6) = (four.open(Family::Ipv4), six.open(Family::Ipv6));
        let open = any([ipv4, ipv6]);
        let [mut hops, mut why] = [Vec::new(), Vec::new()];
        for (family, open) in [(four, ipv4), (six, ipv6)] {
            hops.extend(family.hops.into_iter().filter(|_| open == Some(true)));
            why.extend(family.doubts);
        }
        why.dedup();
        let hops = match open {
            Some(true) => hops,
            Some(false) => closed(name, routes),
            None => why.clone(),
        };
        let proof = [format!("{id} → {name} ({how})")].into_iter().chain(hops).collect();
        Reach { open, ipv4, ipv6, proof, why }
    }

    /// The NAT gateways over which a subnet goes out to the internet. An internet gateway and an egress-only one are in every zone; of
    /// anything else to which the default route leads it is not known where it stands.
    ///
    /// # Errors
    /// Why they are not known.
    pub(crate) fn nats(&self, subnet: &Item<ec2::Subnet>) -> Result<Vec<Nat>, String> {
        if !self.whole {
            return Err("route tables were not listed to the end".to_owned());
        }
        let id = subnet.id(subnet.body.subnet_id.as_ref());
        let (table, _) = self.tables.of_subnet(id, subnet.body.vpc_id.as_deref())?;
        let name = table.id(table.body.route_table_id.as_ref());
        let routes = table.body.routes.as_ref().ok_or_else(|| format!("the routes of {name} were not sent"))?;
        let mut nats: Vec<Nat> = Vec::new();
        for route in routes.iter().filter(|route| route.state.as_deref() != Some("blackhole")) {
            let Some(target) = target(route) else {
                return Err(format!("{name}: it was not sent where a route leads"));
            };
            if target.starts_with("nat-") {
                if !nats.iter().any(|nat| nat.id == target) {
                    nats.push(Nat { id: target.to_owned(), zone: self.zone_of_nat(target)? });
                }
            } else if !["igw-", "eigw-", "local"].iter().any(|kind| target.starts_with(kind)) && self.is_default(route)
            {
                return Err(format!("{name}: {}, and it is not known in which zone that stands", label(route)));
            }
        }
        Ok(nats)
    }

    /// The zone of a NAT gateway; `None` where it stands in all of them.
    fn zone_of_nat(&self, id: &str) -> Result<Option<String>, String> {
        let unseen = || format!("the zone of {id} is not known");
        let nat = self.by_id.nat_gateways.get(id).ok_or_else(unseen)?;
        if nat.body.availability_mode.as_deref() == Some("regional") {
            return Ok(None);
        }
        let stands = nat.body.subnet_id.as_ref().ok_or_else(unseen)?;
        let subnet = self.by_id.subnets.get(stands.as_str());
        let zone = subnet.and_then(|item| item.body.availability_zone.clone()).ok_or_else(unseen)?;
        Ok(Some(zone))
    }

    /// Sorts the routes of a table by whether they lead to the internet.
    fn sort(&self, subnet: &Item<ec2::Subnet>, table: &Table, routes: &[ec2::Route], family: Family) -> Sorted {
        let name = table.id(table.body.route_table_id.as_ref());
        let mut sorted = Sorted::default();
        for route in routes {
            let spans = self.spans(route).map(|spans| of_family(spans, family));
            if spans.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let hop = format!("{name}: {}", label(route));
            match (self.way(route, subnet, table, family), spans) {
                (Way::Inside, _) => {}
                (Way::Out(further), Some(spans)) => {
                    sorted.sure.extend(spans);
                    sorted.hops.extend([hop].into_iter().chain(further));
                }
                (Way::Out(_), None) => {
                    sorted.anywhere = true;
                    sorted.doubts.push(format!("{hop}, and it is not known for which addresses"));
                }
                (Way::Unknown(why), spans) => {
                    sorted.anywhere |= spans.is_none();
                    sorted.possible.extend(spans.into_iter().flatten());
                    sorted.doubts.push(format!("{hop}, and {why}"));
                }
            }
        }
        sorted
    }

    /// Whether a route works and ends at the internet. The good targets are named; any other may be the internet.
    fn way(&self, route: &ec2::Route, subnet: &Item<ec2::Subnet>, table: &Table, family: Family) -> Way {
        let vpc = subnet.body.vpc_id.as_deref().or(table.body.vpc_id.as_deref());
        let state = route.state.as_deref();
        if state == Some("blackhole") {
            return Way::Inside;
        }
        let way = match target(route) {
            None => Way::Unknown("what it leads to was not sent".to_owned()),
            Some(target) => match Target::of(target) {
                Target::Elsewhere => Way::Inside,
                Target::Internet => match self.is_attached(target, vpc) {
                    Some(true) => Way::Out(Vec::new()),
                    Some(false) => Way::Inside,
                    None => Way::Unknown("it was not sent what the gateway is attached to".to_owned()),
                },
                Target::Machine => self.behind(subnet, family, true),
                Target::Endpoint => self.behind(subnet, family, false),
                Target::Unknown(why) => Way::Unknown(why.to_owned()),
            },
        };
        match way {
            Way::Out(_) if state != Some("active") => Way::Unknown("it was not sent whether it is active".to_owned()),
            Way::Out(_) | Way::Inside | Way::Unknown(_) => way,
        }
    }

    /// Whether the internet comes in the way that a subnet goes out: through what filters. A machine that nothing is led through
    /// translates addresses for those behind it and lets nobody in; an endpoint sends on whatever its firewall lets pass.
    fn behind(&self, subnet: &Item<ec2::Subnet>, family: Family, machine: bool) -> Way {
        let foreign = subnet.body.owner_id.as_ref().is_some_and(|owner| owner != self.account);
        match led(&self.tables.edges, subnet, family) {
            Led::Through(hop) => Way::Out(vec![hop]),
            Led::Nowhere if machine && !foreign => Way::Inside,
            Led::Nowhere if foreign => Way::Unknown(
                "the route table of the internet gateway belongs to the owner of the VPC and was not seen".to_owned(),
            ),
            Led::Nowhere => {
                Way::Unknown("no table of an internet gateway says whether the internet comes in through it".to_owned())
            }
            Led::Perhaps => {
                Way::Unknown("it is not known whether an internet gateway's own table leads through it".to_owned())
            }
        }
    }

    /// Whether an internet gateway is attached; of one that was not seen, the route itself says it by its state.
    fn is_attached(&self, gateway: &str, vpc: Option<&str>) -> Option<bool> {
        let Some(gateway) = self.gateways.get(gateway) else { return Some(true) };
        any(gateway.body.attachments.as_ref()?.iter().map(|one| {
            let here = one.vpc_id.as_deref().zip(vpc).map(|(of, vpc)| of == vpc);
            let works = match one.state.as_deref() {
                Some("available" | "attached") => Some(true),
                Some("detached") => Some(false),
                // On its way, or a state that nobody knows.
                Some(_) | None => None,
            };
            match (here, works) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (_, _) => None,
            }
        }))
    }

    /// Whether a route is, or may be, one by which the internet is reached.
    fn is_default(&self, route: &ec2::Route) -> bool {
        let leads = |spans: Vec<Span>| {
            Family::BOTH.into_iter().any(|family| is_internet(family, &of_family(spans.clone(), family)))
        };
        self.spans(route).is_none_or(leads)
    }

    fn spans(&self, route: &ec2::Route) -> Option<Vec<Span>> {
        let cidr = route.destination_cidr_block.as_ref().or(route.destination_ipv6_cidr_block.as_ref());
        match (cidr, &route.destination_prefix_list_id) {
            (Some(cidr), _) => Some(vec![Span::parse(cidr)?]),
            (None, Some(list)) => self.lists.get(list)?.routed(),
            (None, None) => None,
        }
    }
}

fn of_family(spans: Vec<Span>, family: Family) -> Vec<Span> {
    spans.into_iter().filter(|span| span.family == family).collect()
}

#[cfg(test)]
mod tests;
