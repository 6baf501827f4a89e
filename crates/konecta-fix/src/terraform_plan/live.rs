//! Which live resource a change of a plan is about, by its place in the snapshot.
//! Knows what names a resource in Terraform; nothing of what changes.

use std::collections::BTreeMap;

use konecta_base::snapshot::Snapshot;
use serde_json::Value;

use super::ResourceChange;
use crate::context::View;
use crate::emit::terraform::table::kind;
use crate::terraform_parts::{self, Form};
use crate::terraform_source::Join;
use crate::terraform_state::Instance;

/// Live resources, as places in the snapshot, by the addresses of a plan.
#[derive(Debug, Default)]
pub(super) struct LiveMatches {
    own: BTreeMap<String, Vec<usize>>,
    before: BTreeMap<String, Vec<usize>>,
    after: BTreeMap<String, Vec<usize>>,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiveMatch {
    /// One live resource.
    One(usize),
    /// None that was read.
    None,
    /// Several have the name: a plan does not say the region of what it names by a name.
    Several,
}

impl LiveMatches {
    pub(super) fn of(snapshot: &Snapshot, changes: &[ResourceChange]) -> Self {
        let before = join(changes, |change| &change.before);
        let after = join(changes, |change| &change.after);
        let mut matches = Self::default();
        for (at, resource) in snapshot.resources.iter().enumerate() {
            let view = View::of(resource);
            let ours = &view.reference.resource_type;
            let arn = view.reference.arn.as_str();
            for declared in before.own(&view) {
                let instance = &declared.instance;
                let by_table = kind(ours).is_some_and(|kind| kind.is_declared_by(&instance.kind));
                let by_parts =
                    terraform_parts::of(&instance.kind).any(|part| !part.is_separate() && part.resource_type == *ours);
                // What says its ARN is not the resource of the same name in another region.
                let said =
                    instance.attributes.get("arn").and_then(Value::as_str).filter(|said| said.starts_with("arn:"));
                if (by_table || by_parts) && said.is_none_or(|said| said == arn) {
                    matches.own.entry(instance.name.clone()).or_default().push(at);
                }
            }
            for (join, found) in [(&before, &mut matches.before), (&after, &mut matches.after)] {
                for declared in join.of(&view) {
                    let instance = &declared.instance;
                    if terraform_parts::of(&instance.kind).any(|part| part.is_separate() && part.resource_type == *ours)
                    {
                        found.entry(instance.name.clone()).or_default().push(at);
                    }
                }
            }
        }
        matches
    }

    /// The resource itself.
    pub(super) fn own(&self, change: &ResourceChange) -> LiveMatch {
        place(self.own.get(&change.address))
    }

    /// The rules of a security group that one resource of Terraform holds.
    pub(super) fn rules(&self, change: &ResourceChange) -> &[usize] {
        let is_of_rules = terraform_parts::of(&change.kind).any(|part| part.form == Form::Rules);
        self.own.get(&change.address).filter(|_| is_of_rules).map_or(&[], Vec::as_slice)
    }

    /// What a part belongs to before the plan.
    pub(super) fn owner_before(&self, change: &ResourceChange) -> LiveMatch {
        place(self.before.get(&change.address))
    }

    /// What a part belongs to after it.
    pub(super) fn owner_after(&self, change: &ResourceChange) -> LiveMatch {
        place(self.after.get(&change.address))
    }
}

fn place(found: Option<&Vec<usize>>) -> LiveMatch {
    match found.map(Vec::as_slice) {
        None | Some([]) => LiveMatch::None,
        Some([one]) => LiveMatch::One(*one),
        Some([_, _, ..]) => LiveMatch::Several,
    }
}

/// The join asks for nothing but type and attributes; the name is the address, by which it is found again.
fn join(changes: &[ResourceChange], side: fn(&ResourceChange) -> &Value) -> Join {
    let instances = changes.iter().filter(|change| side(change).is_object()).map(|change| Instance {
        module: Vec::new(),
        kind: change.kind.clone(),
        name: change.address.clone(),
        key: None,
        attributes: side(change).clone(),
    });
    Join::of_states(vec![instances.collect()])
}
