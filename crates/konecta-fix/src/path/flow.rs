//! Whether a request that comes through CloudFront reaches a target: which ports let it in, and which rule takes it.
//! Knows the model only; nothing of what should be.

use serde_json::Value;

use super::origins::Front;
use crate::elbv2::{actions, listener};
use crate::{RemedyContext, View};

/// The group that CloudFront's VPC origins carry; AWS keeps names of this pattern for itself.
const VPC_ORIGINS: &str = "CloudFront-VPCOrigins-Service-SG";

/// What an origin's requests look like at the load balancer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The secret header that is sent: its name, and the fingerprint of its value if it is sent.
    pub(crate) header: (&'a str, Option<&'a str>),
    /// The other conditions that the request meets.
    pub(crate) meets: &'a [Value],
}

/// The actions that such a request gets at a listener.
pub(crate) fn outcome<'a>(context: &'a RemedyContext<'_>, door: &'a View, request: Request<'_>) -> &'a [Value] {
    let rules = listener::rules(context, door);
    let taken = rules.into_iter().filter(|rule| listener::priority(rule).is_some()).find(|rule| takes(rule, request));
    listener::acts(taken.unwrap_or(door))
}

/// Whether a rule takes such a request.
pub(crate) fn takes(rule: &View, request: Request<'_>) -> bool {
    let (name, value) = request.header;
    let met = |condition: &Value| match actions::header(condition, name) {
        Some((values, _)) => value.is_some_and(|value| values.contains(&value)),
        None => request.meets.contains(condition),
    };
    let conditions = rule.list("/configuration/Conditions");
    !conditions.is_empty() && conditions.iter().all(met)
}

/// Whether security groups let CloudFront in to a port; `None` where that is not known.
pub(crate) fn let_in(context: &RemedyContext<'_>, balancer: &str, port: u64, without: &[&str]) -> Option<bool> {
    let sources = context.fact(balancer, "entrances")?.get("sources")?.as_array()?;
    let there = |source: &&Value| source["rule"].as_str().is_none_or(|rule| !without.contains(&rule));
    let opens = |source: &&Value| {
        let bound = |key: &str| source[key].as_u64();
        source["protocol"] == "all"
            || source["protocol"] == "tcp"
                && bound("from").is_some_and(|from| from <= port)
                && bound("to").is_some_and(|to| port <= to)
    };
    let open: Vec<&Value> = sources.iter().filter(there).filter(opens).collect();
    let range = |cidr: &str| open.iter().any(|source| source["cidr"] == cidr);
    let cloudfront = |source: &&Value| source["prefixList"]["cloudfront"] == true || is_vpc_origins(context, source);
    Some(open.iter().any(cloudfront) || range("0.0.0.0/0") || range("0.0.0.0/1") && range("128.0.0.0/1"))
}

fn is_vpc_origins(context: &RemedyContext<'_>, source: &Value) -> bool {
    let group = source["source"]["id"].as_str().and_then(|id| context.index("security_groups", id));
    group.is_some_and(|group| group["GroupName"] == VPC_ORIGINS)
}

/// Whether requests of this origin would be answered by the load balancer's HTTPS listener; `None` where that is not known.
pub(crate) fn admits_https(context: &RemedyContext<'_>, balancer: &str, front: &Front<'_>) -> Option<bool> {
    let port = front.config["CustomOriginConfig"].get("HTTPSPort").map_or(Some(443), Value::as_u64)?;
    let door = listener::of_balancer(context, balancer)
        .find(|door| door.at("/configuration/Port").and_then(Value::as_u64) == Some(port))?;
    let header = &context.blueprint.cloudfront.origin_header;
    let request = Request { header: (header, front.sends(header).map(|(_, value)| value)), meets: &[] };
    Some(let_in(context, balancer, port, &[])? && actions::lets_through(outcome(context, door, request)))
}
