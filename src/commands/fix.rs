//! `konecta-audit fix`: scan, plan, show, ask, do, prove.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use konecta_aws::SessionOptions;
use konecta_base::id::{Arn, ControlId};
use konecta_base::limits;
use konecta_base::snapshot::{Snapshot, SnapshotFile};
use konecta_core::audit::Audited;
use konecta_fix::Class;
use konecta_fix::emit;
use konecta_fix::journal::{Journal, Outcome, RunState, Stage, Way};
use konecta_fix::plan::{Change, Plan, PlanError, PlanOptions, read_plan};
use konecta_fix::plan_text::{self, Legend, Look};
use konecta_fix::planning::{self, Judged};
use konecta_fix::run::{Run, RunError, Seen, seen};
use konecta_rego::catalogue::Catalogue;

use super::{blind, catalogue, procedure, reading, terraform_write, tfstate, with_folder};
use crate::cli::{AccountArgs, Emit, Fix, StateArgs};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::fix_runtime::{self, Held, Journals, Live, StateDir, TOOL};
use crate::signals::{Signals, StopSignal};
use crate::signature::{SigningKey, VerifyingKey};
use crate::{confined, ui};

pub(super) fn run(args: &Fix, config: &Config) -> Result<Exit, Error> {
    if args.account.role_arn.len() > 1 {
        return Err(Error::SeveralAccounts(args.account.role_arn.len()));
    }
    let whole = with_folder(Catalogue::built_in()?, args.select.policies.as_deref())?;
    if let Some(run) = &args.resume {
        return resume(run, args, config, &whole);
    }
    if let Some(control) = &args.procedure {
        return procedure::run(control, args, config, &whole);
    }
    let stops = args.dry_run || args.plan_out.is_some() || args.emit.is_some() || args.snapshot.is_some();
    if !stops && !args.yes && !ui::can_ask() {
        return Err(Error::NobodyToAsk);
    }
    // A key that cannot be used is told before an account is read.
    let signing = args.sign_key.as_deref().map(SigningKey::read).transpose()?;
    let (planned, blind, read) = match &args.plan {
        Some(path) => {
            let text = limits::read_text(path, limits::DOCUMENT)
                .map_err(|source| Error::ReadFile { path: path.clone(), source })?;
            if let Some(key) = &args.verify_key {
                VerifyingKey::read(key)?.verify(path, text.as_bytes())?;
            }
            proposed(read_plan(&text)?, args, config, &whole)?
        }
        None => made(args, &args.account, options(args, config)?, config, &whole)?,
    };
    match args.terraform.terraform.is_empty() {
        true => shown(&planned, &legend(&read, &whole), args)?,
        false => terraform_write::run(&planned, &read, args, config)?,
    }
    if let Some(path) = &args.plan_out {
        let text = planned.to_json()?;
        ui::write(path, &text)?;
        if let Some(key) = &signing {
            ui::note(&format!("Signed: {}", key.sign(path, text.as_bytes())?.display()));
        }
        ui::note(&format!("Carry it out within the hour: konecta-audit fix --plan {}", path.display()));
    }
    if planned.changes.is_empty() {
        return Ok(blind::ending(Exit::Clean, blind));
    }
    if stops {
        return Ok(blind::ending(Exit::Findings, blind));
    }
    planned.at_most(args.max_changes)?;
    if !args.yes && !agreed(&planned, args, config, &whole)? {
        ui::note("Nothing was changed.");
        return Ok(blind::ending(Exit::Findings, blind));
    }
    let done = carried_out(&planned, args, config, &whole)?;
    // What was planned was done, whatever else was not seen; a control that is in error is a fault all the same.
    Ok(if blind == Exit::CouldNotRun { blind::ending(done, blind) } else { done })
}

/// Asks whether to carry the plan out, with what its changes of class B presuppose as the account answers it now.
fn agreed(planned: &Plan, args: &Fix, config: &Config, whole: &Catalogue) -> Result<bool, Error> {
    let disruptive = |change: &&Change| change.class > Class::A && !change.requires.is_empty();
    let asking: Vec<&Change> = planned.changes.iter().filter(disruptive).collect();
    if !asking.is_empty() {
        let options = session(planned, args, config)?;
        let seen = super::rollback::block_on(async {
            let mut live = Live::open(&options, config.audit(whole)).await?;
            let account = live.account().id().clone();
            let mut all = Vec::new();
            for change in asking {
                // What cannot be looked at is no obstacle here: it stops the run right before the call.
                let found = seen(&mut live, &account, change).await.unwrap_or_else(|reason| unseen(change, &reason));
                all.extend(found.into_iter().map(|one| (change.id.clone(), one)));
            }
            Ok(all)
        })?;
        ui::print(&format!("\n{}\n", plan_text::conditions(&seen, ui::screen().width)))?;
    }
    Ok(ui::agreed("Do this?") == Some(true))
}

