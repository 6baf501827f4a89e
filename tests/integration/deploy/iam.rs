//! IAM's evaluation as far as the policies of `deploy/` go: allow and deny, wildcards, the conditions that are used here.
//! What it does not know fails the test rather than counting as allowed.

use serde_json::Value;

/// What is asked of a role.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) action: String,
    pub(super) resource: String,
    /// The request's context: keys of conditions and their values.
    pub(super) context: Vec<(String, String)>,
}

impl Request {
    pub(super) fn of(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: Vec::new() }
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.push((key.to_owned(), value.into()));
        self
    }
}

/// Whether a pattern names a text: `*` stands for any text, `?` for one character.
pub(super) fn names(pattern: &str, text: &str) -> bool {
    match pattern.split_once(['*', '?']) {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            let one = pattern.as_bytes()[head.len()] == b'?';
            let (shortest, longest) = if one { (1, 1) } else { (0, rest.len()) };
            (shortest..=longest).any(|skip| rest.get(skip..).is_some_and(|rest| names(tail, rest)))
        }),
    }
}

/// One value or several.
pub(super) fn each(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().map(|one| one.as_str().expect("a text")).collect(),
        other => panic!("neither a text nor texts: {other}"),
    }
}

fn holds(operator: &str, key: &str, wanted: &Value, request: &Request) -> bool {
    let here = request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str());
    let Some(here) = here else { return false };
    let wanted = each(wanted);
    match operator {
        "StringEquals" | "Bool" => wanted.contains(&here),
        "StringLike" | "ArnLike" | "ArnEquals" => wanted.iter().any(|pattern| names(pattern, here)),
        other => panic!("the evaluation does not know {other}"),
    }
}

fn applies(statement: &Value, request: &Request) -> bool {
    let known = ["Sid", "Effect", "Action", "Resource", "Condition", "Principal"];
    for key in statement.as_object().expect("a statement").keys() {
        assert!(known.contains(&key.as_str()), "the evaluation does not know {key}");
    }
    let action = request.action.to_lowercase();
    let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    each(&statement["Action"]).iter().any(|pattern| names(&pattern.to_lowercase(), &action))
        && statement.get("Resource").is_none_or(|all| each(all).iter().any(|one| names(one, &request.resource)))
        && conditions.into_iter().all(|(operator, keys)| {
            keys.as_object().expect("keys").iter().all(|(key, wanted)| holds(operator, key, wanted, request))
        })
}

/// Whether these statements allow a request: one allows it and none denies it.
pub(super) fn allows(statements: &[Value], request: &Request) -> bool {
    let with =
        |effect: &str| statements.iter().any(|statement| statement["Effect"] == effect && applies(statement, request));
    with("Allow") && !with("Deny")
}
