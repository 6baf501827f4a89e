//! The tasks `scan` and `target`: settles the run, checks whose accounts they are, and does one target after the other.

use std::collections::BTreeMap;
use std::io::Write as _;

use konecta_aws::s3::{S3Place, Store};
use konecta_base::id::{AccountId, Region};
use konecta_base::snapshot::{SnapshotFile, Source as _};
use konecta_base::target::Target;

use super::answer::Answer;
use super::event::{Continuation, Request};
use super::failure::Failure;
use super::function::Function;
use super::organization;
use super::run::{Run, asked};
use super::target::{self, Ended, From};

/// All targets of a request, or those that were left.
pub(super) async fn scan(function: &Function, request: &Request, name: &str) -> Result<Answer, Failure> {
    let run = begun(function, request, name).await?;
    let targets = run.targets();
    through(function, &run, &targets, None).await
}

/// A run that was begun: one target of it, or all that are left.
pub(super) async fn resume(function: &Function, name: &str, only: Option<&Target>) -> Result<Answer, Failure> {
    let run = Run::find(&function.store, name).await?;
    match only {
        Some(target) => through(function, &run, std::slice::from_ref(target), only).await,
        None => through(function, &run, &run.targets(), None).await,
    }
}

async fn through(function: &Function, run: &Run, targets: &[Target], only: Option<&Target>) -> Result<Answer, Failure> {
    let catalogue = function.catalogue(&run.controls)?;
    let file = match &run.snapshot {
        Some(location) => Some((snapshot(function, location).await?, location)),
        None => None,
    };
    let file = file.as_ref().map(|(scratch, location)| {
        SnapshotFile::open(scratch.path()).map_err(|error| Failure::of_snapshot(location, &error))
    });
    let file = file.transpose()?;
    let (mut statuses, mut errors, mut alone) = (Vec::new(), Vec::new(), true);
    for one in targets {
        let ended = match &file {
            Some(file) => target::done(function, run, &catalogue, one, From::Snapshot(file), alone).await?,
            None => {
                let regions = regions(function, run, &one.account).await?;
                target::done(function, run, &catalogue, one, From::Account(&regions), alone).await?
            }
        };
        match ended {
            Ended::Before(status) => statuses.push(*status),
            Ended::Done(status, more) => {
                statuses.push(*status);
                errors.extend(more);
                alone = false;
            }
            Ended::OutOfTime => {
                let continuation = Continuation::of(&run.run, only);
                return Ok(Answer::of(&run.run, statuses, errors, Some(continuation)));
            }
        }
    }
    Ok(Answer::of(&run.run, statuses, errors, None))
}

/// The run of a request, as it was begun first.
async fn begun(function: &Function, request: &Request, name: &str) -> Result<Run, Failure> {
    let mut run = Run::new(name, request, asked(function, request)?);
    let (accounts, regions) = match &request.snapshot {
        Some(location) => {
            let scratch = snapshot(function, location).await?;
            let file = SnapshotFile::open(scratch.path()).map_err(|error| Failure::of_snapshot(location, &error))?;
            (file.info().accounts.clone(), file.info().regions.clone())
        }
        None => {
            let own = || vec![function.base.own().clone()];
            let accounts = if request.accounts.is_empty() { own() } else { request.accounts.clone() };
            organization::check(function, &accounts).await?;
            let regions = if request.regions.is_empty() { default_regions(function) } else { request.regions.clone() };
            (accounts, regions)
        }
    };
    run.accounts = Some(accounts.into_iter().map(|account| (account, regions.clone())).collect::<BTreeMap<_, _>>());
    Ok(run.keep(&function.store).await?)
}

/// The blueprint's region, or the function's own.
fn default_regions(function: &Function) -> Vec<Region> {
    let own = || function.base.sdk().region().and_then(|region| region.as_ref().parse().ok());
    function.config.blueprint.stack.region.clone().or_else(own).into_iter().collect()
}

/// The regions of an account of the run. That they are known is also what lets the account in: they were written down when
/// it was checked whose it is.
async fn regions(function: &Function, run: &Run, account: &AccountId) -> Result<Vec<Region>, Failure> {
    let foreign =
        || Failure::Foreign(format!("account {account} is none of the run `{}`, and is not entered", run.run));
    match &run.accounts {
        Some(accounts) => accounts.get(account).cloned().ok_or_else(foreign),
        None => organization::regions(function, run, account).await?.ok_or_else(foreign),
    }
}

/// A snapshot out of S3, in a file that goes away with what is given back.
async fn snapshot(function: &Function, location: &str) -> Result<tempfile::NamedTempFile, Failure> {
    let place: S3Place = location.parse()?;
    let store = Store::new(function.base.sdk(), S3Place { prefix: String::new(), ..place.clone() }, None);
    let missing = || Failure::Snapshot { location: location.to_owned(), reason: "there is no such object".to_owned() };
    let object = store.get(&place.prefix).await?.ok_or_else(missing)?;
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(&object.bytes)?;
    Ok(file)
}
