//! Forms (query and ec2): every value under the path that leads to it.
//! Knows nothing of HTTP.

use serde_json::Value;

use super::scalar::{percent, text};
use super::shapes::{Member, Requests, Shape};
use super::{EncodeError, Sent, deeper, list, object, present};
use crate::wire::shapes::{Protocol, Ref};

struct Form<'a> {
    table: &'a Requests,
    fields: Vec<(String, String)>,
}

/// The body from the members of the parameters.
pub(super) fn form(table: &Requests, action: &str, sent: &[Sent<'_>]) -> Result<String, EncodeError> {
    let fields = vec![("Action".to_owned(), action.to_owned()), ("Version".to_owned(), table.version.clone())];
    let mut form = Form { table, fields };
    form.structure("", sent, 0)?;
    let fields: Vec<String> =
        form.fields.iter().map(|(name, value)| format!("{}={}", percent(name, b""), percent(value, b""))).collect();
    Ok(fields.join("&"))
}

impl Form<'_> {
    fn structure(&mut self, prefix: &str, sent: &[Sent<'_>], depth: usize) -> Result<(), EncodeError> {
        for (member, value) in sent {
            let path = match prefix {
                "" => member.wire_name().to_owned(),
                prefix => format!("{prefix}.{}", member.wire_name()),
            };
            self.value(&path, &member.kind, Some(member), value, depth).map_err(|error| error.within(&member.name))?;
        }
        Ok(())
    }

    fn value(
        &mut self,
        path: &str,
        kind: &Ref,
        member: Option<&Member>,
        value: &Value,
        depth: usize,
    ) -> Result<(), EncodeError> {
        let depth = deeper(depth)?;
        let Ref::Named(name) = kind else {
            self.fields.push((path.to_owned(), text(kind, value)?));
            return Ok(());
        };
        let flat = member.is_some_and(|member| member.flat);
        match self.table.shape(name)? {
            Shape::Structure(members) => self.structure(path, &present(members, value)?, depth),
            Shape::List { element, name } => {
                let elements = list(value)?;
                let stem = match (self.table.protocol, flat, name) {
                    (Protocol::Ec2, _, _) | (_, true, None) => path.to_owned(),
                    // A flattened list's elements stand under their own name, beside where the list would.
                    (_, true, Some(name)) => match path.rsplit_once('.') {
                        Some((before, _)) => format!("{before}.{name}"),
                        None => name.clone(),
                    },
                    (_, false, name) => format!("{path}.{}", name.as_deref().unwrap_or("member")),
                };
                // An empty list says "none", and only the query protocol can say it.
                if elements.is_empty() && self.table.protocol == Protocol::Query {
                    self.fields.push((path.to_owned(), String::new()));
                }
                for (index, element_value) in elements.iter().enumerate() {
                    let path = format!("{stem}.{}", index + 1);
                    self.value(&path, element, None, element_value, depth)
                        .map_err(|error| error.within(&format!("[{index}]")))?;
                }
                Ok(())
            }
            Shape::Map { value: kind, names: [key_name, value_name] } => {
                let stem = if flat { path.to_owned() } else { format!("{path}.entry") };
                for (index, (key, value)) in object(value)?.iter().enumerate() {
                    let number = index + 1;
                    self.fields.push((format!("{stem}.{number}.{key_name}"), key.clone()));
                    self.value(&format!("{stem}.{number}.{value_name}"), kind, None, value, depth)
                        .map_err(|error| error.within(key))?;
                }
                Ok(())
            }
        }
    }
}
