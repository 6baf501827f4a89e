//! What a violation asks to be changed: the resource of Terraform that declares it, and the way to the argument in it.
//! Knows live resources and what declares them; nothing of files.

use std::collections::BTreeMap;

use konecta_base::finding::{Finding, Violation};
use serde_json::Value;

use super::arguments::{Step, Target, targets};
use super::join::{Declared, Join};
use super::path::Path;
use crate::View;

/// The live resources of a snapshot, by ARN and id.
#[derive(Debug)]
pub struct Live<'v> {
    by_arn: BTreeMap<&'v str, &'v View>,
    by_id: BTreeMap<&'v str, Vec<&'v View>>,
}

impl<'v> Live<'v> {
    /// Lays views open.
    #[must_use]
    pub fn new(views: &'v [View]) -> Self {
        let mut by_id: BTreeMap<&str, Vec<&View>> = BTreeMap::new();
        for view in views {
            by_id.entry(&view.id).or_default().push(view);
        }
        Self { by_arn: views.iter().map(|view| (view.reference.arn.as_str(), view)).collect(), by_id }
    }

    pub(crate) fn get(&self, arn: &str) -> Option<&'v View> {
        self.by_arn.get(arn).copied()
    }

    /// The resources that a path or a proof calls by this name.
    fn named(&self, name: &str) -> impl Iterator<Item = &'v View> {
        self.by_arn.get(name).copied().into_iter().chain(self.by_id.get(name).into_iter().flatten().copied())
    }
}

/// A resource of Terraform, and the way to what is wrong in it; an empty way means the whole.
#[derive(Debug, Clone)]
pub(crate) struct Aim<'a> {
    pub(crate) declared: &'a Declared,
    pub(crate) way: Vec<Step>,
}

/// What may have to be changed for a violation: first what its path leads to, then what it is found on or names.
pub(crate) fn aims<'a>(
    finding: &Finding,
    violation: Option<&Violation>,
    live: &Live<'_>,
    join: &'a Join,
) -> (Vec<Aim<'a>>, Vec<Aim<'a>>) {
    let path = violation.map(|violation| violation.path.as_str()).unwrap_or_default();
    let words = violation.map(words).unwrap_or_default();
    let entries = Path::of(path).entries;
    let subject = live.get(finding.resource.arn.as_str());
    let mut led = Vec::new();
    for (target, way) in targets(&finding.resource, path) {
        let on: Vec<&View> = match &target.on {
            None => subject.into_iter().collect(),
            Some(on) => {
                let via = target.via.as_ref().and_then(|pointer| subject?.text(pointer));
                let names = entries.iter().rev().chain(&words).map(String::as_str);
                let others = via.into_iter().chain(names).flat_map(|name| live.named(name));
                others.filter(|view| &view.reference.resource_type == on).collect()
            }
        };
        let mut parts = parts(&on, &target, &entries, join);
        // What is declared and does not live is known by its name alone.
        if let (true, Some(kind)) = (on.is_empty(), &target.on) {
            parts.extend(entries.iter().filter_map(|entry| join.by_id(&format!("{kind}|{entry}"))));
        }
        led.extend(parts.into_iter().map(|declared| Aim { declared, way: way.clone() }));
    }
    // What a path names is nearer than what it was found on; of the stack, what its proof names is all there is.
    let named = entries.iter().rev().flat_map(|entry| live.named(entry)).flat_map(|view| nearest(view, join));
    let own = subject.map(|subject| join.of(subject)).unwrap_or_default();
    let proven = words.iter().filter(|_| subject.is_none()).flat_map(|word| live.named(word));
    let whole = named.chain(own).chain(proven.flat_map(|view| join.of(view)));
    (led, whole.map(|declared| Aim { declared, way: Vec::new() }).collect())
}

/// What declares a resource; where nothing does, as a rule that was made by hand, what declares the whole of it.
fn nearest<'a>(view: &View, join: &'a Join) -> Vec<&'a Declared> {
    let own = join.of(view);
    let wholes = ["/supplement/listenerArn", "/configuration/GroupId"];
    let whole = wholes.into_iter().filter_map(|pointer| join.by_id(view.text(pointer)?));
    if own.is_empty() { whole.collect() } else { own }
}

/// Of what declares these resources and their parts, what is meant.
fn parts<'a>(on: &[&View], target: &Target, entries: &[String], join: &'a Join) -> Vec<&'a Declared> {
    let Some(by) = &target.by else { return on.iter().flat_map(|view| join.own(view)).collect() };
    // One of several that are alike and say something else is not meant: what is meant is not declared.
    let fits = |part: &&Declared| &part.instance.kind == by && (!target.named || says(part, entries));
    on.iter().flat_map(|view| join.of(view).into_iter().chain(join.referring(view))).filter(fits).collect()
}

/// Whether a resource has one of these names as an attribute.
fn says(declared: &Declared, entries: &[String]) -> bool {
    let attributes = declared.instance.attributes.as_object();
    attributes.into_iter().flat_map(|attributes| attributes.values()).any(|value| match value {
        Value::String(text) => entries.contains(text),
        Value::Number(number) => entries.contains(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    })
}

/// Everything that a violation says besides its path and that may be the name of a resource.
pub(super) fn words(violation: &Violation) -> Vec<String> {
    let actual = violation.actual.as_str().into_iter().map(str::to_owned);
    let told: Vec<String> = actual.chain(violation.proof.iter().cloned()).collect();
    let words = told.iter().flat_map(|told| told.split([' ', ',', '(', ')', ';', '\'', '"']));
    let words = words.map(|word| word.trim_matches([':', '.']).to_owned());
    // A number is an account or a port, and neither is what is meant.
    words.filter(|word| word.len() > 3 && !word.bytes().all(|byte| byte.is_ascii_digit())).collect()
}
