//! KA-IAM-003: a role of the stack loses its wildcards: managed policies are detached, inline ones are narrowed. The
//! document of a managed policy is never edited: whoever else carries it would feel it.

use super::document::Reach;
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::changes;
use konecta_base::finding::Finding;

/// What the steps of both remedies for roles need.
pub(super) const ACTIONS: &[&str] = &[
    changes::IAM_DETACH_ROLE_POLICY,
    changes::IAM_ATTACH_ROLE_POLICY,
    changes::IAM_PUT_ROLE_POLICY,
    changes::IAM_DELETE_ROLE_POLICY,
];

pub(super) const REMEDY: Remedy = Remedy { id: "iam.no_admin", class: Class::B, actions: ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    super::node_role::taken(&REMEDY, finding, context, Reach::Anywhere)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::iam::testdata::{managed, node_group, role};
    use crate::proof::World;
    use crate::step::Effect;

    const OWN: &str = "arn:aws:iam::123456789012:policy/konecta-operator";

    const WORKER: &str = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";

    /// What the nodes keep.
    fn worker() -> Value {
        let actions =
            ["ec2:DescribeInstances", "ec2:AssignPrivateIpAddresses", "ecr:GetAuthorizationToken", "ecr:BatchGetImage"];
        managed(WORKER, 1, &document(&json!({"Effect": "Allow", "Action": actions, "Resource": "*"})))
    }

    fn document(statement: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": statement})
    }

    #[test]
    fn a_policy_of_ones_own_is_detached_and_not_edited() {
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let world = World::of(json!([
            role("node", &[WORKER, OWN], &[]),
            node_group("node"),
            worker(),
            managed(OWN, 2, &document(&all))
        ]));
        let step = world.mended("KA-IAM-003", "role/node").remove(0);
        assert_eq!(step.call.operation, "DetachRolePolicy");
        let Effect::Amended { edits, .. } = &step.effects[1] else { panic!("{step:?}") };
        assert_eq!((edits[0].path.as_str(), &edits[0].after), ("/configuration/AttachmentCount", &Some(json!(1))));
    }

    #[test]
    fn two_roles_with_one_policy_count_it_down_one_after_the_other() {
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let world = World::of(json!([
            role("node", &[WORKER, OWN], &[]),
            role("other", &[WORKER, OWN], &[]),
            worker(),
            node_group("node"),
            node_group("other"),
            managed(OWN, 2, &document(&all)),
        ]));
        let [first, second] = ["role/node", "role/other"].map(|end| world.proposed("KA-IAM-003", end).steps.remove(0));
        assert_eq!(second.needs, std::slice::from_ref(&first.key));
        let Effect::Amended { edits, .. } = &second.effects[1] else { panic!("{second:?}") };
        assert_eq!((&edits[0].before, &edits[0].after), (&Some(json!(1)), &Some(json!(0))));
    }

    #[test]
    fn all_but_a_few_is_all() {
        let almost = json!({"Effect": "Allow", "NotAction": ["iam:CreateUser"], "Resource": "*"});
        let world = World::of(json!([
            role("node", &[WORKER], &[("almost-all", document(&almost))]),
            node_group("node"),
            worker()
        ]));
        let step = world.mended("KA-IAM-003", "role/node").remove(0);
        assert_eq!(step.call.operation, "DeleteRolePolicy");
        assert_eq!(step.inverse[0].parameters["PolicyDocument"], document(&almost).to_string());
    }
}
