//! Whether a change does no more than its remedies could. A journal is data of whoever can write it, and a run that is
//! gone on with or taken back makes the calls that stand in it.
//!
//! What is held against each other: the remedies that the change names, the IAM actions that those declare, the call, its
//! way back, and what both say that they touch. What is still to be made is held against what the remedies propose as well
//! (`proposed`). The *values* that a way back sets are what was there before the run, which
//! nobody but the journal remembers: they are shown before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Change, Plan, PlanError};
use crate::grants::changes;
use crate::registry::remedy;
use crate::step::{Call, Edit};

impl Plan {
    /// Whether each change is one that the remedies it names could have proposed, with a way back that belongs to it.
    ///
    /// # Errors
    /// When a call, or one of the way back, is none of theirs, or speaks of another resource.
    pub fn is_within_remedies(&self) -> Result<(), PlanError> {
        self.names_each_once()?;
        self.changes.iter().try_for_each(|change| {
            within(change).map_err(|why| PlanError::NotOfRemedies {
                change: change.id.clone(),
                title: change.title(),
                why,
            })
        })
    }
}

fn within(change: &Change) -> Result<(), String> {
    let mut allowed: BTreeSet<&str> = BTreeSet::new();
    for part in &change.parts {
        let fix = part.fix.as_str();
        allowed.extend(remedy(fix).ok_or_else(|| format!("there is no remedy {fix}"))?.actions);
    }
    let (touched, account) = (targets(change), change.resource.account_id.as_str());
    for call in std::iter::once(&change.call).chain(&change.inverse) {
        let action = format!("{}:{}", prefix(&call.service), call.operation);
        if !allowed.contains(action.as_str()) {
            return Err(format!("no remedy of it calls {action}"));
        }
        if let Some(other) = foreign(&call.parameters, account) {
            return Err(format!("{} speaks of {other}, in another account", call.operation));
        }
        if !knows_no_resource(&action) && !speaks_of(call, change) {
            return Err(format!("{} does not name {}", call.operation, change.resource.arn));
        }
    }
    for back in &change.inverse {
        belongs(&change.call, back, &touched).map_err(|why| format!("its way back, {}, {why}", back.operation))?;
    }
    Ok(())
}

/// Whether a call is about a whole account or region: no parameter of it names a resource.
fn knows_no_resource(action: &str) -> bool {
    let wide = changes().values().filter(|grant| grant.resources.iter().any(|resource| resource == "*"));
    wide.flat_map(|grant| &grant.actions).any(|known| known.as_str() == action)
}

/// Whether a parameter of a call, or of what it reads to amend it, names what the change is about.
fn speaks_of(call: &Call, change: &Change) -> bool {
    let arns: Vec<&str> = std::iter::once(change.resource.arn.as_str())
        .chain(change.expects.iter().map(|expected| expected.arn.as_str()))
        .collect();
    let read = call.amend.as_ref().map(|amend| &amend.parameters);
    std::iter::once(&call.parameters).chain(read).any(|value| holds_name(value, &arns))
}

