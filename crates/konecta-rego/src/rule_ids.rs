//! Ids of rules within facts: facts name them so that a violation can tell which rule is to blame, and no two resources
//! have the same. Knows how JSON without blanks is written; knows nothing of what the facts say.
//!
//! Two texts of one shape differ in these ids only. A control that does not look at them says the same of both.

use std::borrow::Cow;

/// The members that hold ids: one, or a list.
pub(super) const MEMBERS: [&str; 2] = ["rule", "rules"];

/// The text without its ids; they stay apart from each other by where they stand.
pub(super) fn shape(text: &str) -> Cow<'_, str> {
    let mut shape = String::new();
    let mut kept = 0;
    each(text, &mut |begin, end| {
        shape.push_str(&text[kept..begin]);
        kept = end;
    });
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    shape.push_str(&text[kept..]);
    Cow::Owned(shape)
}

/// Whether one of the ids in a text stands in another text.
pub(super) fn any_stands_in(text: &str, other: &str) -> bool {
    let mut stands = false;
    each(text, &mut |begin, end| stands |= other.contains(&text[begin..end]));
    stands
}

/// Shows where the ids stand, without their quotes.
fn each(text: &str, see: &mut dyn FnMut(usize, usize)) {
    let mut at = 0;
    // Within a string a quote has a backslash before it, so this is a member's name wherever it stands.
    while let Some(found) = text[at..].find("\"rule") {
        at += found + "\"rule".len();
        let rest = &text[at..];
        if rest.starts_with("\":\"") {
            at += 3;
            let Some(end) = string_end(text, at) else { return };
            see(at, end);
            at = end;
        } else if rest.starts_with("s\":[\"") {
            at += 6;
            while let Some(end) = string_end(text, at) {
                see(at, end);
                at = end;
                let Some(next) = text[end..].strip_prefix("\",\"") else { break };
                at = text.len() - next.len();
            }
        }
    }
}

/// Where a string ends that began before.
fn string_end(text: &str, begin: usize) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().enumerate().skip(begin).find_map(|(at, byte)| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &serde_json::Value) -> String {
        shape(&value.to_string()).into_owned()
    }

    #[test]
    fn what_differs_in_ids_only_has_one_shape() {
        let open = |rules: &[&str]| of(&json!([{"from": 22, "rules": rules, "sources": ["0.0.0.0/0"]}]));
        assert_eq!(open(&["sgr-1", "sgr-2"]), open(&["sgr-3", "s\"g\\"]));
        assert_ne!(open(&["sgr-1", "sgr-2"]), open(&["sgr-3"]));
        let source = |rule: &str| of(&json!([{"kind": "cidr", "rule": rule, "to": 1}]));
        assert_eq!(source("sgr-1"), source("sgr-\\"));
        assert_eq!(source("sgr-1"), r#"[{"kind":"cidr","rule":"","to":1}]"#);
    }

    #[test]
    fn what_holds_no_ids_keeps_its_text() {
        for value in
            [json!({"rules": [{"Name": "a"}], "rule": {"b": 1}, "ruler": "x"}), json!("\"rule\":\"a\""), json!([])]
        {
            assert_eq!(of(&value), value.to_string());
        }
        assert_eq!(of(&json!({"rules": [], "rule": null})), r#"{"rule":null,"rules":[]}"#);
    }

    #[test]
    fn an_id_in_an_answer_is_found() {
        let text = json!([{"rules": ["sgr-1", "sgr-2"]}]).to_string();
        assert!(any_stands_in(&text, "open by sgr-2"));
        assert!(!any_stands_in(&text, "open by sgr-3"));
    }
}
