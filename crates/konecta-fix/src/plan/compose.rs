//! From chosen steps to changes: the same wish once, joined calls, what each leaves laid upon what the last left.
//! Knows steps; decides nothing about whether one is allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{self, Amended};
use super::choose::Item;
use super::model::{Model, Touches};
use super::{Change, Expected, PlanError, PlanInput, PlanPart, Verifies, order, state_hash};
use crate::step::{Effect, Step};
use konecta_base::finding::Finding;
use konecta_base::id::{Action, Arn, ControlId};
use konecta_base::resource_types;

/// Why the steps do not go together: the items to leave out, and why.
#[derive(Debug)]
pub(super) struct Clash {
    pub(super) items: Vec<usize>,
    pub(super) reason: String,
}

/// Why there are no changes.
#[derive(Debug)]
pub(super) enum ComposeError {
    /// Something must be left out first.
    Clash(Clash),
    /// There is no plan at all.
    Plan(PlanError),
}

impl<E: Into<PlanError>> From<E> for ComposeError {
    fn from(error: E) -> Self {
        Self::Plan(error.into())
    }
}

/// One wish, of one finding or several.
#[derive(Debug)]
struct Unit {
    step: Step,
    items: Vec<usize>,
}

impl Unit {
    fn clash(&self, reason: String) -> ComposeError {
        ComposeError::Clash(Clash { items: self.items.clone(), reason })
    }
}

/// The changes in order, without ids for `needs` that are not among them.
pub(super) fn compose(
    input: &PlanInput<'_>,
    items: &[Item<'_>],
    partial: &[&Finding],
) -> Result<Vec<Change>, ComposeError> {
    let units = units(items)?;
    let steps: Vec<&Step> = units.iter().map(|unit| &unit.step).collect();
    let groups = order::calls(&steps)
        .map_err(|keys| PlanError::Bug(format!("these steps need each other in a circle: {}", keys.join(", "))))?;
    let numbers: BTreeMap<&str, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(number, group)| group.iter().map(move |unit| (*unit, number)))
        .map(|(unit, number)| (units[unit].step.key.as_str(), number))
        .collect();
    let mut model = Model::new(input.context);
    let mut amended = Amended::new();
    let mut touchers: BTreeMap<String, String> = BTreeMap::new();
    let mut changes = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let members: Vec<&Unit> = group.iter().map(|unit| &units[*unit]).collect();
        let mut touches = Touches::default();
        for unit in &members {
            let taken = model.take(&unit.step.effects, &mut touches);
            taken.map_err(|reason| {
                let arns = unit.step.effects.iter().map(|effect| effect.resource().arn.to_string());
                let other = arns.filter_map(|arn| touchers.get(&arn)).next();
                unit.clash(match other {
                    Some(other) => format!("it does not go together with “{other}”: {reason}"),
                    None => format!("it does not fit what was seen, which is a bug in {}: {reason}", unit.step.fix),
                })
            })?;
            for effect in &unit.step.effects {
                touchers.insert(effect.resource().arn.to_string(), unit.step.title.clone());
            }
        }
        let parts: Vec<&Step> = members.iter().map(|unit| &unit.step).collect();
        let (call, inverse) =
            calls::call(&parts, &mut amended).map_err(|conflict| members[conflict.member].clash(conflict.reason))?;
        let effects = model.effects(touches);
        let needs: BTreeSet<usize> = members
            .iter()
            .flat_map(|unit| &unit.step.needs)
            .filter_map(|key| numbers.get(key.as_str()).copied())
            .filter(|need| *need != number)
            .collect();
        let first = &members[0].step;
        let mut change = Change {
            id: name(number),
            parts: members.iter().map(|unit| part(&unit.step)).collect(),
            resource: first.resource.clone(),
            class: members.iter().map(|unit| unit.step.class).max().unwrap_or(first.class),
            controls: union(&members, |step| &step.controls),
            verifies: Vec::new(),
            reads: BTreeSet::new(),
            consequences: union_in_order(&members, |step| &step.consequences),
            effects,
            expects: Vec::new(),
            call,
            inverse,
            actions: members.iter().flat_map(|unit| unit.step.actions.iter().cloned()).collect(),
            needs: needs.into_iter().map(name).collect(),
            requires: union_in_order(&members, |step| &step.requires),
            proven: union_in_order(&members, |step| &step.proven),
            waits: union_in_order(&members, |step| &step.waits),
        };
        change.controls.sort();
        change.expects = expects(input, &change)?;
        changes.push(change);
    }
    verify(items, partial, &numbers, &mut changes);
    for change in &mut changes {
        change.reads = reads(input, change);
    }
    Ok(changes)
}

fn name(number: usize) -> String {
    format!("c{}", number + 1)
}

fn part(step: &Step) -> PlanPart {
    PlanPart { key: step.key.clone(), fix: step.fix.clone(), title: step.title.clone() }
}

/// Steps of the same key as one; they must want the same.
fn units(items: &[Item<'_>]) -> Result<Vec<Unit>, ComposeError> {
    let mut units: Vec<Unit> = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item.left_out.is_none()) {
        let Some(unit) = units.iter_mut().find(|unit| unit.step.key == item.step.key) else {
            units.push(Unit { step: item.step.clone(), items: vec![at] });
            continue;
        };
        if substance(&unit.step)? != substance(&item.step)? {
            let reason = format!("it is not the same as “{}”, though it has the same name", unit.step.title);
            return Err(ComposeError::Clash(Clash { items: vec![at], reason }));
        }
        unit.items.push(at);
        unit.step.controls.extend(item.step.controls.iter().cloned());
        unit.step.class = unit.step.class.max(item.step.class);
        add(&mut unit.step.consequences, &item.step.consequences);
        add(&mut unit.step.needs, &item.step.needs);
        add(&mut unit.step.requires, &item.step.requires);
        add(&mut unit.step.proven, &item.step.proven);
        add(&mut unit.step.waits, &item.step.waits);
        add(&mut unit.step.actions, &item.step.actions);
    }
    for unit in &mut units {
        unit.step.controls.sort();
        unit.step.controls.dedup();
    }
    Ok(units)
}

