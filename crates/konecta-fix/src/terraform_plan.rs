//! A snapshot as it would be after `terraform apply`: what a plan changes, laid over what lives.
//!
//! What the columns `terraform` and `terraform_parts` map is set; what is known after apply only, and what
//! changes inside a list of blocks of which nothing tells which is which, is taken out of the resource, so that a control
//! that looks at it is *unknown*. What is not mapped is named. Reads `terraform show -json`; asks nobody and judges
//! nothing.

mod blocks;
mod live;
mod parts;
mod rules;

use std::collections::BTreeSet;

use konecta_base::resource::Resource;
use konecta_base::silence;
use konecta_base::snapshot::Snapshot;
use serde_json::{Value, json};

use self::live::{LiveMatch, LiveMatches};
use self::parts::Parts;
use crate::context::View;
use crate::emit::terraform::table::kind;
use crate::pointer;
use crate::simulate::set_body;
use crate::terraform_parts::{self, holds_true};

#[cfg(test)]
mod tests;

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
    let matches = LiveMatches::of(&snapshot, changes);
    let (mut changed, mut gone) = (BTreeSet::new(), BTreeSet::new());
    let mut made = Vec::new();
    let mut parts = Parts::default();
    for change in changes {
        let mut tell = |what: &str| {
            not_judged.insert(format!("{}: {what}", change.address));
        };
        if parts.separate(change, &matches, &mut tell) {
            continue;
        }
        if rules::change(change, &snapshot, &matches, (&mut made, &mut gone), &mut tell) {
            continue;
        }
        match (change.does("create"), change.does("delete"), matches.own(change)) {
            // Terraform only forgets what AWS makes by itself.
            (false, true, _) if change.kind.starts_with("aws_default_") => {}
            (_, _, LiveMatch::Several) => tell("several of what was read have its name"),
            (true, false, _) => tell("what is made is not judged"),
            (false, true, LiveMatch::One(at)) => {
                gone.insert(at);
            }
            (true, true, LiveMatch::One(at)) => {
                gone.insert(at);
                tell("it is replaced; what takes its place is not judged");
            }
            (false, false, LiveMatch::One(at)) => {
                if let Some(resource) = snapshot.resources.get_mut(at) {
                    update(change, resource, at, &mut parts, &mut tell)?;
                    changed.insert(at);
                }
            }
            (_, _, LiveMatch::None) => tell("it is not among what was read, or of a type that is not judged"),
        }
    }
    changed.extend(parts.apply(&mut snapshot)?);
    changed.extend(&gone);
    let changed = changed.len() + made.len();
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
        let differs = |name: &str| {
            let side = |side: &'_ Value| side.get(name).filter(|value| !value.is_null()).cloned();
            side(&self.before) != side(&self.after) || self.unknown.get(name).is_some_and(holds_true)
        };
        let sides = [&self.before, &self.after, &self.unknown].into_iter().filter_map(Value::as_object);
        let names = sides.flat_map(|side| side.keys().map(String::as_str));
        names.filter(|name| differs(name) && !SILENT.contains(name)).collect()
    }
}

