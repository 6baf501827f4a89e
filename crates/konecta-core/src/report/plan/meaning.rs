//! What a plan means for whoever is asked whether to carry it out: traffic, cost, time, and what must hold first.

use std::time::Duration;

use super::super::text::{counted, prose, visible};
use super::{Legend, Look, Page};
use crate::fix::plan::{Change, Plan};
use crate::fix::run::Seen;
use crate::fix::step::{Class, Wait};

/// What a consequence touches; `None` where neither traffic nor cost is meant.
pub(super) fn kind(change: &Change, consequence: &str) -> Option<&'static str> {
    if Class::tells_of_cost(consequence) {
        Some("cost")
    } else if consequence.starts_with("on the way back") {
        None
    } else if change.class > Class::A || Class::tells_of_loss(consequence) {
        Some("traffic")
    } else {
        None
    }
}

/// Traffic, cost and time of the whole plan, and what is asked right before changes of class B; ends with a newline.
#[must_use]
pub fn meaning(plan: &Plan, width: usize) -> String {
    let legend = Legend::default();
    let mut page = Page::of(Look { legend: &legend, width, color: false, verbose: false });
    page.put(0, "What this means");
    told(&mut page, plan, "traffic", "no change says that anybody is turned away or loses something");
    told(&mut page, plan, "cost", "no change says that it costs anything");
    let mut least = Duration::ZERO;
    let mut most = Duration::ZERO;
    for change in &plan.changes {
        let proves = |wait: &Wait| Duration::from_secs(wait.after_seconds);
        least += change.waits.iter().map(proves).max().unwrap_or_default();
        let limits = change.requires.iter().chain(&change.waits);
        most += limits.map(|wait| Duration::from_secs(wait.timeout_seconds) + proves(wait)).sum::<Duration>();
    }
    let calls = counted(plan.changes.len(), "call");
    let time = match (least.is_zero(), most.is_zero()) {
        (_, true) => format!("{calls}, one after the other; AWS is not waited for"),
        (true, false) => format!("{calls}, one after the other; AWS is waited for, for {} at most", spelled(most)),
        (false, false) => format!(
            "{calls}, one after the other; AWS is waited for, for {} at least and {} at most",
            spelled(least),
            spelled(most)
        ),
    };
    line(&mut page, "duration", &time);
    let disruptive = plan.changes.iter().filter(|change| change.class > Class::A);
    let conditions = disruptive.flat_map(|change| change.requires.iter().map(move |condition| (change, condition)));
    for (at, (change, condition)) in conditions.enumerate() {
        let label = if at == 0 { "requires" } else { "" };
        line(&mut page, label, &format!("{}: {} (asked right before the call)", change.id, prose(&condition.what)));
    }
    page.text
}

/// What the preconditions of class B have been seen to be right now; empty where there are none.
#[must_use]
pub fn conditions(seen: &[(String, Seen)], width: usize) -> String {
    let legend = Legend::default();
    let mut page = Page::of(Look { legend: &legend, width, color: false, verbose: false });
    if !seen.is_empty() {
        page.put(0, "What changes of class B presuppose, asked now and once more right before each call");
    }
    for (change, seen) in seen {
        let holds = if seen.holds { "holds" } else { "does not hold" };
        let found = visible(&seen.found);
        page.hang(2, &format!("{change:<4} "), &format!("{holds}: {} (seen: {found})", prose(&seen.what)));
    }
    page.text
}

/// Each consequence of a kind once, with the changes that have it.
fn told(page: &mut Page<'_>, plan: &Plan, wanted: &str, none: &str) {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for change in &plan.changes {
        for consequence in change.consequences.iter().filter(|one| kind(change, one) == Some(wanted)) {
            match found.iter_mut().find(|(known, _)| known == consequence) {
                Some((_, changes)) => changes.push(&change.id),
                None => found.push((consequence, vec![&change.id])),
            }
        }
    }
    if found.is_empty() {
        line(page, wanted, none);
    }
    for (at, (consequence, changes)) in found.into_iter().enumerate() {
        line(page, if at == 0 { wanted } else { "" }, &format!("{}: {}", changes.join(", "), prose(consequence)));
    }
}

fn line(page: &mut Page<'_>, name: &str, text: &str) {
    page.hang(2, &format!("{name:<9} "), text);
}

/// `2 h 10 min`, `45 s`.
fn spelled(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, 0) => format!("{min} min"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}
