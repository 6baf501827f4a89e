//! From the command line to a snapshot: what is read, shown while it goes on, and kept if that was asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use konecta_aws::{CollectOptions, Progress, RegionChoice, Session, SessionOptions, Timeouts, collect};
use konecta_base::id::{Action, Region};
use konecta_base::reads::reads;
use konecta_base::snapshot::Snapshot;

use super::scan_deadline::ScanDeadline;
use crate::cli::AccountArgs;
use crate::config::Config;
use crate::error::Error;
use crate::ui;

/// The longest pause between two tries: the SDK's backoff ends at 20 seconds.
const PAUSE: Duration = Duration::from_secs(20);

/// Reads what is wanted, or says why the scan cannot begin.
pub(super) fn read(args: &AccountArgs, config: &Config, wanted: &BTreeSet<Action>) -> Result<Snapshot, Error> {
    read_until(ScanDeadline::after(None), args, config, wanted)
}

/// The same, and what is not read by the deadline is a gap.
pub(super) fn read_until(
    deadline: ScanDeadline,
    args: &AccountArgs,
    config: &Config,
    wanted: &BTreeSet<Action>,
) -> Result<Snapshot, Error> {
    let known = reads();
    let options = options(args, config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let progress = Progress::new();
        let left = || deadline.left();
        let scan = async {
            let session = deadline.within(Session::open(&options)).await?;
            let options = CollectOptions { deadline: deadline.at(), ..CollectOptions::default() };
            Ok(collect(&session, known, wanted, &options, &progress).await)
        };
        tokio::select! {
            snapshot = scan => snapshot,
            () = watch(&progress, &left) => Err(Error::Interrupted),
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    })
}

pub(super) fn options(args: &AccountArgs, config: &Config) -> Result<SessionOptions, Error> {
    let attempt = Duration::from_secs(args.timeout);
    Ok(SessionOptions {
        profile: args.profile.clone(),
        regions: regions(args, config)?,
        endpoint_url: args.endpoint_url.clone(),
        role_arns: args.role_arn.clone(),
        external_id: args.external_id.clone(),
        timeouts: Timeouts {
            connect: attempt.min(Duration::from_secs(5)),
            read: attempt,
            attempt,
            operation: attempt.saturating_mul(args.max_attempts) + PAUSE.saturating_mul(args.max_attempts - 1),
        },
        max_attempts: args.max_attempts,
    })
}

/// The regions named, or the one that the blueprint names.
fn regions(args: &AccountArgs, config: &Config) -> Result<RegionChoice, Error> {
    if args.region.iter().any(|region| region == "all") {
        return Ok(RegionChoice::All);
    }
    let named: Result<Vec<Region>, _> = args.region.iter().map(|region| region.parse()).collect();
    let named = named.map_err(|error| Error::Region(error.to_string()))?;
    Ok(match (named.is_empty(), &config.blueprint.stack.region) {
        (false, _) => RegionChoice::Named(named),
        (true, Some(region)) => RegionChoice::Named(vec![region.clone()]),
        (true, None) => RegionChoice::Configured,
    })
}

/// Draws what is under way where somebody watches, after what `head` says of it, and never ends.
pub(super) async fn watch(progress: &Arc<Progress>, head: &dyn Fn() -> String) {
    if !ui::watched() {
        return std::future::pending().await;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    let _cleared = Cleared(bar.clone());
    loop {
        let view = progress.view();
        let names = view.operations.join(" ");
        bar.set_message(format!(
            "{}{} calls, {} gaps, {} in flight: {names}",
            head(),
            view.done,
            view.gaps,
            view.in_flight
        ));
        bar.tick();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Takes the progress line away, however the wait ends.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