fn unseen(change: &Change, reason: &str) -> Vec<Seen> {
    let unseen = |what: &str| Seen { what: what.to_owned(), holds: false, found: reason.to_owned() };
    change.requires.iter().map(|condition| unseen(&condition.what)).collect()
}

/// How the plan's account is entered, in the regions of the plan.
fn session(planned: &Plan, args: &Fix, config: &Config) -> Result<SessionOptions, Error> {
    let mut options = reading::options(&args.account, config)?;
    options.regions = konecta_aws::RegionChoice::Named(planned.regions.clone());
    Ok(options)
}

/// A plan out of a file, held against what the remedies propose now; and how it ends where something could not be judged.
fn proposed(planned: Plan, args: &Fix, config: &Config, whole: &Catalogue) -> Result<(Plan, Exit, Snapshot), Error> {
    let options = options(args, config)?;
    let again = PlanOptions { managed: options.managed.clone(), ..planned.is_allowed_by(&options)?.clone() };
    planned.is_in_time(fix_runtime::now())?;
    let regions: Vec<String> = planned.regions.iter().map(ToString::to_string).collect();
    let named = &args.account.region;
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    if !named.is_empty() && set(named) != set(&regions) {
        let (planned, named) = (regions.join(", "), named.join(", "));
        return Err(PlanError::Regions { planned, named }.into());
    }
    let account = AccountArgs { region: regions, ..args.account.clone() };
    let (anew, blind, read) = made(args, &account, again, config, whole)?;
    if let [account] = read.info.accounts.as_slice() {
        planned.check(fix_runtime::now(), account)?;
    }
    planned.is_proposed(&anew, &read)?;
    Ok((planned, blind, read))
}

/// Scans and plans; how it ends where something could not be judged, and what was read.
fn made(
    args: &Fix,
    account: &AccountArgs,
    options: PlanOptions,
    config: &Config,
    whole: &Catalogue,
) -> Result<(Plan, Exit, Snapshot), Error> {
    let read = snapshot(args, account, config, whole)?;
    let audited = config.audit(whole).accepting(&read)?;
    for waiver in &audited.waivers {
        waiver.remarks().iter().for_each(|remark| ui::note(&format!("warning: {remark}")));
    }
    let is_wanted = |id: &ControlId| {
        let is_it = |name: &String| whole.find(name).is_some_and(|control| control.id() == id);
        options.only.is_empty() || options.only.iter().any(is_it)
    };
    let blind = blind::warn(&audited.report, &is_wanted);
    // A snapshot may be old; what is planned on it is as old.
    let now = if args.snapshot.is_some() { read.info.started_at } else { fix_runtime::now() };
    let planned = planned_on((&read, &audited), &options, config, whole, now)?;
    Ok((planned, blind, read))
}

