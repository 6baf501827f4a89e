//! KA-SG-001, KA-SG-002, KA-SG-003: the rules by which the internet opens what it must not, closed one by one.
//! Also says how much it may hurt to close a rule, so that every remedy says the same of the same rule.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{rules, users};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Step};
use crate::{RemedyContext, View, control};
use konecta_base::finding::{Finding, Status, Violation};

pub(super) const ADMIN_PORTS: Remedy = Remedy {
    id: "ec2.admin_ports_closed",
    class: Class::B,
    actions: rules::CLOSE,
    propose: |f, c| close_all(&ADMIN_PORTS, f, c, &blamed(f, c)),
};
pub(super) const HIGH_RISK_PORTS: Remedy = Remedy {
    id: "ec2.high_risk_ports_closed",
    class: Class::B,
    actions: rules::CLOSE,
    propose: |f, c| close_all(&HIGH_RISK_PORTS, f, c, &blamed(f, c)),
};
pub(super) const ALL_PORTS: Remedy = Remedy {
    id: "ec2.no_all_ports_open",
    class: Class::B,
    actions: rules::CLOSE,
    propose: |f, c| close_all(&ALL_PORTS, f, c, &widest(f, c)),
};

/// Up to half of all ports may be open by this control (policies/network/no_all_ports_open.rego).
const HALF: u64 = 32_768;

/// Closes these rules; what cannot be closed is refused.
pub(super) fn close_all(
    remedy: &Remedy,
    finding: &Finding,
    context: &RemedyContext<'_>,
    ids: &BTreeSet<String>,
) -> Proposal {
    let mut proposal = Proposal::default();
    for id in ids {
        match rules::find(context, id).and_then(|rule| close(context, rule, remedy)) {
            Some(step) => proposal.steps.push(step),
            None => {
                let reason = format!("not all of {id} is known, so it could not be given back");
                let look = format!("aws ec2 describe-security-group-rules --security-group-rule-ids {id}");
                proposal.refusals.push(Refusal::new(finding, Class::B, reason, &[&look]));
            }
        }
    }
    proposal
}

/// Closes the rules by which only strangers come in. One that lets in nodes, pods, the control plane or the load balancer
/// as well, or perhaps does, is left to a person: it is the strangers who have to leave the group.
pub(super) fn close_strangers(
    remedy: &Remedy,
    finding: &Finding,
    context: &RemedyContext<'_>,
    ids: &BTreeSet<String>,
) -> Proposal {
    let shared = |id: &&String| rules::find(context, id).is_some_and(|rule| rules::admits_own(context, rule));
    let (shared, strangers): (Vec<&String>, Vec<&String>) = ids.iter().partition(shared);
    let mut proposal = close_all(remedy, finding, context, &strangers.into_iter().cloned().collect());
    for id in shared {
        let Some(group) = rules::find(context, id).and_then(|rule| rule.text(rules::PEER_GROUP)) else { continue };
        let reason = format!(
            "a stranger comes in as a member of {group}, which the cluster's own carry too or may: to close {id} would cut them off"
        );
        let look = format!("aws ec2 describe-network-interfaces --filters Name=group-id,Values={group}");
        let leave = "aws ec2 modify-network-interface-attribute --network-interface-id <the stranger's> --groups <its other groups>";
        let refusal = Refusal::new(finding, Class::B, reason, &[&look, leave]);
        proposal.refusals.push(refusal.blocking([rules::close_key(id)]));
    }
    proposal
}

/// Closes a rule, at the class that it has whoever asks.
pub(super) fn close(context: &RemedyContext<'_>, rule: &View, remedy: &Remedy) -> Option<Step> {
    let user = users::who_may_use(context, rule);
    let (class, consequence) = match &user {
        None if is_all_at_fault(context, rule) => (Class::A, None),
        None => (Class::B, Some(String::new())),
        Some(user) => (Class::B, Some(format!(": {user}"))),
    };
    let mut step = rules::close(context, rule, remedy, class)?;
    step.consequences.extend(consequence.map(|user| {
        format!("whoever came in by {} no longer does, on any port of the rule{user}", rules::named(rule))
    }));
    Some(step)
}

