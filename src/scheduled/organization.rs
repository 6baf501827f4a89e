//! The tasks `plan` and `rollup`, and whose accounts may be entered at all.
//! Knows Organizations and the bucket by the library only.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use konecta_aws::RegionChoice;
use konecta_aws::organization::{self, Member, Units};
use konecta_base::finding::Severity;
use konecta_base::id::{AccountId, Region};
use konecta_base::target::Target;
use konecta_core::report::rollup::RollupAbout;
use konecta_core::rollup::{Suspended, TargetStatus};
use konecta_core::waivers;
use konecta_rego::catalogue::Catalogue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::Request;
use super::failure::Failure;
use super::function::Function;
use super::run::{JSON, Run, asked, of_account};
use crate::config::scheduled::Accounts;
use crate::rollup_io;

/// As wide as people read.
const WIDTH: usize = 100;

/// Accounts that are asked for their regions at once.
const AT_ONCE: usize = 16;

/// `runs/RUN/accounts/A.json`: an account of the organization, and that it is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    name: Option<String>,
    regions: Vec<Region>,
    /// Why its regions are not known; then only `global` is expected of it, and will say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Refuses accounts that are not ours to enter: whoever may send an event must not choose whose role is assumed.
pub(super) async fn check(function: &Function, accounts: &[AccountId]) -> Result<(), Failure> {
    let own = function.base.own();
    let others: Vec<&AccountId> = accounts.iter().filter(|account| *account != own).collect();
    if others.is_empty() {
        return Ok(());
    }
    let refused = |account: &AccountId, whose: &str| {
        Err(Failure::Foreign(format!("account {account} is none of {whose}, and is not entered")))
    };
    match &function.settings.accounts {
        Accounts::Own => refused(others[0], "KONECTA_ACCOUNTS, which is not set"),
        Accounts::Named(named) => match others.iter().find(|account| !named.contains(account)) {
            Some(account) => refused(account, "KONECTA_ACCOUNTS"),
            None => Ok(()),
        },
        Accounts::Organization => {
            let members = members(function).await?;
            let known = |account: &AccountId| {
                members.iter().any(|member| member.id == *account && member.suspended().is_none())
            };
            match others.iter().find(|account| !known(account)) {
                Some(account) => refused(account, "the active accounts of the organization"),
                None => Ok(()),
            }
        }
    }
}

/// The regions of an account of the run's organization; `None` where it is none of it.
pub(super) async fn regions(
    function: &Function,
    run: &Run,
    account: &AccountId,
) -> Result<Option<Vec<Region>>, Failure> {
    Ok(entry(function, run, account).await?.map(|entry| entry.regions))
}

/// Finds the targets and writes them down; what was found before is not asked again.
pub(super) async fn plan(function: &Function, request: &Request, name: &str) -> Result<Value, Failure> {
    let run = Run::new(name, request, asked(function, request)?);
    let run = run.keep(&function.store).await?;
    let mut members = members(function).await?;
    let missing = missing(function, &members);
    members.retain(|member| is_allowed(function, &member.id));
    let suspended = |member: &Member| {
        let state = member.suspended()?.to_owned();
        Some(Suspended { account: member.id.clone(), name: member.name.clone(), state })
    };
    let suspended: Vec<Suspended> = members.iter().filter_map(suspended).collect();
    let active: Vec<&Member> = members.iter().filter(|member| member.suspended().is_none()).collect();
    let named = if request.regions.is_empty() { &function.settings.regions } else { &request.regions };
    let found = futures_util::stream::iter(active.into_iter().map(|member| found(function, &run, member, named)));
    let found: Vec<Result<Option<(AccountId, Entry)>, Failure>> = found.buffer_unordered(AT_ONCE).collect().await;
    let mut accounts = BTreeMap::new();
    for one in found {
        match one? {
            Some((account, entry)) => accounts.insert(account, entry),
            // The time is over; the next invocation finds what is there.
            None => return Ok(json!({"status": "continue", "run": run.run})),
        };
    }
    for account in missing {
        let reason =
            "it is configured, and is not among the accounts of the organization or of its units that are named";
        let target = Target { account: account.clone(), region: Region::global() };
        let status = TargetStatus::unscanned(&target, reason);
        function.store.create(&run.status(&target), JSON, serde_json::to_vec(&status)?).await?;
        accounts.insert(account, Entry { name: None, regions: Vec::new(), reason: Some(reason.to_owned()) });
    }
    let targets = accounts.iter().flat_map(|(account, entry)| of_account(account, &entry.regions));
    let mut targets: Vec<Target> = targets.collect();
    targets.sort();
    let (key, order) =
        (format!("{}/{}", run.folder(), rollup_io::TARGETS), format!("{}/{}", run.folder(), rollup_io::ORDER));
    let named = format!("{}/{}", run.folder(), rollup_io::SUSPENDED);
    function.store.create(&named, JSON, serde_json::to_vec(&suspended)?).await?;
    function.store.create(&key, JSON, serde_json::to_vec(&targets)?).await?;
    // Neighbours in the map run at once: of several accounts, so that none hears from all of them.
    targets.sort_by(|a, b| (&a.region, &a.account).cmp(&(&b.region, &b.account)));
    function.store.create(&order, JSON, serde_json::to_vec(&targets)?).await?;
    Ok(json!({
        "status": "planned", "run": run.run, "bucket": function.store.bucket(), "targets": function.store.full_key(&order),
        "count": targets.len(), "accounts": accounts.len(), "suspended": suspended,
    }))
}