/// The plan of what was read and judged.
fn planned_on(
    (snapshot, audited): (&Snapshot, &Audited<'_>),
    options: &PlanOptions,
    config: &Config,
    whole: &Catalogue,
    now: Timestamp,
) -> Result<Plan, Error> {
    let judged = Judged {
        snapshot,
        findings: &audited.report.findings,
        facts: &audited.facts,
        catalogue: whole,
        blueprint: &config.blueprint,
    };
    Ok(planning::plan(&judged, options, TOOL, now)?)
}

/// What is planned on: a snapshot that was kept, or what the account answers to every read.
pub(super) fn snapshot(
    args: &Fix,
    account: &AccountArgs,
    config: &Config,
    whole: &Catalogue,
) -> Result<Snapshot, Error> {
    match &args.snapshot {
        Some(path) => Ok(SnapshotFile::open(path)?.load()?),
        None => reading::read(account, config, &whole.reads()),
    }
}

fn options(args: &Fix, config: &Config) -> Result<PlanOptions, Error> {
    let mut only = Vec::new();
    let narrowed = !(args.select.control.is_empty() && args.select.layer.is_empty()) || args.select.severity.is_some();
    if narrowed {
        only.extend(catalogue(&args.select)?.controls().map(|control| control.id().to_string()));
    }
    let arn = |text: &String| text.parse::<Arn>().map_err(|_| Error::Arn(text.clone()));
    // What is written into Terraform's own files is not left alone because Terraform manages it.
    let states = if args.terraform.terraform.is_empty() { args.terraform.tfstate.as_slice() } else { &[] };
    let managed = tfstate::managed(states, &args.account, config)?;
    Ok(PlanOptions {
        max_class: args.max_class,
        allow_disruptive: args.allow_disruptive,
        allow_managed: args.allow_managed,
        only,
        resources: args.resource.iter().map(arn).collect::<Result<_, _>>()?,
        managed,
    })
}

/// What resources are called, and which layer each control belongs to.
fn legend(read: &Snapshot, whole: &Catalogue) -> Legend {
    Legend::of(read, whole.controls().map(|control| (control.id().clone(), control.layer().to_owned())).collect())
}

fn shown(planned: &Plan, legend: &Legend, args: &Fix) -> Result<(), Error> {
    match args.emit {
        Some(Emit::AwsCli) => ui::print(&emit::aws_cli(planned)),
        Some(Emit::Terraform) => ui::print(&emit::terraform(planned)),
        None => {
            let screen = ui::screen();
            let look = Look { legend, width: screen.width, color: screen.colour, verbose: args.verbose };
            ui::print(&plan_text::render(planned, look))
        }
    }
}

fn carried_out(planned: &Plan, args: &Fix, config: &Config, whole: &Catalogue) -> Result<Exit, Error> {
    confined::lift_processor_limit()?;
    let state = StateDir::of(args.state.state_dir.as_deref())?;
    let options = session(planned, args, config)?;
    super::rollback::block_on(async {
        let mut live = Live::open(&options, config.audit(whole)).await?;
        planned.check(fix_runtime::now(), live.account().id())?;
        planned.spares(live.account().caller())?;
        let run = fix_runtime::run_id(fix_runtime::now());
        // From here on a signal ends the run in order: what is locked is given back.
        let mut signals = Signals::caught()?;
        let held = locked(&state, &args.state, &live, &run).await?;
        let ended = async {
            let journals = Journals::of(&args.state, live.account()).await?;
            let mut journal = Journal::create(journals.begin(live.account().id(), &run)?).await?;
            let who = live.account().caller().to_owned();
            ui::note(&format!("Run {run}"));
            let stop = live.stop();
            let going = async { Run::begin(&mut live, &mut journal, &run, &who, TOOL, planned).await?.go().await };
            stoppable(going, &mut signals, &stop, (&run, &args.state)).await
        }
        .await;
        held.release().await;
        finish(ended?, Way::Forward)
    })
}

fn resume(run: &str, args: &Fix, config: &Config, whole: &Catalogue) -> Result<Exit, Error> {
    go_on(run, &args.account, &args.state, config, whole, |run_state| match run_state.ended {
        true => Err(Error::NothingToResume { run: run.to_owned() }),
        false => Ok(Turn::On),
    })
}

/// Which way a run is gone on with.
pub(super) enum Turn {
    /// As it went.
    On,
    /// Back; the changes that are taken back, all of them if none is named.
    Back(Vec<String>),
}

/// Takes a run up again, the way it went or back. `look` sees it before anything is done, and may turn it around.
pub(super) fn go_on(
    run: &str,
    account: &crate::cli::AccountArgs,
    state_args: &StateArgs,
    config: &Config,
    whole: &Catalogue,
    look: impl FnOnce(&RunState) -> Result<Turn, Error>,
) -> Result<Exit, Error> {
    confined::lift_processor_limit()?;
    let state = StateDir::of(state_args.state_dir.as_deref())?;
    let mut options = reading::options(account, config)?;
    let run_state = super::rollback::block_on(async {
        let mut medium = Journals::open(state_args, &options).await?.find(run)?;
        super::runs::run_state(run, &mut medium).await
    })?;
    run_state.plan.is_within_remedies()?;
    let turn = look(&run_state)?;
    let anew = match &turn {
        Turn::On if !open(&run_state).is_empty() => Some(planned_again(&run_state.plan, account, config, whole)?),
        Turn::On | Turn::Back(_) => None,
    };
    options.regions = konecta_aws::RegionChoice::Named(run_state.plan.regions.clone());
    super::rollback::block_on(async {
        let medium = Journals::open(state_args, &options).await?.find(run)?;
        let mut live = Live::open(&options, config.audit(whole)).await?;
        let found = live.account().id();
        if found != &run_state.plan.account {
            let (planned, found) = (run_state.plan.account.to_string(), found.to_string());
            return Err(Error::OtherAccount { run: run.to_owned(), planned, found });
        }
        let mut signals = Signals::caught()?;
        let held = locked(&state, state_args, &live, run).await?;
        let ended: Result<(RunState, Way), Error> = async {
            let (mut journal, lines) = Journal::open(medium).await?;
            let run_state = RunState::of(&lines).unwrap_or(run_state);
            run_state.plan.is_within_remedies()?;
            let who = live.account().caller().to_owned();
            let way = if let Turn::Back(_) = turn { Way::Back } else { run_state.way };
            // The journal may have been written anew since it was first read: what is open in it counts as it is now.
            let open = open(&run_state);
            let unproposed = anew.as_ref().map_or_else(|| open.clone(), |anew| run_state.plan.unproposed(anew, &open));
            let stop = live.stop();
            let going = async {
                match &turn {
                    Turn::Back(only) => {
                        Run::turn_back(&mut live, &mut journal, run_state, &who, TOOL, only).await?.go().await
                    }
                    Turn::On => {
                        let going = Run::resume(&mut live, &mut journal, run_state, &who, TOOL).await?;
                        going.without(unproposed).go().await
                    }
                }
            };
            Ok((stoppable(going, &mut signals, &stop, (run, state_args)).await?, way))
        }
        .await;
        held.release().await;
        let (run_state, way) = ended?;
        finish(run_state, way)
    })
}

/// The changes of which no answer of their call is known, on the way forward: they may still be made.
fn open(run_state: &RunState) -> BTreeSet<String> {
    let is_open = |id: &str| match run_state.stage(Way::Forward, id) {
        Stage::Pending => true,
        Stage::InFlight(in_flight) => in_flight.called == 0,
        Stage::Settled(_) => false,
    };
    let forward = run_state.plan.changes.iter().filter(|_| run_state.way == Way::Forward);
    forward.map(|change| change.id.clone()).filter(|id| is_open(id)).collect()
}

/// What the remedies propose of the account as it is now, by the same choice as a plan was made.
fn planned_again(planned: &Plan, account: &AccountArgs, config: &Config, whole: &Catalogue) -> Result<Plan, Error> {
    let mut options =
        planned.scope.clone().ok_or_else(|| PlanError::Foreign("it does not say what was chosen".to_owned()))?;
    let account = AccountArgs { region: planned.regions.iter().map(ToString::to_string).collect(), ..account.clone() };
    let read = reading::read(&account, config, &whole.reads())?;
    let audited = config.audit(whole).accepting(&read)?;
    // A resource that was chosen may be gone by what was done of the plan.
    let is_chosen = !options.resources.is_empty();
    options.resources.retain(|arn| audited.report.findings.iter().any(|finding| &finding.resource.arn == arn));
    if is_chosen && options.resources.is_empty() {
        return Ok(Plan { changes: Vec::new(), ..planned.clone() });
    }
    planned_on((&read, &audited), &options, config, whole, fix_runtime::now())
}

async fn locked(state: &StateDir, args: &StateArgs, live: &Live<'_>, run: &str) -> Result<Held, Error> {
    let account = live.account();
    let holder = format!("run {run} of {}", account.caller());
    state.lock(account.id(), &holder)?.and_remote(args, account, run, &holder).await
}

/// Ctrl-C, SIGTERM and SIGHUP end the run after the change that it is at; a Ctrl-C after that, at once. Both can be resumed.
async fn stoppable(
    going: impl Future<Output = Result<RunState, RunError>>,
    signals: &mut Signals,
    stop: &std::sync::atomic::AtomicBool,
    (run, state): (&str, &StateArgs),
) -> Result<RunState, Error> {
    let asked = async {
        let mut asked = false;
        loop {
            let signal = signals.any().await;
            // Whoever ends a session or a service may send several; only a person at the keyboard is impatient.
            if asked && signal == StopSignal::Interrupt {
                break;
            }
            if !asked {
                stop.store(true, Ordering::Relaxed);
                let more = if signal == StopSignal::Interrupt { " again" } else { "" };
                ui::note(&format!(
                    "{}: stopping after this change; press Ctrl-C{more} to stop at once.",
                    signal.name()
                ));
            }
            asked = true;
        }
    };
    let stopped = |source| Error::Stopped { run: run.to_owned(), place: fix_runtime::place_of(state), source };
    tokio::select! {
        ended = going => ended.map_err(stopped),
        () = asked => Err(stopped(RunError::Interrupted("it was known what came of the change".to_owned()))),
    }
}

fn finish(run_state: RunState, way: Way) -> Result<Exit, Error> {
    ui::print(&fix_runtime::summary(&run_state, way))?;
    let done = |change: &konecta_fix::plan::Change| {
        run_state.settled(way, &change.id).is_some_and(|settled| settled.outcome == Outcome::Done)
    };
    let all = match way {
        Way::Forward => run_state.plan.changes.iter().all(done),
        Way::Back => run_state.to_take_back().all(done),
    };
    Ok(if all { Exit::Clean } else { Exit::NotFixed })
}
