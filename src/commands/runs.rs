//! `konecta-audit runs`: what was done, as the journals tell it.

use std::fmt::Write as _;

use konecta_core::fix::journal::{self, JournalError, Medium, MediumError, Outcome, Stage, Story, Way};
use konecta_core::fix::plan::Change;
use konecta_core::report::text;

use super::reading;
use super::rollback::block_on;
use crate::cli::{Runs, RunsAction};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::fixing::{Journals, outcome_line};
use crate::ui;

pub(super) fn run(args: &Runs, config: impl FnOnce() -> Result<Config, Error>) -> Result<Exit, Error> {
    // Journals on this machine are looked at whatever the configuration file is like.
    let config = if args.state.state.is_some() { config()? } else { Config::default() };
    let options = reading::options(&args.account, &config)?;
    block_on(async {
        let journals = Journals::open(&args.state, &options).await?;
        match args.action.as_ref().unwrap_or(&RunsAction::List) {
            RunsAction::List => ui::print(&list(&journals).await?)?,
            RunsAction::Show { run } => ui::print(&shown(&story(run, &mut journals.find(run)?).await?))?,
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
pub(super) async fn story(run: &str, medium: &mut impl Medium) -> Result<Story, Error> {
    let book = journal::read(medium).await.map_err(|error| absent(run, error))?;
    let location = medium.location();
    if let Some(problem) = book.problem.filter(|problem| !problem.is_torn()) {
        return Err(JournalError::Damaged { location, problem }.into());
    }
    Story::of(&book.lines).ok_or_else(|| Error::NoSuchRun { run: run.to_owned(), place: location })
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
        let line = match story(&run, &mut medium).await {
            Ok(story) => {
                format!("{run}  {}  {} changes  {}\n", story.plan.account, story.plan.changes.len(), stands(&story))
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
fn stands(story: &Story) -> String {
    let done = |way: Way| {
        let is_done = |change: &&Change| story.settled(way, &change.id).is_some_and(|s| s.outcome == Outcome::Done);
        story.plan.changes.iter().filter(is_done).count()
    };
    let so_far = match story.way {
        Way::Forward => format!("{} done", done(Way::Forward)),
        Way::Back => format!("{} done, {} taken back", done(Way::Forward), done(Way::Back)),
    };
    if story.ended { so_far } else { format!("{so_far}, stopped before its end") }
}

fn shown(story: &Story) -> String {
    let mut told = format!(
        "Run {}\n  account {}\n  by      {}\n  begun   {:.0}\n  plan    {}\n  {}\n\n",
        story.run,
        story.plan.account,
        text::visible(&story.who),
        story.begun_at,
        story.plan.sha256,
        stands(story)
    );
    for change in &story.plan.changes {
        for way in [Way::Forward, Way::Back] {
            match story.stage(way, &change.id) {
                Stage::Pending if way == Way::Forward => {
                    let _ = writeln!(told, "· {} {}: not tried", change.id, text::visible(&change.title()));
                }
                Stage::Pending => {}
                Stage::Open(_) => {
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