fn holds_name(value: &Value, arns: &[&str]) -> bool {
    match value {
        Value::String(text) => arns.iter().any(|arn| names(arn, text)),
        Value::Array(list) => list.iter().any(|each| holds_name(each, arns)),
        Value::Object(map) => map.values().any(|each| holds_name(each, arns)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The prefix of a service's IAM actions.
fn prefix(service: &str) -> &str {
    if service == "elbv2" { "elasticloadbalancing" } else { service }
}

/// An ARN of another account.
fn foreign<'a>(value: &'a Value, account: &str) -> Option<&'a str> {
    match value {
        Value::String(text) => {
            let owner = text.starts_with("arn:").then(|| text.split(':').nth(4)).flatten()?;
            (!owner.is_empty() && owner != account && owner != "aws").then_some(text)
        }
        Value::Array(list) => list.iter().find_map(|each| foreign(each, account)),
        Value::Object(map) => map.values().find_map(|each| foreign(each, account)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The parameters of the call that name what it touches: each text that stands in the ARN of a touched resource.
fn targets(change: &Change) -> BTreeMap<&str, &str> {
    let arns: Vec<String> = change
        .effects
        .iter()
        .map(|effect| effect.resource().arn.to_string())
        .chain([change.resource.arn.to_string()])
        .collect();
    let named = change.call.parameters.as_object().into_iter().flatten().filter_map(|(key, value)| {
        let text = value.as_str().filter(|text| arns.iter().any(|arn| names(arn, text)))?;
        Some((key.as_str(), text))
    });
    named.collect()
}

/// Whether a text is an ARN, or the last part of it, or one between its separators.
fn names(arn: &str, text: &str) -> bool {
    arn == text || arn.split([':', '/']).any(|part| part == text) || (text.contains('/') && arn.ends_with(text))
}

/// Whether a call of the way back is about what the call was about.
fn belongs(call: &Call, back: &Call, touched: &BTreeMap<&str, &str>) -> Result<(), String> {
    for (key, value) in back.parameters.as_object().into_iter().flatten() {
        if let (Some(named), Some(text)) = (touched.get(key.as_str()), value.as_str())
            && *named != text
        {
            return Err(format!("is about {text}, and the change about {named}"));
        }
        let is_new = call.parameters.get(key).is_none();
        if is_new && call.service == back.service && call.operation == back.operation {
            return Err(format!("sets {key}, which the change does not"));
        }
    }
    match (&call.amend, &back.amend) {
        (Some(there), Some(home)) if (call.operation == back.operation) => {
            let same = (&there.read, &there.parameters, &there.member, &there.token, &there.spread)
                == (&home.read, &home.parameters, &home.member, &home.token, &home.spread);
            let same = same && home.edits.iter().all(|edit| is_reverse_of(edit, &there.edits));
            if same { Ok(()) } else { Err("does not put back what the change sets".to_owned()) }
        }
        (None, Some(_)) => Err("amends what the change does not".to_owned()),
        (_, _) => Ok(()),
    }
}

/// Whether an edit of the way back undoes one of the change, at the same place or within it; or is one that every write
/// makes, such as the empty description that `UpdateWebACL` does not take back.
fn is_reverse_of(edit: &Edit, edits: &[Edit]) -> bool {
    edits.contains(edit)
        || edits.iter().any(|there| {
            let Some(rest) = edit.path.strip_prefix(there.path.as_str()) else { return false };
            let at = |value: &Option<Value>| value.as_ref().and_then(|value| value.pointer(rest)).cloned();
            (rest.is_empty() || rest.starts_with('/'))
                && at(&there.after) == edit.before
                && at(&there.before) == edit.after
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan() -> Plan {
        let database = json!({"arn": "arn:aws:rds:us-east-1:123456789012:db:erp", "resourceType": "AWS::RDS::DBInstance",
            "accountId": "123456789012", "region": "us-east-1"});
        let call = |protected: bool| {
            json!({"service": "rds", "operation": "ModifyDBInstance", "parameters":
                {"DBInstanceIdentifier": "erp", "DeletionProtection": protected, "ApplyImmediately": true}})
        };
        let plan = json!({"version": 1, "tool": "konecta-audit 0", "createdAt": "2026-11-23T12:00:00Z",
            "expiresAt": "2026-11-23T13:00:00Z", "account": "123456789012", "regions": ["us-east-1"], "sha256": "0",
            "refusals": [], "changes": [{"id": "c1", "class": "A", "parts": [{"key": "k", "fix": "rds.deletion_protection",
            "title": "Protect it"}], "resource": database, "controls": ["KA-RDS-007"], "verifies": [], "reads": [],
            "expects": [], "inverse": [call(false)], "actions": [], "effects": [{"kind": "amended", "resource": database,
            "edits": [{"path": "/configuration/DeletionProtection", "before": false, "after": true}]}], "consequences": [],
            "needs": [], "requires": [], "call": call(true), "waits": []}]});
        serde_json::from_value(plan).expect("a plan")
    }

    #[test]
    fn a_change_of_its_remedy_is_within_it() {
        plan().is_within_remedies().expect("it is within");
    }

    #[test]
    fn an_id_stands_once() {
        let mut plan = plan();
        plan.changes.push(plan.changes[0].clone());
        let error = plan.is_within_remedies().expect_err("forged").to_string();
        assert!(error.contains("there are two changes c1"), "{error}");
    }

    #[test]
    fn what_no_remedy_could_have_said_is_refused() {
        type Forgery = (fn(&mut Change), &'static str);
        let forgeries: [Forgery; 9] = [
            (
                |change| change.parts[0].fix = "rds.everything".parse().expect("an id"),
                "there is no remedy rds.everything",
            ),
            (
                |change| change.call.operation = "DeleteDBInstance".to_owned(),
                "no remedy of it calls rds:DeleteDBInstance",
            ),
            (|change| change.inverse[0].service = "iam".to_owned(), "no remedy of it calls iam:ModifyDBInstance"),
            (
                |change| change.inverse[0].parameters["DBInstanceIdentifier"] = json!("hr"),
                "ModifyDBInstance does not name",
            ),
            (
                |change| {
                    change.call.parameters["DBInstanceIdentifier"] = json!("hr");
                    change.inverse[0].parameters["DBInstanceIdentifier"] = json!("hr");
                },
                "ModifyDBInstance does not name arn:aws:rds:us-east-1:123456789012:db:erp",
            ),
            (|change| change.needs = vec!["c2".to_owned()], "c1 needs c2, which does not come before it"),
            (|change| change.inverse[0].parameters["MasterUserPassword"] = json!("mine"), "sets MasterUserPassword"),
            (
                |change| {
                    change.inverse[0].parameters["DeletionProtection"] =
                        json!("arn:aws:kms:us-east-1:999999999999:key/1")
                },
                "in another account",
            ),
            (
                |change| {
                    change.inverse[0].amend =
                        serde_json::from_value(json!({"read": "DescribeDBInstances", "parameters": {},
                        "member": "x", "token": null, "edits": []}))
                        .expect("an amendment");
                },
                "amends what the change does not",
            ),
        ];
        for (forge, told) in forgeries {
            let mut plan = plan();
            forge(&mut plan.changes[0]);
            let error = plan.is_within_remedies().expect_err("forged").to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
