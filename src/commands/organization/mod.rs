//! `konecta-audit scan --organization`: every account entered, read, judged and told on its own; then the roll-up.
//! What is written is written when it is finished: no two reports are in memory for the sake of the end.

mod account;
mod folder;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use konecta_aws::organization::{Member, Units, members};
use konecta_aws::{Base, Progress};
use konecta_base::id::AccountId;
use konecta_base::reads::reads;
use konecta_core::report::rollup::RollupAbout;
use konecta_core::rollup::Narrowed;
use konecta_core::waivers;
use konecta_rego::catalogue::Catalogue;
use tokio::task::JoinSet;

use self::account::Job;
use self::folder::Folder;
use super::permissions::all_reads;
use super::scan::sarif_places;
use super::scan_deadline::ScanDeadline;
use super::{catalogue, reading};
use crate::cli::Scan;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::{rollup_io, ui};

/// As wide as a terminal that is wide; whoever reads a stored table scrolls.
const WIDTH: usize = 160;

pub(super) fn run(args: &Scan, config: &Config, dir: &Path) -> Result<Exit, Error> {
    if let Some(file) = args.format.iter().find_map(|output| output.file.as_ref()) {
        return Err(Error::OneFile(file.clone()));
    }
    let catalogue = catalogue(&args.select)?;
    let places = sarif_places(args, config, None)?;
    let wanted = if args.read_all { all_reads()? } else { catalogue.reads() };
    let rules = [catalogue.rules(), waivers::rules()].concat();
    let progress = Progress::new();
    let deadline = ScanDeadline::after(args.deadline);
    let shared = (deadline, Arc::clone(&progress));
    let job = Arc::new(Job::new(args, config, catalogue, places, wanted, Folder::open(dir)?, shared));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let head = || {
            let done = job.done.load(Ordering::Relaxed);
            format!("{}{done} of {} accounts, ", deadline.left(), job.accounts.load(Ordering::Relaxed))
        };
        tokio::select! {
            ended = whole(args, config, &job) => ended,
            () = reading::watch(&progress, &head) => Err(Error::Interrupted),
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    })?;
    let mut rolled = rollup_io::of_folder(dir)?;
    let narrowed = rolled.narrowed.clone();
    let about = RollupAbout { tool_version: env!("CARGO_PKG_VERSION"), run: None, narrowed: &narrowed, rules: &rules };
    ui::write_by(&dir.join("rollup.json"), &mut |out: &mut dyn Write| rolled.json(&about, out))?;
    ui::write_by(&dir.join("rollup.txt"), &mut |out: &mut dyn Write| rolled.text(&about, out, WIDTH))?;
    let page = |key: &str| rollup_io::page_beside(dir, key);
    ui::write_by(&dir.join("rollup.html"), &mut |out: &mut dyn Write| rolled.html(&about, &page, out))?;
    ui::print_by(&mut |out: &mut dyn Write| rolled.text(&about, out, ui::screen().width))?;
    Ok(if args.exit_zero { Exit::Clean } else { rolled.exit(args.fail_on) })
}

/// From the list of accounts to the last status.
async fn whole(args: &Scan, config: &Config, job: &Arc<Job>) -> Result<(), Error> {
    let options = reading::options(&args.account, config)?;
    let base = Arc::new(job.deadline.within(Base::open(&options)).await?);
    let organization = &args.organization;
    let units = Units { include: organization.ou.clone(), exclude: organization.exclude_ou.clone() };
    let members = narrowed(job.deadline.within(members(base.sdk(), &units)).await?, &organization.account)?;
    let (suspended, entered): (Vec<Member>, Vec<Member>) =
        members.into_iter().partition(|member| member.suspended().is_some());
    if entered.is_empty() && suspended.is_empty() {
        return Err(Error::NoMembers);
    }
    job.folder.expected(&entered, &suspended)?;
    job.folder.narrowed(&narrowing(args, &job.catalogue))?;
    job.accounts.store(entered.len(), Ordering::Relaxed);
    // Whether there is a catalogue of reads is known before the first account is entered.
    let known = reads();
    let mut tasks = JoinSet::new();
    for member in entered {
        if tasks.len() >= organization.concurrency
            && let Some(ended) = tasks.join_next().await
        {
            joined(ended)?;
        }
        let (job, base, regions) = (Arc::clone(job), Arc::clone(&base), options.regions.clone());
        tasks.spawn(async move { job.account(&base, known, &regions, &member).await });
    }
    while let Some(ended) = tasks.join_next().await {
        joined(ended)?;
    }
    Ok(())
}

/// What the command line left out. All enabled regions, and the controls of ours and of the user's own, are the whole.
fn narrowing(args: &Scan, catalogue: &Catalogue) -> Narrowed {
    let select = &args.select;
    let is_some = !select.control.is_empty() || !select.layer.is_empty() || select.severity.is_some();
    let controls =
        if is_some { catalogue.controls().map(|control| control.id().clone()).collect() } else { Vec::new() };
    let regions = args.account.region.iter().filter(|region| *region != "all");
    Narrowed { controls, regions: regions.filter_map(|region| region.parse().ok()).collect() }
}

/// Only accounts of the organization can be named: whoever gives us a number must not send us into somebody else's account.
fn narrowed(members: Vec<Member>, named: &[AccountId]) -> Result<Vec<Member>, Error> {
    if named.is_empty() {
        return Ok(members);
    }
    let known: BTreeSet<&AccountId> = members.iter().map(|member| &member.id).collect();
    let foreign: BTreeSet<&str> = named.iter().filter(|id| !known.contains(id)).map(|id| id.as_str()).collect();
    if !foreign.is_empty() {
        return Err(Error::NotMembers(foreign.into_iter().collect::<Vec<_>>().join(", ")));
    }
    Ok(members.into_iter().filter(|member| named.contains(&member.id)).collect())
}

/// A task that panicked is a fault of ours: the panic goes on.
fn joined<T>(ended: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    match ended {
        Ok(ended) => ended,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Interrupted),
        },
    }
}
