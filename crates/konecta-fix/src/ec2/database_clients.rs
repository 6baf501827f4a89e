//! KA-X-005: the rules by which strangers can reach a database are closed. Knows the hops that the finding shows.

use super::{exposed, rules};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "ec2.database_clients", class: Class::B, actions: rules::CLOSE, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let ways = finding.violations.iter().flat_map(|violation| &violation.proof).filter(|hop| hop.contains(" admits "));
    // `sgr-1 of sg-db admits sg-app`
    let rules = ways.filter_map(|hop| Some(hop.split_once(" of ")?.0.to_owned())).collect();
    exposed::close_strangers(&REMEDY, finding, context, &rules)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2::testdata::{cidr, cluster_stack, database, group, interface, member, rule};
    use crate::proof::World;

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
        assert!(proposal.refusals[0].reason.contains("sg-nodes"), "{proposal:?}");
    }
}
