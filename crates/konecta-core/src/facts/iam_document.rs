//! A policy document of IAM in one form, however it was written: scalars of any JSON type as text, one or many as a list,
//! keys without case, operators taken apart. Knows the grammar; nothing of who is trusted or what is too much.
//!
//! A statement that is not wholly understood is none of the statements: it is told apart, so that it neither protects nor
//! proves anything.

use serde_json::{Map, Value};

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Patterns that a statement speaks of, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// Whom a statement names: `("AWS", "*")`.
pub(crate) type Principal = (String, String);

/// Whom a statement speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principals {
    /// It is a policy of an identity, and speaks of that one.
    Unnamed,
    Only(Vec<Principal>),
    AllBut(Vec<Principal>),
}

/// How the values of a request are held against a condition's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    One,
    Any,
    All,
}

/// One key of one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) quantifier: Quantifier,
    /// In lower case, without `…IfExists`.
    pub(crate) operator: String,
    pub(crate) if_exists: bool,
    /// In lower case.
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// One statement, wholly understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its place in the document.
    pub(crate) at: usize,
    pub(crate) effect: Effect,
    pub(crate) principals: Principals,
    /// In lower case: IAM does not look at the case of actions.
    pub(crate) actions: Extent,
    pub(crate) resources: Option<Extent>,
    pub(crate) conditions: Vec<Condition>,
}

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
    /// The places of statements that are not understood.
    pub(crate) doubtful: Vec<usize>,
}

impl Document {
    /// A document as an API sends it: an object, or text that may be URL-encoded. `None` where it is no document.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let decoded;
        let value = match value {
            Value::String(text) => {
                decoded = serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&unescaped(text)?).ok())?;
                &decoded
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value,
        };
        let statements = match member(value.as_object()?, "Statement").ok()?? {
            Value::Array(list) => list.iter().collect(),
            one @ Value::Object(_) => vec![one],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        if statements.is_empty() {
            return None;
        }
        let mut document = Self::default();
        for (at, statement) in statements.into_iter().enumerate() {
            match read(at, statement) {
                Some(statement) => document.statements.push(statement),
                None => document.doubtful.push(at),
            }
        }
        Some(document)
    }

    pub(crate) fn with(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.effect == effect)
    }
}

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

fn read(at: usize, value: &Value) -> Option<Statement> {
    let members = value.as_object()?;
    if !members.keys().all(|key| ELEMENTS.iter().any(|element| element.eq_ignore_ascii_case(key))) {
        return None;
    }
    let effect = match member(members, "Effect").ok()??.as_str()? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return None,
    };
    let actions = match extent(members, "Action", "NotAction")?? {
        Extent::Only(list) => Extent::Only(lower(list)),
        Extent::AllBut(list) => Extent::AllBut(lower(list)),
    };
    let principals = match (member(members, "Principal").ok()?, member(members, "NotPrincipal").ok()?) {
        (None, None) => Principals::Unnamed,
        (Some(who), None) => Principals::Only(named(who)?),
        (None, Some(who)) => Principals::AllBut(named(who)?),
        (Some(_), Some(_)) => return None,
    };
    let resources = extent(members, "Resource", "NotResource")?;
    let conditions = match member(members, "Condition").ok()? {
        Some(block) => conditions(block)?,
        None => Vec::new(),
    };
    Some(Statement { at, effect, principals, actions, resources, conditions })
}

fn lower(list: Vec<String>) -> Vec<String> {
    list.into_iter().map(|text| text.to_lowercase()).collect()
}

/// A member whatever its case; an error where two differ in nothing else.
fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, ()> {
    let mut found = members.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(()),
    }
}

/// The outer `None` is what is not understood, the inner one what was not said.
fn extent(members: &Map<String, Value>, only: &str, but: &str) -> Option<Option<Extent>> {
    let list = |value: &Value| texts(value).filter(|list| !list.is_empty());
    match (member(members, only).ok()?, member(members, but).ok()?) {
        (None, None) => Some(None),
        (Some(value), None) => Some(Some(Extent::Only(list(value)?))),
        (None, Some(value)) => Some(Some(Extent::AllBut(list(value)?))),
        (Some(_), Some(_)) => None,
    }
}

fn named(value: &Value) -> Option<Vec<Principal>> {
    if let Value::Object(kinds) = value {
        let mut all = Vec::new();
        for (kind, ids) in kinds {
            all.extend(texts(ids)?.into_iter().map(|id| (kind.clone(), id)));
        }
        return Some(all).filter(|all| !all.is_empty());
    }
    (value.as_str()? == "*").then(|| vec![("AWS".to_owned(), "*".to_owned())])
}

fn conditions(block: &Value) -> Option<Vec<Condition>> {
    let mut all = Vec::new();
    for (spelled, keys) in block.as_object()? {
        let spelled = spelled.to_lowercase();
        let (quantifier, rest) = match spelled.split_once(':') {
            None => (Quantifier::One, spelled.as_str()),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(_) => return None,
        };
        let (operator, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |bare| (bare, true));
        for (key, values) in keys.as_object()? {
            let (operator, key) = (operator.to_owned(), key.to_lowercase());
            all.push(Condition { quantifier, operator, if_exists, key, values: texts(values)? });
        }
    }
    Some(all)
}

