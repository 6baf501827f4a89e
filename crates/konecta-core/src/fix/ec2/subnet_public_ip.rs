//! KA-VPC-004: a subnet stops handing out public addresses. Knows the subnet and nothing else.

use serde_json::json;

use crate::finding::Finding;
use crate::fix::registry::{Proposal, Remedy};
use crate::fix::step::{Call, Class, Edit, Effect, Step};
use crate::fix::{Case, action};

pub(super) const REMEDY: Remedy =
    Remedy { id: "ec2.subnet_public_ip", class: Class::A, actions: &["ec2:ModifySubnetAttribute"], propose };

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let Some(subnet) = case.subject(finding) else { return Proposal::default() };
    let modify = |value: bool| {
        Call::new(
            "ec2",
            "ModifySubnetAttribute",
            json!({"SubnetId": subnet.id, "MapPublicIpOnLaunch": {"Value": value}}),
        )
    };
    Proposal::step(Step {
        key: format!("{}/{}", REMEDY.id, subnet.id),
        merge: None,
        fix: REMEDY.id(),
        controls: Vec::new(),
        resource: subnet.reference.clone(),
        class: Class::A,
        title: format!("Stop {} from handing out public IPv4 addresses", subnet.id),
        consequences: vec!["what is launched from now on has no public address; what has one keeps it".to_owned()],
        effects: vec![Effect::Amended {
            resource: subnet.reference.clone(),
            edits: vec![Edit::new("/configuration/MapPublicIpOnLaunch", Some(json!(true)), Some(json!(false)))],
        }],
        call: modify(false),
        inverse: vec![modify(true)],
        actions: vec![action("ec2:ModifySubnetAttribute")],
        needs: Vec::new(),
        requires: Vec::new(),
        waits: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::proof::World;

    #[test]
    fn the_flag_goes_and_nothing_else() {
        let world = World::of(json!([{
            "resourceType": "AWS::EC2::Subnet", "resourceId": "subnet-1", "region": "us-east-1",
            "arn": "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1",
            "configuration": {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": true, "CidrBlock": "10.0.0.0/24"},
        }]));
        let step = world.mended("KA-VPC-004", "subnet-1").remove(0);
        assert_eq!(step.call.parameters, json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": false}}));
        assert_eq!(step.class, Class::A);
    }
}
