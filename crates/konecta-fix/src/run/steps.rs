//! One step of a procedure, taken because a person said so: seen whether it was taken already, sent, waited for.
//! And what a change presupposes, looked at before anybody says yes.

use super::resolve::{Here, Unsent, token};
use super::wait::mark;
use super::{AccountApi, Run, RunError};
use crate::journal::{Event, JournalError, Log};
use crate::plan::{Change, Plan, VERSION};
use crate::procedure::ProcedureStep;
use konecta_base::id::{AccountId, Region};

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was there already.
    Before,
    /// It was taken.
    Now,
}

/// A procedure leaves its traces in the account: every step says how to see that it was taken.
struct Nowhere;

impl Log for Nowhere {
    async fn write(&mut self, _: jiff::Timestamp, _: &Event) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Takes a step, unless it was taken already. `name` stands for the procedure and the step in idempotency tokens.
///
/// # Errors
/// Why it could not be taken, or did not come to its end.
pub async fn take<A: AccountApi>(
    account: &mut A,
    id: &AccountId,
    region: &Region,
    name: &str,
    step: &ProcedureStep,
) -> Result<Taken, String> {
    let plan = no_plan(account.now(), id, region);
    let mut log = Nowhere;
    let begun: Result<Run<'_, A, Nowhere>, RunError> = Run::begin(account, &mut log, name, "", "", &plan).await;
    let mut run = begun.map_err(|error| error.to_string())?;
    let here = Here { region: region.clone(), token: token(name, "procedure", "forward") };
    let told = |unsent: Unsent| match unsent {
        Unsent::Stale(told) | Unsent::Unresolved(told) => told,
        Unsent::Call(failure) => failure.to_string(),
    };
    let (_, marks) = run.held(&here, &step.waits).await?;
    let mut taken = Taken::Now;
    if let Some(done) = &step.done
        && !run.matches(&here, done).await.map_err(told)?.is_empty()
    {
        taken = Taken::Before;
    } else {
        run.send(&here, &step.call).await.map_err(told)?;
    }
    let since = run.account.now();
    for (number, wait) in step.waits.iter().enumerate() {
        // What was there before this call is not asked to be another; that the wait of then was kept is not known either.
        let was = if taken == Taken::Now { mark(&marks, number) } else { None };
        run.until(&here, wait, was, since).await?;
    }
    Ok(taken)
}

/// What a precondition was found to be when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The precondition in words.
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found, or why nothing was.
    pub found: String,
}

/// Asks once what the preconditions of a change are now; changes nothing, and waits for nothing.
///
/// # Errors
/// When nothing can be asked at all.
pub async fn seen<A: AccountApi>(account: &mut A, id: &AccountId, change: &Change) -> Result<Vec<Seen>, String> {
    let region = &change.resource.region;
    let plan = no_plan(account.now(), id, region);
    let mut log = Nowhere;
    let mut run = Run::begin(account, &mut log, "look", "", "", &plan).await.map_err(|error| error.to_string())?;
    let here = Here { region: region.clone(), token: token("look", &change.id, "forward") };
    let mut all = Vec::new();
    for condition in &change.requires {
        let (holds, found) = run.asked_once(&here, condition).await;
        all.push(Seen { what: condition.what.clone(), holds, found });
    }
    Ok(all)
}

/// A run needs a plan to stand in; nothing is done by this one.
fn no_plan(now: jiff::Timestamp, id: &AccountId, region: &Region) -> Plan {
    Plan {
        version: VERSION,
        tool: String::new(),
        created_at: now,
        expires_at: now,
        account: id.clone(),
        regions: vec![region.clone()],
        scope: None,
        changes: Vec::new(),
        refusals: Vec::new(),
        sha256: String::new(),
    }
}
