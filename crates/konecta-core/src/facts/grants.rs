//! The fact `grants`: of each policy of a role, the wildcards that it allows everywhere, and those that denials and the
//! permissions boundary leave of all it allows.
//! Knows roles and policies; what is too much for whom is a control's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::iam_actions::{Span, after, denies_everywhere, everywhere, spans, within};
use super::iam_document::{Document, Effect, Extent, Statement};
use super::sink::object;
use super::world::{Item, Regional};
use crate::model::Presence;
use crate::model::iam::{ManagedPolicy, RoleDetail};

/// The managed policies of an account, in the versions in force.
pub(crate) struct Policies<'a>(BTreeMap<&'a str, Document>);

/// One policy of a role, if it could be read.
struct Carried {
    path: String,
    arn: Option<String>,
    document: Option<Document>,
}

impl<'a> Policies<'a> {
    pub(crate) fn of(global: &'a Regional) -> Self {
        let documents = global.managed_policies.iter();
        let documents = documents.filter_map(|item| Some((item.arn.as_str(), Document::of(in_force(&item.body)?)?)));
        Self(documents.collect())
    }

    /// What each policy of the role grants; items that are not known say why.
    pub(crate) fn grants(&self, role: &Item<RoleDetail>) -> Value {
        let account = role.arn.split(':').nth(4).unwrap_or_default();
        let (carried, mut items) = self.carried(&role.body);
        let boundary = match &role.body.permissions_boundary {
            Presence::Null => Some(None),
            Presence::Absent => None,
            Presence::Value(set) => {
                let document = set.permissions_boundary_arn.as_ref().and_then(|arn| self.0.get(arn.as_str()));
                document.filter(|document| document.doubtful.is_empty()).map(Some)
            }
        };
        if boundary.is_none() {
            items
                .push(unknown("PermissionsBoundary", "the permissions boundary was not read, or it is not understood"));
        }
        let documents: Vec<&Document> = carried.iter().filter_map(|one| one.document.as_ref()).collect();
        let denials: Vec<&Statement> = documents
            .into_iter()
            .chain(boundary.flatten())
            .flat_map(|document| document.with(Effect::Deny))
            .filter(|statement| denies_everywhere(statement))
            .collect();
        let bounds = boundary.map(|boundary| boundary.map(allowed));
        for one in &carried {
            items.extend(one.describe(account, bounds.as_ref().map(Option::as_deref), &denials));
        }
        Value::Array(items)
    }

    fn carried(&self, role: &RoleDetail) -> (Vec<Carried>, Vec<Value>) {
        let (mut carried, mut items) = (Vec::new(), Vec::new());
        match &role.attached_managed_policies {
            Some(list) => carried.extend(list.iter().map(|policy| {
                let arn = policy.policy_arn.clone();
                let document = arn.as_ref().and_then(|arn| self.0.get(arn.as_str())).cloned();
                Carried { path: format!("AttachedManagedPolicies[{}]", arn.as_deref().unwrap_or("?")), arn, document }
            })),
            None => {
                items.push(unknown("AttachedManagedPolicies", "it was not sent which managed policies are attached"))
            }
        }
        match &role.role_policy_list {
            Some(list) => carried.extend(list.iter().map(|policy| {
                let path = format!("RolePolicyList[{}]", policy.policy_name.as_deref().unwrap_or("?"));
                Carried { path, arn: None, document: policy.policy_document.as_ref().and_then(Document::of) }
            })),
            None => items.push(unknown("RolePolicyList", "it was not sent which inline policies there are")),
        }
        (carried, items)
    }
}

impl Carried {
    /// What is known of it, and beside it what is not.
    fn describe(&self, account: &str, bounds: Option<Option<&[Span]>>, denials: &[&Statement]) -> Vec<Value> {
        let Some(document) = &self.document else {
            return vec![unknown(&self.path, &format!("the document of {} was not read, or it is none", self.path))];
        };
        let (mut broad, mut doubts) = (BTreeSet::new(), Vec::new());
        for statement in &joined(document) {
            let (found, doubt) = everywhere(statement, account);
            broad.extend(found);
            if doubt {
                doubts.push(statement.at);
            }
        }
        doubts.extend(&document.doubtful);
        let granted = allowed(document);
        let left = bounds.map(|bounds| {
            let granted = bounds.map_or_else(|| granted.clone(), |bounds| within(&granted, bounds));
            let left: BTreeSet<String> =
                granted.iter().flat_map(|span| after(span, denials.iter().copied())).map(|span| span.name()).collect();
            json!(left)
        });
        let known = object([
            ("kind", Some(json!("policy"))),
            ("path", Some(json!(self.path))),
            ("arn", self.arn.as_ref().map(|arn| json!(arn))),
            ("everywhere", Some(json!(broad))),
            ("left", left),
        ]);
        let doubts = doubts.into_iter().map(|at| {
            unknown(&self.path, &format!("Statement[{at}] of {} has something that is not understood", self.path))
        });
        std::iter::once(known).chain(doubts).collect()
    }
}

/// Every wildcard that a document allows, on whatever resource; a service may be spelled out over several statements.
fn allowed(document: &Document) -> Vec<Span> {
    let mut all: Vec<Span> = document.with(Effect::Allow).flat_map(|statement| spans(&statement.actions)).collect();
    let named = document.with(Effect::Allow).filter_map(|statement| match &statement.actions {
        Extent::Only(list) => Some(list.clone()),
        Extent::AllBut(_) => None,
    });
    let together = spans(&Extent::Only(named.flatten().collect()));
    all.extend(together.into_iter().filter(|span| !all.contains(span)).collect::<Vec<_>>());
    all
}

/// What a document allows, the statements on the same resources as one.
fn joined(document: &Document) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    for statement in document.with(Effect::Allow) {
        if let Extent::Only(list) = &statement.actions {
            let same = all.iter_mut().find_map(|other| match &mut other.actions {
                Extent::Only(actions) if other.resources == statement.resources => Some(actions),
                Extent::Only(_) | Extent::AllBut(_) => None,
            });
            if let Some(actions) = same {
                actions.extend(list.iter().cloned());
                continue;
            }
        }
        all.push(statement.clone());
    }
    all
}

fn unknown(path: &str, why: &str) -> Value {
    json!({"kind": "unknown", "path": path, "why": why})
}

/// The document in force, if it was sent.
fn in_force(policy: &ManagedPolicy) -> Option<&Value> {
    let versions = policy.policy_version_list.as_ref()?;
    versions.iter().find(|version| version.is_default_version == Some(true))?.document.as_ref()
}

#[cfg(test)]
#[path = "grants/tests.rs"]
mod tests;