/// Whether the rule opens to the internet nothing but what no stack gives to it: administration and high-risk ports, or all ports at once.
fn is_all_at_fault(context: &RemedyContext<'_>, rule: &View) -> bool {
    let Some(group) = rule.text("/configuration/GroupId").and_then(|id| rules::group(context, id)) else {
        return false;
    };
    let failed = |name: &str| {
        let id = control(name);
        let arn = &group.reference.arn;
        context.findings.iter().find(|f| f.control == id && &f.resource.arn == arn && f.status == Status::Fail)
    };
    if failed("KA-SG-002").is_some_and(|finding| widest(finding, context).contains(&rule.id)) {
        return true;
    }
    let named = ["KA-SG-001", "KA-SG-003"]
        .into_iter()
        .filter_map(failed)
        .any(|finding| blamed(finding, context).contains(&rule.id));
    named && is_never_public(context, rule)
}

/// Whether every port of the rule is an administration or a high-risk port.
fn is_never_public(context: &RemedyContext<'_>, rule: &View) -> bool {
    let network = &context.blueprint.network;
    let port = |key: &str| rule.at(key).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let (Some(from), Some(to)) = (port("/configuration/FromPort"), port("/configuration/ToPort")) else { return false };
    let risky = |port: u16| network.high_risk_ports.iter().any(|range| (range.from..=range.to).contains(&port));
    (from..=to).all(|port| network.admin_ports.contains(&port) || risky(port))
}

/// The rules that the finding names: those that together are the internet, and none beside them.
fn blamed(finding: &Finding, context: &RemedyContext<'_>) -> BTreeSet<String> {
    finding.violations.iter().flat_map(|violation| entries(finding, violation, context)).flat_map(rules_of).collect()
}

/// The rules of the widest ranges, as few as it takes to leave no more than half of the ports open.
fn widest(finding: &Finding, context: &RemedyContext<'_>) -> BTreeSet<String> {
    let mut to_close = BTreeSet::new();
    for violation in &finding.violations {
        let mut open: Vec<(u64, &Value)> =
            entries(finding, violation, context).into_iter().map(|entry| (width(entry), entry)).collect();
        open.sort_by_key(|(width, _)| *width);
        let mut sum: u64 = open.iter().map(|(width, _)| width).sum();
        while let Some((width, entry)) = open.pop() {
            if sum <= HALF && entry["protocol"] != "all" {
                break;
            }
            to_close.extend(rules_of(entry));
            sum -= width;
        }
    }
    to_close
}

/// The open ports that a violation speaks of, by its place: `ingress[22 ipv4]`, `ingress[30000-32767 ipv6]`, `ingress[tcp ipv4]`.
fn entries<'a>(finding: &Finding, violation: &Violation, context: &'a RemedyContext<'_>) -> Vec<&'a Value> {
    let place = violation.path.trim_start_matches("ingress[").trim_end_matches(']');
    let Some((what, family)) = place.split_once(' ') else { return Vec::new() };
    let (from, to) = what.split_once('-').unwrap_or((what, what));
    let ports = from.parse::<u64>().ok().zip(to.parse::<u64>().ok());
    let speaks = |entry: &&Value| {
        let protocol = entry["protocol"].as_str().unwrap_or_default();
        let Some((from, to)) = ports else { return protocol == what };
        let meets = entry["from"].as_u64() <= Some(to) && entry["to"].as_u64() >= Some(from);
        protocol == "all" || ["tcp", "udp"].contains(&protocol) && meets
    };
    let open = context.fact(finding.resource.arn.as_str(), "open_ports").and_then(Value::as_array);
    open.into_iter().flatten().filter(|entry| entry["family"] == family).filter(speaks).collect()
}

fn rules_of(entry: &Value) -> impl Iterator<Item = String> {
    entry["rules"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned()))
}

fn width(entry: &Value) -> u64 {
    let port = |key: &str| entry[key].as_u64();
    port("to").zip(port("from")).map_or(0, |(to, from)| (to + 1).saturating_sub(from))
}

#[cfg(test)]
mod tests;
