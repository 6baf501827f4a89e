//! The columns `terraform_parts` and `terraform_blocks` of the resource tables: what the provider declares in another form than AWS answers it, and an entry of it in AWS's
//! words. Knows the table and JSON; nothing of plans, states or files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::id::ResourceType;
use konecta_base::resource_table::{Column, rows};
use serde::Deserialize;
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// A list of blocks of which an argument is the name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) terraform: String,
    #[serde(rename = "type")]
    pub(crate) resource_type: ResourceType,
    pub(crate) at: String,
    pub(crate) argument: String,
    /// The argument that is the name, and the member.
    pub(crate) by: (String, String),
    #[serde(default)]
    pub(crate) ordered: bool,
}

/// What AWS has in one place, and the provider in arguments or resources of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) terraform: String,
    or: Option<String>,
    #[serde(rename = "type")]
    pub(crate) resource_type: ResourceType,
    pub(crate) at: String,
    pub(crate) form: Form,
    argument: Option<String>,
    #[serde(default)]
    blocks: BTreeMap<String, Map<String, Value>>,
    pub(crate) document: Option<String>,
    #[serde(default)]
    pub(crate) key: Vec<String>,
    #[serde(default)]
    pub(crate) members: Vec<(String, String)>,
    #[serde(default)]
    json: Vec<String>,
    #[serde(default)]
    constants: Map<String, Value>,
    none: Option<Map<String, Value>>,
    #[serde(default)]
    words: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    only: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    one_of: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) merged: bool,
    #[serde(default)]
    pub(crate) reset: bool,
    #[serde(default)]
    pub(crate) exclusive: bool,
    pub(crate) delayed: Option<Delayed>,
    #[serde(default)]
    silent: Vec<String>,
}

/// How a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// JSON.
    Document,
    /// One entry, or none.
    Object,
    /// Entries of a list.
    List,
    /// A list that is known only as a whole.
    Whole,
    /// The types of a cluster's logs that are on.
    LogTypes,
    /// The resources themselves, several in one.
    Rules,
}

/// What uses the part and takes a change after a reboot only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delayed {
    /// The member, and its value with which nothing has to wait.
    pub(crate) unless: (String, String),
    #[serde(rename = "type")]
    pub(crate) resource_type: ResourceType,
    pub(crate) at: String,
    pub(crate) named: String,
    pub(crate) state: String,
}

/// An entry in AWS's words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) members: Map<String, Value>,
    /// Whether all of it is known.
    pub(crate) is_whole: bool,
}

static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| rows(Column::TerraformParts));
static BLOCKS: LazyLock<Vec<Named>> = LazyLock::new(|| rows(Column::TerraformBlocks));

/// All rows.
pub(crate) fn parts() -> &'static [Part] {
    &PARTS
}

/// The lists of blocks with names of a resource type of the provider.
pub(crate) fn named(terraform: &str) -> impl Iterator<Item = &'static Named> {
    BLOCKS.iter().filter(move |named| named.terraform == terraform)
}

/// The rows of a resource type of the provider.
pub(crate) fn of(terraform: &str) -> impl Iterator<Item = &'static Part> {
    parts().iter().filter(move |part| part.is_declared_by(terraform))
}

impl Part {
    pub(crate) fn is_declared_by(&self, terraform: &str) -> bool {
        self.terraform == terraform || self.or.as_deref() == Some(terraform)
    }

    /// Whether it is a resource of its own in Terraform.
    pub(crate) fn is_separate(&self) -> bool {
        self.argument.is_none() && self.blocks.is_empty() && self.form != Form::Rules
    }

