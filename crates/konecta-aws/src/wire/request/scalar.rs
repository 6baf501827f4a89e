//! Single values as text: in forms, in XML, in paths, queries and header fields.
//! Knows nothing of where they stand.

use jiff::Timestamp;
use serde_json::{Number, Value};

use super::EncodeError;
use crate::wire::json::kind_of;
use crate::wire::shapes::Ref;

/// The text of a value of this type.
pub(super) fn text(kind: &Ref, value: &Value) -> Result<String, EncodeError> {
    Ok(match checked(kind, value)? {
        Checked::Text(text) => text.to_owned(),
        Checked::Number(number) => number.to_string(),
        Checked::Boolean(boolean) => boolean.to_string(),
        Checked::Time(time) => time.to_string(),
    })
}

/// A value that is of its type.
pub(super) enum Checked<'a> {
    /// Text, and bytes in base64, which is how they are taken and how they are sent.
    Text(&'a str),
    /// A number.
    Number(&'a Number),
    /// `true` or `false`.
    Boolean(bool),
    /// A time.
    Time(Timestamp),
}

/// Looks whether a value is of its type.
pub(super) fn checked<'a>(kind: &Ref, value: &'a Value) -> Result<Checked<'a>, EncodeError> {
    let expected = match (kind, value) {
        (Ref::String | Ref::Policy, Value::String(text)) => return Ok(Checked::Text(text)),
        (Ref::Blob, Value::String(text)) if is_base64(text) => return Ok(Checked::Text(text)),
        (Ref::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            return Ok(Checked::Number(number));
        }
        (Ref::Float, Value::Number(number)) => return Ok(Checked::Number(number)),
        (Ref::Boolean, Value::Bool(boolean)) => return Ok(Checked::Boolean(*boolean)),
        (Ref::Timestamp, Value::String(text)) => match text.parse() {
            Ok(time) => return Ok(Checked::Time(time)),
            Err(_) => "a time in RFC 3339",
        },
        (Ref::String | Ref::Policy, _) => "text",
        (Ref::Blob, _) => "bytes in base64",
        (Ref::Integer, _) => "a whole number",
        (Ref::Float, _) => "a number",
        (Ref::Boolean, _) => "true or false",
        (Ref::Timestamp, _) => "a time in RFC 3339",
        (Ref::Document | Ref::Nothing | Ref::Named(_), _) => "a single value",
    };
    let found = if value.is_string() { "other text" } else { kind_of(value) };
    Err(EncodeError::wrong(expected, found))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Everything that is not unreserved in RFC 3986 as `%XX`.
pub(super) fn percent(text: &str, keep: &[u8]) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push('%');
            for nibble in [byte >> 4, byte & 15] {
                result.extend(char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    result
}
