//! XML bodies (rest-xml), members in the order of the model.
//! Knows nothing of HTTP.

use serde_json::Value;

use super::scalar::text;
use super::shapes::{Member, Requests, Shape};
use super::{EncodeError, deeper, list, object, present};
use crate::wire::shapes::Ref;

/// The body that one member is.
pub(super) fn document(table: &Requests, member: &Member, value: &Value) -> Result<Vec<u8>, EncodeError> {
    let mut body = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    let mut writer = Writer { table, out: &mut body };
    writer.member(member, value, 0).map_err(|error| error.within(&member.name))?;
    Ok(body.into_bytes())
}

struct Writer<'a> {
    table: &'a Requests,
    out: &'a mut String,
}

impl Writer<'_> {
    fn member(&mut self, member: &Member, value: &Value, depth: usize) -> Result<(), EncodeError> {
        let tag = member.wire_name();
        let namespace = member.namespace.as_deref();
        if let (true, Ref::Named(name)) = (member.flat, &member.kind) {
            match self.table.shape(name)? {
                Shape::List { element, .. } => return self.elements(tag, element, value, depth),
                Shape::Map { value: kind, names } => return self.entries(tag, kind, names, value, depth),
                Shape::Structure(_) => {}
            }
        }
        self.value(tag, namespace, &member.kind, value, depth)
    }

    fn value(
        &mut self,
        tag: &str,
        namespace: Option<&str>,
        kind: &Ref,
        value: &Value,
        depth: usize,
    ) -> Result<(), EncodeError> {
        let depth = deeper(depth)?;
        match namespace {
            Some(namespace) => self.push(&["<", tag, " xmlns=\"", &escaped(namespace), "\">"]),
            None => self.push(&["<", tag, ">"]),
        }
        if let Ref::Named(name) = kind {
            match self.table.shape(name)? {
                Shape::Structure(members) => {
                    for (member, value) in present(members, value)? {
                        self.member(member, value, depth).map_err(|error| error.within(&member.name))?;
                    }
                }
                Shape::List { element, name } => {
                    self.elements(name.as_deref().unwrap_or("member"), element, value, depth)?;
                }
                Shape::Map { value: kind, names } => self.entries("entry", kind, names, value, depth)?,
            }
        } else {
            let text = text(kind, value)?;
            self.push(&[&escaped(&text)]);
        }
        self.push(&["</", tag, ">"]);
        Ok(())
    }

    fn elements(&mut self, tag: &str, kind: &Ref, value: &Value, depth: usize) -> Result<(), EncodeError> {
        for (index, value) in list(value)?.iter().enumerate() {
            self.value(tag, None, kind, value, depth).map_err(|error| error.within(&format!("[{index}]")))?;
        }
        Ok(())
    }

    fn entries(
        &mut self,
        tag: &str,
        kind: &Ref,
        [key_name, value_name]: &[String; 2],
        value: &Value,
        depth: usize,
    ) -> Result<(), EncodeError> {
        for (key, value) in object(value)? {
            self.push(&["<", tag, "><", key_name, ">", &escaped(key), "</", key_name, ">"]);
            self.value(value_name, None, kind, value, depth).map_err(|error| error.within(key))?;
            self.push(&["</", tag, ">"]);
        }
        Ok(())
    }

    fn push(&mut self, parts: &[&str]) {
        self.out.extend(parts.iter().copied());
    }
}

/// A carriage return would come out of the reader as a line feed if it were written as it is.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\r' => result.push_str("&#13;"),
            other => result.push(other),
        }
    }
    result
}
