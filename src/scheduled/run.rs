//! A run as it is kept in S3: its name, its day, its targets. Written once, by whichever delivery of an event comes first;
//! every other one goes by what stands there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use konecta_aws::s3::{Created, Store, StoreError};
use konecta_base::id::{AccountId, ControlId, Region};
use konecta_base::snapshot::sha256;
use konecta_base::target::Target;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::event::Request;
use super::function::Function;
use crate::fix_runtime::now;

/// The version of `run.json`.
const VERSION: u32 = 1;

pub(super) const JSON: &str = "application/json";

/// `runs/RUN/run.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Run {
    version: u32,
    pub(super) run: String,
    pub(super) started_at: Timestamp,
    /// The day under which its reports are filed.
    pub(super) date: Date,
    tool: String,
    pub(super) controls: Vec<ControlId>,
    /// The regions that were named; empty where all are meant.
    #[serde(default)]
    regions: Vec<Region>,
    /// What was asked and how it was set up; see [`asked`]. Empty in a run of an older version.
    #[serde(default)]
    asked: String,
    pub(super) snapshot: Option<String>,
    /// The regions of each account; an organization's are kept one by one (`accounts/A.json`).
    pub(super) accounts: Option<BTreeMap<AccountId, Vec<Region>>>,
}

impl Run {
    pub(super) fn new(name: &str, request: &Request, asked: String) -> Self {
        let started_at = request.time.unwrap_or_else(now);
        Self {
            version: VERSION,
            run: name.to_owned(),
            started_at,
            date: jiff::tz::Offset::UTC.to_datetime(started_at).date(),
            tool: crate::fix_runtime::TOOL.to_owned(),
            controls: request.controls.clone(),
            regions: request.regions.clone(),
            asked,
            snapshot: request.snapshot.clone(),
            accounts: None,
        }
    }

    /// All targets in the order in which they are done and told: by account, then region.
    pub(super) fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> =
            self.accounts.iter().flatten().flat_map(|(account, regions)| of_account(account, regions)).collect();
        targets.sort();
        targets
    }

    /// Keeps it, or takes what was kept before it, if that is the same: a run of some controls must not be taken for the
    /// nightly one, nor one by a blueprint that was changed since.
    pub(super) async fn keep(self, store: &Store) -> Result<Self, RunError> {
        let key = key(&self.run);
        match store.create(&key, JSON, serde_json::to_vec(&self)?).await? {
            Created::Ours(_) => Ok(self),
            Created::Already => {
                let found = Self::find(store, &self.run).await?;
                match found.asked == self.asked || found.asked.is_empty() {
                    true => Ok(found),
                    false => Err(RunError::Other { run: self.run }),
                }
            }
        }
    }

    /// The run of this name.
    pub(super) async fn find(store: &Store, run: &str) -> Result<Self, RunError> {
        let key = key(run);
        let object = store.get(&key).await?.ok_or_else(|| RunError::None { run: run.to_owned() })?;
        let broken = |reason: String| RunError::Broken { location: store.location(&key), reason };
        let found: Self = serde_json::from_slice(&object.bytes).map_err(|error| broken(error.to_string()))?;
        match found.version {
            VERSION => Ok(found),
            other => Err(broken(format!("it has version {other}, and this program reads version {VERSION}"))),
        }
    }

    /// Where what is about this run begins.
    pub(super) fn folder(&self) -> String {
        folder(&self.run)
    }

    /// Where the reports of a target are, without the ending.
    pub(super) fn report(&self, target: &Target) -> String {
        format!("account={}/region={}/date={}/{}", target.account, target.region, self.date, self.run)
    }

    /// Where its status is.
    pub(super) fn status(&self, target: &Target) -> String {
        format!("{}/status/{}/{}.json", self.folder(), target.account, target.region)
    }

    /// Where that is kept which was answered so far.
    pub(super) fn part(&self, target: &Target) -> String {
        format!("{}/parts/{}/{}", self.folder(), target.account, target.region)
    }

    /// Where the regions of an account of the organization are.
    pub(super) fn account(&self, account: &AccountId) -> String {
        format!("{}/accounts/{account}.json", self.folder())
    }
}

/// The SHA-256 of what decides about the findings of a run: whom it reads, by which controls, and what it holds them to.
/// Names and times are not part of it, so that a retry asks for the same.
pub(super) fn asked(function: &Function, request: &Request) -> Result<String, serde_json::Error> {
    let (settings, config) = (&function.settings, &function.config);
    let text = serde_json::to_string(&json!({
        "task": request.task,
        "accounts": request.accounts,
        "regions": request.regions,
        "controls": request.controls,
        "snapshot": request.snapshot,
        "blueprint": config.blueprint,
        "waivers": format!("{:?}", (&config.waivers, &config.waiver_limits)),
        "settings": format!("{:?}", (&settings.accounts, &settings.ou_include, &settings.ou_exclude, &settings.regions)),
    }))?;
    Ok(sha256(&text))
}

/// An account's targets: its regions, and what belongs to none.
pub(super) fn of_account(account: &AccountId, regions: &[Region]) -> Vec<Target> {
    let regions = regions.iter().cloned().chain([Region::global()]);
    regions.map(|region| Target { account: account.clone(), region }).collect()
}

fn folder(run: &str) -> String {
    format!("runs/{run}")
}

fn key(run: &str) -> String {
    format!("{}/run.json", folder(run))
}

/// Why there is no run to go by.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("there is no run `{run}`: it was never begun, or under another bucket or prefix")]
    None { run: String },
    #[error(
        "the run `{run}` was begun with another request or another configuration: give this one a name of its own, or begin anew under another prefix"
    )]
    Other { run: String },
    #[error("{location} cannot be used: {reason}")]
    Broken { location: String, reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a run cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_regions_and_global_sorted() {
        let request = Request { time: "2026-11-27T23:59:59Z".parse().ok(), ..Request::default() };
        let mut run = Run::new("a", &request, String::new());
        let regions = |names: &[&str]| names.iter().map(|name| name.parse().expect("region")).collect();
        run.accounts = Some(BTreeMap::from([
            ("222222222222".parse().expect("account"), regions(&["us-east-1"])),
            ("111111111111".parse().expect("account"), regions(&["us-east-1", "eu-west-1"])),
        ]));
        let told: Vec<String> =
            run.targets().iter().map(|target| format!("{} {}", target.account, target.region)).collect();
        assert_eq!(
            told,
            [
                "111111111111 eu-west-1",
                "111111111111 global",
                "111111111111 us-east-1",
                "222222222222 global",
                "222222222222 us-east-1",
            ]
        );
        let target = &run.targets()[0];
        assert_eq!(run.report(target), "account=111111111111/region=eu-west-1/date=2026-11-27/a");
        assert_eq!(run.status(target), "runs/a/status/111111111111/eu-west-1.json");
    }
}
