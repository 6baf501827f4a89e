//! What stands behind a listener that passes connections on as they are: load balancers in target groups of type `alb`.
//! Knows nothing of TLS or security groups.

use konecta_base::calls;

use super::load_balancer::{Listener, TargetGroup};
use super::region_index::RegionIndex;
use crate::model::elb;

/// What a listener hands a connection on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Onward {
    /// A load balancer and the port on which it gets the connection; the port is `None` where it was not sent.
    Balancer { group: String, arn: String, port: Option<u16> },
    /// Instances, addresses or functions.
    Targets { group: String, kind: String },
    /// That is not known, and why.
    Unknown(String),
}

/// Everything that a listener's default action hands connections on to. A listener of a network load balancer has no
/// other rules.
pub(crate) fn onward(region_index: &RegionIndex<'_>, listener: &Listener) -> Vec<Onward> {
    let Some(arns) = groups(listener) else {
        return vec![Onward::Unknown(format!("it was not sent where listener {} forwards to", listener.item.arn))];
    };
    arns.iter().flat_map(|arn| behind(region_index, arn)).collect()
}

/// The target groups that get connections; `None` where they were not all sent, or something else is done.
fn groups(listener: &Listener) -> Option<Vec<String>> {
    let actions: Vec<elb::Action> = serde_json::from_value(listener.item.body.default_actions.clone()?).ok()?;
    let mut arns = Vec::new();
    for action in &actions {
        if action.kind.as_deref()? != "forward" {
            return None;
        }
        match (&action.target_group_arn, &action.forward_config) {
            (Some(arn), _) => arns.push(arn.clone()),
            (None, Some(forward)) => {
                for group in forward.target_groups.as_ref()?.iter().filter(|group| group.weight != Some(0)) {
                    arns.push(group.target_group_arn.clone()?);
                }
            }
            (None, None) => return None,
        }
    }
    (!arns.is_empty()).then_some(arns)
}

/// What is in a target group.
fn behind(region_index: &RegionIndex<'_>, arn: &str) -> Vec<Onward> {
    let Some(group) = region_index.by_id.target_groups.get(arn) else {
        return vec![Onward::Unknown(format!("target group {arn} was not seen"))];
    };
    let Some(kind) = &group.item.body.target_type else {
        return vec![Onward::Unknown(format!("the type of target group {arn} was not sent"))];
    };
    if kind != "alb" {
        return vec![Onward::Targets { group: arn.to_owned(), kind: kind.clone() }];
    }
    let Some(targets) = targets(region_index, group) else {
        return vec![Onward::Unknown(format!("the targets of target group {arn} were not read to the end"))];
    };
    if targets.is_empty() {
        return vec![Onward::Unknown(format!("target group {arn} has no target"))];
    }
    let told =
        targets.into_iter().map(|(id, port)| Onward::Balancer { group: arn.to_owned(), arn: id.to_owned(), port });
    told.collect()
}

/// The ids and ports of all targets of a group; `None` where they were not all sent.
pub(crate) fn targets<'a>(
    region_index: &RegionIndex<'_>,
    group: &'a TargetGroup,
) -> Option<Vec<(&'a str, Option<u16>)>> {
    if region_index.seen.lacks(region_index.place, calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_HEALTH, &group.item.arn)
    {
        return None;
    }
    let told = |one: &'a elb::TargetHealth| one.target.as_ref().and_then(|it| Some((it.id.as_deref()?, it.port)));
    group.supplement.as_ref()?.iter().map(told).collect()
}
