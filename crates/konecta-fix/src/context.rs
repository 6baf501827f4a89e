//! What a remedy may look at: the snapshot, the facts, the blueprint and the other verdicts.
//! Knows nothing of how any of them came to be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::id::ControlId;
use konecta_base::resource::{Resource, ResourceRef};
use konecta_base::snapshot::Snapshot;
use konecta_core::facts::Facts;

/// One resource as parsed JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its name.
    pub reference: ResourceRef,
    /// What AWS calls it: a name or an id.
    pub id: String,
    /// The envelope as JSON: `configuration`, `supplement`, `tags`.
    pub body: Value,
}

impl View {
    /// Lays a resource open; what is no JSON in it is `null`.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let supplement: serde_json::Map<String, Value> =
            resource.supplement.iter().map(|(key, text)| (key.clone(), parse(text.get()))).collect();
        let body = json!({"configuration": parse(resource.configuration.get()), "supplement": supplement, "tags": resource.tags});
        Self { reference: resource.reference(), id: resource.resource_id.clone(), body }
    }

    /// What stands at a pointer into the envelope, as in `/configuration/Scheme`.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.body.pointer(pointer)
    }

    /// Text at a pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str()
    }

    /// The list at a pointer; empty where there is none.
    #[must_use]
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// One tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.body["tags"].get(key)?.as_str()
    }
}

/// Everything that is known when a remedy thinks.
#[derive(Debug)]
pub struct RemedyContext<'a> {
    /// What this stack should be.
    pub blueprint: &'a Blueprint,
    /// Every verdict of the scan.
    pub findings: &'a [Finding],
    facts: &'a Facts,
    views: BTreeMap<String, View>,
}

impl<'a> RemedyContext<'a> {
    /// Lays a snapshot open.
    #[must_use]
    pub fn new(snapshot: &Snapshot, facts: &'a Facts, findings: &'a [Finding], blueprint: &'a Blueprint) -> Self {
        let views = snapshot.resources.iter().map(|resource| (resource.arn.to_string(), View::of(resource))).collect();
        Self { blueprint, findings, facts, views }
    }

    /// The resource with this ARN.
    #[must_use]
    pub fn get(&self, arn: &str) -> Option<&View> {
        self.views.get(arn)
    }

    /// The resource that a finding speaks of; `None` for the stack and for types that were not listed.
    #[must_use]
    pub fn subject(&self, finding: &Finding) -> Option<&View> {
        self.get(finding.resource.arn.as_str())
    }

    /// All resources of a type, by ARN.
    pub fn all<'b>(&'b self, resource_type: &'b str) -> impl Iterator<Item = &'b View> {
        self.views.values().filter(move |view| view.reference.resource_type.as_str() == resource_type)
    }

    /// A fact about a resource (docs/facts.md); `None` where it is not known.
    #[must_use]
    pub fn fact(&self, arn: &str, name: &str) -> Option<&Value> {
        self.facts.by_arn.get(arn)?.get(name)
    }

    /// An entry of an index (docs/facts.md).
    #[must_use]
    pub fn index(&self, name: &str, key: &str) -> Option<&Value> {
        self.facts.index.get(name)?.get(key)
    }

    /// AWS's own lists of versions and policies.
    #[must_use]
    pub fn lifecycle(&self) -> &Value {
        &self.facts.lifecycle
    }

    /// What a control says of a resource; `None` where it was not judged.
    #[must_use]
    pub fn status(&self, control: &ControlId, arn: &str) -> Option<Status> {
        let fits = |finding: &&Finding| &finding.control == control && finding.resource.arn.as_str() == arn;
        self.findings.iter().find(fits).map(|finding| finding.status)
    }
}
