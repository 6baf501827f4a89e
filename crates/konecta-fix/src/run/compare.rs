//! Whose doing it is that a resource is other than it was: what a change did not mean to touch and touched all the same, and
//! what somebody else has changed since that a way back would overwrite. Knows bodies of resources, and nothing of calls
//! but what they send along.

use std::collections::BTreeMap;

use serde_json::Value;

use super::look::fits;
use crate::plan::{comparable, is_unordered};
use crate::pointer;
use crate::step::{Call, Edit};
use konecta_base::id::ResourceType;

/// How much of a value is shown.
const SHOWN: usize = 80;

/// How many differences are named before the rest is counted.
const NAMED: usize = 5;

/// How many elements of a list without an order may go and come.
#[derive(Debug, Default)]
struct Allowed {
    /// Places of the list from which an element goes, or in which it changes.
    goes: Vec<String>,
    /// The same for what comes.
    comes: Vec<String>,
}

/// What has changed in a resource besides the edits, in words; empty if nothing has. `before` is what it was, `now` what
/// it is; what the column `state` names is left out of both.
///
/// Edits below a list without an order say an index that means nothing here: there, no more elements may differ than edits
/// speak of, and whether the edits are made is somebody else's question.
pub(super) fn strays(kind: &ResourceType, before: &Value, edits: &[Edit], now: &Value) -> Result<Vec<String>, String> {
    let mut model = before.clone();
    let mut allowed: BTreeMap<String, Allowed> = BTreeMap::new();
    for edit in edits {
        match unordered_above(kind, before, &edit.path) {
            Some((list, element, inside)) => {
                let entry = allowed.entry(list).or_default();
                for (places, counts) in [
                    (&mut entry.goes, inside || edit.before.is_some()),
                    (&mut entry.comes, inside || edit.after.is_some()),
                ] {
                    if counts && !places.contains(&element) {
                        places.push(element.clone());
                    }
                }
            }
            None => lay(kind, &mut model, edit)?,
        }
    }
    let model = comparable(kind, model);
    let now = comparable(kind, now.clone());
    let mut found = Vec::new();
    Comparing { kind, allowed: &allowed }.at("", "", &model, &now, &mut found);
    Ok(found)
}

/// The differences as one text.
pub(super) fn listed(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    let named = all.join("; ");
    if more > 0 { format!("{named}; and {more} more") } else { named }
}

/// The list without an order in which a pointer ends or passes first, the place in it, and whether it goes on from there.
fn unordered_above(kind: &ResourceType, body: &Value, path: &str) -> Option<(String, String, bool)> {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let (mut here, mut dotted, mut walked) = (body, String::new(), String::new());
    for (number, step) in steps.iter().enumerate() {
        match here {
            Value::Array(list) => {
                dotted.push_str("[]");
                if is_unordered(kind, &dotted) {
                    return Some((walked, (*step).to_owned(), number + 1 < steps.len()));
                }
                here = list.get(step.parse::<usize>().ok()?)?;
            }
            Value::Object(map) => {
                let key = step.replace("~1", "/").replace("~0", "~");
                here = map.get(&key)?;
                dotted = if dotted.is_empty() { key } else { format!("{dotted}.{key}") };
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        }
        walked = format!("{walked}/{step}");
    }
    None
}

/// Whether a pointer leads to a list that comes in any order.
fn is_list_without_order(kind: &ResourceType, body: &Value, path: &str) -> bool {
    let mut here = Some(body);
    let mut dotted = String::new();
    for step in path.split('/').skip(1) {
        match here {
            Some(Value::Array(list)) => {
                dotted.push_str("[]");
                here = step.parse::<usize>().ok().and_then(|at| list.get(at));
            }
            other => {
                let key = step.replace("~1", "/").replace("~0", "~");
                here = other.and_then(|value| value.get(&key));
                dotted = if dotted.is_empty() { key } else { format!("{dotted}.{key}") };
            }
        }
    }
    is_unordered(kind, &format!("{dotted}[]"))
}

/// What an edit of a whole list without an order takes out of it, and what it puts in; `None` for any other edit.
pub(super) fn exchanged<'e>(kind: &ResourceType, body: &Value, edit: &'e Edit) -> Option<[Vec<&'e Value>; 2]> {
    let (Some(Value::Array(before)), Some(Value::Array(after))) = (&edit.before, &edit.after) else { return None };
    is_list_without_order(kind, body, &edit.path).then(|| unmatched(before, after, fits).into())
}

