//! A snapshot as it would be after `terraform apply`: what a plan changes, laid over what lives.
//!
//! What the table `emit/terraform.toml` maps is set; what is known after apply only, and what changes inside a list of
//! blocks, is taken out of the resource, so that a control that looks at it is *unknown*. What is not mapped is named.
//! Reads `terraform show -json`; asks nobody and judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::resource::Resource;
use konecta_base::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::context::View;
use crate::emit::terraform::table::{Kind, kind};
use crate::pointer;
use crate::simulate::set_body;
use crate::terraform_source::Join;
use crate::terraform_state::Instance;

#[cfg(test)]
mod tests;

/// The provider's resources for one rule of a security group, and whether it is of what goes out.
const RULES: [(&str, bool); 2] =
    [("aws_vpc_security_group_ingress_rule", false), ("aws_vpc_security_group_egress_rule", true)];

/// Arguments that say nothing of what AWS runs, or what is told by another one.
const SILENT: [&str; 7] = ["id", "arn", "timeouts", "region", "apply_immediately", "tags", "tags_all"];

/// Why a text is not a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TerraformPlanError(String);

/// What a plan does with one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceChange {
    address: String,
    kind: String,
    actions: Vec<String>,
    before: Value,
    after: Value,
    unknown: Value,
}

/// The changes of a plan that `terraform show -json` wrote; what stays as it is, is left out.
///
/// # Errors
/// When the text is something else.
pub fn changes(text: &str) -> Result<Vec<ResourceChange>, TerraformPlanError> {
    let foreign = |reason: &str| TerraformPlanError(reason.to_owned());
    let plan: Value = serde_json::from_str(text).map_err(|error| foreign(&error.to_string()))?;
    // A plan that changes nothing has none.
    let is_plan = plan.get("planned_values").is_some();
    let all = match plan.get("resource_changes").and_then(Value::as_array) {
        Some(all) => all.as_slice(),
        None if is_plan => &[],
        None => return Err(foreign("it has no resource_changes")),
    };
    let mut found = Vec::new();
    for one in all.iter().filter(|one| one["mode"] == "managed") {
        let text =
            |key: &str| one[key].as_str().map(str::to_owned).ok_or_else(|| foreign("a change has no address or type"));
        let change = &one["change"];
        let actions = change["actions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let actions: Vec<String> = actions.map(str::to_owned).collect();
        if actions.iter().any(|action| !matches!(action.as_str(), "no-op" | "read")) {
            found.push(ResourceChange {
                address: text("address")?,
                kind: text("type")?,
                actions,
                before: change["before"].clone(),
                after: change["after"].clone(),
                unknown: change["after_unknown"].clone(),
            });
        }
    }
    Ok(found)
}

/// A snapshot after a plan.
#[derive(Debug)]
pub struct Applied {
    /// What would live.
    pub snapshot: Snapshot,
    /// How many live resources the plan changes, makes or takes away in it.
    pub changed: usize,
    /// What the plan does that the snapshot does not show, each with its address.
    pub not_judged: BTreeSet<String>,
}

/// Lays a plan over a snapshot.
///
/// # Errors
/// When a resource cannot be written as JSON.
pub fn apply(mut snapshot: Snapshot, changes: &[ResourceChange]) -> Result<Applied, serde_json::Error> {
    let mut not_judged = BTreeSet::new();
    let mut changed = 0;
    let places = places(&snapshot, changes);
    let mut gone = BTreeSet::new();
    let mut made = Vec::new();
    for change in changes {
        let mut tell = |what: &str| {
            not_judged.insert(format!("{}: {what}", change.address));
        };
        let live = places.get(&change.address).copied();
        match (change.does("create"), change.does("delete"), live) {
            (true, false, _) => match rule(change, &snapshot, made.len()) {
                Some(rule) => made.push(rule),
                None => tell("what is made is not judged"),
            },
            (false, true, Some(at)) => {
                gone.insert(at);
            }
            (true, true, Some(at)) => {
                gone.insert(at);
                tell("it is replaced; what takes its place is not judged");
            }
            (false, false, Some(at)) => {
                if let Some(resource) = snapshot.resources.get_mut(at) {
                    update(change, resource, &mut tell)?;
                    changed += 1;
                }
            }
            (_, _, None) => tell("it is not among what was read, or of a type that is not judged"),
        }
    }
    changed += gone.len() + made.len();
    let mut at = 0;
    snapshot.resources.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    snapshot.resources.extend(made);
    snapshot.sort();
    Ok(Applied { snapshot, changed, not_judged })
}

impl ResourceChange {
    fn does(&self, action: &str) -> bool {
        self.actions.iter().any(|one| one == action)
    }

    /// The arguments at the top that are another, or not known yet.
    fn touched(&self) -> BTreeSet<&str> {
        let differs = |name: &str| self.before.get(name) != self.after.get(name) || holds_true(self.unknown.get(name));
        let sides = [&self.before, &self.after, &self.unknown].into_iter().filter_map(Value::as_object);
        let names = sides.flat_map(|side| side.keys().map(String::as_str));
        names.filter(|name| differs(name) && !SILENT.contains(name)).collect()
    }
}

/// `after_unknown` has `true` where a value is known after apply only, as deep as that is.
fn holds_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(is)) => *is,
        Some(Value::Array(items)) => items.iter().any(|item| holds_true(Some(item))),
        Some(Value::Object(members)) => members.values().any(|member| holds_true(Some(member))),
        Some(Value::Null | Value::Number(_) | Value::String(_)) | None => false,
    }
}

