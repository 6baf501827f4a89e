//! `konecta-audit rollback`: what a run changed is taken back, the last first.

use konecta_core::control::catalogue::Catalogue;
use konecta_core::fix::journal::{Stage, Story, Way};
use konecta_core::fix::plan::Change;

use super::fix::{Turn, go_on};
use crate::cli::Rollback;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::{fixing, ui};

pub(super) fn run(args: &Rollback, config: &Config) -> Result<Exit, Error> {
    if args.account.role_arn.len() > 1 {
        return Err(Error::SeveralAccounts(args.account.role_arn.len()));
    }
    if !args.yes && !ui::can_ask() {
        return Err(Error::NobodyToAsk);
    }
    let whole = Catalogue::built_in()?;
    let mut declined = false;
    let ended = go_on(&args.run, &args.account, &args.state, config, &whole, |story| {
        for change in &args.only {
            let known = standing(story).any(|one| &one.id == change);
            if !known {
                return Err(Error::NoSuchChange { run: args.run.clone(), change: change.clone() });
            }
        }
        ui::print(&shown(story, &args.only))?;
        if args.yes || ui::agreed("Take this back?") == Some(true) {
            return Ok(Turn::Back(args.only.clone()));
        }
        declined = true;
        Err(Error::Interrupted)
    });
    if declined {
        ui::note("Nothing was changed.");
        return Ok(Exit::Findings);
    }
    ended
}

/// What stands, or may stand: also what a kill left open.
fn standing(story: &Story) -> impl Iterator<Item = &Change> {
    story.plan.changes.iter().filter(|change| {
        let settled = story.settled(Way::Forward, &change.id);
        let open = settled.is_none() && !matches!(story.stage(Way::Forward, &change.id), Stage::Pending);
        (open || settled.is_some_and(|settled| settled.applied)) && !story.is_back(&change.id)
    })
}

/// What will be taken back, in this order.
fn shown(story: &Story, only: &[String]) -> String {
    let mut lines: Vec<String> = standing(story)
        .filter(|change| only.is_empty() || only.contains(&change.id))
        .map(|change| format!("  {} {}\n", change.id, fixing::asked_for(change, Way::Back)))
        .collect();
    lines.reverse();
    if lines.is_empty() {
        lines.push("  nothing: it changed nothing that is not taken back already\n".to_owned());
    }
    format!("Rollback of run {} in account {}:\n{}", story.run, story.plan.account, lines.concat())
}

/// Runs to the end on this thread.
pub(super) fn block_on<T>(going: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?.block_on(going)
}
