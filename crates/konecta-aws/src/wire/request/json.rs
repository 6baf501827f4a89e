//! JSON bodies (json 1.1 and rest-json).
//! Knows nothing of HTTP.

use serde_json::{Map, Number, Value};

use super::scalar::{Checked, checked};
use super::shapes::{Requests, Shape};
use super::{EncodeError, Sent, deeper, list, object as entries, present};
use crate::wire::shapes::Ref;

/// The body from the members that belong into it.
pub(super) fn object(table: &Requests, sent: &[Sent<'_>]) -> Result<Vec<u8>, EncodeError> {
    let value = structure(table, sent, 0)?;
    Ok(value.to_string().into_bytes())
}

fn structure(table: &Requests, sent: &[Sent<'_>], depth: usize) -> Result<Value, EncodeError> {
    let mut result = Map::new();
    for (member, value) in sent {
        let encoded = encode(table, &member.kind, value, depth).map_err(|error| error.within(&member.name))?;
        result.insert(member.wire_name().to_owned(), encoded);
    }
    Ok(Value::Object(result))
}

fn encode(table: &Requests, kind: &Ref, value: &Value, depth: usize) -> Result<Value, EncodeError> {
    let depth = deeper(depth)?;
    if *kind == Ref::Document {
        return Ok(value.clone());
    }
    let Ref::Named(name) = kind else { return scalar(kind, value) };
    match table.shape(name)? {
        Shape::Structure(members) => structure(table, &present(members, value)?, depth),
        Shape::List { element, .. } => list(value)?
            .iter()
            .enumerate()
            .map(|(index, value)| {
                encode(table, element, value, depth).map_err(|error| error.within(&format!("[{index}]")))
            })
            .collect(),
        Shape::Map { value: kind, .. } => entries(value)?
            .iter()
            .map(|(key, value)| {
                let value = encode(table, kind, value, depth).map_err(|error| error.within(key))?;
                Ok((key.clone(), value))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
    }
}

fn scalar(kind: &Ref, value: &Value) -> Result<Value, EncodeError> {
    Ok(match checked(kind, value)? {
        Checked::Text(text) => Value::String(text.to_owned()),
        Checked::Number(number) => Value::Number(number.clone()),
        Checked::Boolean(boolean) => Value::Bool(boolean),
        // JSON protocols write times as seconds since 1970.
        Checked::Time(time) => Value::Number(match time.as_millisecond() {
            whole if whole % 1000 == 0 => Number::from(whole / 1000),
            #[expect(clippy::cast_precision_loss, reason = "exact to the millisecond for every year there is")]
            fraction => Number::from_f64(fraction as f64 / 1000.0)
                .ok_or_else(|| EncodeError::wrong("a time", "one outside of all calendars"))?,
        }),
    })
}
