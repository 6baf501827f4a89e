//! The plan: what will be done, in which order, what it rests on, and what will not be done and why.
//! Knows steps, findings and the snapshot; sends nothing, and asks no clock.
//!
//! `docs/fix.md`, *Plan*, is the contract; `docs/plan.schema.json` is the file.

mod amends;
mod calls;
mod canonical;
mod choose;
mod compose;
mod file;
pub(crate) mod last_way;
mod merge;
mod model;
mod order;
mod proposed;
mod state;
mod within;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use canonical::canonical;
pub use file::{PlanError, read_plan};
#[cfg(test)]
pub(crate) use merge::lay;
pub use state::{ModelHashError, comparable, is_unordered, settled, state_hash};

use super::context::RemedyContext;
use super::ownership::Owner;
use super::registry::Refusal;
use super::simulate;
use super::step::{Call, Class, Effect, Wait};
use choose::{Choice, LeftOut};
use compose::{Clash, ComposeError};
use konecta_base::id::{AccountId, Action, Arn, ControlId, FixId, Region, ResourceType};
use konecta_base::reads::Reads;
use konecta_base::resource::ResourceRef;
use konecta_base::snapshot::Snapshot;

/// The version of the file format.
pub const VERSION: u32 = 1;

/// How long a plan may be applied: what was seen grows old.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// What will be done to one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The version of the file format.
    pub version: u32,
    /// The program that planned, with its version.
    pub tool: String,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it may no longer be applied.
    pub expires_at: Timestamp,
    /// The account.
    pub account: AccountId,
    /// The regions that were scanned, without `global`.
    pub regions: Vec<Region>,
    /// What it was narrowed to and allowed, so that it can be made again; `None` in journals of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<PlanOptions>,
    /// What is done, in this order.
    pub changes: Vec<Change>,
    /// What is not done.
    pub refusals: Vec<Refusal>,
    /// SHA-256 of the canonical JSON of everything above.
    pub sha256: String,
}

/// One call with everything around it: one step, or several that became one call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// `c1`, `c2` … in the order of the plan.
    pub id: String,
    /// The steps that it is made of.
    pub parts: Vec<PlanPart>,
    /// What is changed or made, first of all.
    pub resource: ResourceRef,
    /// The worst class of its parts.
    pub class: Class,
    /// The controls that it serves.
    pub controls: Vec<ControlId>,
    /// The findings that must pass once it is done. A resource that goes away has no finding any more.
    pub verifies: Vec<Verifies>,
    /// What a fresh read must call to see the touched resources and to judge `verifies`: prerequisites included.
    pub reads: BTreeSet<Action>,
    /// What it costs or does to traffic.
    pub consequences: Vec<String>,
    /// All that differs between a snapshot before and one after. Each path stands once, and none lies below another.
    pub effects: Vec<Effect>,
    /// What was planned on: every touched resource.
    pub expects: Vec<Expected>,
    /// The call.
    pub call: Call,
    /// The way back, in the order in which it is gone.
    pub inverse: Vec<Call>,
    /// IAM actions of the call, of what it reads and waits for, and of the way back.
    pub actions: BTreeSet<Action>,
    /// Changes that must be done and verified before.
    pub needs: Vec<String>,
    /// What must hold right before the call.
    pub requires: Vec<Wait>,
    /// What it presupposes and the snapshot proves, with what proves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proven: Vec<String>,
    /// What is waited for after it.
    pub waits: Vec<Wait>,
}

impl Plan {
    /// Whether it may be begun.
    ///
    /// # Errors
    /// When it holds more changes than are allowed. It can be shown and written all the same.
    pub fn at_most(&self, allowed: usize) -> Result<(), PlanError> {
        let found = self.changes.len();
        if found > allowed { Err(PlanError::TooMany { found, allowed }) } else { Ok(()) }
    }
}

impl Change {
    /// One line: the titles of its parts.
    #[must_use]
    pub fn title(&self) -> String {
        self.parts.iter().map(|part| part.title.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// A step within a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanPart {
    /// The step's name, as in `ec2.subnet_public_ip/subnet-1`.
    pub key: String,
    /// The remedy.
    pub fix: FixId,
    /// One line in the imperative.
    pub title: String,
}

/// A finding that a change mends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifies {
    /// The control.
    pub control: ControlId,
    /// The resource of the finding.
    pub arn: Arn,
}

/// A resource as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expected {
    /// The resource.
    pub arn: Arn,
    /// Its type.
    pub resource_type: ResourceType,
    /// Where it is.
    pub region: Region,
    /// Its [`state_hash`]; `null` where it was not there.
    pub sha256: Option<String>,
}