/// What a step does, whoever asks for it.
fn substance(step: &Step) -> Result<serde_json::Value, PlanError> {
    Ok(serde_json::to_value((&step.call, &step.inverse, &step.effects, &step.resource, &step.merge))?)
}

/// Adds what is not there yet.
pub(super) fn add<T: PartialEq + Clone>(list: &mut Vec<T>, more: &[T]) {
    for item in more {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn union_in_order<T: PartialEq + Clone>(members: &[&Unit], of: impl Fn(&Step) -> &Vec<T>) -> Vec<T> {
    let mut all = Vec::new();
    members.iter().for_each(|unit| add(&mut all, of(&unit.step)));
    all
}

fn union<T: PartialEq + Clone + Ord>(members: &[&Unit], of: impl Fn(&Step) -> &Vec<T>) -> Vec<T> {
    let mut all = union_in_order(members, of);
    all.sort();
    all
}

fn expects(input: &PlanInput<'_>, change: &Change) -> Result<Vec<Expected>, PlanError> {
    let touched = change.effects.iter().map(Effect::resource);
    let own = std::iter::once(change.resource.clone());
    let all: BTreeMap<_, _> = touched.chain(own).map(|reference| (reference.arn.clone(), reference)).collect();
    let mut expected = Vec::new();
    for (arn, reference) in all {
        let there = input.snapshot.resources.iter().find(|resource| resource.arn == arn);
        let hash = there.map(state_hash).transpose().map_err(|error| PlanError::Bug(error.to_string()))?;
        if hash.is_none() && !change.effects.iter().any(|effect| effect.resource().arn == arn) {
            continue;
        }
        let (resource_type, region) = (reference.resource_type, reference.region);
        expected.push(Expected { arn, resource_type, region, sha256: hash });
    }
    Ok(expected)
}

/// What tells one finding from another.
type Mark<'a> = (&'a ControlId, &'a Arn);

fn mark(finding: &Finding) -> Mark<'_> {
    (&finding.control, &finding.resource.arn)
}

/// Each finding is verified by the last change that serves it, if all that it needs is in the plan.
fn verify(items: &[Item<'_>], partial: &[&Finding], numbers: &BTreeMap<&str, usize>, changes: &mut [Change]) {
    let mut last: BTreeMap<Mark<'_>, (usize, &Finding)> = BTreeMap::new();
    let whole = |finding: &Finding| !partial.iter().any(|other| other.is_again(finding));
    let left: BTreeSet<Mark<'_>> =
        items.iter().filter(|item| item.left_out.is_some()).map(|item| mark(item.finding)).collect();
    for item in items {
        let mark = mark(item.finding);
        if left.contains(&mark) || !whole(item.finding) {
            continue;
        }
        if let Some(number) = numbers.get(item.step.key.as_str()) {
            let entry = last.entry(mark).or_insert((*number, item.finding));
            entry.0 = entry.0.max(*number);
        }
    }
    for (number, finding) in last.into_values() {
        let verifies = Verifies { control: finding.control.clone(), arn: finding.resource.arn.clone() };
        changes[number].verifies.push(verifies);
    }
    changes.iter_mut().for_each(|change| change.verifies.sort());
}

/// What may come to use something that was made, by the types of both: it is looked for before that is taken away. AWS
/// deletes a listener with its rules; a web ACL that is used it would not delete.
const USERS: [(&str, &str); 2] = [
    (resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER, resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE),
    (resource_types::WA_FV2_WEB_ACL, resource_types::CLOUDFRONT_DISTRIBUTION),
];

/// What a fresh read must call: for the controls, and for all that is touched.
fn reads(input: &PlanInput<'_>, change: &Change) -> BTreeSet<Action> {
    let promises = change.controls.iter().filter_map(|control| input.promises.get(control));
    let mut wanted: BTreeSet<Action> = promises.flat_map(|promise| promise.reads.iter().cloned()).collect();
    let mut kinds: BTreeSet<_> = change.expects.iter().map(|expected| expected.resource_type.clone()).collect();
    for effect in &change.effects {
        if let Effect::Created { resource, .. } = effect {
            let made = resource.reference.resource_type.as_str();
            kinds.extend(USERS.iter().filter(|(kind, _)| *kind == made).map(|(_, user)| crate::own(user)));
        }
    }
    let asked = |action: &Action| {
        let read = input.snapshot.reads.iter().any(|record| &record.action == action);
        read || input.snapshot.gaps.iter().any(|gap| &gap.action == action)
    };
    for kind in &kinds {
        // What the scan did not ask of resources that were there cannot be compared either.
        let seen = input.snapshot.resources.iter().any(|resource| &resource.resource_type == kind);
        let feeds = input.reads.iter().filter(|(_, read)| read.lists.contains(kind) || read.completes.contains(kind));
        wanted.extend(feeds.map(|(action, _)| action).filter(|action| !seen || asked(action)).cloned());
    }
    input.reads.closure(&wanted)
}
