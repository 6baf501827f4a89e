//! HCL as text: values, names, and bodies of blocks. Knows nothing of AWS.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// A value that may stand behind `=`; nothing for one that has no single value in HCL.
pub(crate) fn value(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(text) => Some(string(text)),
        Value::Array(list) => {
            let items: Option<Vec<String>> = list.iter().map(self::value).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(_) => None,
    }
}

/// JSON as HCL's `jsonencode` takes it: the same values, with HCL's strings.
pub(crate) fn jsonencode(document: &Value) -> String {
    format!("jsonencode({})", expression(document))
}

/// JSON as an expression of HCL.
pub(crate) fn expression(document: &Value) -> String {
    match document {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, member)| format!("{} = {}", string(name), expression(member))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(expression).collect::<Vec<_>>().join(", ")),
        Value::Null | Value::Bool(_) | Value::Number(_) => document.to_string(),
        Value::String(text) => string(text),
    }
}

/// A quoted HCL string: no template, no character that acts on a terminal.
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            acting if konecta_base::text::acts(acting) => {
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
pub(crate) fn label(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let label: String = name.chars().map(fit).collect();
    if label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { label } else { format!("_{label}") }
}

/// One step on the way to an argument: a block, and the entry of a list that it stands for; the last is the argument.
pub(crate) type Step = (String, String);

/// Arguments and blocks of a block. A block that stands for an entry of a list is there once for each entry.
#[derive(Debug, Default)]
pub(super) struct Body {
    lines: Vec<String>,
    /// By name and entry; the entry's number is its place.
    blocks: BTreeMap<(String, usize, String), Self>,
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.blocks.is_empty()
    }

    /// A line of this block itself.
    pub(super) fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Puts a line where a way leads. A way whose last step is a block (`{}`) makes that block, empty.
    pub(super) fn put(&mut self, way: &[Step], line: impl FnOnce(&str) -> String) {
        match way {
            [] => {}
            [(name, _)] => match name.strip_suffix("{}") {
                Some(block) => {
                    self.blocks.entry((block.to_owned(), 0, String::new())).or_default();
                }
                None => self.lines.push(line(name)),
            },
            [(block, entry), rest @ ..] => {
                let place = entry.rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(0);
                self.blocks.entry((block.clone(), place, entry.clone())).or_default().put(rest, line);
            }
        }
    }

    pub(super) fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        for line in &self.lines {
            text.push_str(&format!("{indent}{line}\n"));
        }
        for ((name, _, _), body) in &self.blocks {
            if body.is_empty() {
                text.push_str(&format!("{indent}{name} {{}}\n"));
                continue;
            }
            text.push_str(&format!("{indent}{name} {{\n"));
            body.write(text, depth + 1);
            text.push_str(&format!("{indent}}}\n"));
        }
    }

    /// The body as a resource.
    pub(super) fn resource(&self, kind: &str, name: &str) -> String {
        let mut text = format!("resource {} {} {{\n", string(kind), string(&label(name)));
        self.write(&mut text, 1);
        text.push_str("}\n");
        text
    }
}
