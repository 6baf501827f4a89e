//! An inline policy of a role loses its wildcards: it belongs to this role alone, so nobody else feels it.
//! Knows the role and its policies; nothing of why.

use serde_json::{Value, json};

use super::document::{Reach, narrowed};
use crate::registry::Remedy;
use crate::step::{Call, Edit, Effect, Step};
use crate::{View, action};
use konecta_base::changes;

/// What such a step needs.
pub(super) const ACTIONS: [&str; 2] = [changes::IAM_PUT_ROLE_POLICY, changes::IAM_DELETE_ROLE_POLICY];

/// The step that narrows the policy of this name, or deletes it where nothing is left.
pub(super) fn narrow(remedy: &Remedy, role: &View, policy: &str, reach: Reach) -> Option<Step> {
    let list = role.list("/configuration/RolePolicyList");
    let at = list.iter().position(|each| each["PolicyName"] == policy)?;
    let (before, name) = (&list[at]["PolicyDocument"], role.id.as_str());
    let put = |document: &Value| {
        let parameters = json!({"RoleName": name, "PolicyName": policy, "PolicyDocument": document.to_string()});
        Call::new("iam", "PutRolePolicy", parameters)
    };
    let path = format!("/configuration/RolePolicyList/{at}");
    let after = narrowed(before, reach, role.reference.account_id.as_str());
    if after.as_ref() == Some(before) {
        return None;
    }
    let (edit, call, title) = match &after {
        Some(after) => (
            Edit::new(format!("{path}/PolicyDocument"), Some(before.clone()), Some(after.clone())),
            put(after),
            format!("Take the wildcards out of the inline policy {policy} of {name}"),
        ),
        None => (
            Edit::new(path, Some(list[at].clone()), None),
            Call::new("iam", "DeleteRolePolicy", json!({"RoleName": name, "PolicyName": policy})),
            format!("Delete the inline policy {policy} of {name}, which is nothing but wildcards"),
        ),
    };
    Some(Step {
        consequences: vec![format!(
            "whoever acts as {name} may do only what its policies still name; IAM needs some seconds until it holds"
        )],
        effects: vec![Effect::amended(&role.reference, vec![edit])],
        inverse: vec![put(before)],
        // A policy that goes moves those behind it forward: from the last to the first no place is wrong.
        needs: list[at + 1..]
            .iter()
            .filter_map(|each| each["PolicyName"].as_str())
            .map(|later| key(role, later))
            .collect(),
        actions: ACTIONS.map(action).to_vec(),
        ..Step::new(remedy, &role.reference, key(role, policy), title, call)
    })
}

fn key(role: &View, policy: &str) -> String {
    format!("iam.inline_policy/{}/{policy}", role.reference.arn)
}