/// Makes an edit in the model. What comes into a list before an element moves it. In a list without an order, what the edit
/// says nothing of stays: somebody else may have put it there.
fn lay(kind: &ResourceType, model: &mut Value, edit: &Edit) -> Result<(), String> {
    let exchange = exchanged(kind, model, edit);
    if let (Some([goes, comes]), Some(Value::Array(list))) = (exchange, model.pointer_mut(&edit.path)) {
        list.retain(|item| !goes.iter().any(|gone| fits(gone, item)));
        let new: Vec<Value> = comes.into_iter().filter(|item| !list.contains(item)).cloned().collect();
        list.extend(new);
        return Ok(());
    }
    let (parent, last) = edit.path.rsplit_once('/').unwrap_or_default();
    if let (None, Some(after), Some(Value::Array(list)), Ok(at)) =
        (&edit.before, &edit.after, model.pointer_mut(parent), last.parse::<usize>())
        && at < list.len()
    {
        list.insert(at, after.clone());
        return Ok(());
    }
    pointer::put(model, &edit.path, edit.after.clone()).map_err(|error| error.to_string())
}

struct Comparing<'a> {
    kind: &'a ResourceType,
    allowed: &'a BTreeMap<String, Allowed>,
}

impl Comparing<'_> {
    fn at(&self, path: &str, dotted: &str, model: &Value, now: &Value, found: &mut Vec<String>) {
        if fits(model, now) {
            return;
        }
        match (model, now) {
            (Value::Object(one), Value::Object(other)) => {
                for key in keys([one, other]) {
                    let path = format!("{path}/{}", pointer::escape(key));
                    let dotted = if dotted.is_empty() { key.clone() } else { format!("{dotted}.{key}") };
                    match (one.get(key), other.get(key)) {
                        (Some(one), Some(other)) => self.at(&path, &dotted, one, other, found),
                        (one, other) => found.push(differs(&path, one, other)),
                    }
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                let dotted = format!("{dotted}[]");
                if is_unordered(self.kind, &dotted) {
                    let (gone, come) = unmatched(one, other, fits);
                    let allowed = self.allowed.get(path);
                    let (goes, comes) = allowed.map_or((0, 0), |allowed| (allowed.goes.len(), allowed.comes.len()));
                    if gone.len() > goes || come.len() > comes {
                        let list = |items: Vec<&Value>| Value::Array(items.into_iter().cloned().collect());
                        found.push(differs(path, Some(&list(gone)), Some(&list(come))));
                    }
                    return;
                }
                for at in 0..one.len().max(other.len()) {
                    let path = format!("{path}/{at}");
                    match (one.get(at), other.get(at)) {
                        (Some(one), Some(other)) => self.at(&path, &dotted, one, other, found),
                        (one, other) => found.push(differs(&path, one, other)),
                    }
                }
            }
            (one, other) => found.push(differs(path, Some(one), Some(other))),
        }
    }
}

fn keys(maps: [&serde_json::Map<String, Value>; 2]) -> Vec<&String> {
    let mut keys: Vec<&String> = maps.into_iter().flat_map(serde_json::Map::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What is in the first only, and what in the second only.
fn unmatched<'a>(
    one: &'a [Value],
    other: &'a [Value],
    same: fn(&Value, &Value) -> bool,
) -> (Vec<&'a Value>, Vec<&'a Value>) {
    let mut come: Vec<&Value> = other.iter().collect();
    let mut gone = Vec::new();
    for item in one {
        match come.iter().position(|there| same(item, there)) {
            Some(at) => drop(come.remove(at)),
            None => gone.push(item),
        }
    }
    (gone, come)
}

fn differs(path: &str, was: Option<&Value>, is: Option<&Value>) -> String {
    format!("{} (was {}, is {})", pointer::attribute(path), shown(was), shown(is))
}

/// A value as a reader is shown it.
pub(super) fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "absent".to_owned(), Value::to_string);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A resource as it was before a change, as the change left it, and as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Three<'a> {
    pub(super) before: &'a Value,
    pub(super) ours: &'a Value,
    pub(super) now: &'a Value,
}

/// What somebody else has changed since of that which the way back would set, in words; empty if nothing. What the change
/// did not touch may be as it likes, unless one of the `calls` sends it along.
pub(super) fn conflicts(kind: &ResourceType, three: Three<'_>, calls: &[Call]) -> Result<Vec<String>, String> {
    let settled = |body: &Value| comparable(kind, body.clone());
    let (before, ours, now) = (settled(three.before), settled(three.ours), settled(three.now));
    let mut found = Vec::new();
    whose(kind, ["", ""], [Some(&before), Some(&ours), Some(&now)], &mut found);
    for place in calls.iter().flat_map(sends_along) {
        let [b, o, n] = [&before, &ours, &now].map(|body| body.pointer(place));
        if o == n || found.iter().any(|told: &String| told.starts_with(place)) {
            continue;
        }
        if place.is_empty() {
            let changed = strays(kind, three.ours, &[], three.now)?;
            found.push(format!("{}, which the way back would set as well", listed(changed)));
        } else {
            found.push(three_values(place, b, o, n));
        }
    }
    Ok(found)
}

