//! Whether an answer that is to be amended and sent back was understood to its last element.
//!
//! A member that our tables do not know would be lost on the way back, and a distribution would lose a setting that nobody
//! looked at. So the answer is written again as it would go back, and compared with what came, element by element.
//! Knows nothing of which change is made.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use serde_json::Value;

use super::failure::{CallFailure, CallFailureKind};
use crate::wire::request::{Requests, encode_member};

/// No setting: a token that belongs beside the object, and that moto repeats in it.
const TOKEN: &str = "/WebACL/LockToken";

/// Compares what came with what would go back.
pub(super) fn check(
    table: &Requests,
    write: &str,
    member: &str,
    body: &[u8],
    answer: &Value,
) -> Result<(), CallFailure> {
    let lost = match serde_json::from_slice::<Value>(body) {
        // A JSON answer has the same names on the wire and in the result.
        Ok(sent) => {
            let mut sent = leaves(&sent);
            sent.retain(|(path, _), _| path != TOKEN);
            lost(sent, &leaves(answer))
        }
        Err(_) => {
            let value = answer.get(member).unwrap_or(&Value::Null);
            // What cannot be written again cannot go back: a required member is missing in the answer.
            let again =
                encode_member(table, write, member, value).map_err(|error| refusal(member, &error.to_string()))?;
            lost(
                elements(body).ok_or_else(|| unreadable(member))?,
                &elements(&again).ok_or_else(|| unreadable(member))?,
            )
        }
    };
    match lost {
        Some(path) => Err(refusal(member, &format!("{path} is there, which this version does not know"))),
        None => Ok(()),
    }
}

fn refusal(member: &str, reason: &str) -> CallFailure {
    let message = format!("the {member} is not touched: {reason}");
    CallFailure::new(CallFailureKind::Lossy, "NotUnderstoodWhole", message)
}

fn unreadable(member: &str) -> CallFailure {
    refusal(member, "it is not well-formed")
}

/// Every path with its texts, each as often as it is there.
type Census = BTreeMap<(String, String), usize>;

fn lost(sent: Census, again: &Census) -> Option<String> {
    let is_lost = |(key, count): &((String, String), usize)| again.get(key).is_none_or(|known| known < count);
    sent.into_iter().find(is_lost).map(|((path, _), _)| path)
}

fn elements(body: &[u8]) -> Option<Census> {
    let text = std::str::from_utf8(body).ok()?;
    let document = Document::parse(text).ok()?;
    let mut census = Census::new();
    // The outermost element has several names, and is checked by the decoder.
    count_element(document.root_element(), "", &mut census);
    Some(census)
}

fn count_element(node: Node<'_, '_>, path: &str, census: &mut Census) {
    for attribute in node.attributes() {
        *census.entry((format!("{path}/@{}", attribute.name()), attribute.value().to_owned())).or_default() += 1;
    }
    let mut text = String::new();
    let mut is_leaf = true;
    for child in node.children() {
        if child.is_element() {
            is_leaf = false;
            count_element(child, &format!("{path}/{}", child.tag_name().name()), census);
        } else if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        }
    }
    // Between elements stands only indentation; text among elements would be lost.
    let told = if is_leaf && !text.trim().is_empty() { plain(&text) } else { text.trim().to_owned() };
    *census.entry((path.to_owned(), told)).or_default() += 1;
}

/// `50`, `50.0` and `050` are one number.
fn plain(text: &str) -> String {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => number.to_string(),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

fn leaves(value: &Value) -> Census {
    let mut census = Census::new();
    count_leaf(value, "", &mut census);
    census
}

/// Of the values only the kind is compared: none is changed by the decoder but times, which are written otherwise.
fn count_leaf(value: &Value, path: &str, census: &mut Census) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                count_leaf(value, &format!("{path}/{key}"), census);
            }
            *census.entry((path.to_owned(), String::new())).or_default() += 1;
        }
        Value::Array(list) => {
            for value in list {
                count_leaf(value, &format!("{path}/*"), census);
            }
            *census.entry((path.to_owned(), String::new())).or_default() += 1;
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            *census.entry((path.to_owned(), String::new())).or_default() += 1;
        }
    }
}
