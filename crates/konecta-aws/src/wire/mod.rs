//! From the bytes of an answer to the JSON that `aws <service> <operation>` prints.
//!
//! The SDK makes the call; its parsed output is thrown away, because it cannot be serialised and because it
//! fills in required members that the server did not send. What is decoded here is what was sent, and only
//! that: a member that is not in the body is not in the result, and text that is no answer of the operation
//! is an error, never an empty list.
//! Knows nothing of accounts, gaps or resources.

mod json;
pub(crate) mod request;
mod shapes;
mod tap;
mod timestamp;
mod xml;

use serde_json::Value;

pub use shapes::{Pages, Table, table};
pub(crate) use tap::Fingerprint;
pub use tap::{Tap, Wire};

use shapes::{MemberLocation, Operation, Protocol, Ref, Shape};

/// Nesting beyond which an answer is taken for an attack or a fault; the deepest real one (a WAF rule) has 30.
const MAX_DEPTH: usize = 100;

/// Why bytes are not the answer of the operation that was called. Never carries a value from the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// There is no usable table for the service or operation: a bug of ours.
    #[error("there is no shape table for {0}")]
    NoTable(String),
    /// The body is not well-formed; cut short, as a rule.
    #[error("the answer is not well-formed {format}: {reason}")]
    Syntax {
        /// JSON or XML.
        format: &'static str,
        /// What the parser says, with the place.
        reason: String,
    },
    /// The body is well-formed, but no answer of this operation.
    #[error("the answer is `{found}` where `{expected}` was expected")]
    Foreign {
        /// The element or form that belongs there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A member has another type than the API promises.
    #[error("{path}: {expected} was expected, not {found}")]
    Type {
        /// Where in the answer.
        path: String,
        /// The promised type.
        expected: &'static str,
        /// The type that was sent.
        found: &'static str,
    },
    /// The answer nests deeper than any real one.
    #[error("the answer is nested too deeply")]
    TooDeep,
}

impl WireError {
    fn wrong(expected: &'static str, found: &'static str) -> Self {
        Self::Type { path: String::new(), expected, found }
    }

    /// Says where the error happened, from the inside out.
    fn within(self, step: &str) -> Self {
        match self {
            Self::Type { path, expected, found } => {
                let path = if path.is_empty() || path.starts_with('[') {
                    format!("{step}{path}")
                } else {
                    format!("{step}.{path}")
                };
                Self::Type { path, expected, found }
            }
            other @ (Self::NoTable(_) | Self::Syntax { .. } | Self::Foreign { .. } | Self::TooDeep) => other,
        }
    }
}

/// Decodes the answer of one operation.
///
/// # Errors
/// Every [`WireError`]: the answer is then as good as not given.
pub fn decode(table: &Table, name: &str, wire: &Wire) -> Result<Value, WireError> {
    let operation = table.operation(name)?;
    let mut result = match table.protocol {
        Protocol::Json | Protocol::RestJson => json::decode_body(table, operation, &wire.body)?,
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => xml::decode_body(table, name, operation, &wire.body)?,
    };
    add_headers(table, operation, wire, &mut result)?;
    Ok(result)
}

/// Members that travel beside the body, such as CloudFront's `ETag`.
fn add_headers(table: &Table, operation: &Operation, wire: &Wire, result: &mut Value) -> Result<(), WireError> {
    let (Ref::Named(output), Value::Object(result)) = (&operation.output, result) else { return Ok(()) };
    let Shape::Structure(members) = table.shape(output)? else { return Ok(()) };
    for (name, member) in members {
        match member.place {
            MemberLocation::Body | MemberLocation::Headers | MemberLocation::Status => {}
            MemberLocation::Header => {
                if let Some(text) = wire.header(member.wire_name(name)) {
                    result.insert(name.clone(), Value::String(text.to_owned()));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