/// What the planner is allowed to take up, and what it is narrowed to. A plan keeps it, so that it can be made again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanOptions {
    /// The worst class: `A` or `B`.
    pub max_class: Class,
    /// Whether class B is allowed at all.
    pub allow_disruptive: bool,
    /// Whether resources that belong to somebody else's tool may be changed.
    pub allow_managed: bool,
    /// Controls by id or readable name; empty for all.
    pub only: Vec<String>,
    /// Resources of findings; empty for all.
    pub resources: Vec<Arn>,
    /// Owners by ARN or id, as a Terraform state names them. A plan does not keep them: the state may have changed.
    #[serde(skip)]
    pub managed: BTreeMap<String, Owner>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            max_class: Class::B,
            allow_disruptive: false,
            allow_managed: false,
            only: Vec::new(),
            resources: Vec::new(),
            managed: BTreeMap::new(),
        }
    }
}

/// What the planner must know of a control.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Its readable name, such as `ecr.lifecycle_keeps_ten`.
    pub name: String,
    /// Its remedy; `none` where there will be none.
    pub fix: Option<FixId>,
    /// Why there is none.
    pub fix_reason: Option<String>,
    /// What a person does about a fail.
    pub remediation: String,
    /// All calls that must be made to judge it, prerequisites included.
    pub reads: BTreeSet<Action>,
}

/// Everything that is planned on.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// The same laid open, with every verdict, waivers applied.
    pub context: &'a RemedyContext<'a>,
    /// The controls.
    pub promises: &'a BTreeMap<ControlId, Promise>,
    /// Which call feeds which type.
    pub reads: &'a Reads,
}

/// Plans: what is to be done about the failed findings, in which order, and what is not done and why.
///
/// # Errors
/// When the snapshot holds several accounts, or the selection names what is not there. Steps that do not go together are
/// no error: the later one is refused.
pub fn plan(input: &PlanInput<'_>, options: &PlanOptions, tool: &str, now: Timestamp) -> Result<Plan, PlanError> {
    let [account] = input.snapshot.info.accounts.as_slice() else {
        return Err(PlanError::Accounts(input.snapshot.info.accounts.len()));
    };
    let mut choice = choose::choose(input, options)?;
    let changes = agreed(input, &mut choice)?;
    let plan = Plan {
        version: VERSION,
        tool: tool.to_owned(),
        created_at: now,
        expires_at: file::end(now),
        account: account.clone(),
        regions: input.snapshot.info.regions.clone(),
        scope: Some(PlanOptions { managed: BTreeMap::new(), ..options.clone() }),
        changes,
        refusals: choice.refusals(),
        sha256: String::new(),
    }
    .sealed()?;
    prove(input.snapshot, &plan)?;
    Ok(plan)
}

/// The changes of all steps that go together; what does not is left out with the reason.
fn agreed(input: &PlanInput<'_>, choice: &mut Choice<'_>) -> Result<Vec<Change>, PlanError> {
    loop {
        choice.cascade();
        match compose::compose(input, &choice.items, &choice.partial) {
            Ok(changes) => return Ok(changes),
            Err(ComposeError::Plan(error)) => return Err(error),
            Err(ComposeError::Clash(Clash { items, reason })) => {
                for at in items {
                    choice.items[at].left_out = Some(LeftOut::because(reason.clone()));
                }
            }
        }
    }
}

/// The snapshot as it would be after the whole plan.
///
/// # Errors
/// When the effects do not fit the snapshot: it is not the one that was planned on.
pub fn prove(snapshot: &Snapshot, plan: &Plan) -> Result<Snapshot, PlanError> {
    let mut after = snapshot.clone();
    let effects = plan.changes.iter().flat_map(|change| &change.effects);
    simulate::apply(&mut after, effects).map_err(|error| PlanError::Bug(error.to_string()))?;
    Ok(after)
}

#[cfg(test)]
mod joined;
#[cfg(test)]
mod tests;
