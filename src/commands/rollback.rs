//! `konecta-audit rollback`: what a run changed is taken back, the last first.

use konecta_fix::journal::{RunState, Stage, Way};
use konecta_fix::plan::Change;
use konecta_rego::catalogue::Catalogue;

use super::fix::{Turn, go_on};
use crate::cli::Rollback;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::{fix_runtime, ui};

pub(super) fn run(args: &Rollback, config: &Config) -> Result<Exit, Error> {
    if args.account.role_arn.len() > 1 {
        return Err(Error::SeveralAccounts(args.account.role_arn.len()));
    }
    if !args.yes && !ui::can_ask() {
        return Err(Error::NobodyToAsk);
    }
    let whole = Catalogue::built_in()?;
    let mut declined = false;
    let ended = go_on(&args.run, &args.account, &args.state, config, &whole, |run_state| {
        for change in &args.only {
            let known = standing(run_state).any(|one| &one.id == change);
            if !known {
                return Err(Error::NoSuchChange { run: args.run.clone(), change: change.clone() });
            }
        }
        ui::print(&shown(run_state, &args.only))?;
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
fn standing(run_state: &RunState) -> impl Iterator<Item = &Change> {
    run_state.plan.changes.iter().filter(|change| {
        let settled = run_state.settled(Way::Forward, &change.id);
        let open = settled.is_none() && !matches!(run_state.stage(Way::Forward, &change.id), Stage::Pending);
        (open || settled.is_some_and(|settled| settled.applied)) && !run_state.is_back(&change.id)
    })
}

/// What will be taken back, in this order.
fn shown(run_state: &RunState, only: &[String]) -> String {
    let mut lines: Vec<String> = standing(run_state)
        .filter(|change| only.is_empty() || only.contains(&change.id))
        .map(|change| format!("  {} {}\n", change.id, fix_runtime::asked_for(change, Way::Back)))
        .collect();
    lines.reverse();
    if lines.is_empty() {
        lines.push("  nothing: it changed nothing that is not taken back already\n".to_owned());
    }
    format!("Rollback of run {} in account {}:\n{}", run_state.run, run_state.plan.account, lines.concat())
}

/// Runs to the end on this thread.
pub(super) fn block_on<T>(going: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?.block_on(going)
}
