//! A plan as changes to Terraform's configuration, resource by resource, for those who change their account there.
//! Knows from the column `terraform` of the resource tables which argument an attribute is. What has none stands at the end, with the reason.

pub(crate) mod hcl;
pub(crate) mod leaves;
mod separate;
pub(crate) mod table;

use konecta_base::resource::ResourceRef;
use konecta_base::text::prose;
use serde_json::{Map, Value};

use self::hcl::{Body, string};
use self::table::{Kind, kind};
use super::comment;
use crate::plan::{Change, Plan};
use crate::step::{Edit, Effect};

/// The variable that stands for the header's value, which no configuration holds.
const SECRET: &str = "konecta_origin_secret";

/// The configuration as it must become; to be merged by hand into the resources that are named.
#[must_use]
pub fn terraform(plan: &Plan) -> String {
    let mut document = Document::default();
    document.told(&format!("{}: plan {}", plan.tool, plan.sha256));
    document.told(
        "Each block shows only what changes in a resource of your configuration: merge it there, do not apply it as it is.",
    );
    document.told("What Terraform's state does not hold is changed with `konecta-audit fix` itself.");
    for change in &plan.changes {
        document.text.push('\n');
        document.told(&format!("{} (class {}): {}", change.id, change.class, change.title()));
        change.consequences.iter().for_each(|consequence| document.told(consequence));
        change.effects.iter().for_each(|effect| document.effect(change, effect));
    }
    document.finish()
}

/// What is written so far, and what could not be.
#[derive(Default)]
struct Document {
    text: String,
    /// What has no argument, and why.
    left: Vec<String>,
    /// Whether the secret header's variable is named.
    secret: bool,
}

impl Document {
    fn told(&mut self, line: &str) {
        self.text.push_str(&format!("{}\n", comment(line)));
    }

    fn effect(&mut self, change: &Change, effect: &Effect) {
        match effect {
            Effect::Amended { resource, edits } => self.amended(change, resource, edits),
            Effect::Created { resource, .. } => {
                let edits = [
                    Edit::new("/configuration", None, Some(resource.body["configuration"].clone())),
                    Edit::new("/supplement", None, Some(resource.body["supplement"].clone())),
                ];
                self.told(&format!("new: {}", resource.reference.arn));
                self.amended(change, &resource.reference, &edits);
            }
            Effect::Removed { resource } => {
                let names =
                    kind(&resource.resource_type).map_or_else(|| resource.resource_type.to_string(), Kind::names);
                self.told(&format!("remove {names} {} ({})", resource.arn.short_name(), resource.arn));
            }
        }
    }

    fn amended(&mut self, change: &Change, resource: &ResourceRef, edits: &[Edit]) {
        let kind = kind(&resource.resource_type);
        let mut body = Body::default();
        for edit in edits {
            if let Some(written) = separate::written(change, resource, edit) {
                self.text.push_str(&written);
                continue;
            }
            for leaf in leaves::leaves(edit) {
                self.leaf(kind, resource, &leaf, &mut body);
            }
        }
        if let Some(kind) = kind.filter(|_| !body.is_empty()) {
            self.told(resource.arn.as_str());
            let egress = edits.iter().any(|edit| edit.after.as_ref().is_some_and(|after| after["IsEgress"] == true));
            let name = kind.or.as_ref().filter(|_| egress).unwrap_or(&kind.resource);
            self.text.push_str(&body.resource(name, resource.arn.short_name()));
        }
    }

