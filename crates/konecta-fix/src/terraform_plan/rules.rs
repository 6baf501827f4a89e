//! Rules of security groups that a plan makes and takes away, whether each is a resource of Terraform or several are one.
//! Knows the provider's arguments for them; nothing of what a rule lets in.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::resource::Resource;
use konecta_base::resource_types;
use konecta_base::snapshot::Snapshot;
use serde_json::{Value, json};

use super::ResourceChange;
use super::live::{LiveMatch, LiveMatches};
use crate::emit::terraform::table::{Kind, kind};
use crate::pointer;
use crate::simulate::set_body;
use crate::terraform_parts::holds_true;
use crate::terraform_state::protocol;

/// The provider's resources for one rule of a security group, and whether it is of what goes out.
const RULES: [(&str, bool); 2] =
    [("aws_vpc_security_group_ingress_rule", false), ("aws_vpc_security_group_egress_rule", true)];

/// The older resource: one rule of AWS for each peer.
const SEVERAL: &str = "aws_security_group_rule";

/// The arguments of it that hold peers, and which argument of one rule each of those is.
const PEERS: [(&str, &str); 4] = [
    ("cidr_blocks", "cidr_ipv4"),
    ("ipv6_cidr_blocks", "cidr_ipv6"),
    ("prefix_list_ids", "prefix_list_id"),
    ("source_security_group_id", "referenced_security_group_id"),
];

/// Makes and takes away what a change does to rules; whether it is one that is understood so.
pub(super) fn change(
    change: &ResourceChange,
    snapshot: &Snapshot,
    matches: &LiveMatches,
    (made, gone): (&mut Vec<Resource>, &mut BTreeSet<usize>),
    tell: &mut dyn FnMut(&str),
) -> bool {
    let one = RULES.iter().find(|(kind, _)| *kind == change.kind).map(|(_, is_egress)| *is_egress);
    let (creates, deletes) = (change.does("create"), change.does("delete"));
    let (is_egress, live) = match (one, matches.own(change)) {
        (Some(is_egress), LiveMatch::One(at)) if creates => (is_egress, vec![at]),
        (Some(is_egress), LiveMatch::None) if creates => (is_egress, Vec::new()),
        (None, _) if change.kind == SEVERAL => (change.after["type"] == "egress", matches.rules(change).to_vec()),
        // One rule that goes or changes is a resource as any other.
        (_, _) => return false,
    };
    let is_old = deletes || !creates;
    if is_old && live.len() < peers(&change.before).len().max(1) {
        tell("not all of its rules are among what was read");
    }
    let wanted = match (deletes && !creates, one) {
        (true, _) => Vec::new(),
        (false, Some(_)) => vec![change.after.clone()],
        (false, None) => several(change),
    };
    let numbers = made.len()..;
    let new = wanted.iter().zip(numbers).map(|(said, number)| rule(said, is_egress, snapshot, number));
    // Where it is not known what takes their place, the old ones stay, so that nothing is mended by it.
    match new.collect::<Option<Vec<Resource>>>() {
        Some(new) => {
            made.extend(new);
            gone.extend(live.iter().filter(|_| is_old));
        }
        None => tell("what is made is not judged"),
    }
    true
}

/// What one resource of several rules says of each.
fn several(change: &ResourceChange) -> Vec<Value> {
    let (after, unknown) = (&change.after, &change.unknown);
    let mut base = json!({});
    for name in ["security_group_id", "description", "from_port", "to_port"] {
        base[name] = after[name].clone();
    }
    base["ip_protocol"] = after["protocol"].as_str().map_or(Value::Null, |name| json!(protocol(name)));
    let with = |(argument, value): (&str, Value)| {
        let mut rule = base.clone();
        rule[argument] = value;
        rule
    };
    let found = peers(after);
    let open = |name: &str| unknown.get(name).is_some_and(holds_true);
    // The provider leaves open which group it is wherever none is named; a rule has a group or ranges.
    let untold = PEERS.iter().any(|(name, _)| open(name) && (found.is_empty() || *name != "source_security_group_id"));
    let known = found.into_iter().map(with);
    let rest = untold.then(|| base.clone());
    known.chain(rest).collect()
}

/// The peers, each as the argument of one rule and its value.
fn peers(side: &Value) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    for (name, argument) in PEERS {
        let values = match &side[name] {
            Value::Array(items) => items.clone(),
            Value::String(one) if !one.is_empty() => vec![json!(one)],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
        };
        found.extend(values.into_iter().map(|value| (argument, value)));
    }
    if side["self"] == true {
        found.push(("referenced_security_group_id", side["security_group_id"].clone()));
    }
    found.retain(|(_, value)| value.is_string());
    found
}

/// A rule that the plan makes: every member of it stands in the table.
fn rule(said: &Value, is_egress: bool, snapshot: &Snapshot, number: usize) -> Option<Resource> {
    let kind: &Kind = kind(&resource_types::EC2_SECURITY_GROUP_RULE.parse().ok()?)?;
    let group = said.get("security_group_id").and_then(Value::as_str)?;
    let group = snapshot.resources.iter().find(|one| one.resource_id == group)?;
    let id = format!("sgr-planned{number}");
    let mut body = json!({"configuration": {"SecurityGroupRuleId": id, "IsEgress": is_egress, "Tags": []}, "tags": {}});
    for (pattern, argument) in &kind.arguments {
        let value = said.get(argument).filter(|value| !value.is_null());
        let Some(value) = value else { continue };
        if pattern == "/configuration/ReferencedGroupInfo/GroupId" {
            body["configuration"]["ReferencedGroupInfo"] = json!({"GroupId": value, "UserId": group.account_id});
        } else {
            pointer::put(&mut body, pattern, Some(value.clone())).ok()?;
        }
    }
    // The provider names no ports where a rule is about every protocol; the API says -1.
    if body["configuration"]["IpProtocol"] == "-1" {
        body["configuration"]["FromPort"] = json!(-1);
        body["configuration"]["ToPort"] = json!(-1);
    }
    let arn = group.arn.as_str().replace(":security-group/", ":security-group-rule/");
    let arn = format!("{}/{id}", arn.rsplit_once('/')?.0);
    let mut made = Resource {
        resource_type: resource_types::EC2_SECURITY_GROUP_RULE.parse().ok()?,
        arn: arn.parse().ok()?,
        resource_id: id,
        account_id: group.account_id.clone(),
        region: group.region.clone(),
        tags: None,
        captured_at: group.captured_at,
        configuration: serde_json::value::to_raw_value(&Value::Null).ok()?,
        supplement: BTreeMap::new(),
    };
    set_body(&mut made, &body).ok()?;
    Some(made)
}
