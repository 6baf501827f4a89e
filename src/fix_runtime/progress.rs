//! What a person sees of a run: a line a change, what is waited for, and what there is in the end.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use konecta_base::text;
use konecta_fix::emit;
use konecta_fix::journal::{Outcome, RunState, Way};
use konecta_fix::plan::Change;
use konecta_fix::run::RunEvent;

use crate::ui;

/// Standard error, with a line that moves where somebody watches.
#[derive(Default)]
pub(super) struct Screen {
    bar: Option<ProgressBar>,
}

impl Screen {
    pub(super) fn tell(&mut self, told: &RunEvent<'_>) {
        match told {
            RunEvent::Begun(change, way) => self.busy(&format!("{} {}", change.id, asked_for(change, *way))),
            RunEvent::Waiting { what, elapsed } => {
                self.busy(&format!("waiting until {what} ({} s)", elapsed.as_secs()))
            }
            RunEvent::Over(change, way, outcome, reason) => {
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
pub(crate) fn summary(run_state: &RunState, way: Way) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut untried = 0;
    let changes: Vec<&Change> = match way {
        Way::Forward => run_state.plan.changes.iter().collect(),
        Way::Back => run_state.to_take_back().collect(),
    };
    for change in &changes {
        match run_state.settled(way, &change.id) {
            None => untried += 1,
            Some(settled) => {
                let mut came = settled.outcome.to_string();
                if way == Way::Forward && run_state.is_turned_around(change) {
                    came.push_str(if run_state.is_back(&change.id) {
                        " and taken back"
                    } else {
                        " and not taken back"
                    });
                }
                match counts.iter_mut().find(|(known, _)| *known == came) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((came, 1)),
                }
            }
        }
    }
    let mut parts: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if untried > 0 {
        parts.push(format!("{untried} not tried"));
    }
    if parts.is_empty() {
        parts.push("nothing to do".to_owned());
    }
    let run = &run_state.run;
    let by_hand: String =
        changes.iter().filter(|change| is_left(run_state, change)).map(|change| by_hand(run_state, change)).collect();
    let mut told = match way {
        Way::Forward => format!("\nRun {run}: {}.\n", parts.join(", ")),
        Way::Back => format!("\nRollback of {run}: {}.\n", parts.join(", ")),
    };
    if way == Way::Forward {
        if !run_state.plan.refusals.is_empty() {
            let _ = writeln!(told, "{} findings were left alone, as the plan says.", run_state.plan.refusals.len());
        }
        if run_state.standing().next().is_some() {
            let _ = writeln!(told, "Take it back: konecta-audit rollback {run}");
        }
    }
    let _ = writeln!(told, "What was done: konecta-audit runs show {run}");
    told + &by_hand
}

/// Whether a change was to be taken back and stands all the same.
fn is_left(run_state: &RunState, change: &Change) -> bool {
    run_state.settled(Way::Back, &change.id).is_some_and(|settled| match settled.outcome {
        Outcome::Done | Outcome::Skipped => false,
        Outcome::Refused | Outcome::Failed | Outcome::NoEffect | Outcome::Unverified => true,
    })
}

/// The way back of a change, for a person who has looked at what stands in its way.
fn by_hand(run_state: &RunState, change: &Change) -> String {
    let home = run_state.plan.regions.first().map_or("us-east-1", |region| region.as_str());
    let commands = emit::way_back(change, home);
    if commands.is_empty() {
        return String::new();
    }
    format!("\n{} stands. Its way back by hand (bash with jq), once you have looked at it:\n{commands}", change.id)
}