    fn leaf(&mut self, kind: Option<&Kind>, resource: &ResourceRef, leaf: &Edit, body: &mut Body) {
        // How long a list is follows from the list; and what was not there and is nothing is no change.
        let is_nothing = |value: &Option<Value>| {
            let empty = |value: &Value| {
                value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
            };
            value.as_ref().is_none_or(|value| {
                value.is_null() || value == "" || (leaf.before.is_none() && empty(value) && !leads_to_block(kind, leaf))
            })
        };
        if leaf.path.ends_with("/Quantity") || is_nothing(&leaf.before) && is_nothing(&leaf.after) {
            return;
        }
        let Some(way) = kind.and_then(|kind| kind.argument(&leaf.path)) else {
            // What comes into being with a new resource and has no argument is not asked for: AWS gives it.
            if leaf.before.is_none() && kind.is_some_and(|kind| kind.reason(&leaf.path).is_some()) {
                return;
            }
            let reason = kind.and_then(|kind| kind.reason(&leaf.path)).unwrap_or("no argument is known for it");
            let side = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), as_comment);
            let (before, after) = (side(leaf.before.as_ref()), side(leaf.after.as_ref()));
            self.left.push(format!("{} of {}: {before} -> {after}: {reason}", leaf.path, resource.arn));
            return;
        };
        let was = leaf.before.as_ref().filter(|before| !before.is_null());
        let was = was.map_or_else(|| "nothing".to_owned(), as_comment);
        let note =
            if way.iter().any(|(_, entry)| !entry.is_empty()) { format!("; at {}", leaf.path) } else { String::new() };
        let end = format!("# was {}{note}", prose(&was));
        match leaf.after.as_ref().filter(|after| !after.is_null()) {
            // A block of its own cannot be `null`: it goes.
            None if way.last().is_some_and(|(name, _)| name.ends_with("{}")) => {
                let (name, _) = way.last().cloned().unwrap_or_default();
                let name = name.trim_end_matches("{}").to_owned();
                let parents = &way[..way.len() - 1];
                let line = format!("# without the block {name} {end}");
                if parents.is_empty() {
                    body.line(line);
                } else {
                    let mut way = parents.to_vec();
                    way.push((String::new(), String::new()));
                    body.put(&way, |_| line);
                }
            }
            None => body.put(&way, |name| format!("{name} = null {end}")),
            Some(after) if is_secret(after) => {
                self.secret = true;
                let listed = if after.is_array() { format!("[var.{SECRET}]") } else { format!("var.{SECRET}") };
                body.put(&way, |name| format!("{name} = {listed} {end}"));
            }
            Some(after) => match hcl::value(after) {
                Some(value) => body.put(&way, |name| format!("{name} = {value} {end}")),
                None if way.last().is_some_and(|(name, _)| name.ends_with("{}")) => body.put(&way, |_| String::new()),
                None => self.left.push(format!("{} of {}: {}", leaf.path, resource.arn, as_comment(after))),
            },
        }
    }

    fn finish(mut self) -> String {
        if self.secret {
            let mut body = Body::default();
            body.line("type = string".to_owned());
            body.line("sensitive = true".to_owned());
            self.text.push('\n');
            self.told("The value of the secret header: any long random text, the same in CloudFront and at the load balancer.");
            let mut block = String::new();
            body.write(&mut block, 1);
            self.text.push_str(&format!("variable {} {{\n{block}}}\n", string(SECRET)));
        }
        if !self.left.is_empty() {
            self.text.push('\n');
            self.told("Not written as an argument, and why:");
            for line in std::mem::take(&mut self.left) {
                self.told(&format!("- {line}"));
            }
        }
        self.text
    }
}

/// Whether an empty object says something: a block without content, as `none {}` of a web ACL's rule.
fn leads_to_block(kind: Option<&Kind>, leaf: &Edit) -> bool {
    let way = kind.and_then(|kind| kind.argument(&leaf.path));
    way.is_some_and(|way| way.last().is_some_and(|(name, _)| name.ends_with("{}")))
}

/// Whether a value is the stand-in for a secret, or a list of one.
fn is_secret(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_secret),
        Value::String(text) => text.starts_with("sha256:"),
        Value::Object(members) => members.contains_key("$secret"),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value in a comment; secrets and what is found later are not spelled out.
fn as_comment(value: &Value) -> String {
    let text = crate::simulate::planned(value.clone()).to_string();
    text.replace(crate::step::PLANNED_SECRET, "(secret)")
}

#[cfg(test)]
mod tests;