/// Sets what the plan changes of a live resource.
fn update(
    change: &ResourceChange,
    resource: &mut Resource,
    at: usize,
    parts: &mut Parts,
    tell: &mut dyn FnMut(&str),
) -> Result<(), serde_json::Error> {
    let mut body = View::of(resource).body;
    let touched = change.touched();
    let known = parts.own(change, at, &touched, tell);
    let kind = kind(&resource.resource_type);
    let lists = terraform_parts::named(&change.kind).filter(|named| touched.contains(named.argument.as_str()));
    let laid = lists.filter(|named| kind.is_some_and(|kind| blocks::lay(change, kind, named, &mut body)));
    let laid: BTreeSet<&str> = laid.map(|named| named.argument.as_str()).collect();
    for (pattern, argument) in kind.iter().flat_map(|kind| &kind.arguments) {
        let way: Vec<&str> = argument.split('.').collect();
        let first = way.first().map(|first| first.trim_end_matches('*')).unwrap_or_default();
        if touched.contains(first) && !laid.contains(first) {
            set(change, resource.resource_type.as_str(), pattern, &way, &mut body);
        }
    }
    for name in touched.iter().filter(|name| !known.contains(*name)) {
        let sides = [&change.before, &change.after, &change.unknown].map(|side| side.get(*name));
        let ways = kind.iter().flat_map(|kind| kind.arguments.values()).map(|way| way.split('.').collect());
        unmapped(name, sides, &ways.collect::<Vec<_>>(), tell);
    }
    if change.unknown.get("tags_all").is_some_and(holds_true) {
        body["tags"] = Value::Null;
    } else if let Some(tags) = change.after.get("tags_all").filter(|tags| tags.is_object()) {
        body["tags"] = tags.clone();
    }
    set_body(resource, &body)
}

/// Names what differs below an argument and is no argument of the table. `ways` lead on from where the argument stands.
fn unmapped(name: &str, sides: [Option<&Value>; 3], ways: &[Vec<&str>], tell: &mut dyn FnMut(&str)) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let ours = ways.iter().filter_map(|way| {
        let (first, rest) = way.split_first()?;
        (first.trim_end_matches(['*', '{', '}']) == last).then_some((*first, rest))
    });
    let ours: Vec<(&str, &[&str])> = ours.collect();
    // A list is taken out as a whole, and so is a block without content.
    if ours.iter().any(|(first, rest)| rest.is_empty() || first.ends_with('*')) {
        return;
    }
    if ours.is_empty() {
        return tell(&format!("{name} is not judged"));
    }
    let [before, after, unknown] = sides.map(|side| match side.and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => Some(only),
        Some(_) | None => side,
    });
    let below: Vec<Vec<&str>> = ours.iter().map(|(_, rest)| rest.to_vec()).collect();
    let names: BTreeSet<&String> = [before, after, unknown]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|side| side.keys())
        .collect();
    for inner in names {
        let [before, after, unknown] = [before, after, unknown].map(|side| side?.get(inner));
        let said = |side: Option<&Value>| side.filter(|value| !value.is_null()).cloned();
        if said(before) != said(after) || unknown.is_some_and(holds_true) {
            unmapped(&format!("{name}.{inner}"), [before, after, unknown], &below, tell);
        }
    }
}

/// Puts the planned value of one argument where the API has it, or takes away what is not known.
fn set(change: &ResourceChange, resource_type: &str, pattern: &str, way: &[&str], body: &mut Value) {
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
    // What a block without content is in the API's words is not said.
    if way.last().is_some_and(|last| last.ends_with("{}")) {
        take_away(body, pattern);
        return;
    }
    let means_none =
        pattern.strip_prefix("/configuration/").is_some_and(|member| silence::means_none(resource_type, member));
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
                // What it would stand in is not there: what else that holds is not said.
                let around = pattern.match_indices('/').skip(2).filter_map(|(end, _)| pattern.get(..end));
                around.filter(|place| !place.is_empty()).for_each(|place| take_away_unless_object(body, place));
            }
        }
        (None, Some(_)) => take_away(body, "/supplement/attributes"),
        (None, None) if means_none && body.pointer(pattern).is_some() => {
            // It stands where it was.
            let _ = pointer::put(body, pattern, Some(Value::Null));
        }
        (None, None) => take_away(body, pattern),
    }
}

fn take_away_unless_object(body: &mut Value, place: &str) {
    if body.pointer(place).is_some_and(|there| !there.is_object()) {
        take_away(body, place);
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
        value.get(name.trim_end_matches(['*', '{', '}']))
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
        let Some(next) = inner.get(name.trim_end_matches(['*', '{', '}'])) else { return false };
        place = next;
    }
    holds_true(place)
}
