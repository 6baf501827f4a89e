//! The column `terraform` of the resource tables: which argument of which resource of the AWS provider an attribute is, and what has none, with why.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::id::ResourceType;
use konecta_base::resource_table::{Column, column};
use serde::Deserialize;

use super::hcl::Step;

/// A resource type of the snapshot in the provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// The provider's resource type.
    pub(crate) resource: String,
    /// What it may be instead, where the type alone does not say it.
    pub(crate) or: Option<String>,
    /// Pattern of a pointer → way to the argument.
    pub(crate) arguments: BTreeMap<String, String>,
    /// Pattern of a pointer → why it has no argument. A pattern that ends in `/**` speaks of everything below.
    #[serde(default)]
    pub(crate) without: BTreeMap<String, String>,
}

pub(crate) static TABLE: LazyLock<BTreeMap<ResourceType, Kind>> = LazyLock::new(|| column(Column::Terraform));

/// The kind of a resource.
pub(crate) fn kind(resource_type: &ResourceType) -> Option<&'static Kind> {
    TABLE.get(resource_type)
}

impl Kind {
    /// Whether a resource of the provider's type declares one of this kind.
    pub(crate) fn is_declared_by(&self, provider: &str) -> bool {
        self.resource == provider || self.or.as_deref() == Some(provider)
    }

    /// As a person is told what to look for.
    pub(super) fn names(&self) -> String {
        self.or.as_ref().map_or_else(|| self.resource.clone(), |or| format!("{} or {or}", self.resource))
    }

    /// The way to the argument; a block with a `*` behind its name stands for the entry that the pattern's `*` met.
    pub(crate) fn argument(&self, path: &str) -> Option<Vec<Step>> {
        let (entries, argument) =
            self.arguments.iter().find_map(|(pattern, argument)| Some((matched(pattern, path)?, argument)))?;
        let mut entries = entries.into_iter();
        let step = |name: &str| match name.strip_suffix('*') {
            Some(block) => (block.to_owned(), entries.next().unwrap_or_default()),
            None => (name.to_owned(), String::new()),
        };
        Some(argument.split('.').map(step).collect())
    }

    /// Why there is no argument for it, if that is known.
    pub(crate) fn reason(&self, path: &str) -> Option<&str> {
        let speaks = |pattern: &str| match pattern.strip_suffix("/**") {
            Some(above) => {
                let depth = above.split('/').count();
                let parts: Vec<&str> = path.split('/').collect();
                parts.get(..depth).is_some_and(|parts| matched(above, &parts.join("/")).is_some())
            }
            None => matched(pattern, path).is_some(),
        };
        self.without.iter().find(|(pattern, _)| speaks(pattern)).map(|(_, reason)| reason.as_str())
    }
}

/// What the `*` of a pattern met, each as the pointer up to it; nothing where the pattern does not fit.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (wanted, steps): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if wanted.len() != steps.len() {
        return None;
    }
    let mut entries = Vec::new();
    for (at, (wanted, step)) in wanted.iter().zip(&steps).enumerate() {
        if *wanted == "*" && step.parse::<usize>().is_ok() {
            entries.push(steps.get(..=at)?.join("/"));
        } else if wanted != step {
            return None;
        }
    }
    Some(entries)
}
