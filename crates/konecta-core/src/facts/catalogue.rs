//! Which facts, indexes and lists there are, and which reads each is made of.
//! Knows the data file only; a test holds it against what is derived.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::id::Action;

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

static CATALOGUE: LazyLock<Result<FactCatalogue, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("catalogue.toml")));

/// The catalogue that is built in.
///
/// # Errors
/// When `catalogue.toml` cannot be read, which a test rules out.
pub fn catalogue() -> Result<&'static FactCatalogue, &'static toml::de::Error> {
    CATALOGUE.as_ref()
}

/// Whether a control may name this under `facts`.
#[must_use]
pub fn is_fact(name: &str) -> bool {
    catalogue().is_ok_and(|catalogue| catalogue.facts.contains_key(name))
}

/// Whether a control may name this under `joins`.
#[must_use]
pub fn is_index(name: &str) -> bool {
    catalogue().is_ok_and(|catalogue| catalogue.index.contains_key(name))
}

/// The reads that a fact or an index is made of; none for a name that does not exist.
#[must_use]
pub fn reads_of(name: &str) -> &'static [Action] {
    let Ok(catalogue) = catalogue() else { return &[] };
    let info = catalogue.facts.get(name).or_else(|| catalogue.index.get(name));
    info.map_or(&[], |info| &info.reads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::reads::reads;

    #[test]
    fn every_read_of_every_fact_exists() {
        let catalogue = catalogue().expect("catalogue.toml");
        let known = reads().expect("reads.toml");
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
        let catalogue = catalogue().expect("catalogue.toml");
        let known = reads().expect("reads.toml");
        for (name, info) in catalogue.facts.iter().chain(&catalogue.index).chain(&catalogue.lifecycle) {
            let closed = known.closure(&info.reads);
            let missing: Vec<_> = closed.iter().filter(|action| !info.reads.contains(action)).collect();
            assert!(missing.is_empty(), "{name} also needs {missing:?}");
        }
    }
}
