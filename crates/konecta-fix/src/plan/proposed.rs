//! A plan that comes out of a file is data of whoever wrote it, and no authority: what may be done is what the remedies
//! propose of the account as it is now. Its SHA-256 says that nothing was lost on the way, and not who made it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Change, Expected, Plan, PlanError, PlanOptions, state_hash};
use crate::step::Class;
use konecta_base::snapshot::Snapshot;

impl Plan {
    /// Whether whoever carries it out allows as much as whoever made it.
    ///
    /// # Errors
    /// When a change is of a class that is not allowed, or resources of other tools may be changed by the plan alone.
    pub fn is_allowed_by(&self, options: &PlanOptions) -> Result<&PlanOptions, PlanError> {
        let scope =
            self.scope.as_ref().ok_or_else(|| PlanError::Foreign("it does not say what was chosen".to_owned()))?;
        let too_bad = |change: &&Change| {
            change.class > options.max_class || (change.class > Class::A && !options.allow_disruptive)
        };
        if let Some(change) = self.changes.iter().find(too_bad) {
            return Err(PlanError::NotAllowed {
                what: format!("{} ({}) is of class {}", change.id, change.title(), change.class),
                option: "--allow-disruptive, and a --max-class that holds it",
            });
        }
        if scope.allow_managed && !options.allow_managed {
            return Err(PlanError::NotAllowed {
                what: "the plan changes what belongs to other tools".to_owned(),
                option: "--allow-managed",
            });
        }
        Ok(scope)
    }

    /// Whether each change is what its remedies propose: `anew` is what they make of `snapshot` by the same choice.
    ///
    /// A change of something that is not as it was when the plan was made is let through, if its remedies could have made it:
    /// the run itself refuses it, with the name of what changed, and goes on with what does not depend on it.
    ///
    /// # Errors
    /// When a change differs in its call, its way back, its waits, or in what is told of it.
    pub fn is_proposed(&self, anew: &Self, snapshot: &Snapshot) -> Result<(), PlanError> {
        self.is_within_remedies()?;
        let proposed: BTreeSet<String> = anew.changes.iter().map(|change| anew.essence(change)).collect();
        for change in &self.changes {
            if is_as_expected(&change.expects, snapshot) && !proposed.contains(&self.essence(change)) {
                return Err(PlanError::NotProposed { change: change.id.clone(), title: change.title() });
            }
        }
        Ok(())
    }

    /// Which of the changes that are named `anew` does not have: what the remedies make of the account as it is by now, when
    /// a part of the plan is done. What was planned on and what a change needs may differ by that, what it does may not.
    #[must_use]
    pub fn unproposed(&self, anew: &Self, open: &BTreeSet<String>) -> BTreeSet<String> {
        let proposed: BTreeSet<String> = anew.changes.iter().map(deed).collect();
        let open = self.changes.iter().filter(|change| open.contains(&change.id));
        open.filter(|change| !proposed.contains(&deed(change))).map(|change| change.id.clone()).collect()
    }

    /// All of a change, with other changes by their steps: numbers are a plan's own.
    fn essence(&self, change: &Change) -> String {
        let steps = |change: &Change| change.parts.iter().map(|part| part.key.clone()).collect::<Vec<_>>();
        let by_id: BTreeMap<&str, Vec<String>> =
            self.changes.iter().map(|change| (change.id.as_str(), steps(change))).collect();
        let needs: BTreeSet<Option<&Vec<String>>> = change.needs.iter().map(|id| by_id.get(id.as_str())).collect();
        json!({"change": Change { id: String::new(), needs: Vec::new(), ..change.clone() }, "needs": needs}).to_string()
    }
}

/// What a change does, and what it makes sure of.
fn deed(change: &Change) -> String {
    let Change { parts, resource, class, effects, call, inverse, requires, waits, .. } = change;
    let touched: BTreeSet<&str> = change.expects.iter().map(|expected| expected.arn.as_str()).collect();
    json!([parts, resource, class, effects, call, inverse, requires, waits, touched]).to_string()
}

fn is_as_expected(expects: &[Expected], snapshot: &Snapshot) -> bool {
    expects.iter().all(|expected| {
        let found = snapshot.resources.iter().find(|resource| resource.arn == expected.arn);
        let hash = found.map(state_hash).transpose();
        hash.is_ok_and(|hash| hash == expected.sha256)
    })
}
