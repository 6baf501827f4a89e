//! Parts of a resource that Terraform has as resources of their own: policies and attachments.
//! Knows which they are; compares by meaning, as all of drift does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::meaning::is_same;
use super::{DriftItem, DriftKind, Expected};
use crate::View;
use crate::terraform_source::{Declared, Join, Step};

/// One document of a resource that has one at most: type, where it lives, the provider's resource and its argument.
const DOCUMENTS: [(&str, &str, &str, &str); 2] = [
    ("AWS::ECR::Repository", "/supplement/lifecyclePolicy", "aws_ecr_lifecycle_policy", "policy"),
    ("AWS::ECR::Repository", "/supplement/repositoryPolicy", "aws_ecr_repository_policy", "policy"),
];

/// A list of names: type, where it lives, the member that is the name, the provider's resource and its argument.
const LISTS: [(&str, &str, &str, &str, &str); 2] = [
    (
        "AWS::IAM::Role",
        "/configuration/AttachedManagedPolicies",
        "PolicyArn",
        "aws_iam_role_policy_attachment",
        "policy_arn",
    ),
    ("AWS::IAM::Role", "/configuration/RolePolicyList", "PolicyName", "aws_iam_role_policy", "name"),
];

/// The parts of a resource in which a state and what lives say different things.
pub(super) fn compare(view: &View, join: &Join, expected: &Expected, items: &mut Vec<DriftItem>) {
    let ours = view.reference.resource_type.as_str();
    let Some(own) = join.own(view).first().copied() else { return };
    let parts =
        |by: &str| -> Vec<&Declared> { join.of(view).into_iter().filter(|part| part.instance.kind == by).collect() };
    let mut tell = |address: String, argument: String, declared: Option<Value>, live: Option<Value>| {
        items.push(DriftItem {
            kind: DriftKind::ChangedLive,
            resource_type: ours.to_owned(),
            resource: view.reference.arn.to_string(),
            breaks: expected.at(&address, &[Step { name: argument.clone(), entry: None }]),
            address: Some(address),
            argument: Some(argument),
            declared,
            live,
            owner: None,
        });
    };
    for (_, pointer, by, argument) in DOCUMENTS.iter().filter(|(kind, ..)| *kind == ours) {
        // What was not read is not known, and nothing is said of it.
        let Some(live) = view.at(pointer) else { continue };
        let part = parts(by).first().copied();
        let declared = part.and_then(|part| part.instance.attributes.get(*argument));
        if !is_same(declared, Some(live)) {
            let address = part.map_or_else(|| own.instance.address(), |part| part.instance.address());
            let argument = if part.is_some() { (*argument).to_owned() } else { (*by).to_owned() };
            tell(address, argument, declared.cloned(), Some(live.clone()).filter(|live| !live.is_null()));
        }
    }
    for (_, pointer, member, by, argument) in LISTS.iter().filter(|(kind, ..)| *kind == ours) {
        let Some(list) = view.at(pointer).and_then(Value::as_array) else { continue };
        let here: BTreeSet<&str> = list.iter().filter_map(|item| item[*member].as_str()).collect();
        let declared = parts(by);
        let there: BTreeSet<&str> =
            declared.iter().filter_map(|part| part.instance.attributes.get(*argument)?.as_str()).collect();
        for name in here.difference(&there) {
            tell(own.instance.address(), format!("{by}[{name}]"), None, Some(Value::from(*name)));
        }
        for name in there.difference(&here) {
            tell(own.instance.address(), format!("{by}[{name}]"), Some(Value::from(*name)), None);
        }
    }
}
