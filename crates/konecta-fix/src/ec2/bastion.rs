//! KA-BST-001: the declared addresses are let in by SSH on the bastion, and then the rules are closed that let anybody else
//! try. Which bastion stays and where it stands is for a person.

use std::collections::BTreeSet;

use super::{exposed, rules};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Step};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ec2.bastion",
    class: Class::B,
    actions: &[
        changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
        changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
        changes::EC2_CREATE_TAGS,
        calls::EC2_DESCRIBE_SECURITY_GROUP_RULES,
    ],
    propose,
};

const SSH: u16 = 22;

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let mut refusals = Vec::new();
    let mut undeclared = BTreeSet::new();
    for violation in &finding.violations {
        let path = violation.path.as_str();
        if path == "bastions" {
            let reason = "which instance is the bastion, and which is to go, only you know";
            let lines = [
                "take the bastion's tag from those that are not it, or end them: aws ec2 terminate-instances --instance-ids <id>",
                "where there is none: launch one in a public subnet, with the bastion's tag",
            ];
            refusals.push(Refusal::new(finding, Class::N, reason, &lines));
        } else if path.ends_with("].subnet") {
            let reason = "an instance cannot be moved to another subnet";
            let lines = ["launch a bastion in a public subnet, then end this one"];
            refusals.push(Refusal::new(finding, Class::D, reason, &lines));
        } else if path.ends_with("].state") {
            let reason = "whether the bastion is to run now is for a person";
            let lines = ["start it when it is needed: aws ec2 start-instances --instance-ids <id>"];
            refusals.push(Refusal::new(finding, Class::N, reason, &lines));
        } else if path.ends_with("].address") {
            let reason =
                "whether the bastion is to be reached from outside, or over a network of its own, only you know";
            let lines = [
                "give it an address: aws ec2 allocate-address, then aws ec2 associate-address --instance-id <id> --allocation-id <eipalloc>",
            ];
            refusals.push(Refusal::new(finding, Class::N, reason, &lines));
        } else if path.ends_with("].ssh") {
            let reason = "no rule lets anybody use SSH, and whom to let in only you know";
            let lines = [
                "admit a declared address: aws ec2 authorize-security-group-ingress --group-id <sg> --protocol tcp --port 22 --cidr <cidr>",
            ];
            refusals.push(Refusal::new(finding, Class::N, reason, &lines));
        } else {
            // `bastions[i-1].ssh[sgr-1]`
            undeclared.extend(path.split_once("].ssh").and_then(|(_, rule)| rules::in_brackets(rule)));
        }
    }
    if !undeclared.is_empty() && context.blueprint.bastion.ssh_cidrs.is_empty() {
        let reason = "no address is declared, so to close these rules would lock everybody out";
        let lines = [
            "name the addresses that administer the system under [bastion] in konecta-audit.toml: ssh_cidrs = [\"203.0.113.0/24\"]",
        ];
        let kept = undeclared.iter().map(|id| rules::close_key(id));
        refusals.push(Refusal::new(finding, Class::B, reason, &lines).blocking(kept));
        undeclared.clear();
    }
    let mut proposal = exposed::close_all(&REMEDY, finding, context, &undeclared);
    let opening = let_in(context, &undeclared);
    for step in &mut proposal.steps {
        step.needs.extend(opening.iter().map(|step| step.key.clone()));
    }
    proposal.steps.splice(0..0, opening);
    proposal.refusals.extend(refusals);
    proposal
}

/// Lets every declared range in by SSH at the groups whose rules are to go, where no rule says just that.
fn let_in(context: &RemedyContext<'_>, undeclared: &BTreeSet<String>) -> Vec<Step> {
    let group_of = |id: &String| Some(rules::find(context, id)?.text("/configuration/GroupId")?.to_owned());
    let groups: BTreeSet<String> = undeclared.iter().filter_map(group_of).collect();
    let mut steps = Vec::new();
    for group in groups.iter().filter_map(|id| rules::group(context, id)) {
        for range in &context.blueprint.bastion.ssh_cidrs {
            if !admits(context, group, range) {
                let source = rules::Source::Range(range);
                steps.push(rules::admit(group, source, SSH, "SSH from a declared range", &REMEDY, Class::B));
            }
        }
    }
    steps
}

