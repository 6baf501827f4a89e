//! JSON bodies (json 1.0, json 1.1 and rest-json) by the shape table.
//! Knows nothing of HTTP.

use serde_json::{Map, Value};

use super::shapes::{MemberLocation, Operation, Ref, Shape, Table};
use super::{MAX_DEPTH, WireError, timestamp};

/// The whole body of an answer.
pub(super) fn decode_body(table: &Table, operation: &Operation, body: &[u8]) -> Result<Value, WireError> {
    // A REST service answers with nothing at all where there is nothing to say.
    if operation.output == Ref::Nothing && body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| WireError::Syntax { format: "JSON", reason: error.to_string() })?;
    if !value.is_object() {
        return Err(WireError::Foreign { expected: "an object".to_owned(), found: kind_of(&value).to_owned() });
    }
    decode(table, &operation.output, value, 0)
}

fn decode(table: &Table, kind: &Ref, value: Value, depth: usize) -> Result<Value, WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooDeep);
    }
    let found = kind_of(&value);
    match (kind, value) {
        (Ref::Nothing, _) => Ok(Value::Object(Map::new())),
        (Ref::Named(name), value) => decode_named(table, name, value, depth),
        (Ref::String | Ref::Blob, value @ Value::String(_))
        | (Ref::Boolean, value @ Value::Bool(_))
        | (Ref::Float, value @ Value::Number(_))
        | (Ref::Document, value) => Ok(value),
        (Ref::Integer, Value::Number(number)) => integer(number),
        (Ref::Timestamp, Value::Number(number)) => time(number.as_f64().and_then(timestamp::from_epoch)),
        (Ref::Timestamp, Value::String(text)) => time(timestamp::from_text(&text)),
        (Ref::Policy, Value::String(text)) => Ok(super::xml::policy(&text)),
        (Ref::String | Ref::Blob | Ref::Policy, _) => Err(WireError::wrong("text", found)),
        (Ref::Boolean, _) => Err(WireError::wrong("true or false", found)),
        (Ref::Integer | Ref::Float, _) => Err(WireError::wrong("a number", found)),
        (Ref::Timestamp, _) => Err(WireError::wrong("a time", found)),
    }
}

fn decode_named(table: &Table, name: &str, value: Value, depth: usize) -> Result<Value, WireError> {
    let found = kind_of(&value);
    match (table.shape(name)?, value) {
        (Shape::Structure(members), Value::Object(mut sent)) => {
            let mut result = Map::new();
            for (name, member) in members {
                if member.place != MemberLocation::Body {
                    continue;
                }
                // A `null` on the wire says no more than silence: the CLI prints neither.
                let Some(value) = sent.remove(member.wire_name(name)).filter(|value| !value.is_null()) else {
                    continue;
                };
                let value = decode(table, &member.kind, value, depth + 1).map_err(|error| error.within(name))?;
                result.insert(name.clone(), value);
            }
            Ok(Value::Object(result))
        }
        (Shape::List(element), Value::Array(sent)) => sent
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                decode(table, element, value, depth + 1).map_err(|error| error.within(&format!("[{index}]")))
            })
            .collect(),
        (Shape::Map { value: kind, .. }, Value::Object(sent)) => sent
            .into_iter()
            .map(|(key, value)| {
                let value = decode(table, kind, value, depth + 1).map_err(|error| error.within(&key))?;
                Ok((key, value))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        (Shape::Structure(_) | Shape::Map { .. }, _) => Err(WireError::wrong("an object", found)),
        (Shape::List(_), _) => Err(WireError::wrong("a list", found)),
    }
}

fn time(text: Option<String>) -> Result<Value, WireError> {
    text.map(Value::String).ok_or_else(|| WireError::wrong("a time", "something else"))
}

/// Some services write whole numbers as `3.0`; what has a fraction is none.
fn integer(number: serde_json::Number) -> Result<Value, WireError> {
    if number.is_i64() || number.is_u64() {
        return Ok(Value::Number(number));
    }
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range where f64 is exact")]
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(Value::from(float as i64)),
        Some(_) | None => Err(WireError::wrong("a whole number", "a fraction")),
    }
}

/// The JSON type, for messages: the value itself could be a secret.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
