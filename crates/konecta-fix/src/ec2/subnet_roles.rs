//! KA-VPC-003: a private subnet loses its way to an internet gateway, a public one gets it, where the route table serves
//! nothing else. Knows route tables and what subnets are for; which other table would do is for a person.

use serde_json::{Map, Value, json};

use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View};
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

const ACTIONS: &[&str] = &[changes::EC2_DELETE_ROUTE, changes::EC2_CREATE_ROUTE];

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.subnet_roles", class: Class::B, actions: ACTIONS, propose };

const DESTINATIONS: &[&str] = &["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
const ROUTES: &str = "/configuration/Routes";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subnet) = context.subject(finding) else { return Proposal::default() };
    let Some(role) = role(context, subnet) else { return Proposal::default() };
    let Some(table) = table_of(context, subnet) else {
        return refuse(finding, subnet, "the route table in force is not known for sure");
    };
    if table.list("/configuration/Associations").iter().any(|one| one.get("GatewayId").is_some()) {
        return refuse(finding, subnet, "the route table also serves a gateway");
    }
    if let Some(other) =
        served(context, table).filter(|other| self::role(context, other) != Some(role)).map(|other| &other.id).next()
    {
        let reason =
            format!("{} also serves {other}, which is not {role}: a change of it would hurt that one", table.id);
        return refuse(finding, subnet, reason);
    }
    match role {
        "private" => match reached(context, table) {
            Some(what) => {
                let reason = format!(
                    "{what} has its way to the internet by {} and would be cut off: it has to move to a public subnet first",
                    table.id
                );
                refuse(finding, subnet, reason)
            }
            None => close(finding, context, subnet, table),
        },
        _ => open(finding, context, subnet, table),
    }
}

fn refuse(finding: &Finding, subnet: &View, reason: impl Into<String>) -> Proposal {
    let look = format!(
        "aws ec2 describe-route-tables --filters Name=vpc-id,Values={}",
        subnet.text("/configuration/VpcId").unwrap_or("<vpc>")
    );
    let associate = format!("aws ec2 associate-route-table --subnet-id {} --route-table-id <the right one>", subnet.id);
    Proposal::refuse(finding, Class::B, reason, &[&look, &associate])
}

fn role<'a>(context: &'a RemedyContext<'_>, subnet: &View) -> Option<&'a str> {
    context.fact(subnet.reference.arn.as_str(), "subnet_role")?.get("role")?.as_str()
}

/// The subnets for which a table is in force.
fn served<'a>(context: &'a RemedyContext<'_>, table: &View) -> impl Iterator<Item = &'a View> {
    let is = move |other: &&View| table_of(context, other).is_some_and(|of| of.id == table.id);
    context.all(resource_types::EC2_SUBNET).filter(is)
}

/// Something with a public address in a subnet that a table serves.
fn reached(context: &RemedyContext<'_>, table: &View) -> Option<String> {
    let served: Vec<&str> = served(context, table).map(|subnet| subnet.id.as_str()).collect();
    let stands = |view: &&View| view.text("/configuration/SubnetId").is_some_and(|subnet| served.contains(&subnet));
    let public = |view: &&View| {
        view.text("/configuration/PublicIpAddress")
            .or_else(|| view.text("/configuration/Association/PublicIp"))
            .is_some()
    };
    let balancer = context.all(resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER).find(|view| {
        let zones = view.list("/configuration/AvailabilityZones");
        view.text("/configuration/Scheme") != Some("internal")
            && zones.iter().filter_map(|zone| zone["SubnetId"].as_str()).any(|subnet| served.contains(&subnet))
    });
    let gone = |view: &&View| matches!(view.text("/configuration/State"), Some("deleted" | "failed"));
    let gateway = || context.all(resource_types::EC2_NAT_GATEWAY).filter(|view| !gone(view)).find(stands);
    let instance = || context.all(resource_types::EC2_INSTANCE).filter(public).find(stands);
    let interface = || context.all(resource_types::EC2_NETWORK_INTERFACE).filter(public).find(stands);
    balancer
        .map(|view| format!("load balancer {}", view.id))
        .or_else(|| gateway().map(|view| format!("NAT gateway {}", view.id)))
        .or_else(|| instance().map(|view| format!("instance {}", view.id)))
        .or_else(|| interface().map(|view| format!("interface {}", view.id)))
}

/// The table in force: the one that names the subnet, else the VPC's main one.
fn table_of<'a>(context: &'a RemedyContext<'_>, subnet: &View) -> Option<&'a View> {
    let tables = || context.all(resource_types::EC2_ROUTE_TABLE);
    let has = |table: &&View, fits: &dyn Fn(&Value) -> bool| table.list("/configuration/Associations").iter().any(fits);
    let named = tables().find(|table| has(table, &|one| one["SubnetId"] == subnet.id.as_str()));
    let vpc = subnet.text("/configuration/VpcId");
    let mut main = tables().filter(|table| vpc.is_some() && table.text("/configuration/VpcId") == vpc);
    named.or_else(|| main.find(|table| has(table, &|one| one["Main"] == true)))
}

