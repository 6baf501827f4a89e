//! What may be mended without anybody being asked: remedies of class A, of the controls that were allowed, none by default.
//! The same plan, run and journal as `konecta-audit fix`; the journal and the lock are in S3, for a function has no disk.

use std::sync::atomic::Ordering;

use konecta_aws::Session;
use konecta_aws::journal::S3Journals;
use konecta_aws::lock::{LockClaim, S3Lock};
use konecta_aws::s3::Store;
use konecta_base::id::ControlId;
use konecta_base::snapshot::Snapshot;
use konecta_core::facts;
use konecta_core::report::Report;
use konecta_fix::Class;
use konecta_fix::journal::{Journal, Outcome, Way};
use konecta_fix::plan::{Plan, PlanOptions};
use konecta_fix::planning::{self, Judged};
use konecta_fix::run::{Run as Carried, RunEvent};
use konecta_rego::catalogue::Catalogue;
use serde_json::json;

use super::function::Function;
use crate::fix_runtime::{Live, TOOL, now, outcome_line, run_id};

/// More changes than this are a decision, and not drift.
const MOST_CHANGES: usize = 25;

/// Mends what may be mended of what was found; what stands in the way, in words.
pub(super) async fn mend(
    function: &Function,
    catalogue: &Catalogue,
    session: Session,
    snapshot: &Snapshot,
    report: &Report,
) -> Result<(), String> {
    let allowed = &function.settings.fix;
    let fails = |id: &ControlId| report.findings.iter().any(|finding| &finding.control == id);
    if !allowed.iter().any(fails) || function.deadline.is_near() {
        return Ok(());
    }
    let options = PlanOptions {
        max_class: Class::A,
        allow_disruptive: false,
        allow_managed: false,
        only: allowed.iter().map(ControlId::to_string).collect(),
        resources: Vec::new(),
        managed: std::collections::BTreeMap::new(),
    };
    let blueprint = &function.config.blueprint;
    let facts = facts::derive(snapshot, blueprint).map_err(text)?;
    let judged = Judged { snapshot, findings: &report.findings, facts: &facts, catalogue, blueprint };
    let plan = planning::plan(&judged, &options, TOOL, now()).map_err(text)?;
    if plan.changes.is_empty() {
        return Ok(());
    }
    plan.at_most(MOST_CHANGES).map_err(text)?;
    carried_out(function, catalogue, session, &plan).await
}

async fn carried_out(function: &Function, catalogue: &Catalogue, session: Session, plan: &Plan) -> Result<(), String> {
    let run = run_id(now());
    let mut place = function.settings.place.clone();
    place.prefix = format!("{}/state", place.prefix).trim_start_matches('/').to_owned();
    let state = format!("s3://{}/{}", place.bucket, place.prefix);
    let store = Store::new(function.base.sdk(), place, function.settings.kms_key.clone());
    let log = function.log.clone();
    let watcher = Box::new(move |told: &RunEvent<'_>| {
        if let RunEvent::Over(change, way, outcome, reason) = told {
            log.info("change", json!({"line": outcome_line(change, *way, *outcome, reason)}));
        }
    });
    let mut live = Live::of(session, function.config.audit(catalogue), watcher).map_err(text)?;
    plan.spares(live.account().caller()).map_err(text)?;
    let holder = format!("run {run} of {} (Lambda {})", live.account().caller(), function.log.request());
    let until = Some(function.deadline.end());
    let lock = S3Lock::acquire(store.clone(), &plan.account, &holder, now(), until, LockClaim::default())
        .await
        .map_err(text)?;
    let journals = S3Journals::new(store, plan.account.clone());
    function.log.info("mending", json!({"run": run, "changes": plan.changes.len(), "journal": journals.location()}));
    let stop = live.stop();
    let left = function.deadline.left();
    let timer = tokio::spawn(async move {
        tokio::time::sleep(left).await;
        stop.store(true, Ordering::Relaxed);
    });
    let who = live.account().caller().to_owned();
    let going = async {
        let mut journal = Journal::create(journals.medium(&run)).await.map_err(text)?;
        let carried = Carried::begin(&mut live, &mut journal, &run, &who, TOOL, plan).await.map_err(text)?;
        carried.go().await.map_err(text)
    };
    let ended = going.await;
    timer.abort();
    let released = lock.release().await.map_err(text);
    let run_state = ended.map_err(|error| {
        format!("the run {run} stopped: {error}; go on with `konecta-audit fix --resume {run} --state {state}`")
    })?;
    released?;
    let open = plan.changes.iter().filter(|change| {
        run_state.settled(Way::Forward, &change.id).is_none_or(|settled| settled.outcome != Outcome::Done)
    });
    match open.count() {
        0 => Ok(()),
        open => Err(format!(
            "the run {run} left {open} of {} changes undone{}; `konecta-audit runs show {run} --state {state}` says why",
            plan.changes.len(),
            match run_state.standing().filter(|change| run_state.is_turned_around(change)).count() {
                0 => String::new(),
                stand => format!(", of which {stand} could not be taken back and stand"),
            }
        )),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
