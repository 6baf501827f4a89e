//! KA-VPC-004: a subnet stops handing out public addresses. Knows the subnet and nothing else.

use serde_json::json;

use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy =
    Remedy { id: "ec2.subnet_public_ip", class: Class::B, actions: &[changes::EC2_MODIFY_SUBNET_ATTRIBUTE], propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subnet) = context.subject(finding) else { return Proposal::default() };
    let modify = |value: bool| {
        Call::new(
            "ec2",
            "ModifySubnetAttribute",
            json!({"SubnetId": subnet.id, "MapPublicIpOnLaunch": {"Value": value}}),
        )
    };
    let mut consequences = vec!["what is launched from now on has no public address; what has one keeps it".to_owned()];
    let class = match launches(context, &subnet.id) {
        Some(what) => {
            consequences.push(format!("{what} launches here, and without a public address it may be cut off"));
            Class::B
        }
        None => Class::A,
    };
    Proposal::step(Step {
        class,
        consequences,
        effects: vec![Effect::amended(
            &subnet.reference,
            vec![Edit::new("/configuration/MapPublicIpOnLaunch", Some(json!(true)), Some(json!(false)))],
        )],
        inverse: vec![modify(true)],
        actions: vec![action(changes::EC2_MODIFY_SUBNET_ATTRIBUTE)],
        ..Step::new(
            &REMEDY,
            &subnet.reference,
            format!("{}/{}", REMEDY.id, subnet.id),
            format!("Stop {} from handing out public IPv4 addresses", subnet.id),
            modify(false),
        )
    })
}

/// Something that launches instances in the subnet, or runs there.
fn launches(context: &RemedyContext<'_>, subnet: &str) -> Option<String> {
    let named = |view: &&View, list: &str| view.list(list).iter().any(|id| id == subnet);
    let group = context.all(resource_types::EKS_NODEGROUP).find(|view| named(view, "/configuration/subnets"));
    let zones = |view: &&View| {
        let zones = view.text("/configuration/VPCZoneIdentifier").unwrap_or_default();
        zones.split(',').any(|id| id.trim() == subnet)
    };
    let runs = |view: &&View| {
        view.text("/configuration/SubnetId") == Some(subnet)
            && view.text("/configuration/State/Name") != Some("terminated")
    };
    group
        .map(|view| format!("node group {}", view.id))
        .or_else(|| {
            context
                .all(resource_types::AUTO_SCALING_AUTO_SCALING_GROUP)
                .find(zones)
                .map(|view| format!("Auto Scaling group {}", view.id))
        })
        .or_else(|| {
            context
                .all(resource_types::EC2_INSTANCE)
                .find(runs)
                .map(|view| format!("whoever started instance {}", view.id))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;

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

    #[test]
    fn a_subnet_in_which_something_launches_is_not_changed_without_being_asked() {
        let subnet = json!({
            "resourceType": "AWS::EC2::Subnet", "resourceId": "subnet-1", "region": "us-east-1",
            "arn": "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1",
            "configuration": {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": true, "CidrBlock": "10.0.0.0/24"},
        });
        let scaling = json!({
            "resourceType": "AWS::AutoScaling::AutoScalingGroup", "resourceId": "asg-1", "region": "us-east-1", "tags": {},
            "arn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/asg-1",
            "configuration": {"AutoScalingGroupName": "asg-1", "VPCZoneIdentifier": "subnet-0,subnet-1", "Tags": [], "Instances": []},
        });
        let step = World::of(json!([subnet, scaling])).mended("KA-VPC-004", "subnet-1").remove(0);
        assert_eq!(step.class, Class::B);
        assert!(step.consequences[1].contains("asg-1"));
    }
}
