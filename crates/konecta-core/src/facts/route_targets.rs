//! What routes lead to, by the kind of the target's id, and routes as words.
//! Knows no table and no subnet.

use crate::model::ec2;

/// What stands at the end of a route, by the kind of its id.
pub(super) enum Target {
    Internet,
    /// Where nobody on the internet comes from.
    Elsewhere,
    /// An interface or an instance.
    Machine,
    /// A firewall's or another gateway load balancer's endpoint, or one of S3 and DynamoDB.
    Endpoint,
    Unknown(&'static str),
}

impl Target {
    pub(super) fn of(target: &str) -> Self {
        // Core networks and networks of Oracle Database are named by their ARN.
        let kinds = ["nat-", "tgw-", "pcx-", "vgw-", "eigw-", "arn:"];
        match target {
            "local" => Self::Elsewhere,
            _ if target.starts_with("igw-") => Self::Internet,
            _ if target.starts_with("vpce-") => Self::Endpoint,
            _ if target.starts_with("eni-") || target.starts_with("i-") => Self::Machine,
            _ if kinds.iter().any(|kind| target.starts_with(kind)) => Self::Elsewhere,
            _ if target.starts_with("cagw-") => Self::Unknown("a carrier's network, and the internet, begin there"),
            _ if target.starts_with("lgw-") => Self::Unknown("where the network behind an Outpost leads is not known"),
            _ => Self::Unknown("it is not known what that is"),
        }
    }
}

/// A route as a hop of a proof.
pub(super) fn label(route: &ec2::Route) -> String {
    format!("{} → {}", destination(route), target(route).unwrap_or("?"))
}

fn destination(route: &ec2::Route) -> &str {
    let destinations =
        [&route.destination_cidr_block, &route.destination_ipv6_cidr_block, &route.destination_prefix_list_id];
    destinations.into_iter().flatten().next().map_or("?", String::as_str)
}

pub(super) fn target(route: &ec2::Route) -> Option<&str> {
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
pub(super) fn closed(name: &str, routes: &[ec2::Route]) -> Vec<String> {
    let default = |route: &&ec2::Route| ["0.0.0.0/0", "::/0"].contains(&destination(route));
    let hop = |route: &ec2::Route| {
        let state = route.state.as_deref().filter(|state| *state != "active");
        let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
        format!("{name}: {}{state}", label(route))
    };
    let hops: Vec<String> = routes.iter().filter(default).map(hop).collect();
    if hops.is_empty() { vec![format!("{name}: no default route")] } else { hops }
}
