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
use crate::step::{Call, Edit, Effect};
use crate::terraform_state::is_unmistakable;

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

/// Whether a parameter of a call, or of what it reads to amend it, names what the change is about; what is made and gets its id
/// from AWS is named by what it is looked for in, such as the VPC of a flow log.
fn speaks_of(call: &Call, change: &Change) -> bool {
    let expected = change.expects.iter().map(|expected| expected.arn.as_str());
    let arns: Vec<&str> = std::iter::once(change.resource.arn.as_str()).chain(expected).collect();
    let mut sought: BTreeSet<String> = BTreeSet::new();
    let mut seek = |text: &str| sought.extend([text.to_owned()]);
    for effect in &change.effects {
        if let Effect::Created { exists, .. } = effect {
            each_text(&exists.parameters, &mut seek);
            exists.matching.values().for_each(|value| each_text(value, &mut seek));
        }
    }
    let mut is_named = false;
    let mut look = |text: &str| {
        is_named |= arns.iter().any(|arn| names(arn, text)) || is_unmistakable(text) && sought.contains(text);
    };
    each_text(&call.parameters, &mut look);
    if let Some(amend) = &call.amend {
        each_text(&amend.parameters, &mut look);
    }
    is_named
}

fn each_text(value: &Value, see: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(list) => list.iter().for_each(|each| each_text(each, see)),
        Value::Object(map) => map.values().for_each(|each| each_text(each, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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

    /// A flow log gets its id from AWS: its call names the VPC, and so does what it is looked for by.
    #[test]
    fn what_is_made_is_named_by_what_it_is_looked_for_in() {
        let log = json!({"arn": "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/fl-vpc-0a1b2c3d4e5f60718",
            "resourceType": "AWS::EC2::FlowLog", "accountId": "123456789012", "region": "us-east-1"});
        let find = json!({"service": "ec2", "operation": "DescribeFlowLogs", "parameters": {}, "list": "/FlowLogs",
            "matching": {"/ResourceId": "vpc-0a1b2c3d4e5f60718", "/TrafficType": "ALL"}, "take": "/FlowLogId", "planned": "x"});
        let mut plan = plan();
        let change = &mut plan.changes[0];
        change.parts[0].fix = "ec2.flow_logs".parse().expect("an id");
        change.resource = serde_json::from_value(log.clone()).expect("a reference");
        change.effects = serde_json::from_value(json!([{"kind": "created", "exists": find,
            "resource": {"reference": log, "id": "x", "body": {"configuration": {}}}}]))
        .expect("effects");
        change.call =
            Call::new("ec2", "CreateFlowLogs", json!({"ResourceIds": ["vpc-0a1b2c3d4e5f60718"], "TrafficType": "ALL"}));
        change.inverse = vec![Call::new("ec2", "DeleteFlowLogs", json!({"FlowLogIds": [{"$find": find}]}))];
        plan.is_within_remedies().expect("it is within");
        plan.changes[0].call.parameters["ResourceIds"] = json!(["vpc-00000000000000000"]);
        assert!(plan.is_within_remedies().expect_err("another VPC").to_string().contains("does not name"));
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
