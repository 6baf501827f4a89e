//! The security groups before a load balancer: CloudFront's prefix list is let in where it is needed, and only then do
//! the rules go that let others in. Knows groups, rules and ports; nothing of listeners' actions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::origins::{Front, Settled, fronts};
use super::{flow, listeners};
use crate::ec2::rules;
use crate::elbv2::{actions, listener};
use crate::registry::Remedy;
use crate::step::{Class, Step};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Status;
use konecta_base::resource_types;

/// What CloudFront's list weighs as AWS documents it, for an answer that does not say.
const LIST_WEIGHT: u64 = 55;
/// The default quota of rules for each direction of a group.
const QUOTA: u64 = 60;

/// The rules that findings name at a load balancer and its groups.
pub(super) fn offending(context: &RemedyContext<'_>, balancer: &str) -> BTreeSet<String> {
    let groups = groups(context, balancer);
    let speaks = |finding: &&konecta_base::finding::Finding| {
        let arn = finding.resource.arn.as_str();
        finding.status == Status::Fail
            && match finding.control.as_str() {
                "KA-X-001" => arn == balancer,
                "KA-SG-004" => groups.iter().any(|id| arn.ends_with(&format!("security-group/{id}"))),
                _ => false,
            }
    };
    context
        .findings
        .iter()
        .filter(speaks)
        .flat_map(|finding| &finding.violations)
        .filter_map(|one| rule_of(&one.path))
        .collect()
}

/// The rule that the path of a violation names, as in `IpPermissions[sgr-1]`.
pub(super) fn rule_of(path: &str) -> Option<String> {
    path.rsplit_once("IpPermissions[")?.1.strip_suffix(']').map(str::to_owned)
}

/// The groups of a load balancer.
fn groups<'a>(context: &'a RemedyContext<'_>, balancer: &str) -> Vec<&'a str> {
    let listed = context.get(balancer).map_or(&[][..], |view| view.list("/configuration/SecurityGroups"));
    listed.iter().filter_map(Value::as_str).collect()
}

/// The load balancers that carry a group.
pub(super) fn carriers<'a>(context: &'a RemedyContext<'_>, group: &str) -> Vec<&'a View> {
    let carries = |view: &&View| view.list("/configuration/SecurityGroups").iter().any(|id| id == group);
    context.all(resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER).filter(carries).collect()
}

/// Lets CloudFront in at a load balancer wherever only offending rules do now.
///
/// # Errors
/// With the reason why the offending rules must stay for now.
pub(super) fn open(context: &RemedyContext<'_>, remedy: &Remedy, balancer: &str) -> Result<Vec<Step>, String> {
    let unknown = || format!("it is not known how CloudFront comes to {balancer}");
    let fronts = fronts(context, balancer).ok_or_else(unknown)?;
    if fronts.is_empty() {
        return if serves(context, balancer) {
            Err(format!("no distribution stands in front of {balancer}, so nobody would reach it any more"))
        } else {
            Ok(Vec::new())
        };
    }
    let offending = offending(context, balancer);
    let without: Vec<&str> = offending.iter().map(String::as_str).collect();
    let mut missing: Vec<(u64, Vec<Settled>)> = Vec::new();
    for front in &fronts {
        if let Some(family) = other_family(front) {
            return Err(format!("CloudFront comes over {family}, for which AWS keeps a list of its own"));
        }
        let (ways, settled) = front.ways_to_be(context).ok_or_else(unknown)?;
        for (_, port) in ways {
            if flow::let_in(context, balancer, port, &without).ok_or_else(unknown)? {
                continue;
            }
            match missing.iter_mut().find(|(other, _)| *other == port) {
                Some((_, conditions)) => conditions.extend(settled.clone()),
                None => missing.push((port, settled.clone().into_iter().collect())),
            }
        }
    }
    missing.into_iter().map(|(port, settled)| admit(context, remedy, balancer, port, settled)).collect()
}

fn admit(
    context: &RemedyContext<'_>,
    remedy: &Remedy,
    balancer: &str,
    port: u64,
    settled: Vec<Settled>,
) -> Result<Step, String> {
    let list = cloudfront_list(context, balancer).ok_or("CloudFront's prefix list was not read")?;
    if ![443, 80].contains(&port) {
        return Err(format!("CloudFront comes by port {port}, and only 443 and 80 are to be open (KA-SG-004)"));
    }
    let weight = weight(list);
    let room = |id: &&str| used(context, id) + weight <= QUOTA;
    let Some(group) = groups(context, balancer).into_iter().find(room).and_then(|id| rules::group(context, id)) else {
        return Err(format!(
            "CloudFront's list weighs {weight} rules, and no group of the load balancer has room for it within {QUOTA}"
        ));
    };
    let narrow = u16::try_from(port).map_err(|_| "the port is none")?;
    let description = if port == 443 { "HTTPS from CloudFront" } else { "HTTP from CloudFront" };
    let mut step = rules::admit(group, rules::Source::List(&list.id), narrow, description, remedy, Class::B);
    // The doors first: the list admits the distributions of strangers as well.
    step.needs = listener::of_balancer(context, balancer).map(listeners::deny_key).collect();
    step.consequences.push(format!("the list takes {weight} of the {QUOTA} rules that a group may have by default"));
    for one in settled {
        step.needs.push(one.key);
        step.requires.push(one.holds);
        step.actions.push(action(changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG));
    }
    Ok(step)
}

/// CloudFront's own list of IPv4 addresses, in the region of the load balancer.
fn cloudfront_list<'a>(context: &'a RemedyContext<'_>, balancer: &str) -> Option<&'a View> {
    let region = &context.get(balancer)?.reference.region;
    context.all(resource_types::EC2_PREFIX_LIST).find(|list| {
        &list.reference.region == region
            && list.text("/configuration/OwnerId") == Some("AWS")
            && list.text("/configuration/PrefixListName") == Some("com.amazonaws.global.cloudfront.origin-facing")
    })
}

fn weight(list: &View) -> u64 {
    list.at("/configuration/MaxEntries").and_then(Value::as_u64).unwrap_or(LIST_WEIGHT)
}

/// How much of the quota the ingress rules of a group take: a list counts as many rules as it may hold.
fn used(context: &RemedyContext<'_>, group: &str) -> u64 {
    let ingress = context.all(resource_types::EC2_SECURITY_GROUP_RULE).filter(|rule| {
        rule.text("/configuration/GroupId") == Some(group)
            && rule.at("/configuration/IsEgress") == Some(&Value::Bool(false))
    });
    // IPv6 has a quota of its own.
    let counted = ingress.filter(|rule| rule.at("/configuration/CidrIpv6").is_none());
    let one = |rule: &View| {
        let list = rule.text("/configuration/PrefixListId");
        let list = list.map(|id| context.all(resource_types::EC2_PREFIX_LIST).find(|view| view.id == id));
        list.map_or(1, |view| view.map_or(LIST_WEIGHT, weight))
    };
    counted.map(one).sum()
}

fn other_family(front: &Front<'_>) -> Option<&'static str> {
    match front.config["CustomOriginConfig"]["IpAddressType"].as_str() {
        Some("ipv6") => Some("IPv6"),
        Some("dualstack") => Some("IPv4 and IPv6"),
        Some(_) | None => None,
    }
}

/// Whether anything at a load balancer is let through to a target.
fn serves(context: &RemedyContext<'_>, balancer: &str) -> bool {
    let doors = listener::of_balancer(context, balancer);
    doors
        .flat_map(|door| [door].into_iter().chain(listener::rules(context, door)))
        .any(|view| actions::lets_through(listener::acts(view)))
}
