//! A policy document without its wildcards. Knows the language of documents; nothing of roles or steps.

use serde_json::{Value, json};

use konecta_core::facts::{covers, wildcard};

/// Which wildcards go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those on every resource.
    Everywhere,
    /// Those on any.
    Anywhere,
}

/// Whether a statement of a document allows an action, on whatever resource and whatever a denial takes back.
pub(super) fn allows(document: &Value, action: &str) -> bool {
    let statements =
        document["Statement"].as_array().map_or_else(|| vec![&document["Statement"]], |list| list.iter().collect());
    let names = |patterns: &Value| {
        let one = patterns.as_str().into_iter();
        let many = patterns.as_array().into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).any(|pattern| covers(&pattern.to_lowercase(), &action.to_lowercase()))
    };
    statements.into_iter().any(|statement| {
        let named = match statement.get("NotAction") {
            Some(others) => !names(others),
            None => names(&statement["Action"]),
        };
        statement["Effect"] == "Allow" && named
    })
}

/// The document without actions that name nothing; `None` where no statement is left.
pub(super) fn narrowed(document: &Value, reach: Reach, account: &str) -> Option<Value> {
    let statements = match &document["Statement"] {
        Value::Array(list) => list.clone(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![other.clone()]
        }
    };
    let left: Vec<Value> = statements.into_iter().filter_map(|statement| narrow(statement, reach, account)).collect();
    if left.is_empty() {
        return None;
    }
    let mut document = document.clone();
    document["Statement"] = json!(left);
    Some(document)
}

fn narrow(mut statement: Value, reach: Reach, account: &str) -> Option<Value> {
    if statement["Effect"] != "Allow" {
        return Some(statement);
    }
    let goes = |action: Option<&str>, statement: &Value| {
        let (is_wildcard, is_everywhere) = wildcard(statement, action, account);
        is_wildcard && (reach == Reach::Anywhere || is_everywhere)
    };
    if statement.get("NotAction").is_some() {
        return (!goes(None, &statement)).then_some(statement);
    }
    let whole = statement.clone();
    let named = |action: &Value| !action.as_str().is_some_and(|action| goes(Some(action), &whole));
    match &mut statement["Action"] {
        Value::Array(actions) => {
            actions.retain(named);
            (!actions.is_empty()).then_some(statement)
        }
        one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            named(one).then_some(statement)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    #[test]
    fn named_actions_and_other_statements_stay() {
        let fine = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        let mixed = json!({"Effect": "Allow", "Action": ["ec2:DescribeTags", "ecr:*", "sqs:?*"], "Resource": "*"});
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        let after = narrowed(&document(json!([fine, mixed, deny])), Reach::Anywhere, "123456789012").expect("left");
        let kept = json!({"Effect": "Allow", "Action": ["ec2:DescribeTags"], "Resource": "*"});
        assert_eq!(after["Statement"], json!([fine, kept, deny]));
    }

    #[test]
    fn what_is_nothing_but_wildcards_goes_as_a_whole() {
        for statement in [
            json!({"Effect": "Allow", "Action": "*:*", "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": ["iam:CreateUser"], "Resource": "*"}),
            json!([{"Effect": "Allow", "Action": ["ec2:*"], "NotResource": "arn:aws:ec2:::x"}]),
        ] {
            assert_eq!(narrowed(&document(statement), Reach::Everywhere, "123456789012"), None);
        }
    }

    #[test]
    fn a_wildcard_on_named_resources_goes_only_where_that_is_asked() {
        let all = document(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}));
        assert_eq!(narrowed(&all, Reach::Everywhere, "123456789012"), None, "no bucket is named");
        let bounded = document(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::konecta-logs/*"}));
        assert!(narrowed(&bounded, Reach::Everywhere, "123456789012").is_some());
        assert_eq!(narrowed(&bounded, Reach::Anywhere, "123456789012"), None);
    }
}