/// The places of a resource that a call sets to what they were when the plan was made, besides what its change is about. An
/// operation that is not listed is taken to set all.
fn sends_along(call: &Call) -> &'static [&'static str] {
    // What is read right before it is sent back whole keeps what others did.
    if call.amend.is_some() {
        return &[];
    }
    match call.operation.as_str() {
        // What waits for the maintenance window is carried out by any change that is applied at once.
        "ModifyDBInstance" | "ModifyDBCluster" => &["/configuration/PendingModifiedValues"],
        "ModifyInstanceMetadataOptions" => &["/configuration/MetadataOptions"],
        "UpdateClusterConfig" => &["/configuration/resourcesVpcConfig/publicAccessCidrs", "/configuration/logging"],
        "PutLifecyclePolicy" | "DeleteLifecyclePolicy" => &["/supplement/lifecyclePolicy"],
        "SetRepositoryPolicy" | "DeleteRepositoryPolicy" => &["/supplement/repositoryPolicy"],
        "PutImageTagMutability" => {
            &["/configuration/imageTagMutability", "/configuration/imageTagMutabilityExclusionFilters"]
        }
        "PutImageScanningConfiguration" => &["/configuration/imageScanningConfiguration"],
        // These name one attribute or one entry, or a list whose every change stands in the way.
        "ModifyDBParameterGroup"
        | "ResetDBParameterGroup"
        | "ModifyLoadBalancerAttributes"
        | "ModifyTargetGroup"
        | "ModifyListener"
        | "ModifyRule"
        | "UpdateNodegroupConfig"
        | "ModifySubnetAttribute"
        | "CreateRoute"
        | "DeleteRoute"
        | "CreateNetworkAclEntry"
        | "ReplaceNetworkAclEntry"
        | "DeleteNetworkAclEntry"
        | "AttachRolePolicy"
        | "DetachRolePolicy"
        | "PutRolePolicy"
        | "DeleteRolePolicy"
        | "AuthorizeSecurityGroupIngress"
        | "AuthorizeSecurityGroupEgress"
        | "RevokeSecurityGroupIngress"
        | "RevokeSecurityGroupEgress"
        | "DeleteListener"
        | "DeleteRule"
        | "DeleteWebACL"
        | "DeleteFlowLogs"
        | "DeleteRepository" => &[],
        _ => &[""],
    }
}

/// Walks three bodies: where ours is now, or ours is what was before, there is nothing of ours to be overwritten.
fn whose(kind: &ResourceType, [path, dotted]: [&str; 2], three: [Option<&Value>; 3], found: &mut Vec<String>) {
    let [before, ours, now] = three;
    if ours == now || before == ours {
        return;
    }
    match three {
        [Some(Value::Object(before)), Some(Value::Object(ours)), Some(Value::Object(now))] => {
            let mut all = keys([before, ours]);
            all.extend(now.keys().filter(|key| !before.contains_key(*key) && !ours.contains_key(*key)));
            for key in all {
                let path = format!("{path}/{}", pointer::escape(key));
                let dotted = if dotted.is_empty() { key.clone() } else { format!("{dotted}.{key}") };
                whose(kind, [&path, &dotted], [before.get(key), ours.get(key), now.get(key)], found);
            }
        }
        [Some(Value::Array(before)), Some(Value::Array(ours)), Some(Value::Array(now))] => {
            let dotted = format!("{dotted}[]");
            if is_unordered(kind, &dotted) {
                let same = |one: &Value, other: &Value| one == other;
                let (taken, given) = unmatched(before, ours, same);
                let (lost, back) = unmatched(ours, now, same);
                if given.iter().any(|item| lost.contains(item)) || taken.iter().any(|item| back.contains(item)) {
                    let list = |items: Vec<&Value>| Value::Array(items.into_iter().cloned().collect());
                    found.push(three_values(path, Some(&list(taken)), Some(&list(given)), Some(&list(back))));
                }
            } else if before.len() == ours.len() && ours.len() == now.len() {
                for at in 0..ours.len() {
                    let path = format!("{path}/{at}");
                    whose(kind, [&path, &dotted], [before.get(at), ours.get(at), now.get(at)], found);
                }
            } else {
                found.push(three_values(path, three[0], three[1], three[2]));
            }
        }
        [before, ours, now] => found.push(three_values(path, before, ours, now)),
    }
}

fn three_values(path: &str, before: Option<&Value>, ours: Option<&Value>, now: Option<&Value>) -> String {
    let name = pointer::attribute(path);
    format!("{name} was {}, this run made it {}, and now it is {}", shown(before), shown(ours), shown(now))
}

#[cfg(test)]
mod tests;
