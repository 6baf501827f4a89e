//! KA-IAM-001: a node role loses what a node does not need. Knows the violations of the finding; how a policy goes is
//! `detach`'s and `inline_policy`'s.

use super::document::Reach;
use super::{detach, inline_policy};
use crate::finding::{Finding, Status};
use crate::fix::registry::{Proposal, Remedy};
use crate::fix::step::Class;
use crate::fix::{Case, control};

pub(super) const REMEDY: Remedy =
    Remedy { id: "iam.node_role", class: Class::B, actions: super::no_admin::ACTIONS, propose };

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    // A stack's role may have no wildcard even on named resources. Where that control fails too, both want one step.
    let stack = case.status(&control("KA-IAM-003"), finding.resource.arn.as_str());
    let reach = if stack == Some(Status::Fail) { Reach::Anywhere } else { Reach::Everywhere };
    taken(&REMEDY, finding, case, reach)
}

/// Takes away what the finding names, policy by policy.
pub(super) fn taken(remedy: &Remedy, finding: &Finding, case: &Case<'_>, reach: Reach) -> Proposal {
    let Some(role) = case.subject(finding) else { return Proposal::default() };
    if role.text("/configuration/Path").is_some_and(|path| path.starts_with("/aws-service-role/")) {
        let reason = "the role belongs to an AWS service, which alone decides what it carries";
        return Proposal::refuse(finding, Class::N, reason, &[]);
    }
    let mut proposal = Proposal::default();
    for violation in &finding.violations {
        let inline = violation.path.strip_prefix("RolePolicyList[").and_then(|rest| rest.strip_suffix(']'));
        let step = match (detach::named(&violation.path), inline) {
            (Some(policy), _) => detach::detach(remedy, role, policy, case),
            (None, Some(policy)) => inline_policy::narrow(remedy, role, policy, reach),
            (None, None) => None,
        };
        proposal.steps.extend(step);
    }
    proposal
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fix::iam::testdata::{managed, node_group, role};
    use crate::fix::proof::World;
    use crate::fix::step::{Class, Effect};

    const WORKER: &str = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
    const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    const READER: &str = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess";

    fn allow(action: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    }

    fn world(attached: &[&str], inline: &[(&str, Value)]) -> World {
        let admin = managed(ADMIN, 1, &allow("*"));
        World::of(json!([
            role("node", attached, inline),
            node_group("node"),
            managed(WORKER, 1, &allow("ec2:DescribeTags")),
            admin,
            managed(READER, 2, &allow("dynamodb:GetItem")),
        ]))
    }

    #[test]
    fn what_a_node_does_not_need_is_detached_from_the_last_to_the_first() {
        let world = world(&[WORKER, ADMIN, READER], &[]);
        let steps = world.proposed("KA-IAM-001", "role/node").steps;
        let find = |policy: &str| steps.iter().find(|step| step.call.parameters["PolicyArn"] == policy).expect("step");
        assert_eq!(steps.len(), 2, "the worker policy stays");
        let (admin, reader) = (find(ADMIN), find(READER));
        assert!(admin.needs.contains(&reader.key) && !reader.needs.contains(&admin.key));
        assert_eq!(admin.inverse[0].operation, "AttachRolePolicy");
        assert_eq!(admin.class, Class::B);
        assert!(matches!(admin.effects[1], Effect::Removed { .. }), "an unused policy of AWS is in no snapshot");
        assert!(matches!(reader.effects[1], Effect::Amended { .. }));
    }

    #[test]
    fn one_policy_is_proven_on_the_model() {
        let step = world(&[WORKER, READER], &[]).mended("KA-IAM-001", "role/node").remove(0);
        assert_eq!(step.call.operation, "DetachRolePolicy");
        assert_eq!(step.call.parameters, json!({"RoleName": "node", "PolicyArn": READER}));
    }

    #[test]
    fn both_controls_want_the_same_step() {
        let world = world(&[WORKER, ADMIN], &[("backups", allow("s3:*"))]);
        let keys = |control: &str| {
            world.mended(control, "role/node").into_iter().map(|step| (step.key, step.call)).collect::<Vec<_>>()
        };
        assert_eq!(keys("KA-IAM-001").len(), 2);
        assert_eq!(keys("KA-IAM-001"), keys("KA-IAM-003"));
    }

    #[test]
    fn an_inline_policy_keeps_what_it_names() {
        let mixed = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:*"], "Resource": "*"}]});
        let step = world(&[WORKER], &[("backups", mixed.clone())]).mended("KA-IAM-001", "role/node").remove(0);
        assert_eq!(step.call.operation, "PutRolePolicy");
        let text = step.call.parameters["PolicyDocument"].as_str().expect("text");
        let sent: Value = serde_json::from_str(text).expect("json");
        assert_eq!(sent["Statement"][0]["Action"], json!(["s3:GetObject"]));
        assert_eq!(step.inverse[0].parameters["PolicyDocument"], mixed.to_string());
    }
}
