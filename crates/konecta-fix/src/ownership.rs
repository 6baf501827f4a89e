//! Whose a resource is: what a tool made, that tool puts back or loses track of when somebody else changes it.
//! Knows tags (`ownership.toml`), names and the API's own words (the columns `owners` and `part_of`) and what a Terraform state manages; decides nothing about what to do with it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::context::{RemedyContext, View};
use super::terraform_state::manager;
pub use super::terraform_state::{TerraformStateError, terraform_state};
use konecta_base::embedded::embedded;
use konecta_base::id::{Arn, ResourceType};
use konecta_base::resource_table::{Column, column, rows};
use konecta_base::resource_types;

/// Who keeps a resource as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The tool or service, as in `CloudFormation`.
    pub by: String,
    /// What it calls the resource or the group it belongs to, as in `stack konecta-network`.
    pub name: String,
    /// What a person does instead.
    advice: String,
}

impl Owner {
    /// A resource in a Terraform state.
    #[must_use]
    pub fn terraform(address: &str) -> Self {
        Self {
            by: "Terraform".to_owned(),
            name: address.to_owned(),
            advice: format!("change {address} in the configuration: `konecta-audit fix --emit terraform` says how"),
        }
    }

    /// What a person does instead.
    #[must_use]
    pub fn advice(&self) -> String {
        self.advice.clone()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.by, self.name)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    tags: Vec<ByTag>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByTag {
    tag: String,
    value: Option<String>,
    #[serde(default)]
    types: Vec<ResourceType>,
    by: String,
    name: String,
    advice: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByName {
    r#type: ResourceType,
    pointer: String,
    starts: Option<String>,
    is: Option<bool>,
    empty: Option<bool>,
    by: String,
    name: String,
    advice: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded("ownership.toml", include_str!("ownership.toml")));
static NAMES: LazyLock<Vec<ByName>> = LazyLock::new(|| rows(Column::Owners));
/// Where a part names the whole, by ARN or id.
static PARTS: LazyLock<BTreeMap<ResourceType, String>> = LazyLock::new(|| column(Column::PartOf));

/// Who owns a resource; `None` if nobody is known to. `managed` is what [`terraform_state`] gave.
#[must_use]
pub fn owner(view: &View, context: &RemedyContext<'_>, managed: &BTreeMap<String, Owner>) -> Option<Owner> {
    manager(view, managed).or_else(|| by_itself(view)).or_else(|| {
        let whole = whole(view, context)?;
        owner(whole, context, managed)
    })
}

fn by_itself(view: &View) -> Option<Owner> {
    let kind = &view.reference.resource_type;
    let mut tags = TABLE.tags.iter().filter(|tag| tag.types.is_empty() || tag.types.contains(kind));
    let by_tag = tags.find_map(|tag| tag.owner(view));
    by_tag.or_else(|| NAMES.iter().filter(|name| &name.r#type == kind).find_map(|name| name.owner(view)))
}

/// What the resource is a part of.
fn whole<'a>(view: &View, context: &'a RemedyContext<'_>) -> Option<&'a View> {
    // A rule says nothing of its listener but in its ARN, whose last part is the rule's own.
    if let Some(rule) = view.reference.arn.as_str().split_once(":listener-rule/") {
        let listener = rule.1.rsplit_once('/')?.0;
        return context.get(&format!("{}:listener/{listener}", rule.0));
    }
    let name = view.text(PARTS.get(&view.reference.resource_type)?)?;
    if name.parse::<Arn>().is_ok() {
        return context.get(name).filter(|whole| whole.reference.arn != view.reference.arn);
    }
    context
        .all(resource_types::EC2_SECURITY_GROUP)
        .find(|group| group.id == name && group.reference.region == view.reference.region)
}

impl ByTag {
    fn owner(&self, view: &View) -> Option<Owner> {
        let tags = view.body["tags"].as_object()?;
        let fits = |key: &String| match self.tag.strip_suffix('*') {
            Some(start) => key.strip_prefix(start).map(str::to_owned),
            None => (*key == self.tag).then(String::new),
        };
        let wanted = |value: &str| self.value.as_deref().is_none_or(|wanted| wanted == value);
        // A resource may carry the tags of several clusters, and be owned by one of them.
        let mut found = tags.iter().filter_map(|(key, value)| Some((fits(key)?, value.as_str()?)));
        let (rest, value) = found.find(|(_, value)| wanted(value))?;
        let fill = |text: &str| text.replace("{value}", value).replace("{rest}", &rest);
        Some(Owner { by: self.by.clone(), name: fill(&self.name), advice: fill(&self.advice) })
    }
}

impl ByName {
    fn owner(&self, view: &View) -> Option<Owner> {
        let found = view.at(&self.pointer)?;
        let fits = match (&self.starts, self.is, self.empty) {
            (Some(start), _, _) => found.as_str().is_some_and(|name| name.starts_with(start)),
            (None, Some(flag), _) => found.as_bool() == Some(flag),
            (None, None, Some(flag)) => found.as_array().is_some_and(|list| list.is_empty() == flag),
            (None, None, None) => false,
        };
        fits.then(|| Owner { by: self.by.clone(), name: self.name.clone(), advice: self.advice.clone() })
    }
}

#[cfg(test)]
mod tests;
