//! KA-BST-001: rules that let anybody but the declared addresses try SSH on the bastion are closed. Which bastion stays and
//! where it stands is for a person.

use std::collections::BTreeSet;

use super::{exposed, rules};
use crate::finding::Finding;
use crate::fix::Case;
use crate::fix::registry::{Proposal, Refusal, Remedy};
use crate::fix::step::Class;

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.bastion", class: Class::B, actions: rules::CLOSE, propose };

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
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
        } else {
            // `bastions[i-1].ssh[sgr-1]`
            undeclared.extend(path.split_once("].ssh").and_then(|(_, rule)| rules::in_brackets(rule)));
        }
    }
    if !undeclared.is_empty() && case.blueprint.bastion.ssh_cidrs.is_empty() {
        let reason = "no address is declared, so to close these rules would lock everybody out";
        let lines = [
            "name the addresses that administer the system under [bastion] in konecta-audit.toml: ssh_cidrs = [\"203.0.113.0/24\"]",
        ];
        refusals.push(Refusal::new(finding, Class::B, reason, &lines));
        undeclared.clear();
    }
    let mut proposal = exposed::close_all(&REMEDY, finding, case, &undeclared);
    let locked = locked_out(finding, case, &undeclared);
    for step in &mut proposal.steps {
        step.consequences.extend(locked.iter().map(|bastion| {
            format!("no rule for SSH remains on {bastion}: nobody can log in until the declared addresses are let in")
        }));
    }
    proposal.refusals.extend(refusals);
    proposal
}

/// Bastions on which nobody may use SSH once these rules are gone.
fn locked_out(finding: &Finding, case: &Case<'_>, gone: &BTreeSet<String>) -> Vec<String> {
    let bastions = case.fact(finding.resource.arn.as_str(), "bastions").and_then(serde_json::Value::as_array);
    let remains = |source: &serde_json::Value| source["rule"].as_str().is_some_and(|id| !gone.contains(id));
    let locked = bastions.into_iter().flatten().filter(|bastion| {
        bastion["ssh"].as_array().is_some_and(|sources| !sources.is_empty() && !sources.iter().any(remains))
    });
    locked.filter_map(|bastion| Some(bastion["instance"].as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fix::ec2::testdata::{cidr, group, instance, public_subnet, rule};
    use crate::fix::proof::World;

    fn world(rules: &[Value]) -> World {
        let mut bastion = instance("i-1", "subnet-1", "sg-1");
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
        assert_eq!(found, [("ec2.close_rule/sgr-other", Class::B), ("ec2.close_rule/sgr-world", Class::A)]);
        assert!(steps.iter().flat_map(|step| &step.consequences).all(|line| !line.contains("log in")));
    }

    #[test]
    fn it_is_said_when_nobody_can_log_in_any_more() {
        let steps =
            world(&[rule("sgr-world", "sg-1", (22, 22), cidr("0.0.0.0/0"))]).mended("KA-BST-001", ":konecta-erp");
        assert!(steps[0].consequences.iter().any(|line| line.contains("no rule for SSH remains on i-1")));
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
