//! One target from beginning to end: entered, read as far as the time goes, judged, reported, told.
//! A target that was done before is not done again, whoever asks; what failed for it is in its status.

use std::sync::Arc;

use konecta_aws::{CollectOptions, Progress, Recording, RegionChoice, Session, SessionError, collect};
use konecta_base::id::Region;
use konecta_base::reads::reads;
use konecta_base::snapshot::{Snapshot, SnapshotFile, Source};
use konecta_base::target::Target;
use konecta_base::waiver::Waiver;
use konecta_core::report::{About, Report};
use konecta_core::rollup::{TargetOutcome, TargetStatus};
use konecta_core::waivers;
use konecta_rego::catalogue::Catalogue;
use serde_json::json;

use super::failure::Failure;
use super::function::Function;
use super::run::{JSON, Run};
use super::{fix, notify, reports};

/// Why a target is left where no invocation would come further.
const TOO_SHORT: &str =
    "the whole time of an invocation did not suffice to ask anything new; give the function more time";

/// What came of a target in this invocation.
pub(super) enum Ended {
    /// It was done by an earlier invocation.
    Before(Box<TargetStatus>),
    /// It is done now; with what failed beside the reports.
    Done(Box<TargetStatus>, Vec<String>),
    /// The time ran out; what was answered so far is kept.
    OutOfTime,
}

