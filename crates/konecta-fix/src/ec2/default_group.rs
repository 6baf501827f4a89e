//! KA-VPC-002: the default security group of a VPC is emptied, unless something uses it. Knows its rules and members.

use std::collections::BTreeSet;

use super::rules;
use crate::RemedyContext;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ec2.default_group",
    class: Class::A,
    actions: &[
        changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
        changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
        changes::EC2_REVOKE_SECURITY_GROUP_EGRESS,
        changes::EC2_AUTHORIZE_SECURITY_GROUP_EGRESS,
        changes::EC2_CREATE_TAGS,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(group) = context.subject(finding) else { return Proposal::default() };
    let fact = |name: &str| context.fact(group.reference.arn.as_str(), name).and_then(serde_json::Value::as_array);
    let Some(members) = fact("members") else {
        return Proposal::refuse(finding, Class::B, "it is not known what uses the group", &[]);
    };
    let members: Vec<&str> = members.iter().filter_map(serde_json::Value::as_str).collect();
    if !members.is_empty() {
        let reason = format!("{} use it, and what it lets through may be needed", members.join(", "));
        let lines = members.iter().map(|id| {
            format!(
                "aws ec2 modify-network-interface-attribute --network-interface-id {id} --groups <a group of its own>"
            )
        });
        let lines: Vec<String> = lines.collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        return Proposal::refuse(finding, Class::B, reason, &lines);
    }
    let mut proposal = Proposal::default();
    let ids: BTreeSet<&str> = fact("rule_ids").into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    for id in ids {
        match rules::find(context, id).and_then(|rule| rules::close(context, rule, &REMEDY, Class::A)) {
            Some(step) => proposal.steps.push(step),
            None => {
                let reason = format!("not all of {id} is known, so it could not be given back");
                proposal.refusals.push(Refusal::new(finding, Class::A, reason, &[]));
            }
        }
    }
    proposal
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ec2::testdata::{group, interface, member, rule};
    use crate::proof::World;

    fn world(more: &[Value]) -> World {
        let mut default = group("sg-1");
        default["configuration"]["GroupName"] = json!("default");
        let mut out = rule("sgr-out", "sg-1", (-1, -1), json!({"CidrIpv4": "0.0.0.0/0", "IsEgress": true}));
        out["configuration"]["IpProtocol"] = json!("-1");
        let own = rule("sgr-in", "sg-1", (0, 65535), member("sg-1"));
        World::of(json!(
            [&[default, out, own, group("sg-2"), rule("sgr-2", "sg-2", (443, 443), member("sg-2"))], more].concat()
        ))
    }

    #[test]
    fn both_directions_are_emptied_and_other_groups_stay() {
        let steps = world(&[]).mended("KA-VPC-002", "/sg-1");
        let calls: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.call.operation.as_str())).collect();
        let expected = [
            ("ec2.close_rule/sgr-in", "RevokeSecurityGroupIngress"),
            ("ec2.close_rule/sgr-out", "RevokeSecurityGroupEgress"),
        ];
        assert_eq!(calls, expected);
    }

    #[test]
    fn a_group_in_use_is_left_alone() {
        let proposal = world(&[interface("eni-1", "sg-1")]).proposed("KA-VPC-002", "/sg-1");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].reason.contains("eni-1"));
    }
}
