//! XML bodies (query, ec2 and rest-xml) by the shape table.
//! Knows nothing of HTTP.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

use super::shapes::{MemberLocation, Operation, Protocol, Ref, Shape, Table};
use super::{MAX_DEPTH, WireError, timestamp};

/// Attributes of one element; AWS sends a namespace or a type. The parser compares each with every other.
const MOST_ATTRIBUTES: usize = 64;

/// Whether some element has absurdly many attributes.
fn is_crowded(text: &str) -> bool {
    let (mut attributes, mut inside, mut quote) = (0, false, None);
    for byte in text.bytes() {
        match (byte, quote) {
            (b'"' | b'\'', None) if inside => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'<', None) => (attributes, inside) = (0, true),
            (b'>', None) => inside = false,
            (b'=', None) if inside => attributes += 1,
            (_, None) => {}
        }
        if attributes > MOST_ATTRIBUTES {
            return true;
        }
    }
    false
}

/// The whole body of an answer.
pub(super) fn decode_body(table: &Table, name: &str, operation: &Operation, body: &[u8]) -> Result<Value, WireError> {
    if operation.output == Ref::Nothing && table.protocol == Protocol::RestXml && body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let syntax = |reason: String| WireError::Syntax { format: "XML", reason };
    let text = std::str::from_utf8(body).map_err(|error| syntax(error.to_string()))?;
    if is_crowded(text) {
        return Err(syntax(format!("an element has more than {MOST_ATTRIBUTES} attributes")));
    }
    let document = Document::parse(text).map_err(|error| syntax(error.to_string()))?;
    let root = document.root_element();
    let tag = root.tag_name().name();
    let response = format!("{name}Response");
    let expect = |expected: &str| {
        Err(WireError::Foreign { expected: expected.to_owned(), found: tag.chars().take(60).collect() })
    };

    let start = match (table.protocol, &operation.payload, &operation.wrapper) {
        (Protocol::RestXml, Some(member), _) => {
            // The body is that one member; CloudFront calls its element now by the member, now by the result.
            let fits = [member.as_str(), &response, &format!("{name}Result")].contains(&tag);
            if !fits {
                return expect(member);
            }
            return payload(table, operation, member, root);
        }
        (_, _, _) if tag != response => return expect(&response),
        (Protocol::Query, _, Some(wrapper)) => match children(root).find(|node| node.tag_name().name() == wrapper) {
            Some(node) => node,
            None => return Err(WireError::Foreign { expected: wrapper.clone(), found: "nothing".to_owned() }),
        },
        (_, _, _) => root,
    };
    decode(table, &operation.output, &[start], 0)
}

fn payload(table: &Table, operation: &Operation, name: &str, root: Node<'_, '_>) -> Result<Value, WireError> {
    let missing = || WireError::NoTable(format!("the payload {name}"));
    let Ref::Named(output) = &operation.output else { return Err(missing()) };
    let Shape::Structure(members) = table.shape(output)? else { return Err(missing()) };
    let member = members.get(name).ok_or_else(missing)?;
    let value = decode(table, &member.kind, &[root], 0).map_err(|error| error.within(name))?;
    Ok(Value::Object(Map::from_iter([(name.to_owned(), value)])))
}

fn children<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// Several nodes where an element is repeated; only flattened lists and maps may be.
fn decode(table: &Table, kind: &Ref, nodes: &[Node<'_, '_>], depth: usize) -> Result<Value, WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooDeep);
    }
    let [node] = nodes else { return Err(WireError::wrong("one element", "a repeated one")) };
    match kind {
        Ref::Nothing => Ok(Value::Object(Map::new())),
        Ref::Named(name) => decode_named(table, name, *node, depth),
        Ref::String | Ref::Blob | Ref::Document => Ok(Value::String(text(*node)?)),
        Ref::Policy => Ok(policy(&text(*node)?)),
        Ref::Boolean => match text(*node)?.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            // The CLI takes everything else for `false`; what we do not understand we do not judge.
            _ => Err(WireError::wrong("true or false", "other text")),
        },
        Ref::Integer => match text(*node)?.trim().parse::<i64>() {
            Ok(number) => Ok(Value::from(number)),
            Err(_) => Err(WireError::wrong("a whole number", "other text")),
        },
        Ref::Float => match text(*node)?.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::from(number)),
            Ok(_) | Err(_) => Err(WireError::wrong("a number", "other text")),
        },
        Ref::Timestamp => match timestamp::from_text(&text(*node)?) {
            Some(time) => Ok(Value::String(time)),
            None => Err(WireError::wrong("a time", "other text")),
        },
    }
}

