//! Which facts, indexes and lists there are, and which reads each is made of.
//! Knows the data file only; a test holds it against what is derived.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use konecta_base::embedded::embedded;
use konecta_base::id::Action;

/// The facts of one resource by their names, each as JSON without blanks, in the order of the names.
pub type FactTexts = Box<[(&'static str, Arc<str>)]>;

/// The one text that is held of all that are alike.
pub fn shared(once: &mut HashSet<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(known) = once.get(text) {
        return known.clone();
    }
    let text: Arc<str> = text.into();
    once.insert(text.clone());
    text
}

/// One fact, index or lifecycle list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactInfo {
    /// The reads it is made of; a control that names it must have them among its own.
    pub reads: Vec<Action>,
}

/// Everything that a control may name, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactCatalogue {
    /// Facts of one resource.
    pub facts: BTreeMap<String, FactInfo>,
    /// Projections of other resources.
    pub index: BTreeMap<String, FactInfo>,
    /// AWS's own lists.
    pub lifecycle: BTreeMap<String, FactInfo>,
}

static CATALOGUE: LazyLock<FactCatalogue> =
    LazyLock::new(|| embedded("fact_reads.toml", include_str!("fact_reads.toml")));

/// The catalogue that is built in.
#[must_use]
pub fn catalogue() -> &'static FactCatalogue {
    &CATALOGUE
}

/// Whether a control may name this under `facts`.
#[must_use]
pub fn is_fact(name: &str) -> bool {
    catalogue().facts.contains_key(name)
}

/// Whether a control may name this under `joins`.
#[must_use]
pub fn is_index(name: &str) -> bool {
    catalogue().index.contains_key(name)
}

/// The reads that a fact or an index is made of; none for a name that does not exist.
#[must_use]
pub fn reads_of(name: &str) -> &'static [Action] {
    let catalogue = catalogue();
    let info = catalogue.facts.get(name).or_else(|| catalogue.index.get(name));
    info.map_or(&[], |info| &info.reads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use konecta_base::reads::reads;

    #[test]
    fn every_read_of_every_fact_exists() {
        let catalogue = catalogue();
        let known = reads();
        for (name, info) in catalogue.facts.iter().chain(&catalogue.index).chain(&catalogue.lifecycle) {
            assert!(!info.reads.is_empty(), "{name}");
            for action in &info.reads {
                assert!(known.get(action).is_some(), "{name}: {action}");
            }
            let mut sorted = info.reads.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted, info.reads, "{name}: sorted, each once");
        }
        assert!(is_fact("open_ports") && !is_fact("subnets"));
        assert!(is_index("subnets") && !is_index("open_ports"));
    }

    #[test]
    fn what_must_be_asked_before_is_among_the_reads() {
        let catalogue = catalogue();
        let known = reads();
        for (name, info) in catalogue.facts.iter().chain(&catalogue.index).chain(&catalogue.lifecycle) {
            let closed = known.closure(&info.reads);
            let missing: Vec<_> = closed.iter().filter(|action| !info.reads.contains(action)).collect();
            assert!(missing.is_empty(), "{name} also needs {missing:?}");
        }
    }
}
