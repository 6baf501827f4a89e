//! The METADATA block of a control: the one place where its identity is written.
//! Knows how the block looks and what its fields may say; not whether the names in it exist elsewhere.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::PolicyError;
use konecta_base::finding::Severity;
use konecta_base::id::{Action, ClaimId, ControlId, FixId, ResourceType};
use konecta_base::resource_types;

/// OPA's annotation block, with our fields under `custom`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// One line: what is promised.
    pub title: String,
    /// What goes wrong otherwise, one paragraph.
    pub description: String,
    /// Pages that explain it.
    #[serde(default)]
    pub related_resources: Vec<String>,
    /// Our own fields.
    pub custom: Custom,
}

/// The fields that OPA does not know.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The stable id.
    pub id: ControlId,
    /// How bad a fail is.
    pub severity: Severity,
    /// The type of resource that is judged, or several; not together with `scope`.
    #[serde(default, deserialize_with = "one_or_several")]
    pub resource: Vec<ResourceType>,
    /// `stack` where the stack as a whole is judged.
    #[serde(default)]
    pub scope: Option<ControlScope>,
    /// What to do about a fail, in one or two sentences.
    pub remediation: String,
    /// The calls whose answers it looks at.
    pub reads: Vec<Action>,
    /// Derived facts it looks at.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Indexes it looks up.
    #[serde(default)]
    pub joins: Vec<String>,
    /// Claims of the document that it decides.
    #[serde(default)]
    pub claims: Vec<ClaimId>,
    /// Ids in other standards.
    #[serde(default)]
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The remedy; absent while none is offered.
    #[serde(default)]
    pub fix: Option<FixId>,
    /// Why there is no automatic remedy.
    #[serde(default)]
    pub fix_reason: Option<String>,
}

/// What a control without a resource type speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlScope {
    /// The stack that the blueprint names.
    Stack,
}

/// The type of the pseudo-resource that stands for the stack.
pub const STACK_TYPE: &str = resource_types::AUDIT_STACK;

impl Metadata {
    /// Reads the block that stands above `package`.
    ///
    /// # Errors
    /// When there is none, or it does not have exactly the fields it must have; with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyError> {
        let refuse = |line: usize, reason: String| PolicyError::refused(file, line, reason);
        let lines: Vec<&str> = text.lines().collect();
        let start = lines
            .iter()
            .position(|line| line.trim_end() == "# METADATA")
            .ok_or_else(|| refuse(1, "a control needs a `# METADATA` block above its package".to_owned()))?;
        let block: Vec<&str> = lines[start + 1..]
            .iter()
            .take_while(|line| line.starts_with('#'))
            .map(|line| line.strip_prefix("# ").unwrap_or(line.trim_start_matches('#')))
            .collect();
        if !lines.get(start + 1 + block.len()).is_some_and(|line| line.starts_with("package ")) {
            return Err(refuse(start + 1, "the METADATA block must stand directly above `package`".to_owned()));
        }
        let metadata: Self = serde_norway::from_str(&block.join("\n")).map_err(|error| {
            let line = error.location().map_or(0, |place| place.line());
            refuse(start + 1 + line, format!("METADATA: {error}"))
        })?;
        metadata.check().map_err(|reason| refuse(start + 1, reason))?;
        Ok(metadata)
    }

    fn check(&self) -> Result<(), String> {
        let custom = &self.custom;
        let filled = [("title", &self.title), ("description", &self.description), ("remediation", &custom.remediation)];
        if let Some((name, _)) = filled.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(format!("METADATA: `{name}` is empty"));
        }
        if custom.resource.is_empty() == custom.scope.is_none() {
            return Err("METADATA: name either a `resource` type or `scope: stack`".to_owned());
        }
        if custom.reads.is_empty() {
            return Err("METADATA: `reads` is empty: a control that looks at nothing proves nothing".to_owned());
        }
        match (custom.fix.as_ref().map(FixId::as_str), &custom.fix_reason) {
            (Some("none"), None) => Err("METADATA: `fix: none` needs a `fix_reason`".to_owned()),
            (Some(_) | None, Some(_)) if custom.fix.as_ref().map(FixId::as_str) != Some("none") => {
                Err("METADATA: `fix_reason` goes with `fix: none`".to_owned())
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// The types of resource that are judged; the stack's pseudo-type for stack controls.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        let stack = self.custom.resource.is_empty().then_some(STACK_TYPE);
        self.custom.resource.iter().map(ResourceType::as_str).chain(stack)
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ResourceType>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Named {
        One(ResourceType),
        Several(Vec<ResourceType>),
    }
    match Named::deserialize(deserializer)? {
        Named::One(one) => Ok(vec![one]),
        Named::Several(several) if several.is_empty() => Err(Error::custom("`resource` names no type")),
        Named::Several(several) => Ok(several),
    }
}
