//! What the controls expect of what is declared: every failed violation, by the resource of Terraform and the argument
//! that it asks to be changed.

use std::collections::BTreeSet;

use konecta_base::finding::{Finding, Status};
use serde_json::Value;

use super::meaning::is_same;
use super::sides;
use super::{DriftItem, DriftKind, Expectation};
use crate::terraform_source::{Aim, Join, Live, Step, aims};

/// A violation of a declared resource.
struct Wrong {
    address: String,
    resource_type: String,
    resource: String,
    way: Vec<Step>,
    /// What the state has at the way, where it leads to a value.
    declared: Option<Value>,
    /// What lives, as the control tells it of the resource itself: a value, or words.
    actual: Option<Value>,
    expectation: Expectation,
}

impl Wrong {
    /// The table does not compare every argument; where what the control saw is not what the state has, it was changed.
    fn kind(&self) -> DriftKind {
        let (Some(declared), Some(actual)) = (&self.declared, &self.actual) else { return DriftKind::DeclaredWrong };
        let is_value = match (declared, actual) {
            (Value::Bool(_), Value::Bool(_)) | (Value::Number(_), Value::Number(_)) => true,
            (Value::String(_), Value::String(told)) => !told.contains(' '),
            (_, _) => false,
        };
        let is_right = is_same(Some(declared), Some(&self.expectation.expected));
        let differs = is_value && !is_same(Some(declared), Some(actual));
        if is_right || differs { DriftKind::ChangedLive } else { DriftKind::DeclaredWrong }
    }
}

/// A control is named once, however often it fails there.
fn add(found: &mut Vec<Expectation>, expectation: &Expectation) {
    if !found.iter().any(|other| other.control == expectation.control) {
        found.push(expectation.clone());
    }
}

/// All that fails of what is declared.
pub(super) struct Expected(Vec<Wrong>);

impl Expected {
    pub(super) fn of(findings: &[Finding], live: &Live<'_>, join: &Join) -> Self {
        let mut found = Vec::new();
        for finding in findings.iter().filter(|finding| finding.status == Status::Fail) {
            for violation in finding.violations.iter() {
                let (led, _) = aims(finding, Some(violation), live, join);
                let Some(Aim { declared, way }) = led.into_iter().next() else { continue };
                let attributes = &declared.instance.attributes;
                let arn = attributes.get("arn").and_then(Value::as_str);
                let subject = live.get(finding.resource.arn.as_str());
                let is_own = subject.is_some_and(|view| join.own(view).iter().any(|own| std::ptr::eq(*own, declared)));
                let way = settled(attributes, way);
                found.push(Wrong {
                    address: declared.instance.address(),
                    resource_type: finding.resource.resource_type.to_string(),
                    resource: arn.map_or_else(|| finding.resource.arn.to_string(), str::to_owned),
                    declared: value(attributes, &way),
                    way,
                    actual: Some(violation.actual.clone()).filter(|_| is_own),
                    expectation: Expectation { control: finding.control.clone(), expected: violation.expected.clone() },
                });
            }
        }
        Self(found)
    }

    /// The controls that fail at an argument, or at a block that holds it.
    pub(super) fn at(&self, address: &str, way: &[Step]) -> Vec<Expectation> {
        let fits = |wrong: &&Wrong| wrong.address == address && !wrong.way.is_empty() && leads(&wrong.way, way);
        let mut found: Vec<Expectation> = Vec::new();
        for wrong in self.0.iter().filter(fits) {
            add(&mut found, &wrong.expectation);
        }
        found
    }

    /// The controls that fail on a resource, wherever in it.
    pub(super) fn anywhere(&self, address: &str) -> Vec<Expectation> {
        let mut found = Vec::new();
        for wrong in self.0.iter().filter(|wrong| wrong.address == address) {
            add(&mut found, &wrong.expectation);
        }
        found
    }

    /// What fails and is as it was declared: no change of what lives explains it. What does not live is missing.
    pub(super) fn declared_wrong(&self, changed: &[DriftItem], alive: &BTreeSet<String>) -> Vec<DriftItem> {
        let explained = |wrong: &&Wrong| {
            changed.iter().any(|item| {
                item.address.as_ref() == Some(&wrong.address)
                    && item.breaks.iter().any(|breaks| breaks.control == wrong.expectation.control)
            })
        };
        let mut found: Vec<DriftItem> = Vec::new();
        let is_told = |wrong: &&Wrong| {
            alive.contains(&wrong.address) && !wrong.way.is_empty() && !is_secret(&wrong.way) && !explained(wrong)
        };
        for wrong in self.0.iter().filter(is_told) {
            let argument = sides::told(&wrong.way);
            let same = |item: &&mut DriftItem| {
                item.address.as_ref() == Some(&wrong.address) && item.argument.as_ref() == Some(&argument)
            };
            match found.iter_mut().find(same) {
                Some(item) => add(&mut item.breaks, &wrong.expectation),
                None => found.push(DriftItem {
                    kind: wrong.kind(),
                    resource_type: wrong.resource_type.clone(),
                    resource: wrong.resource.clone(),
                    address: Some(wrong.address.clone()),
                    argument: Some(argument),
                    declared: wrong.declared.clone(),
                    live: wrong.actual.clone().filter(|_| wrong.kind() == DriftKind::ChangedLive),
                    breaks: vec![wrong.expectation.clone()],
                    owner: None,
                }),
            }
        }
        found
    }
}

/// Whether a way leads to an argument, or to a block on the way to it.
fn leads(way: &[Step], to: &[Step]) -> bool {
    let same = |(step, other): (&Step, &Step)| {
        let entry = step.entry.is_none() || other.entry.is_none() || step.entry == other.entry;
        entry && step.name.split('|').any(|one| one == other.name)
    };
    way.len() <= to.len() && way.iter().zip(to).all(same)
}

/// Whether a way leads to a secret: nobody can say whether it is the right one, and it is not told.
pub(super) fn is_secret(way: &[Step]) -> bool {
    let names: Vec<&str> = way.iter().rev().take(2).map(|step| step.name.as_str()).collect();
    matches!(names.as_slice(), ["value", "custom_header"] | ["values", "http_header"])
}

/// The way with those names that the state has, where a step allows several.
fn settled(attributes: &Value, way: Vec<Step>) -> Vec<Step> {
    let mut here = Some(attributes);
    let settle = |step: Step| {
        let block = here.map(|here| here.as_array().and_then(|items| items.first()).unwrap_or(here));
        let says = |name: &&str| {
            let value = block.and_then(|block| block.get(*name));
            value.is_some_and(|value| !is_same(Some(value), None))
        };
        let name = step.name.split('|').find(says).or(step.name.split('|').next()).unwrap_or_default().to_owned();
        here = block.and_then(|block| block.get(&name));
        Step { name, ..step }
    };
    way.into_iter().map(settle).collect()
}

/// What the state has there: text, a number, a list of those. A block is no value, and a policy is too long for one.
fn value(attributes: &Value, way: &[Step]) -> Option<Value> {
    let mut here = attributes;
    for step in way {
        // A block is a list in the state; of several, the entry says which, and that is not told here.
        if let Value::Array(items) = here {
            let [one] = items.as_slice() else { return None };
            here = one;
        }
        here = here.get(&step.name)?;
    }
    let is_policy = |text: &str| text.trim_start().starts_with('{');
    match here {
        Value::Null | Value::Object(_) => None,
        Value::String(text) if is_policy(text) => None,
        Value::Array(items) if items.is_empty() || items.iter().any(Value::is_object) => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(here.clone()),
    }
}
