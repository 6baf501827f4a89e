//! KA-ECR-006: strangers go out of a repository's policy: the principal where a statement names others too, else the
//! statement. Knows the statements that the finding names; which principal is a stranger was decided there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::repository::{call, change};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit};
use konecta_base::finding::Finding;
use konecta_core::facts::scalar;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ecr.repository_policy",
    class: Class::B,
    actions: &["ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy"],
    propose,
};

const POLICY: &str = "/supplement/repositoryPolicy";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(repository) = context.subject(finding) else { return Proposal::default() };
    let Some(policy) = repository.at(POLICY) else { return Proposal::default() };
    let name = repository.id.as_str();
    let before: Vec<Value> = match &policy["Statement"] {
        Value::Array(list) => list.clone(),
        Value::Object(one) => vec![json!(one)],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Proposal::default(),
    };
    let mut strangers: BTreeMap<usize, BTreeSet<Option<&str>>> = BTreeMap::new();
    for violation in &finding.violations {
        let Some((at, what)) = named(&violation.path) else { continue };
        strangers.entry(at).or_default().insert(what);
    }
    // What the registry's policy lets in goes there, for all repositories at once: no step of one repository.
    if strangers.is_empty() {
        return Proposal::default();
    }
    let after = before.iter().enumerate().filter_map(|(at, statement)| {
        strangers.get(&at).map_or_else(|| Some(statement.clone()), |strangers| without(statement, strangers))
    });
    let after: Vec<Value> = after.collect();
    let set = |policy: &Value| call(name, "SetRepositoryPolicy", json!({"policyText": policy.to_string()}));
    let (edit, there) = if after.is_empty() {
        (Edit::new(POLICY, Some(policy.clone()), Some(Value::Null)), call(name, "DeleteRepositoryPolicy", json!({})))
    } else {
        let mut amended = policy.clone();
        amended["Statement"] = json!(after);
        let edit = Edit::new(format!("{POLICY}/Statement"), policy.get("Statement").cloned(), Some(json!(after)));
        (edit, set(&amended))
    };
    let title = format!("Take strangers out of the policy of {name}");
    let mut step = change(&REMEDY, repository, title, vec![edit], there, set(policy));
    step.consequences.push("whoever is not of a trusted account no longer pulls its images".to_owned());
    Proposal::step(step)
}

/// The statement that a violation speaks of, and the principal if it is one.
fn named(path: &str) -> Option<(usize, Option<&str>)> {
    let (at, rest) = path.strip_prefix("repositoryPolicy.Statement[")?.split_once(']')?;
    let principal = rest.strip_prefix(".Principal[").and_then(|rest| rest.strip_suffix(']'));
    Some((at.parse().ok()?, principal))
}

/// The statement without these principals; `None` where nobody would be left, or where it is not one principal that is
/// too much (`None` among the strangers: a `NotPrincipal`, a condition).
fn without(statement: &Value, strangers: &BTreeSet<Option<&str>>) -> Option<Value> {
    if strangers.contains(&None) {
        return None;
    }
    let is_stranger = |id: &Value| scalar(id).is_some_and(|id| strangers.contains(&Some(id.as_str())));
    let mut principals = statement["Principal"].as_object()?.clone();
    principals.retain(|_, ids| match ids {
        Value::Array(list) => {
            list.retain(|id| !is_stranger(id));
            !list.is_empty()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => !is_stranger(ids),
    });
    if principals.is_empty() {
        return None;
    }
    let mut statement = statement.clone();
    statement["Principal"] = json!(principals);
    Some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecr::testdata::repository;
    use crate::proof::World;

    fn allow(principal: Value) -> Value {
        json!({"Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"})
    }

    fn world(statements: Value) -> World {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let registry = json!({
            "resourceType": "AWS::ECR::RegistryPolicy", "resourceId": "123456789012", "region": "us-east-1",
            "arn": "arn:aws:ecr:us-east-1:123456789012:registry-policy",
            "configuration": {"registryId": "123456789012", "policyText": null},
        });
        let repository = repository("konecta-erp/auth", json!({"lifecyclePolicy": null, "repositoryPolicy": policy}));
        World::of(json!([repository, registry]))
    }

    const OWN: &str = "arn:aws:iam::123456789012:root";
    const FOREIGN: &str = "arn:aws:iam::999999999999:root";

    #[test]
    fn only_the_stranger_goes() {
        let neighbour = allow(json!({"AWS": OWN}));
        let before = json!([neighbour, allow(json!("*")), allow(json!({"AWS": [OWN, FOREIGN]}))]);
        let step = world(before.clone()).mended("KA-ECR-006", "/auth").remove(0);
        let sent = |call: &crate::Call| {
            serde_json::from_str::<Value>(call.parameters["policyText"].as_str().expect("text")).expect("json")
        };
        assert_eq!(sent(&step.call)["Statement"], json!([neighbour, allow(json!({"AWS": [OWN]}))]));
        assert_eq!(sent(&step.inverse[0]), json!({"Version": "2012-10-17", "Statement": before}));
    }

    #[test]
    fn a_policy_that_would_be_empty_is_deleted() {
        for statements in
            [json!([allow(json!("*"))]), json!(allow(json!({"AWS": "*"}))), json!([allow(json!({"AWS": FOREIGN}))])]
        {
            let step = world(statements).mended("KA-ECR-006", "/auth").remove(0);
            assert_eq!(step.call.operation, "DeleteRepositoryPolicy");
            assert_eq!(step.inverse[0].operation, "SetRepositoryPolicy");
        }
    }

    #[test]
    fn everybody_but_somebody_goes_as_a_whole() {
        let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "ecr:*"});
        let step = world(json!([but, allow(json!({"AWS": OWN}))])).mended("KA-ECR-006", "/auth").remove(0);
        assert_eq!(step.call.operation, "SetRepositoryPolicy");
    }
}
