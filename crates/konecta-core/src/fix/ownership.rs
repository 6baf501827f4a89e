//! Whose a resource is: what a tool made, that tool puts back or loses track of when somebody else changes it.
//! Knows tags, names and the API's own words (`ownership.toml`) and Terraform's state; decides nothing about what to do with it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::case::{Case, View};
use crate::id::{Arn, ResourceType};

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
    names: Vec<ByName>,
    parts: Vec<Part>,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    r#type: ResourceType,
    pointer: String,
}

static TABLE: LazyLock<Result<Table, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("ownership.toml")));

/// Who owns a resource; `None` if nobody is known to. `managed` is what [`terraform_state`] gave.
#[must_use]
pub fn owner(view: &View, case: &Case<'_>, managed: &BTreeMap<String, Owner>) -> Option<Owner> {
    let named = [view.reference.arn.as_str(), &view.id].into_iter().find_map(|name| managed.get(name).cloned());
    named.or_else(|| by_itself(view)).or_else(|| {
        let whole = whole(view, case)?;
        owner(whole, case, managed)
    })
}

fn by_itself(view: &View) -> Option<Owner> {
    // A test rules out that the table cannot be read.
    let table = TABLE.as_ref().ok()?;
    let kind = &view.reference.resource_type;
    let mut tags = table.tags.iter().filter(|tag| tag.types.is_empty() || tag.types.contains(kind));
    let by_tag = tags.find_map(|tag| tag.owner(view));
    by_tag.or_else(|| table.names.iter().filter(|name| &name.r#type == kind).find_map(|name| name.owner(view)))
}

/// What the resource is a part of.
fn whole<'a>(view: &View, case: &'a Case<'_>) -> Option<&'a View> {
    // A rule says nothing of its listener but in its ARN, whose last part is the rule's own.
    if let Some(rule) = view.reference.arn.as_str().split_once(":listener-rule/") {
        let listener = rule.1.rsplit_once('/')?.0;
        return case.get(&format!("{}:listener/{listener}", rule.0));
    }
    let table = TABLE.as_ref().ok()?;
    let part = table.parts.iter().find(|part| part.r#type == view.reference.resource_type)?;
    let name = view.text(&part.pointer)?;
    if name.parse::<Arn>().is_ok() {
        return case.get(name).filter(|whole| whole.reference.arn != view.reference.arn);
    }
    case.all("AWS::EC2::SecurityGroup")
        .find(|group| group.id == name && group.reference.region == view.reference.region)
}

impl ByTag {
    fn owner(&self, view: &View) -> Option<Owner> {
        let tags = view.body["tags"].as_object()?;
        let fits = |key: &String| match self.tag.strip_suffix('*') {
            Some(start) => key.strip_prefix(start).map(str::to_owned),
            None => (*key == self.tag).then(String::new),
        };
        let (rest, value) = tags.iter().find_map(|(key, value)| Some((fits(key)?, value.as_str()?)))?;
        if self.value.as_deref().is_some_and(|wanted| wanted != value) {
            return None;
        }
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

/// Why a Terraform state cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TerraformStateError {
    /// The text is no JSON, or has no version.
    #[error("this is no Terraform state: {0}; `terraform state pull` writes one")]
    Foreign(String),
    /// The state has another format.
    #[error(
        "the Terraform state has format {0}; konecta-audit reads format 4: `terraform state pull` with Terraform 0.12 or later writes it"
    )]
    Version(u64),
}

/// What a Terraform state (format 4) manages, by ARN, or by id where there is no ARN.
///
/// # Errors
/// When the text is no such state.
pub fn terraform_state(text: &str) -> Result<BTreeMap<String, Owner>, TerraformStateError> {
    let foreign = |reason: &str| TerraformStateError::Foreign(reason.to_owned());
    let state: Value = serde_json::from_str(text).map_err(|error| foreign(&error.to_string()))?;
    match state.get("version").and_then(Value::as_u64) {
        Some(4) => {}
        Some(other) => return Err(TerraformStateError::Version(other)),
        None => return Err(foreign("it has no version")),
    }
    let resources = state.get("resources").and_then(Value::as_array).ok_or_else(|| foreign("it has no resources"))?;
    let mut managed = BTreeMap::new();
    for resource in resources.iter().filter(|resource| resource["mode"] == "managed") {
        let text = |key: &str| resource.get(key).and_then(Value::as_str);
        let (Some(kind), Some(name)) = (text("type"), text("name")) else {
            return Err(foreign("a resource has no type or no name"));
        };
        let module = text("module").map(|module| format!("{module}.")).unwrap_or_default();
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let index = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
            let owner = Owner::terraform(&format!("{module}{kind}.{name}{index}"));
            let attribute = |key: &str| instance["attributes"].get(key).and_then(Value::as_str);
            let named = attribute("arn").or_else(|| attribute("id").filter(|id| unmistakable(id)));
            if let Some(named) = named.filter(|named| !named.is_empty()) {
                managed.entry(named.to_owned()).or_insert(owner);
            }
        }
    }
    Ok(managed)
}

/// Whether an id belongs to one resource only, as `sg-0123456789abcdef0` does: plain names recur from service to
/// service.
fn unmistakable(id: &str) -> bool {
    let hex = |rest: &str| rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    id.starts_with("arn:") || id.rsplit_once('-').is_some_and(|(kind, rest)| !kind.is_empty() && hex(rest))
}

#[cfg(test)]
mod tests;
