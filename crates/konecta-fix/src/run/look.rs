//! What a fresh read says: whether something is as it was, whether an effect is there or back, whether findings pass.

use serde_json::Value;

use super::compare::{exchanged, strays};
use super::resolve::{Here, Unsent, is_stand_in};
use super::{AccountApi, Images, Log, Run, States, Way};
use crate::plan::{Change, Expected, is_unordered, settled, state_hash};
use crate::step::{Edit, Effect};
use crate::{pointer, simulate};
use konecta_base::finding::{Finding, Status};
use konecta_base::id::{Arn, Region, ResourceType};
use konecta_base::reads::{ReadScope, reads};
use konecta_base::resource::{Resource, ResourceRef};
use konecta_base::snapshot::Snapshot;

/// The touched resources as they are; the reason if they cannot be seen.
pub(super) fn states(change: &Change, snapshot: &Snapshot) -> Result<States, String> {
    let mut states = States::new();
    for expected in &change.expects {
        let found = snapshot.resources.iter().find(|resource| resource.arn == expected.arn);
        let hash = match found {
            Some(resource) => Some(state_hash(resource).map_err(|error| error.to_string())?),
            // Only a list that was read to its end proves that something is not there.
            None => listed(expected, snapshot).map(|()| None)?,
        };
        states.insert(expected.arn.clone(), hash);
    }
    Ok(states)
}

/// The touched resources as they are, whole.
pub(super) fn images(change: &Change, snapshot: &Snapshot) -> Result<Images, String> {
    let touched = |arn: &Arn| change.expects.iter().any(|expected| &expected.arn == arn);
    let touched = snapshot.resources.iter().filter(|resource| touched(&resource.arn));
    let image = |resource: &Resource| {
        let body = simulate::body(resource).map_err(|error| error.to_string())?;
        Ok((resource.arn.clone(), body))
    };
    touched.map(image).collect()
}

/// What has changed in the touched resources besides what the change does, that way; empty if nothing has. `images` is what
/// they were right before.
pub(super) fn also_changed(
    change: &Change,
    way: Way,
    images: &Images,
    snapshot: &Snapshot,
) -> Result<Vec<String>, String> {
    let mut stray = Vec::new();
    for expected in &change.expects {
        let (Some(was), Some(is)) =
            (images.get(&expected.arn), snapshot.resources.iter().find(|resource| resource.arn == expected.arn))
        else {
            continue;
        };
        let edits = change.effects.iter().filter_map(|effect| match effect {
            Effect::Amended { resource, edits } if resource.arn == expected.arn => Some(edits),
            Effect::Amended { .. } | Effect::Created { .. } | Effect::Removed { .. } => None,
        });
        let edits: Vec<Edit> = match way {
            Way::Forward => edits.flatten().cloned().collect(),
            Way::Back => edits.flatten().rev().map(Edit::reversed).collect(),
        };
        let is = simulate::body(is).map_err(|error| error.to_string())?;
        let found = strays(&expected.resource_type, was, &edits, &is)?;
        stray.extend(found.into_iter().map(|one| format!("{} {one}", expected.arn.short_name())));
    }
    Ok(stray)
}

fn listed(expected: &Expected, snapshot: &Snapshot) -> Result<(), String> {
    let reads = reads();
    let Some((action, read)) = reads.lister(&expected.resource_type) else { return Ok(()) };
    let region = match read.scope {
        ReadScope::Global => Region::global(),
        ReadScope::Regional | ReadScope::Both => expected.region.clone(),
    };
    if snapshot.reads.iter().any(|record| &record.action == action && record.region == region && record.complete) {
        return Ok(());
    }
    let gap = snapshot.gaps.iter().find(|gap| &gap.action == action && gap.region == region);
    Err(gap.map_or_else(|| format!("{action} was not answered in {region}"), konecta_base::gap::Gap::reason))
}

