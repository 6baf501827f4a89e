//! `konecta-audit fix --procedure`: the runbook for what is too big for a plan, told, or gone through step by step.

use konecta_base::finding::Status;
use konecta_base::id::Arn;
use konecta_core::audit::Audited;
use konecta_fix::procedure::{self, Procedure};
use konecta_fix::run::{Taken, take};
use konecta_fix::{Refusal, RemedyContext};
use konecta_rego::catalogue::Catalogue;

use super::{blind, fix, reading, rollback};
use crate::cli::Fix;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::fix_runtime::{Live, StateDir};
use crate::ui;

pub(super) fn run(control: &str, args: &Fix, config: &Config, whole: &Catalogue) -> Result<Exit, Error> {
    if args.execute_procedure && !ui::can_ask() {
        return Err(Error::NobodyToAsk);
    }
    let nothing = || Error::NoProcedure {
        control: control.to_owned(),
        place: args.resource.first().map(|arn| format!(" on {arn}")).unwrap_or_default(),
    };
    let wanted = whole.find(control).ok_or_else(nothing)?;
    let offered = wanted.metadata.custom.fix.as_ref().and_then(|fix| procedure::of(fix.as_str()));
    let propose = offered.ok_or_else(nothing)?;
    let read = fix::snapshot(args, &args.account, config, whole)?;
    let Audited { report, facts, .. } = config.audit(whole).accepting(&read)?;
    let blind = blind::warn(&report, &|id| id == wanted.id());
    let findings = report.findings;
    let context = RemedyContext::new(&read, &facts, &findings, &config.blueprint);
    let of_it = || findings.iter().filter(|finding| &finding.control == wanted.id());
    let named = |arn: &Arn| args.resource.is_empty() || args.resource.iter().any(|name| name == arn.as_str());
    let failed = of_it().filter(|finding| finding.status == Status::Fail);
    // A resource in the middle of its procedure bears another name than the one that the procedure was begun with.
    let offers: Vec<Result<Procedure, Box<Refusal>>> = failed
        .map(|finding| (finding, propose(finding, &context)))
        .filter(|(finding, offer)| {
            named(&finding.resource.arn) || offer.as_ref().is_ok_and(|offer| named(&offer.resource.arn))
        })
        .map(|(_, offer)| offer)
        .collect();
    if offers.is_empty() {
        let judged: Vec<_> = of_it().filter(|finding| named(&finding.resource.arn)).collect();
        if judged.is_empty() || judged.iter().any(|finding| finding.status != Status::Pass) {
            return Err(nothing());
        }
        ui::print(&format!("{control} passes: there is nothing to do.\n"))?;
        return Ok(blind::ending(Exit::Clean, blind));
    }
    let mut exit = Exit::Clean;
    for offer in offers {
        match offer {
            Ok(procedure) if args.execute_procedure => exit = gone_through(&procedure, args, config, whole)?,
            Ok(procedure) => ui::print(&procedure.render())?,
            Err(refusal) => {
                ui::print(&format!("{}: {}\n", refusal.resource.arn, refusal.reason))?;
                exit = Exit::NotFixed;
            }
        }
    }
    Ok(if blind == Exit::CouldNotRun { blind::ending(exit, blind) } else { exit })
}

fn gone_through(procedure: &Procedure, args: &Fix, config: &Config, whole: &Catalogue) -> Result<Exit, Error> {
    ui::print(&procedure.render())?;
    let options = reading::options(&args.account, config)?;
    let state = StateDir::of(args.state.state_dir.as_deref())?;
    rollback::block_on(async {
        let mut live = Live::open(&options, config.audit(whole)).await?;
        let (id, region) = (live.account().id().clone(), procedure.resource.region.clone());
        let holder = format!("a procedure of {}", live.account().caller());
        let name = format!("procedure on {}", procedure.resource.arn);
        let held = state.lock(&id, &holder)?.and_remote(&args.state, live.account(), &name, &holder).await?;
        for (number, step) in procedure.steps.iter().enumerate() {
            ui::print(&format!("\n{}. {}\n", number + 1, step.title))?;
            if let Some(before) = &step.before {
                ui::print(&format!("   before: {before}\n"))?;
            }
            if ui::agreed("   Take this step?") != Some(true) {
                ui::note(&format!("Stopped before step {}. {}", number + 1, way_back(procedure, number)));
                held.release().await;
                return Ok(Exit::NotFixed);
            }
            let name = format!("{} {}", procedure.resource.arn, step.title);
            match take(&mut live, &id, &region, &name, step).await {
                Ok(Taken::Now) => ui::print("   done\n")?,
                // What an earlier attempt left holds nothing of what was written since.
                Ok(Taken::Before) => ui::print(&format!(
                    "   was taken already; if that was not in one go with this, stop. {}\n",
                    way_back(procedure, number + 1)
                ))?,
                Err(reason) => {
                    held.release().await;
                    // What failed may have been begun.
                    return Err(Error::Procedure(format!("{reason}. {}", way_back(procedure, number + 1))));
                }
            }
        }
        held.release().await;
        Ok(Exit::Clean)
    })
}

/// What takes back the first steps of a procedure, for a person to type.
fn way_back(procedure: &Procedure, taken: usize) -> String {
    match procedure.way_back(taken) {
        none if none.is_empty() => "Nothing was changed".to_owned(),
        lines => format!("The way back of the steps taken:\n{}", lines.trim_end()),
    }
}
