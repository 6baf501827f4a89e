//! From the JSON that `aws <service> <operation> --cli-input-json` takes to the request on the wire.
//!
//! The SDK's input types cannot be built from JSON, and they drop what they do not know; so the request is written here, by
//! the shape tables, and the SDK sends it. What the tables do not know is an error before anything is sent: nothing
//! is left out in silence.
//! Knows nothing of accounts, signatures or answers.

mod http;
mod json;
mod query;
mod scalar;
mod shapes;
#[cfg(test)]
mod tests;
mod xml;

use serde_json::Value;

pub(crate) use shapes::{Requests, requests};

use super::shapes::{Protocol, Ref};
use shapes::{Member, MemberLocation, Shape};

/// Nesting beyond which parameters are taken for a fault.
const MAX_DEPTH: usize = 100;

/// Why parameters are not those of the operation. Never carries a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// There is no usable table for the service or operation.
    #[error("there is no request table for {0}; is the operation declared in apply/operations.rs?")]
    NoTable(String),
    /// The operation has no such parameter.
    #[error("{path}: the operation has no such parameter")]
    Unknown {
        /// Where.
        path: String,
    },
    /// The operation cannot be called without it.
    #[error("{path}: is required and missing")]
    Missing {
        /// Where.
        path: String,
    },
    /// The parameter has another type.
    #[error("{path}: {expected} was expected, not {found}")]
    Type {
        /// Where.
        path: String,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// Deeper than any request.
    #[error("the parameters are nested too deeply")]
    TooDeep,
}

impl EncodeError {
    fn wrong(expected: &'static str, found: &'static str) -> Self {
        Self::Type { path: String::new(), expected, found }
    }

    /// Says where the error happened, from the inside out.
    fn within(self, step: &str) -> Self {
        let longer = |path: String| match path.as_str() {
            "" => step.to_owned(),
            path if path.starts_with('[') => format!("{step}{path}"),
            path => format!("{step}.{path}"),
        };
        match self {
            Self::Unknown { path } => Self::Unknown { path: longer(path) },
            Self::Missing { path } => Self::Missing { path: longer(path) },
            Self::Type { path, expected, found } => Self::Type { path: longer(path), expected, found },
            other @ (Self::NoTable(_) | Self::TooDeep) => other,
        }
    }
}

/// A request as far as the operation decides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Path and query.
    pub(crate) uri: String,
    /// Members that travel as header fields.
    pub(crate) headers: Vec<(String, String)>,
    /// The body and its content type; `None` for a request without one.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

// Written by hand: a body can hold secrets.
impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.body.as_ref().map(|(_, body)| body.len());
        f.debug_struct("Encoded").field("uri", &self.uri).field("bytes", &bytes).finish_non_exhaustive()
    }
}

/// Writes the request of one operation.
///
/// # Errors
/// Every [`EncodeError`]; nothing must be sent then.
pub(crate) fn encode(table: &Requests, name: &str, parameters: &Value) -> Result<Encoded, EncodeError> {
    let operation = table.operation(name)?;
    let sent = top(table, &operation.input, parameters)?;
    let (beside, body): (Vec<Sent<'_>>, Vec<Sent<'_>>) =
        sent.into_iter().partition(|(member, _)| member.place != MemberLocation::Body);
    let (uri, headers) = http::beside(&operation.uri, &beside)?;
    let body = match (table.protocol, operation.payload.as_deref()) {
        (Protocol::Query | Protocol::Ec2, _) => {
            let form = query::form(table, name, &body)?;
            Some(("application/x-www-form-urlencoded", form.into_bytes()))
        }
        (Protocol::Json, _) => Some(("application/x-amz-json-1.1", json::object(table, &body)?)),
        (Protocol::RestJson, _) if body.is_empty() && !has_body(table, &operation.input)? => None,
        (Protocol::RestJson, _) => Some(("application/json", json::object(table, &body)?)),
        (Protocol::RestXml, Some(payload)) => match body.iter().find(|(member, _)| member.name == payload) {
            Some((member, value)) => Some(("application/xml", xml::document(table, member, value)?)),
            None => None,
        },
        // No declared operation has members of its own in an XML body; one that had would be caught here.
        (Protocol::RestXml, None) if body.is_empty() => None,
        (Protocol::RestXml, None) => return Err(EncodeError::NoTable(format!("the XML body of {name}"))),
    };
    Ok(Encoded { uri, headers, body })
}

/// One member of an operation's parameters as XML: what an answer must be if it is to go back whole.
pub(crate) fn encode_member(table: &Requests, name: &str, member: &str, value: &Value) -> Result<Vec<u8>, EncodeError> {
    let Ref::Named(input) = &table.operation(name)?.input else { return Err(EncodeError::NoTable(name.to_owned())) };
    let Shape::Structure(members) = table.shape(input)? else { return Err(EncodeError::NoTable(name.to_owned())) };
    match members.iter().find(|known| known.name == member) {
        Some(known) => xml::document(table, known, value),
        None => Err(EncodeError::Unknown { path: member.to_owned() }),
    }
}

type Sent<'a> = (&'a Member, &'a Value);

/// The members of the parameters themselves.
fn top<'a>(table: &'a Requests, input: &Ref, parameters: &'a Value) -> Result<Vec<Sent<'a>>, EncodeError> {
    static NONE: &[Member] = &[];
    let Ref::Named(name) = input else { return present(NONE, parameters) };
    match table.shape(name)? {
        Shape::Structure(members) => present(members, parameters),
        Shape::List { .. } | Shape::Map { .. } => Err(EncodeError::NoTable(name.clone())),
    }
}

fn has_body(table: &Requests, input: &Ref) -> Result<bool, EncodeError> {
    let Ref::Named(name) = input else { return Ok(false) };
    let Shape::Structure(members) = table.shape(name)? else { return Ok(false) };
    Ok(members.iter().any(|member| member.place == MemberLocation::Body))
}

/// What is there of a structure, in the order of the model: nothing unknown, nothing missing.
fn present<'a>(members: &'a [Member], value: &'a Value) -> Result<Vec<Sent<'a>>, EncodeError> {
    let Value::Object(map) = value else {
        return Err(EncodeError::wrong("an object", super::json::kind_of(value)));
    };
    if let Some(path) = map.keys().find(|key| members.iter().all(|member| member.name != **key)) {
        return Err(EncodeError::Unknown { path: path.clone() });
    }
    if let Some(member) = members.iter().find(|member| member.required && !map.contains_key(&member.name)) {
        return Err(EncodeError::Missing { path: member.name.clone() });
    }
    Ok(members.iter().filter_map(|member| Some((member, map.get(&member.name)?))).collect())
}

fn list(value: &Value) -> Result<&Vec<Value>, EncodeError> {
    value.as_array().ok_or_else(|| EncodeError::wrong("a list", super::json::kind_of(value)))
}

fn object(value: &Value) -> Result<&serde_json::Map<String, Value>, EncodeError> {
    value.as_object().ok_or_else(|| EncodeError::wrong("an object", super::json::kind_of(value)))
}

fn deeper(depth: usize) -> Result<usize, EncodeError> {
    if depth >= MAX_DEPTH { Err(EncodeError::TooDeep) } else { Ok(depth + 1) }
}