/// The same with whatever else there is of a kind that the change removes: what AWS makes anew on the way back may have
/// another id, and is known by not having been there.
pub(super) fn states_and_kin(change: &Change, snapshot: &Snapshot) -> Result<States, String> {
    let mut states = states(change, snapshot)?;
    let removed = |kind: &ResourceType| {
        change
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Removed { resource } if &resource.resource_type == kind))
    };
    for resource in snapshot.resources.iter().filter(|resource| removed(&resource.resource_type)) {
        states.entry(resource.arn.clone()).or_insert_with(|| Some(KIN.to_owned()));
    }
    Ok(states)
}

/// Stands for the hash of what is only known to be there.
const KIN: &str = "there";

/// What is not as it was left; empty if all is.
pub(super) fn differing(now: &States, then: &States) -> Vec<Arn> {
    now.iter()
        .filter(|(arn, hash)| then.get(*arn).is_some_and(|then| then != *hash))
        .map(|(arn, _)| arn.clone())
        .collect()
}

/// Whether what is there is what was meant: placeholders fit what can stand for them.
pub(super) fn fits(meant: &Value, there: &Value) -> bool {
    match (meant, there) {
        (Value::Object(meant), there) if meant.len() == 1 && meant.contains_key("$secret") => {
            there.as_str().is_some_and(|text| !text.is_empty())
        }
        (Value::Object(meant), there) if meant.len() == 1 && meant.contains_key("$token") => there.is_string(),
        (Value::Object(meant), there) if meant.len() == 1 && meant.contains_key("$find") => !there.is_null(),
        (Value::Object(meant), Value::Object(there)) => {
            meant.len() == there.len()
                && meant.iter().all(|(key, value)| there.get(key).is_some_and(|there| fits(value, there)))
        }
        (Value::Array(meant), Value::Array(there)) => {
            meant.len() == there.len() && meant.iter().zip(there).all(|(meant, there)| fits(meant, there))
        }
        // A fingerprint speaks of a value that is kept nowhere; hash and ETag guard it.
        (Value::String(meant), Value::String(_)) if is_stand_in(meant) => true,
        (meant, there) => meant == there,
    }
}