/// Which live resource each change is about, by its place in the snapshot.
fn places(snapshot: &Snapshot, changes: &[ResourceChange]) -> BTreeMap<String, usize> {
    // The join asks for nothing but type and attributes; the name is the address, by which it is found again.
    let before = changes.iter().filter(|change| change.before.is_object()).map(|change| Instance {
        module: Vec::new(),
        kind: change.kind.clone(),
        name: change.address.clone(),
        key: None,
        attributes: change.before.clone(),
    });
    let join = Join::of_states(vec![before.collect()]);
    let mut places = BTreeMap::new();
    for (at, resource) in snapshot.resources.iter().enumerate() {
        let view = View::of(resource);
        let Some(kind) = kind(&view.reference.resource_type) else { continue };
        for declared in join.own(&view) {
            if kind.is_declared_by(&declared.instance.kind) {
                places.insert(declared.instance.name.clone(), at);
            }
        }
    }
    places
}

/// Sets what the plan changes of a live resource.
fn update(
    change: &ResourceChange,
    resource: &mut Resource,
    tell: &mut dyn FnMut(&str),
) -> Result<(), serde_json::Error> {
    let mut body = View::of(resource).body;
    let Some(kind) = kind(&resource.resource_type) else { return Ok(()) };
    let touched = change.touched();
    let mut mapped = BTreeSet::new();
    for (pattern, argument) in &kind.arguments {
        let way: Vec<&str> = argument.split('.').collect();
        let Some(first) = way.first().map(|name| name.trim_end_matches('*')) else { continue };
        if !touched.contains(first) {
            continue;
        }
        mapped.insert(first);
        set(change, pattern, &way, &mut body);
    }
    for name in touched.iter().filter(|name| !mapped.contains(*name)) {
        tell(&format!("{name} is not judged"));
    }
    if let Some(tags) = change.after.get("tags_all").filter(|tags| tags.is_object()) {
        body["tags"] = tags.clone();
    }
    set_body(resource, &body)
}

/// Puts the planned value of one argument where the API has it, or takes away what is not known.
fn set(change: &ResourceChange, pattern: &str, way: &[&str], body: &mut Value) {
    // Which entry of a list a block is, is not known: the list as a whole is not known any more.
    if let Some((list, _)) = pattern.split_once("/*") {
        take_away(body, list);
        return;
    }
    if is_unknown(&change.unknown, way) {
        take_away(body, pattern);
        return;
    }
    let (before, after) = (in_blocks(&change.before, way), in_blocks(&change.after, way));
    if before == after {
        return;
    }
    let attribute = pattern.strip_prefix("/supplement/attributes/");
    match (after.filter(|value| !value.is_null()), attribute) {
        // A load balancer's attributes are texts in a list.
        (Some(value), Some(key)) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let entries = body.pointer_mut("/supplement/attributes").and_then(Value::as_array_mut);
            let entry = entries.into_iter().flatten().find(|entry| entry["Key"] == key.as_str());
            if let Some(entry) = entry {
                entry["Value"] = json!(text);
            }
        }
        (Some(value), None) => {
            if pointer::put(body, pattern, Some(value.clone())).is_err() {
                take_away(body, pattern);
            }
        }
        (None, Some(_)) => take_away(body, "/supplement/attributes"),
        (None, None) => take_away(body, pattern),
    }
}

fn take_away(body: &mut Value, place: &str) {
    if body.pointer(place).is_some() {
        // What is there can be taken away.
        let _ = pointer::put(body, place, None);
    }
}

/// A value by its way; a block is a list of one in the plan.
fn in_blocks<'a>(value: &'a Value, way: &[&str]) -> Option<&'a Value> {
    way.iter().try_fold(value, |value, name| {
        let value = match value.as_array().map(Vec::as_slice) {
            Some([only]) => only,
            Some(_) => return None,
            None => value,
        };
        value.get(name.trim_end_matches('*'))
    })
}

/// Whether a value, or a block on the way to it, is known after apply only.
fn is_unknown(unknown: &Value, way: &[&str]) -> bool {
    let mut place = unknown;
    for name in way {
        if *place == Value::Bool(true) {
            return true;
        }
        let inner = match place.as_array().map(Vec::as_slice) {
            Some([only]) => only,
            Some(_) | None => place,
        };
        let Some(next) = inner.get(name.trim_end_matches('*')) else { return false };
        place = next;
    }
    holds_true(Some(place))
}

/// A rule of a security group that the plan makes: every member of it stands in the table.
fn rule(change: &ResourceChange, snapshot: &Snapshot, number: usize) -> Option<Resource> {
    let is_egress = RULES.iter().find(|(kind, _)| *kind == change.kind).map(|(_, is_egress)| *is_egress)?;
    let kind: &Kind = kind(&"AWS::EC2::SecurityGroupRule".parse().ok()?)?;
    let group = change.after.get("security_group_id").and_then(Value::as_str)?;
    let group = snapshot.resources.iter().find(|one| one.resource_id == group)?;
    let id = format!("sgr-planned{number}");
    let mut body = json!({"configuration": {"SecurityGroupRuleId": id, "IsEgress": is_egress, "Tags": []}, "tags": {}});
    for (pattern, argument) in &kind.arguments {
        let value = change.after.get(argument).filter(|value| !value.is_null());
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
        resource_type: "AWS::EC2::SecurityGroupRule".parse().ok()?,
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
