//! KA-X-005: the rules by which strangers can reach a database are closed. Knows the hops that the finding shows; a
//! stranger who comes in as a member of the nodes' own group is left to a person.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{exposed, rules};
use crate::finding::Finding;
use crate::fix::registry::{Proposal, Refusal, Remedy};
use crate::fix::step::Class;
use crate::fix::{Case, View};

pub(super) const REMEDY: Remedy =
    Remedy { id: "ec2.database_clients", class: Class::B, actions: rules::CLOSE, propose };

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let (mut to_close, mut refusals) = (BTreeSet::new(), Vec::new());
    for violation in &finding.violations {
        // `sgr-1 of sg-db admits sg-app`
        let ways = violation.proof.iter().filter(|hop| hop.contains(" admits "));
        for id in ways.filter_map(|hop| Some(hop.split_once(" of ")?.0)) {
            if rules::find(case, id).is_some_and(|rule| admits_eks(case, rule)) {
                let client = violation.actual.as_str().unwrap_or("it");
                let reason = format!(
                    "{client} comes in as a member of a group of the nodes or the cluster: to close {id} would cut them off too"
                );
                let look = format!("aws ec2 describe-network-interfaces --network-interface-ids {client}");
                let leave = format!(
                    "aws ec2 modify-network-interface-attribute --network-interface-id {client} --groups <its other groups>"
                );
                let refusal = Refusal::new(finding, Class::B, reason, &[&look, &leave]);
                refusals.push(refusal.blocking([rules::close_key(id)]));
            } else {
                to_close.insert(id.to_owned());
            }
        }
    }
    let mut proposal = exposed::close_all(&REMEDY, finding, case, &to_close);
    refusals.dedup();
    proposal.refusals.extend(refusals);
    proposal
}

/// Whether nodes or the cluster come in by this rule.
fn admits_eks(case: &Case<'_>, rule: &View) -> bool {
    let Some(source) = rule.text("/configuration/ReferencedGroupInfo/GroupId").and_then(|id| rules::group(case, id))
    else {
        return false;
    };
    let parts = case.fact(source.reference.arn.as_str(), "parts").and_then(Value::as_array);
    // Of a group whose members are not known, nodes may be some.
    parts.is_none_or(|parts| parts.iter().any(|part| part == "node" || part == "cluster"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fix::ec2::testdata::{cidr, cluster_stack, database, group, interface, member, rule};
    use crate::fix::proof::World;

    fn world(more: Vec<Value>) -> World {
        let mut resources = cluster_stack();
        resources.extend([group("sg-db"), group("sg-app"), database("db-1", "sg-db")]);
        resources.push(rule("sgr-nodes", "sg-db", (5432, 5432), member("sg-nodes")));
        resources.extend(more);
        World::of(json!(resources))
    }

    #[test]
    fn every_way_of_strangers_is_closed_and_that_of_the_nodes_is_not() {
        let world = world(vec![
            interface("eni-9", "sg-app"),
            rule("sgr-app", "sg-db", (5432, 5432), member("sg-app")),
            rule("sgr-vpc", "sg-db", (5432, 5432), cidr("10.0.0.0/16")),
        ]);
        let steps = world.mended("KA-X-005", ":db:db-1");
        let found: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.class)).collect();
        assert_eq!(found, [("ec2.close_rule/sgr-app", Class::B), ("ec2.close_rule/sgr-vpc", Class::B)]);
    }

    #[test]
    fn a_stranger_among_the_nodes_is_for_a_person() {
        let proposal = world(vec![interface("eni-9", "sg-nodes")]).proposed("KA-X-005", ":db:db-1");
        assert!(proposal.steps.is_empty(), "{proposal:?}");
        assert!(proposal.refusals[0].reason.contains("eni-9"), "{proposal:?}");
    }
}