/// Whether an edit has been made, looked for from here on. `path` is how the column `state` would name what is here: a list
/// that stands there in no order may have the element in any place, every other has it where the edit says.
fn made(kind: &ResourceType, path: &str, value: &Value, steps: &[String], edit: &Edit) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return edit.after.as_ref().is_some_and(|after| fits(after, value));
    };
    match value {
        Value::Array(list) => {
            let path = format!("{path}[]");
            let in_place = |item: &Value| made(kind, &path, item, rest, edit);
            match (&edit.after, rest.is_empty()) {
                (None, true) => !edit.before.as_ref().is_some_and(|before| list.iter().any(|item| fits(before, item))),
                _ if is_unordered(kind, &path) => list.iter().any(in_place),
                _ => step.parse::<usize>().ok().and_then(|at| list.get(at)).is_some_and(in_place),
            }
        }
        Value::Object(map) => {
            let key = step.replace("~1", "/").replace("~0", "~");
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match map.get(&key) {
                Some(inner) => made(kind, &path, inner, rest, edit),
                None => edit.after.is_none(),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => edit.after.is_none(),
    }
}

/// Where an edit stands once those behind it are made: what goes out of a list, or comes back into it, before its
/// element moves that element. `None` if one of them takes the element away.
fn place(edit: &Edit, behind: &[Edit]) -> Option<Vec<String>> {
    let steps = |edit: &Edit| edit.path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
    let mut place = steps(edit);
    for other in behind {
        let other_place = steps(other);
        let Some((last, list)) = other_place.split_last().filter(|(_, list)| place.starts_with(list)) else { continue };
        let own = place.get(list.len()).and_then(|step| step.parse::<usize>().ok());
        let (Some(own), Ok(at)) = (own, last.parse::<usize>()) else { continue };
        let moved = match (&other.before, &other.after) {
            (Some(_), None) if at == own => return None,
            (Some(_), None) if at < own => own - 1,
            (None, Some(_)) if at <= own => own + 1,
            _ => own,
        };
        place[list.len()] = moved.to_string();
    }
    Some(place)
}

/// Which edits are not made, in words. `is_exact` says whether a list without an order must hold nothing besides: on the way
/// back, what others have put into it meanwhile may be there.
fn unmade(resource: &ResourceRef, edits: &[Edit], snapshot: &Snapshot, is_exact: bool) -> Vec<String> {
    let found = snapshot.resources.iter().find(|found| found.arn == resource.arn);
    let Some(body) = found.and_then(|found| simulate::body(found).ok()) else {
        return vec![format!("{} is not there", resource.arn)];
    };
    let is_made = |(at, edit): &(usize, &Edit)| {
        place(edit, &edits[at + 1..]).is_none_or(|steps| made(&resource.resource_type, "", &body, &steps, edit))
            || is_same_set(resource, edit, &body)
            || !is_exact && is_exchanged(resource, edit, &body)
    };
    edits.iter().enumerate().filter(|one| !is_made(one)).map(|(_, edit)| mismatch(resource, edit, &body)).collect()
}

/// Whether a list that stands in no order holds what it should, in whatever order.
fn is_same_set(resource: &ResourceRef, edit: &Edit, body: &Value) -> bool {
    let mut meant = body.clone();
    let after = edit.after.clone().map(simulate::planned);
    after.as_ref().is_some_and(Value::is_array)
        && pointer::put(&mut meant, &edit.path, after).is_ok()
        && settled(&resource.resource_type, meant) == settled(&resource.resource_type, body.clone())
}

/// Whether a list without an order has lost what the edit takes out, and has what it puts in.
fn is_exchanged(resource: &ResourceRef, edit: &Edit, body: &Value) -> bool {
    let Some([goes, comes]) = exchanged(&resource.resource_type, body, edit) else { return false };
    let list = body.pointer(&edit.path).and_then(Value::as_array);
    list.is_some_and(|list| {
        let there = |meant: &&Value| list.iter().any(|item| fits(meant, item));
        comes.iter().all(there) && !goes.iter().any(there)
    })
}

fn mismatch(resource: &ResourceRef, edit: &Edit, body: &Value) -> String {
    let shown = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
    let meant = edit.after.clone().map(simulate::planned);
    format!(
        "{} {} is {}, and should be {}",
        resource.arn.short_name(),
        pointer::attribute(&edit.path),
        shown(body.pointer(&edit.path)),
        shown(meant.as_ref())
    )
}

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    /// Which effects are not there; empty if all are. `Err` if it could not be looked up.
    pub(super) async fn missing(
        &mut self,
        here: &Here,
        change: &Change,
        snapshot: &Snapshot,
    ) -> Result<Vec<String>, String> {
        let mut missing = Vec::new();
        for effect in &change.effects {
            match effect {
                Effect::Amended { resource, edits } => {
                    let edits = self.resolved(here, edits).await?;
                    missing.extend(unmade(resource, &edits, snapshot, true));
                }
                Effect::Created { resource, exists } => match self.count(here, exists).await? {
                    1 => {}
                    0 => missing.push(format!("{} is not there", resource.reference.arn.short_name())),
                    more => missing.push(format!("{more} of {} are there", resource.reference.arn.short_name())),
                },
                Effect::Removed { resource } => {
                    if snapshot.resources.iter().any(|there| there.arn == resource.arn) {
                        missing.push(format!("{} is still there", resource.arn.short_name()));
                    }
                }
            }
        }
        Ok(missing)
    }

    /// Which effects have not been taken back; `before` is what was there before the way back.
    pub(super) async fn not_back(
        &mut self,
        here: &Here,
        change: &Change,
        before: &States,
        now: &Snapshot,
    ) -> Result<Vec<String>, String> {
        let mut left = Vec::new();
        for effect in &change.effects {
            match effect {
                Effect::Amended { resource, edits } => {
                    let edits: Vec<Edit> = edits.iter().rev().map(Edit::reversed).collect();
                    left.extend(unmade(resource, &edits, now, false));
                }
                Effect::Created { resource, exists } => {
                    if self.count(here, exists).await? != 0 {
                        left.push(format!("{} is still there", resource.reference.arn.short_name()));
                    }
                }
                Effect::Removed { resource } => {
                    if !is_back(resource, before, now) {
                        left.push(format!("{} is not there again", resource.arn.short_name()));
                    }
                }
            }
        }
        Ok(left)
    }

    /// Whether nothing that the change makes is there yet.
    pub(super) async fn none_created(&mut self, here: &Here, change: &Change) -> Result<bool, String> {
        for effect in &change.effects {
            if let Effect::Created { exists, .. } = effect
                && self.count(here, exists).await? != 0
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn count(&mut self, here: &Here, find: &crate::step::Find) -> Result<usize, String> {
        match self.matches(here, find).await {
            Ok(found) => Ok(found.len()),
            // What it is looked for in does not exist itself.
            Err(Unsent::Unresolved(reason)) if reason.ends_with("lists nothing that fits") => Ok(0),
            Err(Unsent::Unresolved(reason) | Unsent::Stale(reason)) => Err(reason),
            Err(Unsent::Call(failure)) => Err(failure.to_string()),
        }
    }

    /// Edits with what `$find` stands for; a secret is never looked up to be compared.
    async fn resolved(&mut self, here: &Here, edits: &[Edit]) -> Result<Vec<Edit>, String> {
        let mut resolved = Vec::new();
        for edit in edits {
            let mut edit = edit.clone();
            if let Some(after) = edit.after.take() {
                edit.after = Some(match holds_secret(&after) {
                    true => after,
                    false => match self.resolve(here, after).await {
                        Ok(after) => after,
                        Err(Unsent::Unresolved(reason) | Unsent::Stale(reason)) => return Err(reason),
                        Err(Unsent::Call(failure)) => return Err(failure.to_string()),
                    },
                });
            }
            resolved.push(edit);
        }
        Ok(resolved)
    }

    /// Which of the findings that the change mends do not pass; empty if all do.
    pub(super) fn broken(&mut self, change: &Change, snapshot: &Snapshot) -> Result<Vec<String>, String> {
        if change.verifies.is_empty() {
            return Ok(Vec::new());
        }
        let findings = self.account.judge(snapshot)?;
        let mut broken = Vec::new();
        for verifies in &change.verifies {
            let fits = |finding: &&Finding| finding.control == verifies.control && finding.resource.arn == verifies.arn;
            let goes = |effect: &Effect| matches!(effect, Effect::Removed { resource } if resource.arn == verifies.arn);
            let name = verifies.arn.short_name();
            match findings.iter().find(fits) {
                None if change.effects.iter().any(goes) => {}
                None => broken.push(format!("{} has no verdict on {name}", verifies.control)),
                Some(finding) => match finding.status {
                    Status::Pass | Status::NotApplicable | Status::Waived => {}
                    Status::Fail => broken.push(format!("{} still fails on {name}", verifies.control)),
                    Status::Unknown if crate::is_open_at_best(&verifies.control) => {}
                    Status::Unknown => {
                        let reasons = finding.reasons.join(", ");
                        broken.push(format!("{} is unknown on {name}: {reasons}", verifies.control));
                    }
                },
            }
        }
        Ok(broken)
    }
}

/// What AWS made anew may have another id: then one of its kind has come that was not there before.
fn is_back(resource: &ResourceRef, before: &States, now: &Snapshot) -> bool {
    let of_its_kind = now.resources.iter().filter(|there| there.resource_type == resource.resource_type);
    of_its_kind.into_iter().any(|there| before.get(&there.arn).is_none_or(Option::is_none))
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("$secret") || map.values().any(holds_secret),
        Value::Array(list) => list.iter().any(holds_secret),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests;
