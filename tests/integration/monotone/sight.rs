//! What controls see besides their resource, and what of it another set of facts changes.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::resource::Resource;
use konecta_core::facts::Facts;
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

/// Where facts are not what they were; every part is the JSON of what is there instead.
pub(super) struct Change {
    facts: BTreeMap<String, Value>,
    indexes: BTreeMap<String, Value>,
    lifecycle: Option<Value>,
}

impl Change {
    pub(super) fn between(before: &Facts, after: &Facts) -> Self {
        let indexes = differences(&before.index, &after.index);
        let entries = |name: String| {
            let empty = BTreeMap::new();
            let of = |facts| BTreeMap::get(facts, &name).unwrap_or(&empty);
            let changed = json!(differences(of(&before.index), of(&after.index)));
            (name, changed)
        };
        Self {
            facts: differences(&before.by_arn, &after.by_arn),
            indexes: indexes.into_keys().map(entries).collect(),
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
fn differences<V: PartialEq + serde::Serialize>(
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
) -> BTreeMap<String, Value> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    changed.map(|key| (key.clone(), json!(after.get(key).into_iter().collect::<Vec<_>>()))).collect()
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
