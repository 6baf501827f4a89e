//! A plan for a person: change by change what is there and what will be, then what is not done and why.
//! Plain lines that fit the width they are given; colour is laid on the first word of a line only.
//! Knows plans as data; decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::text::{counted, prose, visible, wrap};
use crate::fix::plan::{Change, Plan};
use crate::fix::registry::Refusal;
use crate::fix::step::{Class, Edit, Effect, PLANNED_SECRET};
use crate::resource::ResourceRef;

const NARROWEST: usize = 60;

/// How values of any size are kept to what a person can take in.
const LONGEST_VALUE: usize = 400;

/// The plan as text that ends with a newline.
#[must_use]
pub fn render(plan: &Plan, width: usize, color: bool) -> String {
    let mut page = Page { width: width.max(NARROWEST), color, text: String::new() };
    let regions: Vec<&str> = plan.regions.iter().map(|region| region.as_str()).collect();
    page.put(0, &format!("Plan for account {} ({}), made {}", plan.account, regions.join(", "), plan.created_at));
    page.put(0, &format!("It can be applied until {}.", plan.expires_at));
    if let Some(worst) = plan.changes.iter().map(|change| change.class).max() {
        page.put(0, &format!("Worst class: {worst} ({})", meaning(worst)));
    }
    for change in &plan.changes {
        page.change(change);
    }
    page.refusals(&plan.refusals);
    page.text.push('\n');
    page.text.push_str(&summary(plan));
    page.text.push('\n');
    page.text
}

/// The last line: `Plan: 2 to change, 1 to add, 0 to remove; 3 refused.`
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let count = |fits: fn(&Effect) -> bool| {
        let effects = plan.changes.iter().flat_map(|change| &change.effects);
        effects.filter(|effect| fits(effect)).map(|effect| effect.resource().arn).collect::<BTreeSet<_>>().len()
    };
    format!(
        "Plan: {} to change, {} to add, {} to remove; {} refused.",
        count(|effect| matches!(effect, Effect::Amended { .. })),
        count(|effect| matches!(effect, Effect::Created { .. })),
        count(|effect| matches!(effect, Effect::Removed { .. })),
        plan.refusals.len()
    )
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::A => "in place, can be taken back, no effect on traffic expected",
        Class::B => "may drop traffic, change behaviour or cost money; can be taken back",
        Class::C => "cannot be taken back",
        Class::D => "needs the resource made anew",
        Class::N => "never automatic",
    }
}

struct Page {
    width: usize,
    color: bool,
    text: String,
}

impl Page {
    /// A line, wrapped under itself.
    fn put(&mut self, indent: usize, line: &str) {
        self.hang(indent, "", line);
    }

    /// A line behind a label, wrapped behind it.
    fn hang(&mut self, indent: usize, label: &str, line: &str) {
        let behind = indent + label.chars().count();
        for (at, piece) in wrap(line, self.width.saturating_sub(behind).max(20)).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let line = format!("{:indent$}{label:<rest$}{piece}", "", rest = behind - indent);
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn change(&mut self, change: &Change) {
        self.text.push('\n');
        let label = format!("{:<4}", change.id);
        let start = self.text.len();
        self.hang(0, &label, &format!("class {}: {}", change.class, prose(&change.title())));
        self.paint(start, &change.id, "1");
        for effect in &change.effects {
            self.effect(effect);
        }
        let controls: Vec<&str> = change.controls.iter().map(|control| control.as_str()).collect();
        self.field("controls", &controls.join(", "));
        self.field("call", &format!("{}:{}", change.call.service, change.call.operation));
        for consequence in &change.consequences {
            self.field("note", &prose(consequence));
        }
        for condition in &change.requires {
            self.field("requires", &prose(&condition.what));
        }
        for wait in &change.waits {
            self.field("waits", &prose(&wait.what));
        }
        if !change.needs.is_empty() {
            self.field("after", &change.needs.join(", "));
        }
    }

    fn field(&mut self, name: &str, text: &str) {
        self.hang(4, &format!("{name:<10}"), text);
    }

    fn effect(&mut self, effect: &Effect) {
        let start = self.text.len();
        match effect {
            Effect::Amended { resource, edits } => {
                self.hang(4, "~ ", &named(resource));
                self.paint(start, "~", "33");
                for edit in edits {
                    self.edit(edit);
                }
            }
            Effect::Created { resource, .. } => {
                self.hang(4, "+ ", &named(&resource.reference));
                self.paint(start, "+", "32");
                for (part, value) in resource.body.as_object().into_iter().flatten() {
                    let filled = !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty());
                    if filled {
                        self.value(&format!("/{part}"), None, Some(value));
                    }
                }
            }
            Effect::Removed { resource } => {
                self.hang(4, "- ", &named(resource));
                self.paint(start, "-", "31");
            }
        }
    }

