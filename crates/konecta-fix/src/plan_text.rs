//! A plan for a person: one line a change, then change by change, then what is not done and why, then what it all means.
//! Plain lines that fit the width they are given; colour is laid on words of ours only.
//! Knows plans as data; decides nothing.

mod legend;
mod meaning;
mod page;
mod refused;
mod values;

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use crate::plan::{Change, Plan};
use crate::registry::Cause;
use crate::step::{Class, Effect};
use konecta_base::text::{clip_to_width, counted, prose};
pub use legend::Legend;
pub use meaning::{conditions, meaning};
use page::Page;

/// The widest column for names: a longer name takes the room of the words behind it.
const NAME_COLUMN: usize = 34;
/// Fewer columns than this hold no words worth reading.
const FEWEST_WORDS: usize = 12;

/// How much is shown, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What things are called.
    pub legend: &'a Legend,
    /// Columns.
    pub width: usize,
    /// Whether words may be coloured.
    pub color: bool,
    /// Attributes, calls and waits as well, and every procedure whole.
    pub verbose: bool,
}

/// The plan as text that ends with a newline.
#[must_use]
pub fn render(plan: &Plan, look: Look<'_>) -> String {
    let mut page = Page::of(look);
    let regions: Vec<&str> = plan.regions.iter().map(|region| region.as_str()).collect();
    page.put(0, &format!("Plan for account {} ({})", plan.account, regions.join(", ")));
    page.put(0, &format!("Made {}, can be applied until {}", page::time(plan.created_at), page::time(plan.expires_at)));
    if let Some(worst) = plan.changes.iter().map(|change| change.class).max() {
        let count = counted(plan.changes.len(), "change");
        page.put(0, &format!("{count}, at worst of class {worst}: {}", class_in_words(worst)));
        overview(&mut page, plan);
        page.heading("Details");
        for change in &plan.changes {
            details(&mut page, change);
        }
    }
    refused::write(&mut page, &plan.refusals);
    if !plan.changes.is_empty() {
        page.text.push('\n');
        page.text.push_str(&meaning(plan, look.width));
    }
    page.text.push('\n');
    page.put(0, &summary(plan));
    if !look.verbose && !plan.changes.is_empty() {
        page.put(0, "Attributes before and after, calls and waits: -v");
    }
    page.text
}

/// The last line: `Plan: 2 to change, 1 to add, 0 to remove; 3 not done, 1 could not be decided.`
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let count = |fits: fn(&Effect) -> bool| {
        let effects = plan.changes.iter().flat_map(|change| &change.effects);
        effects.filter(|effect| fits(effect)).map(|effect| effect.resource().arn).collect::<BTreeSet<_>>().len()
    };
    let undecided = plan.refusals.iter().filter(|refusal| refusal.cause == Cause::Undecided).count();
    let open = if undecided == 0 { String::new() } else { format!(", {undecided} could not be decided") };
    format!(
        "Plan: {} to change, {} to add, {} to remove; {} not done{open}.",
        count(|effect| matches!(effect, Effect::Amended { .. })),
        count(|effect| matches!(effect, Effect::Created { .. })),
        count(|effect| matches!(effect, Effect::Removed { .. })),
        plan.refusals.len() - undecided
    )
}

fn class_in_words(class: Class) -> &'static str {
    match class {
        Class::A => "in place, can be taken back, no effect on traffic expected",
        Class::B => "may drop traffic, change behaviour or cost money; can be taken back",
        Class::C => "cannot be taken back",
        Class::D => "needs the resource made anew",
        Class::N => "never automatic",
    }
}

/// What happens to the resource, with its mark and colour.
fn verb(change: &Change) -> (&'static str, &'static str) {
    let all = |fits: fn(&Effect) -> bool| !change.effects.is_empty() && change.effects.iter().all(fits);
    if all(|effect| matches!(effect, Effect::Created { .. })) {
        ("add", "32")
    } else if all(|effect| matches!(effect, Effect::Removed { .. })) {
        ("remove", "31")
    } else {
        ("change", "33")
    }
}

/// One line a change, by layer.
fn overview(page: &mut Page<'_>, plan: &Plan) {
    let ids = plan.changes.iter().map(|change| change.id.width()).max().unwrap_or_default();
    let names: Vec<String> = plan.changes.iter().map(|change| page.legend.of_change(change)).collect();
    let column = names.iter().map(|name| name.width()).max().unwrap_or_default().min(NAME_COLUMN);
    for layer in page.legend.layers() {
        let here = |change: &&Change| page.legend.layer(change) == layer;
        let lines: Vec<(&Change, &String)> =
            plan.changes.iter().zip(&names).filter(|(change, _)| here(change)).collect();
        if lines.is_empty() {
            continue;
        }
        page.heading(layer);
        for (change, name) in lines {
            let (verb, style) = verb(change);
            let mut line = format!("{:<ids$}  {}  {verb:<6}  {name}", change.id, change.class);
            let gap = column.saturating_sub(name.width()) + 2;
            let room = page.width.saturating_sub(2 + line.width() + gap);
            if room >= FEWEST_WORDS {
                line.push_str(&" ".repeat(gap));
                line.push_str(&clip_to_width(&prose(&change.title()), room));
            }
            let start = page.text.len();
            // A name that is wider than the line is broken rather than cut.
            page.put(2, &line);
            page.paint(start, verb, style);
        }
    }
}

fn details(page: &mut Page<'_>, change: &Change) {
    page.text.push('\n');
    let label = format!("{:<4} ", change.id);
    let start = page.text.len();
    let (verb, _) = verb(change);
    let resource = &change.resource;
    let what = format!("{} ({}, {})", page.legend.of_change(change), resource.resource_type, resource.region);
    page.hang(0, &label, &format!("class {}: {verb} {what}", change.class));
    page.paint(start, &change.id, "1");
    for part in &change.parts {
        page.put(5, &prose(&part.title));
    }
    if page.verbose {
        for effect in &change.effects {
            values::effect(page, effect);
        }
    }
    let controls: Vec<&str> = change.controls.iter().map(|control| control.as_str()).collect();
    page.field("controls", &controls.join(", "));
    for consequence in &change.consequences {
        page.field(meaning::kind(change, consequence).unwrap_or("note"), &prose(consequence));
    }
    for condition in &change.requires {
        page.field("requires", &prose(&condition.what));
    }
    for proof in meaning::few(&change.proven, page.verbose) {
        page.field("proven", &proof);
    }
    if page.verbose {
        page.field("call", &format!("{}:{}", change.call.service, change.call.operation));
        let mut told = BTreeSet::new();
        for wait in change.waits.iter().filter(|wait| told.insert(&wait.what)) {
            page.field("waits", &prose(&wait.what));
        }
    }
    if !change.needs.is_empty() {
        page.field("after", &change.needs.join(", "));
    }
}

#[cfg(test)]
mod tests;
