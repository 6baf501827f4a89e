//! `konecta-audit runs`: what was done, as the journals tell it.

use std::fmt::Write as _;

use konecta_base::text;
use konecta_fix::journal::{self, JournalError, Medium, MediumError, Outcome, RunState, Stage, Way};
use konecta_fix::plan::Change;

use super::reading;
use super::rollback::block_on;
use crate::cli::{Runs, RunsAction};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::fix_runtime::{Journals, outcome_line};
use crate::ui;

pub(super) fn run(args: &Runs, config: impl FnOnce() -> Result<Config, Error>) -> Result<Exit, Error> {
    // Journals on this machine are looked at whatever the configuration file is like.
    let config = if args.state.state.is_some() { config()? } else { Config::default() };
    let options = reading::options(&args.account, &config)?;
    block_on(async {
        let journals = Journals::open(&args.state, &options).await?;
        match args.action.as_ref().unwrap_or(&RunsAction::List) {
            RunsAction::List => ui::print(&list(&journals).await?)?,
            RunsAction::Show { run } => ui::print(&shown(&run_state(run, &mut journals.find(run)?).await?))?,
            RunsAction::Verify { run } => {
                let mut medium = journals.find(run)?;
                let book = journal::read(&mut medium).await.map_err(|error| absent(run, error))?;
                if let Some(problem) = book.problem {
                    return Err(JournalError::Damaged { location: medium.location(), problem }.into());
                }
                ui::print(&format!("{run}: {} lines, each as it was written\n", book.lines.len()))?;
            }
        }
        Ok(Exit::Clean)
    })
}

/// What a journal tells; a last line that was not written to its end does not hinder.
pub(super) async fn run_state(run: &str, medium: &mut impl Medium) -> Result<RunState, Error> {
    let book = journal::read(medium).await.map_err(|error| absent(run, error))?;
    let location = medium.location();
    if let Some(problem) = book.problem.filter(|problem| !problem.is_torn()) {
        return Err(JournalError::Damaged { location, problem }.into());
    }
    RunState::of(&book.lines).ok_or_else(|| Error::NoSuchRun { run: run.to_owned(), place: location })
}

/// A journal that is not there is a run that is not.
fn absent(run: &str, error: JournalError) -> Error {
    if let JournalError::Medium(MediumError::Missing(place)) = error {
        return Error::NoSuchRun { run: run.to_owned(), place };
    }
    error.into()
}

async fn list(journals: &Journals) -> Result<String, Error> {
    let mut told = String::new();
    for (run, mut medium) in journals.runs().await? {
        let line = match run_state(&run, &mut medium).await {
            Ok(run_state) => {
                format!(
                    "{run}  {}  {} changes  {}\n",
                    run_state.plan.account,
                    run_state.plan.changes.len(),
                    stands(&run_state)
                )
            }
            Err(error) => format!("{run}  {error}\n"),
        };
        told.push_str(&line);
    }
    if told.is_empty() {
        let _ = writeln!(told, "There is no run in {}.", journals.location());
    }
    Ok(told)
}

/// How a run stands, in words.
fn stands(run_state: &RunState) -> String {
    let done = |way: Way| {
        let is_done = |change: &&Change| run_state.settled(way, &change.id).is_some_and(|s| s.outcome == Outcome::Done);
        run_state.plan.changes.iter().filter(is_done).count()
    };
    let so_far = match run_state.way {
        Way::Forward => format!("{} done", done(Way::Forward)),
        Way::Back => format!("{} done, {} taken back", done(Way::Forward), done(Way::Back)),
    };
    if run_state.ended { so_far } else { format!("{so_far}, stopped before its end") }
}

fn shown(run_state: &RunState) -> String {
    let mut told = format!(
        "Run {}\n  account {}\n  by      {}\n  begun   {:.0}\n  plan    {}\n  {}\n\n",
        run_state.run,
        run_state.plan.account,
        text::visible(&run_state.who),
        run_state.begun_at,
        run_state.plan.sha256,
        stands(run_state)
    );
    for change in &run_state.plan.changes {
        for way in [Way::Forward, Way::Back] {
            match run_state.stage(way, &change.id) {
                Stage::Pending if way == Way::Forward => {
                    let _ = writeln!(told, "· {} {}: not tried", change.id, text::visible(&change.title()));
                }
                Stage::Pending => {}
                Stage::InFlight(_) => {
                    let _ = writeln!(told, "? {} begun, and no word of what came of it", change.id);
                }
                Stage::Settled(settled) => {
                    let _ = writeln!(told, "{}", outcome_line(change, way, settled.outcome, &settled.reason));
                }
            }
        }
    }
    told
}
