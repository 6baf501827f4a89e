//! What controls see besides their resource, and what of it another set of facts changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use konecta_base::resource::Resource;
use konecta_core::facts::FactsAsText;
use konecta_rego::catalogue::{Catalogue, Control};
use serde_json::{Value, json};

/// What the controls of a resource type see besides their resource.
#[derive(Default)]
pub(super) struct Sight {
    facts: bool,
    indexes: BTreeSet<String>,
    lifecycle: bool,
}

impl Sight {
    /// The sights of all types that are judged.
    pub(super) fn all(catalogue: &Catalogue) -> BTreeMap<String, Self> {
        let mut sights: BTreeMap<String, Self> = BTreeMap::new();
        for control in catalogue.controls() {
            for subject in control.metadata.subjects() {
                sights.entry(subject.to_owned()).or_default().add(catalogue, &control.source.text);
            }
        }
        sights
    }

    /// Adds what a control's text, or that of a library it imports, says `data.` of.
    fn add(&mut self, catalogue: &Catalogue, text: &str) {
        self.facts |= text.contains("data.facts");
        self.lifecycle |= text.contains("data.lifecycle");
        let names = text.split("data.index.").skip(1);
        self.indexes.extend(names.filter_map(|rest| rest.split('[').next()).map(str::to_owned));
        for library in catalogue.libraries() {
            if text.contains(&format!("import data.{}\n", library.package)) {
                self.add(catalogue, &library.text);
            }
        }
    }
}

/// The entries of an index.
type Entries = BTreeMap<String, Arc<str>>;

/// Where facts are not what they were; every part is the JSON of what is there instead.
pub(super) struct Change {
    facts: BTreeMap<String, Value>,
    indexes: BTreeMap<String, Value>,
    lifecycle: Option<Value>,
}

impl Change {
    pub(super) fn between(before: &FactsAsText, after: &FactsAsText) -> Self {
        let nothing = BTreeMap::new();
        let mut indexes = BTreeMap::new();
        let names: BTreeSet<&String> = before.index.keys().chain(after.index.keys()).collect();
        for name in names {
            let was = before.index.get(name).unwrap_or(&nothing);
            let is = after.index.get(name).unwrap_or(&nothing);
            if was != is {
                indexes.insert(name.clone(), json!(differences(was, is)));
            }
        }
        Self {
            facts: changed_facts(before, after),
            indexes,
            lifecycle: (before.lifecycle != after.lifecycle).then(|| after.lifecycle.clone()),
        }
    }

    /// What of it the controls of a resource see; `None` if all they see is as it was.
    pub(super) fn seen(&self, sights: &BTreeMap<String, Sight>, resource: &Resource) -> Option<String> {
        let sight = sights.get(resource.resource_type.as_str())?;
        let facts = self.facts.get(resource.arn.as_str()).filter(|_| sight.facts);
        let lifecycle = self.lifecycle.as_ref().filter(|_| sight.lifecycle);
        let indexes: BTreeMap<_, _> = self.indexes.iter().filter(|(name, _)| sight.indexes.contains(*name)).collect();
        let nothing = facts.is_none() && lifecycle.is_none() && indexes.is_empty();
        (!nothing).then(|| json!([facts, indexes, lifecycle]).to_string())
    }
}

/// The entries that are not the same in both, as they are in the second: in a list, or the empty list where there is none.
fn differences(before: &Entries, after: &Entries) -> BTreeMap<String, Value> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    changed.map(|key| (key.clone(), after.get(key).map(|text| text.to_string()).into_iter().collect())).collect()
}

/// The same of the facts of each resource.
fn changed_facts(before: &FactsAsText, after: &FactsAsText) -> BTreeMap<String, Value> {
    let keys: BTreeSet<&str> = before.by_arn.keys().chain(after.by_arn.keys()).map(|arn| &**arn).collect();
    let changed = keys.into_iter().filter(|arn| before.by_arn.get(*arn) != after.by_arn.get(*arn));
    let is = |arn: &str| -> Value {
        let facts = after.by_arn.get(arn).into_iter().flat_map(|facts| facts.iter());
        facts.map(|(name, text)| json!([name, **text])).collect()
    };
    changed.map(|arn| (arn.to_owned(), is(arn))).collect()
}

/// The sights rest on it: a control sees the facts of its own resource, and names every index that it sees.
#[test]
fn controls_look_up_facts_by_their_own_arn() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let sources = catalogue.controls().map(|control: &Control| &control.source).chain(catalogue.libraries());
    for source in sources {
        let others = source.text.split("data.facts").skip(1).filter(|rest| !rest.starts_with("[input.arn]")).count();
        assert_eq!(others, 0, "{} looks at the facts of another resource", source.file);
        let whole = source.text.split("data.index").skip(1).filter(|rest| !rest.starts_with('.')).count();
        assert_eq!(whole, 0, "{} looks at an index that it does not name", source.file);
    }
}
