//! A plan as changes to Terraform's configuration, resource by resource, for those who change their account there.
//! Knows from `terraform.toml` which argument an attribute is; everything else is told in comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::comment;
use crate::fix::plan::Plan;
use crate::fix::step::{Edit, Effect};
use crate::id::ResourceType;
use crate::resource::ResourceRef;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    resource: String,
    /// What it may be instead, where the type alone does not say it.
    or: Option<String>,
    arguments: BTreeMap<String, String>,
}

static TABLE: LazyLock<Result<BTreeMap<ResourceType, Kind>, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("terraform.toml")));

/// The configuration as it must become; to be merged by hand into the resources that are named.
#[must_use]
pub fn terraform(plan: &Plan) -> String {
    let mut text = format!("{}\n", comment(&format!("{}: plan {}", plan.tool, plan.sha256)));
    for line in [
        "Each block shows only what changes in a resource of your configuration: merge it there, do not apply it as it is.",
        "What Terraform's state does not hold is changed with `konecta-audit fix` itself.",
    ] {
        text.push_str(&format!("{}\n", comment(line)));
    }
    for change in &plan.changes {
        text.push_str(&format!(
            "\n{}\n",
            comment(&format!("{} (class {}): {}", change.id, change.class, change.title()))
        ));
        for consequence in &change.consequences {
            text.push_str(&format!("{}\n", comment(consequence)));
        }
        for effect in &change.effects {
            match effect {
                Effect::Amended { resource, edits } => amended(&mut text, resource, edits),
                Effect::Created { resource, .. } => {
                    let reference = &resource.reference;
                    let told = format!("add {} {}: {}", reference.resource_type, reference.arn, told(&resource.body));
                    text.push_str(&format!("{}\n", comment(&told)));
                }
                Effect::Removed { resource } => {
                    let kind = TABLE.as_ref().ok().and_then(|table| table.get(&resource.resource_type));
                    let names = kind.map_or_else(|| resource.resource_type.to_string(), Kind::names);
                    text.push_str(&format!(
                        "{}\n",
                        comment(&format!("remove {names} {} ({})", resource.arn.short_name(), resource.arn))
                    ));
                }
            }
        }
    }
    text
}

fn amended(text: &mut String, resource: &ResourceRef, edits: &[Edit]) {
    let kind = TABLE.as_ref().ok().and_then(|table| table.get(&resource.resource_type));
    let mut body = Body::default();
    let mut rest = Vec::new();
    for edit in edits {
        let argument = kind.and_then(|kind| kind.argument(&edit.path));
        match (argument, edit.after.as_ref().map(hcl)) {
            (Some((way, entry)), Some(Some(value))) => {
                let was = edit.before.as_ref().map_or_else(|| "nothing".to_owned(), told);
                let note = if entry.is_empty() { String::new() } else { format!("; at {}", edit.path) };
                let was = crate::report::text::prose(&was);
                body.put(&way, &entry, |name| format!("{name} = {value} # was {was}{note}"));
            }
            (_, _) => rest.push(edit),
        }
    }
    if let Some(kind) = kind.filter(|_| !body.is_empty()) {
        text.push_str(&format!("{}\n", comment(resource.arn.as_str())));
        text.push_str(&format!(
            "resource {} {} {{\n",
            string(&kind.resource),
            string(&label(resource.arn.short_name()))
        ));
        body.write(text, 1);
        text.push_str("}\n");
    }
    for edit in rest {
        let side = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), told);
        let (before, after) = (side(edit.before.as_ref()), side(edit.after.as_ref()));
        let line = format!("no argument known for {} of {}: {before} -> {after}", edit.path, resource.arn);
        text.push_str(&format!("{}\n", comment(&line)));
    }
}

/// Arguments and blocks of a block. A block that stands for an entry of a list is there once for each entry.
#[derive(Debug, Default)]
struct Body {
    lines: Vec<String>,
    blocks: BTreeMap<(String, String), Self>,
}

impl Body {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.blocks.is_empty()
    }

    fn put(&mut self, way: &[String], entry: &str, line: impl FnOnce(&str) -> String) {
        match way {
            [] => {}
            [name] => self.lines.push(line(name)),
            [block, rest @ ..] => {
                self.blocks.entry((block.clone(), entry.to_owned())).or_default().put(rest, "", line);
            }
        }
    }

    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        for line in &self.lines {
            text.push_str(&format!("{indent}{line}\n"));
        }
        for ((name, _), body) in &self.blocks {
            text.push_str(&format!("{indent}{name} {{\n"));
            body.write(text, depth + 1);
            text.push_str(&format!("{indent}}}\n"));
        }
    }
}

impl Kind {
    fn names(&self) -> String {
        self.or.as_ref().map_or_else(|| self.resource.clone(), |or| format!("{} or {or}", self.resource))
    }

    /// The way to the argument, and the entry of a list that is meant, if it is in one.
    fn argument(&self, path: &str) -> Option<(Vec<String>, String)> {
        let steps: Vec<&str> = path.split('/').collect();
        let fits = |pattern: &String| {
            let wanted: Vec<&str> = pattern.split('/').collect();
            let same =
                |(step, wanted): (&&str, &&str)| step == wanted || *wanted == "*" && step.parse::<usize>().is_ok();
            wanted.len() == steps.len() && steps.iter().zip(&wanted).all(same)
        };
        let (_, argument) = self.arguments.iter().find(|(pattern, _)| fits(pattern))?;
        let entry = steps.iter().rposition(|step| step.parse::<usize>().is_ok());
        let entry = entry.map(|last| steps[..=last].join("/")).unwrap_or_default();
        Some((argument.split('.').map(str::to_owned).collect(), entry))
    }
}

/// A value in HCL; nothing for what is known only when it is applied.
fn hcl(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(text) => Some(string(text)),
        Value::Array(list) => {
            let items: Option<Vec<String>> = list.iter().map(hcl).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(_) => None,
    }
}

/// A quoted HCL string: no template, no character that acts on a terminal.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '$' | '%' => {
                quoted.push(character);
            }
            acting if crate::report::text::acts(acting) => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\U{:08x}", u32::from(acting));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

/// A label that Terraform takes as a name.
fn label(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let label: String = name.chars().map(fit).collect();
    if label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { label } else { format!("_{label}") }
}

/// A value in a comment; secrets and what is found later are not spelled out.
fn told(value: &Value) -> String {
    let text = crate::fix::simulate::planned(value.clone()).to_string();
    text.replace(crate::fix::step::PLANNED_SECRET, "(secret)")
}

#[cfg(test)]
mod tests;