async fn found(
    function: &Function,
    run: &Run,
    member: &Member,
    named: &[Region],
) -> Result<Option<(AccountId, Entry)>, Failure> {
    if let Some(entry) = entry(function, run, &member.id).await? {
        return Ok(Some((member.id.clone(), entry)));
    }
    if function.deadline.is_near() {
        return Ok(None);
    }
    let name = member.name.clone();
    let entry = match named {
        [] => match enabled(function, &member.id).await {
            Ok(regions) => Entry { name, regions, reason: None },
            Err(reason) => Entry { name, regions: Vec::new(), reason: Some(reason) },
        },
        named => Entry { name, regions: named.to_vec(), reason: None },
    };
    if let Some(reason) = &entry.reason {
        function.log.warn("regions are not known", json!({"account": member.id, "reason": reason}));
    }
    function.store.create(&run.account(&member.id), JSON, serde_json::to_vec(&entry)?).await?;
    Ok(Some((member.id.clone(), entry)))
}

async fn enabled(function: &Function, account: &AccountId) -> Result<Vec<Region>, String> {
    let entered = match &function.settings.role {
        Some(role) => function.base.enter(account, role, &RegionChoice::All).await,
        None => function.base.account(&RegionChoice::All).await,
    };
    entered.map(|account| account.regions().to_vec()).map_err(|error| format!("{error}; {}", error.hint()))
}

async fn entry(function: &Function, run: &Run, account: &AccountId) -> Result<Option<Entry>, Failure> {
    let object = function.store.get(&run.account(account)).await?;
    Ok(object.map(|object| serde_json::from_slice(&object.bytes)).transpose()?)
}

/// The accounts that the settings name and the organization does not have. They are expected, and not entered.
fn missing(function: &Function, members: &[Member]) -> Vec<AccountId> {
    let Accounts::Named(named) = &function.settings.accounts else { return Vec::new() };
    named.iter().filter(|id| !members.iter().any(|member| member.id == **id)).cloned().collect()
}

/// Whether the settings let this account of the organization be entered.
fn is_allowed(function: &Function, account: &AccountId) -> bool {
    match &function.settings.accounts {
        Accounts::Organization => true,
        Accounts::Named(named) => account == function.base.own() || named.contains(account),
        Accounts::Own => account == function.base.own(),
    }
}

/// The accounts that the settings speak of, the function's own among them. Organizations is asked only where they name it, or organizational units of it:
/// outside an organization there is nobody to ask, and named accounts are expected whether it knows them or not.
async fn members(function: &Function) -> Result<Vec<Member>, Failure> {
    let settings = &function.settings;
    let named = |id: &AccountId| Member { id: id.clone(), name: None, state: None };
    let own = function.base.own();
    if settings.ou_include.is_empty() && settings.ou_exclude.is_empty() {
        match &settings.accounts {
            Accounts::Own => return Ok(vec![named(own)]),
            Accounts::Named(accounts) => {
                let others = accounts.iter().filter(|id| *id != own);
                return Ok(std::iter::once(own).chain(others).map(named).collect());
            }
            Accounts::Organization => {}
        }
    }
    let units = Units { include: settings.ou_include.clone(), exclude: settings.ou_exclude.clone() };
    let told = organization::members(function.base.sdk(), &units).await;
    told.map_err(|error| Failure::Organization(format!("{error}; {}", error.hint())))
}

/// Puts the statuses of a run together and writes the roll-up; the last one stays, for a late status may still have come.
pub(super) async fn rollup(function: &Function, name: &str) -> Result<Value, Failure> {
    let run = Run::find(&function.store, name).await?;
    let folder = format!("{}/", run.folder());
    let mut rolled = rollup_io::of_store(&function.store, &folder).await?;
    let rules = [Catalogue::built_in()?.rules(), waivers::rules()].concat();
    let narrowed = rolled.narrowed.clone();
    let about =
        RollupAbout { tool_version: env!("CARGO_PKG_VERSION"), run: Some(name), narrowed: &narrowed, rules: &rules };
    let json_key = format!("{folder}rollup.json");
    let mut out = Vec::new();
    rolled.json(&about, &mut out)?;
    function.store.put(&json_key, JSON, std::mem::take(&mut out)).await?;
    rolled.text(&about, &mut out, WIDTH)?;
    function.store.put(&format!("{folder}rollup.txt"), "text/plain; charset=utf-8", std::mem::take(&mut out)).await?;
    // The reports of the targets have no pages in the bucket that could be linked.
    rolled.html(&about, &|_| None, &mut out)?;
    function.store.put(&format!("{folder}rollup.html"), "text/html; charset=utf-8", out).await?;
    let summary = &rolled.summary;
    Ok(json!({
        "status": if summary.is_whole() { "complete" } else { "incomplete" },
        "run": run.run, "key": function.store.full_key(&json_key),
        "expected": summary.targets.expected, "seen": summary.targets.complete + summary.targets.incomplete,
        "incomplete": summary.targets.incomplete, "unscanned": summary.targets.unscanned,
        "failed": summary.fails(Severity::Info),
    }))
}