/// Whether a rule of the group lets just this range in by SSH.
fn admits(context: &RemedyContext<'_>, group: &View, range: &str) -> bool {
    let port = |rule: &View, key: &str| rule.at(key).and_then(serde_json::Value::as_u64);
    context.all(resource_types::EC2_SECURITY_GROUP_RULE).any(|rule| {
        rule.text("/configuration/GroupId") == Some(group.id.as_str())
            && rule.at("/configuration/IsEgress") == Some(&serde_json::Value::Bool(false))
            && rule.text("/configuration/IpProtocol") == Some("tcp")
            && port(rule, "/configuration/FromPort") == Some(u64::from(SSH))
            && port(rule, "/configuration/ToPort") == Some(u64::from(SSH))
            && ["/configuration/CidrIpv4", "/configuration/CidrIpv6"].iter().any(|key| rule.text(key) == Some(range))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2::testdata::{cidr, group, instance, public_subnet, rule};
    use crate::proof::World;

    fn world(rules: &[Value]) -> World {
        let mut bastion = instance("i-1", "subnet-1", "sg-1");
        bastion["configuration"]["PublicIpAddress"] = json!("198.51.100.9");
        bastion["tags"] = json!({"Role": "bastion"});
        let resources = [&public_subnet()[..], &[group("sg-1"), bastion], rules].concat();
        World::of(json!(resources)).with(|blueprint| blueprint.bastion.ssh_cidrs = vec!["203.0.113.0/24".to_owned()])
    }

    #[test]
    fn only_the_declared_addresses_stay() {
        let world = world(&[
            rule("sgr-office", "sg-1", (22, 22), cidr("203.0.113.0/24")),
            rule("sgr-world", "sg-1", (22, 22), cidr("0.0.0.0/0")),
            rule("sgr-other", "sg-1", (22, 22), cidr("198.51.100.0/24")),
        ]);
        let steps = world.mended("KA-BST-001", ":konecta-erp");
        let found: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.class)).collect();
        assert_eq!(found, [("ec2.close_rule/sgr-other", Class::B), ("ec2.close_rule/sgr-world", Class::B)]);
        assert!(steps.iter().all(|step| step.needs.is_empty()), "the declared range is let in already");
    }

    #[test]
    fn the_declared_addresses_are_let_in_before_the_others_go() {
        let steps =
            world(&[rule("sgr-world", "sg-1", (22, 22), cidr("0.0.0.0/0"))]).mended("KA-BST-001", ":konecta-erp");
        let found: Vec<_> = steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(found, ["ec2.open_rule/sg-1/203.0.113.0/24/22", "ec2.close_rule/sgr-world"]);
        assert_eq!(steps[1].needs, [steps[0].key.clone()]);
    }

    #[test]
    fn undeclared_bastions_are_not_locked() {
        let world = world(&[rule("sgr-world", "sg-1", (22, 22), cidr("0.0.0.0/0"))])
            .with(|blueprint| blueprint.bastion.ssh_cidrs.clear());
        let proposal = world.proposed("KA-BST-001", ":konecta-erp");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].reason.contains("no address is declared"));
    }

    #[test]
    fn which_of_two_stays_is_for_a_person() {
        let mut second = instance("i-2", "subnet-1", "sg-1");
        second["tags"] = json!({"Role": "bastion"});
        let proposal = world(&[second]).proposed("KA-BST-001", ":konecta-erp");
        assert_eq!((proposal.steps.len(), proposal.refusals[0].class), (0, Class::N));
    }
}