    fn edit(&mut self, edit: &Edit) {
        self.value(&edit.path, edit.before.as_ref(), edit.after.as_ref());
    }

    /// Only what differs, as deep as it differs.
    fn value(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        if before == after {
            return;
        }
        match (before, after) {
            (Some(Value::Object(a)), Some(Value::Object(b))) if !special(after) => {
                let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for key in keys {
                    self.value(&format!("{path}/{key}"), a.get(key), b.get(key));
                }
            }
            (None, Some(Value::Object(map))) if !special(after) && !map.is_empty() => {
                for (key, value) in map {
                    self.value(&format!("{path}/{key}"), None, Some(value));
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) if !a.is_empty() && !b.is_empty() => {
                for gone in a.iter().filter(|item| !b.contains(item)) {
                    self.hang(8, "", &format!("{}: - {}", dotted(path), shown(Some(gone))));
                }
                for new in b.iter().filter(|item| !a.contains(item)) {
                    self.hang(8, "", &format!("{}: + {}", dotted(path), shown(Some(new))));
                }
            }
            (None, Some(_)) => self.hang(8, "", &format!("{}: {}", dotted(path), shown(after))),
            (Some(_) | None, _) => {
                self.hang(8, "", &format!("{}: {} → {}", dotted(path), shown(before), shown(after)));
            }
        }
    }

    fn refusals(&mut self, refusals: &[Refusal]) {
        if refusals.is_empty() {
            return;
        }
        let mut groups: BTreeMap<(&str, Class, &str, &[String]), Vec<&ResourceRef>> = BTreeMap::new();
        for refusal in refusals {
            let key = (refusal.control.as_str(), refusal.class, refusal.reason.as_str(), refusal.procedure.as_slice());
            groups.entry(key).or_default().push(&refusal.resource);
        }
        self.text.push_str("\nNot done\n");
        for ((control, class, reason, procedure), resources) in groups {
            let names: Vec<String> = resources.iter().map(|resource| visible(resource.arn.short_name())).collect();
            self.put(2, &format!("{control}, class {class}: {}", names.join(", ")));
            self.put(6, &prose(reason));
            for line in procedure.iter().flat_map(|text| text.lines()) {
                let inner = line.len() - line.trim_start().len();
                self.hang(8 + inner, "", &prose(line));
            }
        }
    }

    /// Colours the first word of a line, which is ours.
    fn paint(&mut self, start: usize, word: &str, style: &str) {
        if !self.color {
            return;
        }
        if let Some(at) = self.text[start..].find(word) {
            let range = start + at..start + at + word.len();
            self.text.replace_range(range, &format!("\u{1b}[{style}m{word}\u{1b}[0m"));
        }
    }
}

fn named(resource: &ResourceRef) -> String {
    format!("{} {} ({})", resource.resource_type, visible(resource.arn.short_name()), resource.region)
}

/// A pointer as a path is written: `configuration` is left out, as everything is it.
fn dotted(path: &str) -> String {
    let steps = path.trim_start_matches('/').split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let steps: Vec<String> = steps.collect();
    let rest = if steps.len() > 1 && steps[0] == "configuration" { &steps[1..] } else { &steps[..] };
    visible(&rest.join("."))
}

fn special(value: Option<&Value>) -> bool {
    let map = value.and_then(Value::as_object);
    map.is_some_and(|map| map.keys().any(|key| key.starts_with('$')))
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "(none)".to_owned() };
    let told = told(value);
    match told.as_str() {
        Some(text) if text.starts_with('(') => text.to_owned(),
        Some(_) | None => super::text::clip(&visible(&told.to_string()), LONGEST_VALUE),
    }
}

/// The value with words in the place of what is not known yet, or not to be seen.
fn told(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("$secret") => Value::String("(secret)".to_owned()),
        Value::Object(map) if special(Some(value)) && !map.is_empty() => {
            Value::String("(known when applied)".to_owned())
        }
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), told(value))).collect()),
        Value::Array(list) => Value::Array(list.iter().map(told).collect()),
        Value::String(text) if text == PLANNED_SECRET || text.starts_with("sha256:") => {
            Value::String("(secret)".to_owned())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other.clone(),
    }
}

/// `2 changes`, for a question before they are made.
#[must_use]
pub fn changes(plan: &Plan) -> String {
    counted(plan.changes.len(), "change")
}

#[cfg(test)]
mod tests;
