//! What a plan means for whoever is asked whether to carry it out: traffic, cost, time, and what must hold first.

use std::time::Duration;

use super::{Legend, Look, Page};
use crate::plan::{Change, Plan};
use crate::run::Seen;
use crate::step::{Class, Wait};
use konecta_base::text::{counted, prose, visible};

/// How many proofs of a change are shown without being asked for.
const FEW: usize = 3;

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

/// Traffic, cost and time of the whole plan, and what changes of class B presuppose: what is asked right before the call, and
/// what the scan has proven. Ends with a newline.
#[must_use]
pub fn meaning(plan: &Plan, width: usize) -> String {
    let legend = Legend::default();
    let mut page = Page::of(Look { legend: &legend, width, color: false, verbose: false });
    page.put(0, "What this means");
    section(&mut page, plan, "traffic", "no change says that anybody is turned away or loses something");
    section(&mut page, plan, "cost", "no change says that it costs anything");
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
    let disruptive = || plan.changes.iter().filter(|change| change.class > Class::A);
    let conditions = disruptive().flat_map(|change| change.requires.iter().map(move |condition| (change, condition)));
    let asked = |(change, condition): (&Change, &Wait)| {
        format!("{}: {} (asked right before the call)", change.id, prose(&condition.what))
    };
    lines(&mut page, "requires", conditions.map(asked));
    let proven = disruptive().filter(|change| !change.proven.is_empty());
    let proven = by_word(proven.map(|change| (change.proven.as_slice(), change)));
    let told = |(proven, changes): (&[String], String)| {
        few(proven, false).into_iter().map(move |proof| format!("{changes}: {proof}"))
    };
    lines(&mut page, "proven", proven.into_iter().flat_map(told));
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

/// The first of many proofs and the number of the others, or all.
pub(super) fn few(proven: &[String], all: bool) -> Vec<String> {
    let shown = if all || proven.len() <= FEW { proven.len() } else { FEW - 1 };
    let mut lines: Vec<String> = proven.iter().take(shown).map(|proof| prose(proof)).collect();
    if shown < proven.len() {
        lines.push(format!("and {} more (-v)", proven.len() - shown));
    }
    lines
}

/// Each consequence of a kind once, with the changes that have it.
fn section(page: &mut Page<'_>, plan: &Plan, wanted: &str, none: &str) {
    let of = |change: &'_ Change, consequence: &&String| kind(change, consequence) == Some(wanted);
    let pairs = plan.changes.iter().flat_map(|change| {
        change.consequences.iter().filter(move |one| of(change, one)).map(move |consequence| (consequence, change))
    });
    let found = by_word(pairs);
    if found.is_empty() {
        line(page, wanted, none);
    }
    lines(page, wanted, found.into_iter().map(|(consequence, changes)| format!("{changes}: {}", prose(consequence))));
}

/// What is said of several changes once, with the names of these changes.
fn by_word<'p, W: PartialEq>(pairs: impl Iterator<Item = (W, &'p Change)>) -> Vec<(W, String)> {
    let mut found: Vec<(W, String)> = Vec::new();
    for (word, change) in pairs {
        match found.iter_mut().find(|(known, _)| *known == word) {
            Some((_, changes)) => changes.push_str(&format!(", {}", change.id)),
            None => found.push((word, change.id.clone())),
        }
    }
    found
}

/// Lines of one name, which stands at the first.
fn lines(page: &mut Page<'_>, name: &str, texts: impl Iterator<Item = String>) {
    for (at, text) in texts.enumerate() {
        line(page, if at == 0 { name } else { "" }, &text);
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
