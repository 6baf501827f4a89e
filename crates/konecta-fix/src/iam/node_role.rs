//! KA-IAM-001: a node role loses what a node does not need. Knows the violations of the finding; how a policy goes is
//! `detach`'s and `inline_policy`'s.

use serde_json::Value;

use super::document::{Reach, allows, narrowed};
use super::{detach, inline_policy};
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View, control};
use konecta_base::calls;
use konecta_base::finding::{Finding, Status};

pub(super) const REMEDY: Remedy =
    Remedy { id: "iam.node_role", class: Class::B, actions: super::no_admin::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    // A stack's role may have no wildcard even on named resources. Where that control fails too, both want one step.
    let stack = context.status(&control("KA-IAM-003"), finding.resource.arn.as_str());
    let reach = if stack == Some(Status::Fail) { Reach::Anywhere } else { Reach::Everywhere };
    taken(&REMEDY, finding, context, reach)
}

/// Takes away what the finding names, policy by policy.
pub(super) fn taken(remedy: &Remedy, finding: &Finding, context: &RemedyContext<'_>, reach: Reach) -> Proposal {
    let Some(role) = context.subject(finding) else { return Proposal::default() };
    if role.text("/configuration/Path").is_some_and(|path| path.starts_with("/aws-service-role/")) {
        let reason = "the role belongs to an AWS service, which alone decides what it carries";
        return Proposal::refuse(finding, Class::N, reason, &[]);
    }
    let named =
        |path: &str| path.strip_prefix("RolePolicyList[").and_then(|rest| rest.strip_suffix(']')).map(str::to_owned);
    let mut proposal = Proposal::default();
    let kept = kept(finding, role, context, reach);
    if let Err(lost) = kept {
        let reason = format!("its nodes would lose {lost}, which no other policy of the role gives them");
        let procedure = [
            format!(
                "aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
                role.id
            ),
            format!(
                "aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
                role.id
            ),
            format!(
                "and, where the VPC CNI has no role of its own: aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
                role.id
            ),
            "then run `konecta-audit fix` again".to_owned(),
        ];
        let procedure: Vec<&str> = procedure.iter().map(String::as_str).collect();
        return Proposal::refuse(finding, Class::B, reason, &procedure);
    }
    for violation in &finding.violations {
        let step = match (detach::named(&violation.path), named(&violation.path)) {
            (Some(policy), _) => detach::detach(remedy, role, policy, context),
            (None, Some(policy)) => inline_policy::narrow(remedy, role, &policy, reach),
            (None, None) => None,
        };
        proposal.steps.extend(step);
    }
    let kept = kept.unwrap_or_default();
    if !kept.is_empty() {
        let proof = format!("by what remains of it, role {} keeps {}", role.id, kept.join(", "));
        proposal.steps.iter_mut().for_each(|step| step.proven.push(proof.clone()));
    }
    proposal
}

/// What a node must be allowed, by what it is for. <https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html>
const NEEDS: [(&str, &str); 4] = [
    ("ecr:GetAuthorizationToken", "the right to sign in at a registry"),
    ("ecr:BatchGetImage", "the right to pull images"),
    (calls::EC2_DESCRIBE_INSTANCES, "the right to join the cluster"),
    ("ec2:AssignPrivateIpAddresses", "the right to give pods addresses"),
];

/// What a node of this role needs, may do now and still may once this finding is mended; nothing for the roles of others.
///
/// # Errors
/// With what it could not do any more.
fn kept(
    finding: &Finding,
    role: &View,
    context: &RemedyContext<'_>,
    reach: Reach,
) -> Result<Vec<&'static str>, &'static str> {
    let nodes = context.status(&control("KA-IAM-001"), role.reference.arn.as_str());
    if nodes.is_none_or(|status| status == Status::NotApplicable) {
        return Ok(Vec::new());
    }
    let going = |path: String| finding.violations.iter().any(|violation| violation.path == path);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for attached in role.list("/configuration/AttachedManagedPolicies") {
        let arn = attached["PolicyArn"].as_str().unwrap_or_default();
        let versions = context.get(arn).map_or(&[][..], |view| view.list("/configuration/PolicyVersionList"));
        let document = versions.iter().find(|version| version["IsDefaultVersion"] == true).map(|one| &one["Document"]);
        let Some(document) = document else { continue };
        before.push(document.clone());
        if !going(format!("AttachedManagedPolicies[{arn}]")) {
            after.push(document.clone());
        }
    }
    for inline in role.list("/configuration/RolePolicyList") {
        let document = &inline["PolicyDocument"];
        before.push(document.clone());
        if going(format!("RolePolicyList[{}]", inline["PolicyName"].as_str().unwrap_or_default())) {
            after.extend(narrowed(document, reach, role.reference.account_id.as_str()));
        } else {
            after.push(document.clone());
        }
    }
    let may = |documents: &[Value], action: &str| documents.iter().any(|document| allows(document, action));
    let needed = NEEDS.iter().filter(|(action, _)| may(&before, action));
    needed.map(|(action, what)| if may(&after, action) { Ok(*what) } else { Err(*what) }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use crate::iam::testdata::{managed, node_group, role};
    use crate::proof::World;
    use crate::step::{Class, Effect};

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
            managed(
                WORKER,
                1,
                &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
                "Action": ["ec2:DescribeInstances", "ec2:AssignPrivateIpAddresses", "ecr:GetAuthorizationToken", "ecr:BatchGetImage"]}]})
            ),
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
        let proof = "by what remains of it, role node keeps the right to sign in at a registry, the right to pull images, the right to join the cluster, the right to give pods addresses";
        assert_eq!(admin.proven, [proof]);
        assert!(matches!(admin.effects[1], Effect::Removed { .. }), "an unused policy of AWS is in no snapshot");
        assert!(matches!(reader.effects[1], Effect::Amended { .. }));
    }

    #[test]
    fn nodes_keep_what_they_need_to_be_nodes() {
        for world in [world(&[ADMIN, READER], &[]), world(&[], &[("all", allow("*"))])] {
            for control in ["KA-IAM-001", "KA-IAM-003"] {
                let refused = world.proposed(control, "role/node");
                assert!(refused.steps.is_empty(), "{refused:?}");
                assert!(refused.refusals[0].reason.contains("the right to sign in at a registry"), "{refused:?}");
            }
        }
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
            let steps = world.mended(control, "role/node");
            // The two name policies in another order.
            steps.into_iter().map(|step| (step.key, step.call)).collect::<BTreeMap<_, _>>()
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
