//! Whether two values say the same: a set in another order, a range written another way, a policy with one action as
//! text or as a list, a number as text, nothing said and the default. Knows nothing of AWS's types.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

/// Whether a value that is declared means what is live. What is not there and what is empty, zero or off are the same:
/// the provider writes the one where AWS says the other.
pub(crate) fn is_same(declared: Option<&Value>, live: Option<&Value>) -> bool {
    let is_nothing = |value: Option<&Value>| value.is_none_or(|value| plain(value) == Value::Null);
    match (is_nothing(declared), is_nothing(live), declared, live) {
        (true, true, _, _) => true,
        (false, false, Some(declared), Some(live)) => plain(declared) == plain(live),
        (_, _, _, _) => false,
    }
}

/// A value in the one way of writing it that all ways of writing it come to.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(false) => Value::Null,
        Value::Bool(true) => Value::String("true".to_owned()),
        Value::Number(number) if number.as_f64() == Some(0.0) => Value::Null,
        Value::Number(number) => Value::String(number.to_string()),
        Value::String(text) => text_plain(text),
        Value::Array(items) => set(items),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), plain(member)));
            let said: BTreeMap<String, Value> = members.filter(|(_, member)| !member.is_null()).collect();
            if said.is_empty() { Value::Null } else { Value::Object(said.into_iter().collect()) }
        }
    }
}

fn text_plain(text: &str) -> Value {
    let trimmed = text.trim();
    if matches!(trimmed, "" | "false" | "0") {
        return Value::Null;
    }
    if trimmed.starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str::<Value>(trimmed)
    {
        return plain(&document);
    }
    if let Ok(range) = trimmed.parse::<IpNet>() {
        return Value::String(range.trunc().to_string());
    }
    if let Ok(address) = trimmed.parse::<IpAddr>() {
        return Value::String(IpNet::from(address).to_string());
    }
    // The provider takes the numbers of protocols as well as their names.
    Value::String(match trimmed {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        other => other.to_owned(),
    })
}

/// The order of a list says nothing in what is compared here, and a list of one is what is in it.
fn set(items: &[Value]) -> Value {
    let mut items: Vec<Value> = items.iter().map(plain).filter(|item| !item.is_null()).collect();
    items.sort_by_key(Value::to_string);
    items.dedup();
    match items.len() {
        0 => Value::Null,
        1 => items.remove(0),
        _ => Value::Array(items),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        for (declared, live) in [
            (json!(["b", "a"]), json!(["a", "b"])),
            (json!("10.0.0.1/8"), json!("10.0.0.0/8")),
            (json!("2001:DB8:0::/32"), json!("2001:db8::/32")),
            (json!(443), json!("443")),
            (json!(true), json!("true")),
            (json!("tcp"), json!("6")),
            (json!(null), json!("")),
            (json!(false), json!(null)),
            (json!([]), json!(null)),
            (json!([{"a": null}]), json!(null)),
            (
                json!("{\"Statement\": [{\"Action\": [\"s3:Get\"], \"B\": 1}]}"),
                json!({"Statement": {"B": 1, "Action": "s3:Get"}}),
            ),
        ] {
            assert!(is_same(Some(&declared), Some(&live)), "{declared} {live}");
            assert!(is_same(Some(&live), Some(&declared)), "{live} {declared}");
        }
        assert!(is_same(None, Some(&json!(false))));
    }

    #[test]
    fn what_means_another_thing_is_not() {
        for (declared, live) in [
            (json!(true), json!(false)),
            (json!(true), json!(null)),
            (json!(["a"]), json!(["a", "b"])),
            (json!("10.0.0.0/8"), json!("10.0.0.0/9")),
            (json!("{\"a\": 1}"), json!("{\"a\": 2}")),
            (json!(7), json!(3)),
        ] {
            assert!(!is_same(Some(&declared), Some(&live)), "{declared} {live}");
        }
    }
}