/// Where what is judged comes from.
pub(super) enum From<'a> {
    /// The account, in these regions (all of the run's for that account).
    Account(&'a [Region]),
    /// A snapshot that was taken before.
    Snapshot(&'a SnapshotFile),
}

/// Does what is left to be done of a target. `alone` says that this invocation did no other target before: the next one would
/// have no more time for this one.
pub(super) async fn done(
    function: &Function,
    run: &Run,
    catalogue: &Catalogue,
    target: &Target,
    from: From<'_>,
    alone: bool,
) -> Result<Ended, Failure> {
    let place = json!({"run": run.run, "account": target.account, "region": target.region});
    if let Some(status) = known(function, run, target).await? {
        function.log.info("done before", place);
        return Ok(Ended::Before(Box::new(status)));
    }
    if function.deadline.is_near() && !alone {
        return Ok(Ended::OutOfTime);
    }
    let (read, report) = match from {
        From::Snapshot(file) => (None, judged(function, catalogue, target, file)?),
        From::Account(regions) => {
            let session = match entered(function, target, regions).await {
                Ok(session) => session,
                Err(error) => return unscanned(function, run, target, format!("{error}; {}", error.hint())).await,
            };
            let snapshot = match heard(function, run, catalogue, target, &session, alone).await? {
                Collected::Everything(snapshot) => *snapshot,
                Collected::Part => return Ok(Ended::OutOfTime),
                Collected::Nothing => return unscanned(function, run, target, TOO_SHORT.to_owned()).await,
            };
            let report = judged(function, catalogue, target, &snapshot)?;
            (Some((session, snapshot)), report)
        }
    };
    let key = reports::keep(function, &report, &run.report(target)).await?;
    let location = function.store.location(&key);
    let status = TargetStatus::of(target, &report, function.store.full_key(&key));
    let incomplete = status.status != TargetOutcome::Complete;
    let about = About { target, run: &run.run, location: &location, incomplete };
    let account = read.as_ref().and_then(|(session, _)| session.accounts().first());
    let mut errors = notify::tell(function, run, account, &report, &about).await;
    if let Some((session, snapshot)) = read {
        errors.extend(fix::mend(function, catalogue, session, &snapshot, &report).await.err());
    }
    // Last of all: while it is not there, whoever delivers the event again does again what was left undone, from the same
    // answers.
    kept(function, run, target, &status).await?;
    function.store.delete(&run.part(target)).await?;
    notify::metrics(function, Some(&report), &about, function.deadline.spent());
    Ok(Ended::Done(Box::new(status), errors))
}

/// The status of a target that is done.
async fn known(function: &Function, run: &Run, target: &Target) -> Result<Option<TargetStatus>, Failure> {
    let found = function.store.get(&run.status(target)).await?;
    Ok(found.map(|object| serde_json::from_slice(&object.bytes)).transpose()?)
}

/// The account, with credentials for all that the target reads.
async fn entered(function: &Function, target: &Target, regions: &[Region]) -> Result<Session, SessionError> {
    let choice = RegionChoice::Named(target.regions(regions));
    let account = match &function.settings.role {
        Some(role) => function.base.enter(&target.account, role, &choice).await?,
        None => function.base.account(&choice).await?,
    };
    Ok(Session::of(vec![account]))
}

async fn unscanned(function: &Function, run: &Run, target: &Target, reason: String) -> Result<Ended, Failure> {
    let place = json!({"run": run.run, "account": target.account, "region": target.region, "reason": reason});
    function.log.warn("unscanned", place);
    let status = TargetStatus::unscanned(target, &reason);
    let about = About { target, run: &run.run, location: "", incomplete: true };
    notify::metrics(function, None, &about, function.deadline.spent());
    kept(function, run, target, &status).await?;
    Ok(Ended::Done(Box::new(status), Vec::new()))
}

/// The first one stays.
async fn kept(function: &Function, run: &Run, target: &Target, status: &TargetStatus) -> Result<(), Failure> {
    function.store.create(&run.status(target), JSON, serde_json::to_vec(status)?).await?;
    Ok(())
}

/// What the time sufficed for.
enum Collected {
    Everything(Box<Snapshot>),
    /// The next invocation goes on.
    Part,
    /// Not even a call was sent that could be given up: the next one would come no further.
    Nothing,
}

/// Asks for everything that the target's controls look at. What was answered is kept until the target is done.
async fn heard(
    function: &Function,
    run: &Run,
    catalogue: &Catalogue,
    target: &Target,
    session: &Session,
    alone: bool,
) -> Result<Collected, Failure> {
    let part = run.part(target);
    let recording = Arc::new(taken_up(function, &part).await?);
    let known = recording.len();
    let (wanted, every_read, progress) = (catalogue.reads_for(target), reads(), Progress::new());
    let options = CollectOptions { recording: Some(Arc::clone(&recording)), ..CollectOptions::default() };
    let reading = collect(session, every_read, &wanted, &options, &progress);
    let snapshot = tokio::select! {
        snapshot = reading => Some(snapshot),
        () = tokio::time::sleep(function.deadline.left()) => None,
    };
    let answers = recording.len();
    // What did not come in the whole time of one invocation would not come in that of another.
    let no_further = answers == known && alone;
    let given_up = if no_further && snapshot.is_none() { recording.give_up() } else { 0 };
    function.log.info(
        if snapshot.is_some() { "read" } else { "read in part" },
        json!({
            "account": target.account, "region": target.region,
            "knownBefore": known, "answers": answers, "givenUp": given_up,
        }),
    );
    if recording.len() > known {
        let bytes = recording.to_bytes().map_err(|error| Failure::Recording(error.to_string()))?;
        function.store.put(&part, "application/zstd", bytes).await?;
    }
    Ok(match snapshot {
        // What is whole but late is judged by the next invocation, from what was kept and without a call; unless this one
        // made no call either, and the next would be as late.
        Some(snapshot) if !function.deadline.is_near() || no_further => Collected::Everything(Box::new(snapshot)),
        None if no_further && given_up == 0 => Collected::Nothing,
        Some(_) | None => Collected::Part,
    })
}

async fn taken_up(function: &Function, part: &str) -> Result<Recording, Failure> {
    let Some(object) = function.store.get(part).await? else { return Ok(Recording::default()) };
    match Recording::from_bytes(&object.bytes) {
        Ok(recording) => Ok(recording),
        // It only saves time; without it everything is asked again.
        Err(error) => {
            function.log.warn("a part cannot be used", json!({"part": part, "reason": error.to_string()}));
            Ok(Recording::default())
        }
    }
}

fn judged(function: &Function, catalogue: &Catalogue, target: &Target, source: &dyn Source) -> Result<Report, Failure> {
    let subjects = |account: &_, region: &_, arn: &_| target.holds(account, region, arn);
    let judging = || function.config.audit(catalogue).verdicts_of(source, &subjects);
    let mut report = tokio::task::block_in_place(judging)
        .map_err(|error| Failure::Snapshot { location: "that was just read".to_owned(), reason: error.to_string() })?;
    // What `global` reads in the regions is told by the regions' own reports.
    report.scan.accounts = vec![target.account.clone()];
    report.scan.regions = Some(target.region.clone()).into_iter().filter(|region| !region.is_global()).collect();
    // A waiver that neither fits a fail here nor names this target speaks of another one.
    let here = |waiver: &&Waiver| names(target, waiver) || report.findings.iter().any(|finding| waiver.fits(finding));
    let of_it: Vec<Waiver> = function.config.waivers.iter().filter(here).cloned().collect();
    waivers::apply(&mut report, &of_it, &function.config.waiver_limits);
    Ok(report)
}

/// Whether a waiver writes out the account and the region of a target, and no other.
fn names(target: &Target, waiver: &Waiver) -> bool {
    let region = if target.region.is_global() { "" } else { target.region.as_str() };
    waiver.resource.account() == Some(target.account.as_str()) && waiver.resource.region() == Some(region)
}