/// A scalar of any type, or a list of such, as texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(list) => list.iter().map(scalar).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Some(vec![scalar(value)?])
        }
    }
}

/// IAM takes numbers and Booleans without quotes.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Text in which `%7B` stands for `{`.
fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            out.push(u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()?);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn one(statement: Value) -> Option<Statement> {
        Document::of(&json!({ "Statement": statement })).expect("document").statements.pop()
    }

    #[test]
    fn one_or_many_of_any_type_are_a_list_of_texts() {
        let allow = one(json!({"Effect": "Allow", "Action": "S3:Get*", "Principal": {"AWS": [123_456_789_012_u64]},
            "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericEquals": {"K": [1, "2"]}}}))
        .expect("statement");
        assert_eq!(allow.actions, Extent::Only(vec!["s3:get*".to_owned()]));
        assert_eq!(allow.principals, Principals::Only(vec![("AWS".to_owned(), "123456789012".to_owned())]));
        let values: Vec<&[String]> = allow.conditions.iter().map(|one| one.values.as_slice()).collect();
        assert_eq!(values, [["true".to_owned()].as_slice(), ["1".to_owned(), "2".to_owned()].as_slice()]);
        let listed = one(json!([{"effect": "Deny", "NOTACTION": ["iam:*"], "NotResource": "*", "Principal": "*"}]));
        assert_eq!(listed.expect("statement").actions, Extent::AllBut(vec!["iam:*".to_owned()]));
    }

    #[test]
    fn operators_are_taken_apart() {
        let statement = one(json!({"Effect": "Allow", "Action": "*",
            "Condition": {"ForAllValues:StringLikeIfExists": {"AWS:PrincipalOrgPaths": "o-1/*"}}}));
        let condition = statement.expect("statement").conditions.remove(0);
        assert_eq!((condition.quantifier, condition.if_exists), (Quantifier::All, true));
        assert_eq!((condition.operator.as_str(), condition.key.as_str()), ("stringlike", "aws:principalorgpaths"));
    }

    #[test]
    fn what_is_not_understood_is_told_apart() {
        for statement in [
            json!({"Action": "*"}),
            json!({"Effect": "allow", "Action": "*"}),
            json!({"Effect": "Allow"}),
            json!({"Effect": "Allow", "Action": []}),
            json!({"Effect": "Allow", "Action": null}),
            json!({"Effect": "Allow", "Action": "*", "NotAction": "s3:*"}),
            json!({"Effect": "Allow", "Action": "*", "action": "s3:*"}),
            json!({"Effect": "Allow", "Action": "*", "Principal": "123456789012"}),
            json!({"Effect": "Allow", "Action": "*", "Principal": {}}),
            json!({"Effect": "Allow", "Action": "*", "Condition": {"ForSome:StringEquals": {"k": "v"}}}),
            json!({"Effect": "Allow", "Action": "*", "Condition": {"StringEquals": {"k": {"v": 1}}}}),
            json!({"Effect": "Allow", "Action": "*", "Condition": null}),
            json!({"Effect": "Allow", "Action": "*", "Unless": {}}),
        ] {
            let document = Document::of(&json!({"Statement": [statement]})).expect("document");
            assert_eq!((document.statements.len(), document.doubtful.as_slice()), (0, [0].as_slice()), "{statement}");
        }
        for none in [json!(null), json!({}), json!({"Statement": []}), json!({"Statement": 1}), json!("%7"), json!("x")]
        {
            assert_eq!(Document::of(&none), None, "{none}");
        }
    }

    #[test]
    fn text_is_decoded() {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let plain = document.to_string();
        let escaped: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for text in [plain, escaped] {
            assert_eq!(Document::of(&json!(text)), Document::of(&document));
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_shape_is_too_much(text in ".{0,40}", key in "[A-Za-z]{1,9}", number in any::<i64>()) {
            let _ = Document::of(&json!(text.clone()));
            let wild = json!({"Statement": [{key.clone(): number, "Effect": text.clone(), "Action": [key, null]}, number, text]});
            prop_assert_eq!(Document::of(&wild).expect("document").doubtful, vec![0, 1, 2]);
        }

        #[test]
        fn one_is_a_list_of_one(action in "[a-z0-9]{1,5}:[A-Za-z*?]{1,8}", number in any::<u32>()) {
            let statement = |list: bool| {
                let wrap = |value: Value| if list { json!([value]) } else { value };
                json!({"Effect": "Deny", "Action": wrap(json!(action)), "Resource": wrap(json!("*")), "Principal": {"AWS": wrap(json!(number))},
                    "Condition": {"StringEquals": {"aws:PrincipalAccount": wrap(json!(number))}}})
            };
            prop_assert_eq!(one(statement(false)), one(json!([statement(true)])));
        }
    }
}