    /// The arguments of the resource itself that hold it, each with the constants of its entries.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let one = self.argument.iter().map(|name| (name.as_str(), &self.constants));
        one.chain(self.blocks.iter().map(|(name, constants)| (name.as_str(), constants)))
    }

    /// Whether an argument of a resource of its own says something of it, or nothing of what AWS runs.
    pub(crate) fn knows(&self, argument: &str) -> bool {
        self.document.as_deref() == Some(argument)
            || self.is_silent(argument)
            || self.members.iter().any(|(name, _)| name == argument)
    }

    /// Whether an argument says nothing of what AWS runs.
    pub(crate) fn is_silent(&self, argument: &str) -> bool {
        self.silent.iter().any(|name| name == argument)
    }

    /// The argument and the member that tell one entry from the others, where one alone does.
    pub(crate) fn name(&self) -> Option<(&str, &str)> {
        let [key] = self.key.as_slice() else { return None };
        self.members
            .iter()
            .find(|(_, member)| member == key)
            .map(|(argument, member)| (argument.as_str(), member.as_str()))
    }

    /// The members, each with the first argument that holds it.
    pub(crate) fn first_arguments(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_first = |at: usize, member: &str| !self.members.iter().take(at).any(|(_, other)| other == member);
        let all = self.members.iter().enumerate().filter(move |(at, (_, member))| is_first(*at, member));
        all.map(|(_, (argument, member))| (argument.as_str(), member.as_str()))
    }

    /// What AWS has where there is none.
    pub(crate) fn none(&self) -> Value {
        self.none.clone().map_or(Value::Null, Value::Object)
    }

    /// What of a part that is declared by a resource of its own has no argument of it: its constants.
    pub(crate) fn constants(&self) -> &Map<String, Value> {
        &self.constants
    }

    /// What one entry of the provider is in AWS's words. What is not known, or cannot be read, is left out.
    pub(crate) fn entry(&self, said: &Value, unknown: &Value, constants: &Map<String, Value>) -> Entry {
        let told = |argument: &str| argument_of(said, argument).filter(|value| !is_nothing(value));
        let mut entry = Entry { members: Map::new(), is_whole: true };
        for (argument, member) in &self.members {
            let of_others = self.one_of.iter().find(|group| group.contains(argument));
            let is_open = argument_of(unknown, argument).is_some_and(holds_true);
            if is_open && !of_others.is_some_and(|group| group.iter().any(|other| told(other).is_some())) {
                entry.is_whole = false;
            }
            if is_open {
                continue;
            }
            let Some(value) = told(argument) else { continue };
            let value = if self.json.contains(member) { document(value) } else { Some(self.spelled(member, value)) };
            match value {
                Some(value) => put(&mut entry.members, member, value),
                None => entry.is_whole = false,
            }
        }
        // A constant stands for what is not said, not for what is not known.
        let is_open = |member: &str| {
            let mut arguments = self.members.iter().filter(|(_, one)| one == member).map(|(argument, _)| argument);
            arguments.any(|argument| argument_of(unknown, argument).is_some_and(holds_true))
        };
        for (member, value) in constants.iter().filter(|(member, _)| !is_open(member)) {
            entry.members.entry(member.clone()).or_insert_with(|| value.clone());
        }
        for (member, rule) in &self.only {
            let Some((of, values)) = rule.split_first() else { continue };
            let fits =
                entry.members.get(of).and_then(Value::as_str).is_none_or(|is| values.iter().any(|one| one == is));
            if !fits {
                entry.members.remove(member);
            }
        }
        entry
    }

    /// What one entry says that no member is.
    pub(crate) fn unmapped<'v>(&self, said: &'v Value) -> Vec<&'v str> {
        let said = said.as_object().into_iter().flatten().filter(|(_, value)| !is_nothing(value));
        let leads = |name: &str| self.members.iter().any(|(argument, _)| argument.split('.').next() == Some(name));
        said.map(|(name, _)| name.as_str()).filter(|name| !leads(name)).collect()
    }

    fn spelled(&self, member: &str, value: &Value) -> Value {
        let ours = value.as_str().and_then(|text| self.words.get(member)?.get(text));
        ours.map_or_else(|| value.clone(), |ours| Value::from(ours.as_str()))
    }

    /// What tells an entry from others; `None` where nothing of it is known.
    pub(crate) fn key(&self, members: &Map<String, Value>) -> Option<Vec<Value>> {
        let key =
            self.key.iter().map(|name| members.get(name).filter(|one| !is_nothing(one)).cloned().unwrap_or_default());
        let key: Vec<Value> = key.collect();
        key.iter().any(|one| !one.is_null()).then_some(key)
    }
}

/// JSON in a text, or as it is.
pub(crate) fn document(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        Value::Object(_) => Some(value.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

/// `after_unknown` of a plan has `true` where a value is known after apply only, as deep as that is.
pub(crate) fn holds_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::Array(items) => items.iter().any(holds_true),
        Value::Object(members) => members.values().any(holds_true),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// The provider writes an empty text where an argument of a block is not set.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// The value of an argument; a `.` leads into a block, which is a list of one.
fn argument_of<'v>(said: &'v Value, argument: &str) -> Option<&'v Value> {
    if argument.is_empty() {
        return Some(said);
    }
    argument.split('.').try_fold(said, |place, name| {
        // In `after_unknown`, all of it.
        if *place == Value::Bool(true) {
            return Some(place);
        }
        place.as_array().map_or(Some(place), |items| items.first())?.get(name)
    })
}

fn put(members: &mut Map<String, Value>, member: &str, value: Value) {
    match member.split_once('/') {
        None => {
            members.insert(member.to_owned(), value);
        }
        Some((object, inner)) => {
            let within = members.entry(object).or_insert_with(|| Value::Object(Map::new()));
            if let Some(within) = within.as_object_mut() {
                put(within, inner, value);
            }
        }
    }
}
