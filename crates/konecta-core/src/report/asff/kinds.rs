//! CloudFormation's types → the names that the Security Finding Format has for them: the column `asff` of the resource tables.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::id::ResourceType;
use konecta_base::resource_table::{Column, column};

static KINDS: LazyLock<BTreeMap<ResourceType, String>> = LazyLock::new(|| column(Column::Asff));

/// The format's name for a type; `Other` for those that it does not know.
#[must_use]
pub fn kind(resource_type: &str) -> &'static str {
    KINDS.iter().find(|(ours, _)| ours.as_str() == resource_type).map_or("Other", |(_, theirs)| theirs)
}
