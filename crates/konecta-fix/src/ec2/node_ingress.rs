//! KA-SG-005: rules that let anybody but the stack's own parts reach the nodes are closed. Knows the rules that the
//! finding names; groups that EKS owns are the planner's to leave alone.

use super::{exposed, rules};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.node_ingress", class: Class::B, actions: rules::CLOSE, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let ids = finding.violations.iter().filter_map(|violation| rules::in_brackets(&violation.path)).collect();
    exposed::close_strangers(&REMEDY, finding, context, &ids)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ec2::testdata::{cidr, cluster_stack, group, load_balancer, member, rule};
    use crate::proof::World;

    #[test]
    fn strangers_go_and_the_stack_stays() {
        let mut resources = cluster_stack();
        resources.extend(load_balancer("sg-alb"));
        resources.extend([
            rule("sgr-alb", "sg-nodes", (30080, 30080), member("sg-alb")),
            group("sg-x"),
            rule("sgr-self", "sg-nodes", (0, 65535), member("sg-nodes")),
            rule("sgr-vpc", "sg-nodes", (1, 65535), cidr("10.0.0.0/16")),
            rule("sgr-x", "sg-nodes", (8080, 8080), member("sg-x")),
            rule("sgr-ports", "sg-nodes", (30000, 32767), cidr("0.0.0.0/0")),
        ]);
        let steps = World::of(json!(resources)).mended("KA-SG-005", "security-group/sg-nodes");
        let found: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.class)).collect();
        // Nodes carry the group, so whoever is in the VPC may come by any of its rules.
        let expected = [
            ("ec2.close_rule/sgr-ports", Class::B),
            ("ec2.close_rule/sgr-vpc", Class::B),
            ("ec2.close_rule/sgr-x", Class::B),
        ];
        assert_eq!(found, expected);
        assert_eq!(steps[0].merge, steps[1].merge);
    }
}