fn decode_named(table: &Table, name: &str, node: Node<'_, '_>, depth: usize) -> Result<Value, WireError> {
    match table.shape(name)? {
        Shape::Structure(members) => {
            let mut result = Map::new();
            for (name, member) in members {
                if member.place != MemberLocation::Body {
                    continue;
                }
                let wire_name = member.wire_name(name);
                let sent: Vec<Node<'_, '_>> =
                    children(node).filter(|child| child.tag_name().name() == wire_name).collect();
                if sent.is_empty() {
                    continue;
                }
                let value = if let (Ref::Named(shape), true) = (&member.kind, member.flat) {
                    decode_flat(table, shape, &sent, depth + 1)
                } else {
                    decode(table, &member.kind, &sent, depth + 1)
                };
                result.insert(name.clone(), value.map_err(|error| error.within(name))?);
            }
            Ok(Value::Object(result))
        }
        Shape::List(element) => list(table, element, children(node), depth),
        Shape::Map { value, names } => map(table, value, names, children(node), depth),
    }
}

/// A flattened list or map: its elements stand where the list would.
fn decode_flat(table: &Table, name: &str, nodes: &[Node<'_, '_>], depth: usize) -> Result<Value, WireError> {
    match table.shape(name)? {
        Shape::List(element) => list(table, element, nodes.iter().copied(), depth),
        Shape::Map { value, names } => map(table, value, names, nodes.iter().copied(), depth),
        Shape::Structure(_) => decode(table, &Ref::Named(name.to_owned()), nodes, depth),
    }
}

fn list<'a, 'input: 'a>(
    table: &Table,
    element: &Ref,
    nodes: impl Iterator<Item = Node<'a, 'input>>,
    depth: usize,
) -> Result<Value, WireError> {
    nodes
        .enumerate()
        .map(|(index, node)| {
            decode(table, element, &[node], depth + 1).map_err(|error| error.within(&format!("[{index}]")))
        })
        .collect()
}

fn map<'a, 'input: 'a>(
    table: &Table,
    kind: &Ref,
    [key_name, value_name]: &[String; 2],
    entries: impl Iterator<Item = Node<'a, 'input>>,
    depth: usize,
) -> Result<Value, WireError> {
    let mut result = Map::new();
    for entry in entries {
        let part = |wanted: &str| children(entry).find(|child| child.tag_name().name() == wanted);
        let (Some(key), Some(value)) = (part(key_name), part(value_name)) else {
            return Err(WireError::wrong("a key and a value", "another entry"));
        };
        let key = text(key)?;
        let value = decode(table, kind, &[value], depth + 1).map_err(|error| error.within(&key))?;
        result.insert(key, value);
    }
    Ok(Value::Object(result))
}

/// The text of an element; an empty element is empty text.
fn text(node: Node<'_, '_>) -> Result<String, WireError> {
    if children(node).next().is_some() {
        return Err(WireError::wrong("text", "elements"));
    }
    Ok(node.children().filter(Node::is_text).filter_map(|part| part.text()).collect())
}

/// IAM writes policy documents URL-encoded. What does not decode stays text, as in the CLI: a control that
/// looks into it finds nothing there and says *unknown*.
pub(super) fn policy(text: &str) -> Value {
    let decoded = percent_decode(text);
    match serde_json::from_str(&decoded) {
        Ok(document) => document,
        Err(_) => Value::String(text.to_owned()),
    }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
            (_, _) => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
