//! What a person sees of a run: a line a change, what is waited for, and what there is in the end.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use konecta_core::fix::journal::{Outcome, Story, Way};
use konecta_core::fix::plan::Change;
use konecta_core::fix::run::Told;
use konecta_core::report::text;

use crate::ui;

/// Standard error, with a line that moves where somebody watches.
#[derive(Default)]
pub(super) struct Screen {
    bar: Option<ProgressBar>,
}

impl Screen {
    pub(super) fn tell(&mut self, told: &Told<'_>) {
        match told {
            Told::Begun(change, way) => self.busy(&format!("{} {}", change.id, asked_for(change, *way))),
            Told::Waiting { what, elapsed } => self.busy(&format!("waiting until {what} ({} s)", elapsed.as_secs())),
            Told::Over(change, way, outcome, reason) => {
                self.clear();
                ui::note(&outcome_line(change, *way, *outcome, reason));
            }
        }
    }

    fn busy(&mut self, what: &str) {
        if !ui::watched() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(text::visible(what));
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A change in words, whichever way it goes.
pub(crate) fn asked_for(change: &Change, way: Way) -> String {
    match way {
        Way::Forward => change.title(),
        Way::Back => format!("take back: {}", change.title()),
    }
}

/// What came of a change, in one line.
pub(crate) fn outcome_line(change: &Change, way: Way, outcome: Outcome, reason: &str) -> String {
    let mark = if outcome == Outcome::Done { "✓" } else { "✗" };
    let mut line = format!("{mark} {} {}: {outcome}", change.id, asked_for(change, way));
    if !reason.is_empty() {
        let _ = write!(line, ": {reason}");
    }
    text::visible(&line)
}

/// What there is in the end, and what can be done next.
pub(crate) fn summary(story: &Story, way: Way) -> String {
    let mut counts: Vec<(Outcome, usize)> = Vec::new();
    let mut untried = 0;
    let changes: Vec<&Change> = match way {
        Way::Forward => story.plan.changes.iter().collect(),
        Way::Back => story.applied().collect(),
    };
    for change in &changes {
        match story.settled(way, &change.id) {
            None => untried += 1,
            Some(settled) => match counts.iter_mut().find(|(outcome, _)| *outcome == settled.outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((settled.outcome, 1)),
            },
        }
    }
    let mut parts: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if untried > 0 {
        parts.push(format!("{untried} not tried"));
    }
    if parts.is_empty() {
        parts.push("nothing to do".to_owned());
    }
    let run = &story.run;
    let mut told = match way {
        Way::Forward => format!("\nRun {run}: {}.\n", parts.join(", ")),
        Way::Back => format!("\nRollback of {run}: {}.\n", parts.join(", ")),
    };
    if way == Way::Forward {
        if !story.plan.refusals.is_empty() {
            let _ = writeln!(told, "{} findings were left alone, as the plan says.", story.plan.refusals.len());
        }
        if story.applied().next().is_some() {
            let _ = writeln!(told, "Take it back: konecta-audit rollback {run}");
        }
    }
    let _ = writeln!(told, "What was done: konecta-audit runs show {run}");
    told
}
