//! The tables of gateways themselves: what comes in from the internet may be led through a firewall before it reaches a subnet.
//! Knows no subnet's own table.

use super::cidr::{Family, Span};
use super::known::any;
use super::world::Item;
use crate::model::ec2;

/// Whether what comes in for a subnet is led to it through something that stands in the VPC.
pub(super) enum Led {
    /// It is, by this hop.
    Through(String),
    /// It is not: no table of an internet gateway says so, and all of them were seen.
    Nowhere,
    /// It may be.
    Perhaps,
}

/// Looks for a route to the subnet in the tables that are, or may be, associated with internet gateways.
pub(super) fn led(tables: &[&Item<ec2::RouteTable>], subnet: &Item<ec2::Subnet>, family: Family) -> Led {
    let vpc = subnet.body.vpc_id.as_deref();
    let Some(ranges) = ranges(&subnet.body, family) else { return Led::Perhaps };
    let mut perhaps = false;
    for table in tables {
        let here = table.body.vpc_id.as_deref().zip(vpc).map(|(of, vpc)| of == vpc);
        if here == Some(false) {
            continue;
        }
        let (gateway, edge) = of_gateway(table);
        if edge == Some(false) {
            continue;
        }
        for route in table.body.routes.as_deref().unwrap_or_default() {
            match any([through(route).zip(meets(route, &ranges)).map(|(through, meets)| through && meets)]) {
                Some(false) => {}
                Some(true) if edge == Some(true) && here == Some(true) => {
                    let name = table.id(table.body.route_table_id.as_ref());
                    return Led::Through(format!("{gateway} → {name}: {}", super::route_targets::label(route)));
                }
                Some(true) | None => perhaps = true,
            }
        }
        perhaps |= table.body.routes.is_none();
    }
    if perhaps { Led::Perhaps } else { Led::Nowhere }
}

/// Whether a table is associated with an internet gateway, and with which.
pub(super) fn of_gateway(table: &Item<ec2::RouteTable>) -> (&str, Option<bool>) {
    let Some(associations) = &table.body.associations else { return ("", None) };
    let mut known = Some(false);
    for one in associations {
        match one.gateway_id.as_deref() {
            Some(gateway) if gateway.starts_with("igw-") => return (gateway, Some(true)),
            Some(gateway) if gateway.starts_with("vgw-") => {}
            Some(_) => known = None,
            None if one.subnet_id.is_some() || one.main == Some(true) => {}
            None => known = None,
        }
    }
    ("", known)
}

/// Whether a route of a gateway's table works and leads to an endpoint or an interface: nothing else can stand there but `local`.
fn through(route: &ec2::Route) -> Option<bool> {
    if route.state.as_deref() == Some("blackhole") {
        return Some(false);
    }
    match super::route_targets::target(route)? {
        "local" => Some(false),
        _ if route.state.as_deref() != Some("active") => None,
        target => ["vpce-", "eni-", "i-"].iter().any(|kind| target.starts_with(kind)).then_some(true),
    }
}

fn meets(route: &ec2::Route, ranges: &[Span]) -> Option<bool> {
    let cidr = route.destination_cidr_block.as_ref().or(route.destination_ipv6_cidr_block.as_ref())?;
    let to = Span::parse(cidr)?;
    Some(ranges.iter().any(|range| range.without(&to) != [*range]))
}

/// The ranges of a subnet; `None` where they were not sent.
fn ranges(subnet: &ec2::Subnet, family: Family) -> Option<Vec<Span>> {
    match family {
        Family::Ipv4 => Some(vec![Span::parse(subnet.cidr_block.as_ref()?)?]),
        Family::Ipv6 => {
            let set = subnet.ipv6_cidr_block_association_set.as_ref()?;
            set.iter().map(|one| Span::parse(one.ipv6_cidr_block.as_ref()?)).collect()
        }
    }
}
