//! A managed policy is detached from a role; the policy itself stays as it is, for others may need it.
//! Knows who carries the policy; nothing of why it goes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::registry::Remedy;
use crate::step::{Call, Edit, Effect, Step};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Status;
use konecta_base::resource_types;

/// What such a step needs.
pub(super) const ACTIONS: [&str; 2] = [changes::IAM_DETACH_ROLE_POLICY, changes::IAM_ATTACH_ROLE_POLICY];

const ATTACHED: &str = "/configuration/AttachedManagedPolicies";

/// The policy that a violation's path names.
pub(super) fn named(path: &str) -> Option<&str> {
    path.strip_prefix("AttachedManagedPolicies[")?.strip_suffix(']')
}

/// The step that detaches this policy.
pub(super) fn detach(remedy: &Remedy, role: &View, policy: &str, context: &RemedyContext<'_>) -> Option<Step> {
    let list = role.list(ATTACHED);
    let at = list.iter().position(|each| each["PolicyArn"] == policy)?;
    let call = |operation: &str| Call::new("iam", operation, json!({"RoleName": role.id, "PolicyArn": policy}));
    let others = leaving(policy, context);
    let before_us: Vec<&str> = others.iter().copied().filter(|arn| *arn < role.reference.arn.as_str()).collect();
    let edits = vec![Edit::new(format!("{ATTACHED}/{at}"), Some(list[at].clone()), None)];
    let mut effects = vec![Effect::Amended { resource: role.reference.clone(), edits }];
    effects.extend(context.get(policy).and_then(|view| counted_down(view, before_us.len() as u64)));
    // A policy that goes moves those behind it forward, and the count of a policy is counted down by one role after the
    // other: from the last to the first, and in the order of the roles, nothing is ever wrong.
    let behind = list[at + 1..].iter().filter_map(|each| each["PolicyArn"].as_str());
    let behind = behind.map(|later| key(role.reference.arn.as_str(), later));
    let needs = behind.chain(before_us.last().map(|other| key(other, policy))).collect();
    Some(Step {
        consequences: vec![format!(
            "whoever acts as {} may do only what its other policies allow; IAM needs some seconds until it holds",
            role.id
        )],
        effects,
        inverse: vec![call("AttachRolePolicy")],
        needs,
        actions: ACTIONS.map(action).to_vec(),
        ..Step::new(
            remedy,
            &role.reference,
            key(role.reference.arn.as_str(), policy),
            format!("Detach {} from {}", policy.rsplit('/').next().unwrap_or(policy), role.id),
            call("DetachRolePolicy"),
        )
    })
}

/// The roles from which the same policy is to go.
fn leaving<'a>(policy: &str, context: &'a RemedyContext<'_>) -> BTreeSet<&'a str> {
    let of_roles = context.findings.iter().filter(|finding| {
        finding.status == Status::Fail && finding.resource.resource_type.as_str() == resource_types::IAM_ROLE
    });
    let same =
        of_roles.filter(|finding| finding.violations.iter().any(|violation| named(&violation.path) == Some(policy)));
    same.map(|finding| finding.resource.arn.as_str()).collect()
}

/// What the snapshot says of the policy afterwards: one attachment less; and one of AWS's own that nobody uses is in no
/// snapshot.
fn counted_down(policy: &View, already: u64) -> Option<Effect> {
    let path = "/configuration/AttachmentCount";
    let count = policy.at(path).and_then(Value::as_u64)?.checked_sub(already)?;
    let is_of_aws = policy.reference.arn.as_str().contains(":iam::aws:policy/");
    let bounds = policy.at("/configuration/PermissionsBoundaryUsageCount").and_then(Value::as_u64).unwrap_or(0);
    if count == 1 && is_of_aws && bounds == 0 {
        return Some(Effect::Removed { resource: policy.reference.clone() });
    }
    let edit = Edit::new(path, Some(json!(count)), Some(json!(count.checked_sub(1)?)));
    Some(Effect::Amended { resource: policy.reference.clone(), edits: vec![edit] })
}

fn key(role: &str, policy: &str) -> String {
    format!("iam.detach/{role}/{policy}")
}