/// Takes away the routes that the finding names.
fn close(finding: &Finding, context: &RemedyContext<'_>, subnet: &View, table: &View) -> Proposal {
    let hops = context.fact(subnet.reference.arn.as_str(), "internet_route").and_then(|fact| fact["proof"].as_array());
    let named = |route: &&Value| {
        let target = route.get("GatewayId").and_then(Value::as_str).filter(|gateway| gateway.starts_with("igw-"));
        let hop = |target| Some(format!("{}: {} → {target}", table.id, destination(route)?.1));
        let hop = target.and_then(hop);
        hop.is_some_and(|hop| hops.into_iter().flatten().any(|seen| seen == hop.as_str()))
    };
    let now = table.list(ROUTES);
    let subnets: Vec<&str> = served(context, table).map(|subnet| subnet.id.as_str()).collect();
    let proof = format!("nothing with a public address stands in {}, which {} serves", subnets.join(", "), table.id);
    let mut proposal = Proposal::default();
    for route in now.iter().filter(|route| named(route)) {
        let Some((key, to)) = destination(route) else { continue };
        let rest: Vec<Value> = now.iter().filter(|other| *other != route).cloned().collect();
        let place = json!({"RouteTableId": table.id, key: to});
        let mut back = place.clone();
        back["GatewayId"] = route["GatewayId"].clone();
        let calls = (Call::new("ec2", "DeleteRoute", place), Call::new("ec2", "CreateRoute", back));
        let mut step = change(table, now.to_vec(), rest, calls.0, calls.1);
        step.key = format!("ec2.delete_route/{}/{to}", table.id);
        step.title = format!(
            "Remove the route {to} to {} from {}",
            route["GatewayId"].as_str().unwrap_or("the internet"),
            table.id
        );
        step.proven.push(proof.clone());
        step.consequences.push("what has a public address in these subnets is cut off from the internet; what has none could not use the route".to_owned());
        proposal.steps.push(step);
    }
    if proposal.steps.is_empty() {
        return refuse(finding, subnet, "the route to the internet was not found in the table");
    }
    proposal
}

/// Adds the default route to the VPC's only internet gateway.
fn open(finding: &Finding, context: &RemedyContext<'_>, subnet: &View, table: &View) -> Proposal {
    let vpc = table.text("/configuration/VpcId");
    let attached = |gateway: &&View| {
        gateway.list("/configuration/Attachments").iter().any(|one| {
            vpc.is_some() && one["VpcId"].as_str() == vpc && (one["State"] == "available" || one["State"] == "attached")
        })
    };
    let Some(gateway) = context.all(resource_types::EC2_INTERNET_GATEWAY).find(attached) else {
        return refuse(finding, subnet, "no internet gateway is attached to the VPC");
    };
    if table.list("/configuration/Associations").iter().any(|one| one["Main"] == true) {
        return refuse(
            finding,
            subnet,
            "it falls to the main route table, and whatever is put into the VPC next would be public with it",
        );
    }
    let everywhere = "0.0.0.0/0";
    let before = table.list(ROUTES).to_vec();
    if before.iter().any(|route| route["DestinationCidrBlock"] == everywhere) {
        return refuse(finding, subnet, "its default route leads elsewhere, and something may rely on that");
    }
    let mut after = before.clone();
    after.push(json!({"DestinationCidrBlock": everywhere, "GatewayId": gateway.id, "Origin": "CreateRoute", "State": "active"}));
    let place = json!({"RouteTableId": table.id, "DestinationCidrBlock": everywhere});
    let mut there = place.clone();
    there["GatewayId"] = json!(gateway.id);
    let mut step =
        change(table, before, after, Call::new("ec2", "CreateRoute", there), Call::new("ec2", "DeleteRoute", place));
    step.key = format!("ec2.create_route/{}/{everywhere}", table.id);
    step.title = format!("Lead {everywhere} of {} to {}", table.id, gateway.id);
    step.consequences.push("what has a public address in these subnets can be reached from the internet, as far as its security groups let it".to_owned());
    Proposal::step(step)
}

fn change(table: &View, before: Vec<Value>, after: Vec<Value>, call: Call, back: Call) -> Step {
    Step {
        class: Class::B,
        effects: vec![Effect::amended(
            &table.reference,
            vec![Edit::new(ROUTES, Some(json!(before)), Some(json!(after)))],
        )],
        inverse: vec![back],
        ..Step::new(&REMEDY, &table.reference, String::new(), String::new(), call)
    }
}

/// The member that names a route's destination, and the destination.
fn destination(route: &Value) -> Option<(&'static str, &str)> {
    let route: &Map<String, Value> = route.as_object()?;
    DESTINATIONS.iter().find_map(|key| Some((*key, route.get(*key)?.as_str()?)))
}

#[cfg(test)]
mod tests;
