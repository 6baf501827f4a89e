//! From verdicts to a plan: hands the planner what it may not see for itself, the controls and the facts.
//! Wires the parts together and decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::RemedyContext;
use crate::plan::{self, Plan, PlanError, PlanInput, PlanOptions, Promise};
use crate::registry::remedy;
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::Finding;
use konecta_base::id::{Action, ControlId};
use konecta_base::reads::{Reads, reads};
use konecta_base::snapshot::Snapshot;
use konecta_core::facts::Facts;
use konecta_rego::PolicyError;
use konecta_rego::catalogue::{Catalogue, Control};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanningError {
    /// The planner says why.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The table of reads cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Every verdict on it, waivers applied.
    pub findings: &'a [Finding],
    /// What was derived to reach them.
    pub facts: &'a Facts,
    /// The controls that gave the verdicts.
    pub catalogue: &'a Catalogue,
    /// What the stack should be.
    pub blueprint: &'a Blueprint,
}

/// Plans what is to be done about the failed findings. `tool` is the program with its version.
///
/// # Errors
/// Every [`PlanError`], and when the snapshot cannot be read.
pub fn plan(judged: &Judged<'_>, options: &PlanOptions, tool: &str, now: Timestamp) -> Result<Plan, PlanningError> {
    let reads = reads();
    let context = RemedyContext::new(judged.snapshot, judged.facts, judged.findings, judged.blueprint);
    let promises = promises(judged.catalogue, reads);
    let input = PlanInput { snapshot: judged.snapshot, context: &context, promises: &promises, reads };
    Ok(plan::plan(&input, options, tool, now)?)
}

fn promises(catalogue: &Catalogue, reads: &Reads) -> BTreeMap<ControlId, Promise> {
    let promise = |control: &Control| {
        let custom = &control.metadata.custom;
        let promise = Promise {
            name: control.name().to_owned(),
            fix: custom.fix.clone(),
            fix_reason: custom.fix_reason.clone(),
            remediation: custom.remediation.trim().to_owned(),
            reads: control.reads(reads),
        };
        (control.id().clone(), promise)
    };
    catalogue.controls().map(promise).collect()
}

/// Every IAM action that the remedies of these controls may need, beside the reads.
#[must_use]
pub fn actions(catalogue: &Catalogue) -> BTreeSet<Action> {
    let fixes = catalogue.controls().filter_map(|control| control.metadata.custom.fix.as_ref());
    let remedies = fixes.filter_map(|fix| remedy(fix.as_str()));
    remedies.flat_map(|remedy| remedy.actions.iter().map(|name| crate::action(name))).collect()
}

#[cfg(test)]
mod chaos;
#[cfg(test)]
mod tests;
