//! Which launch template the next node comes from, and whether that gives it a public address.
//! Knows Auto Scaling groups and launch templates; nothing of the instances that run already.

use serde_json::{Value, json};

use super::known::any;
use super::region_index::RegionIndex;
use super::sink::object;
use super::templates::{self, Launch};
use crate::model::autoscaling::AutoScalingGroup;
use konecta_base::calls;

/// The fact `node_template` of an instance: every version from which the Auto Scaling group that keeps it may launch
/// the next one; `null` where none keeps it, `None` where that is not known.
pub(crate) fn node_template(region_index: &RegionIndex<'_>, instance: &str) -> Option<Value> {
    if !region_index.seen.whole(region_index.place, calls::AUTOSCALING_DESCRIBE_AUTO_SCALING_GROUPS) {
        return None;
    }
    let Some(group) = keeper(region_index, instance)? else { return Some(Value::Null) };
    let name = group.auto_scaling_group_name.as_ref()?;
    let kept = format!("Auto Scaling group {name} keeps {instance}");
    let launches = templates::launches(region_index.place, region_index.here, region_index.seen, group);
    Some(launches.iter().map(|launch| template(region_index, group, &kept, launch.as_ref())).collect())
}

fn template(
    region_index: &RegionIndex<'_>,
    group: &AutoScalingGroup,
    kept: &str,
    launch: Result<&Launch<'_>, &String>,
) -> Value {
    let launch = match launch {
        Ok(launch) => launch,
        Err(why) => return json!({"why": why, "proof": [kept]}),
    };
    let mut proof = vec![kept.to_owned(), format!("it may launch from {}", launch.name())];
    let (public, why) = match templates::public_address(launch.data) {
        Err(why) => (None, Some(why)),
        Ok(Some(public)) => (Some(public), None),
        Ok(None) => {
            let (public, subnet) = by_subnet(region_index, group);
            proof.push(match subnet {
                Some(subnet) => format!("the template leaves it to the subnet, and {subnet} gives public addresses"),
                None => "the template leaves it to the subnet".to_owned(),
            });
            (public, public.is_none().then_some("it was not sent whether the subnets give public addresses"))
        }
    };
    object([
        ("id", Some(json!(launch.id))),
        ("public_address", public.map(Value::Bool)),
        ("why", why.map(|why| json!(why))),
        ("proof", Some(json!(proof))),
    ])
}

/// Whether a subnet in which a group launches gives public addresses, and which.
fn by_subnet<'a>(region_index: &RegionIndex<'_>, group: &'a AutoScalingGroup) -> (Option<bool>, Option<&'a str>) {
    let Some(named) = &group.vpc_zone_identifier else { return (None, None) };
    let gives = |id: &str| {
        let found = region_index.by_id.subnets.get(id)?;
        found.body.map_public_ip_on_launch
    };
    let ids = || named.split(',').map(str::trim).filter(|id| !id.is_empty());
    let public = if ids().next().is_none() { None } else { any(ids().map(gives)) };
    (public, ids().find(|id| gives(id) == Some(true)))
}

/// The group that keeps an instance; `None` outside where a group does not tell its instances.
fn keeper<'a>(region_index: &RegionIndex<'a>, instance: &str) -> Option<Option<&'a AutoScalingGroup>> {
    let keeper = region_index.by_id.keepers.get(instance).copied();
    (keeper.is_some() || region_index.by_id.all_kept).then_some(keeper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::fact_of;

    fn world(versions: &[Value], group: Value, subnets: Value) -> Value {
        let place = |kind: &str, id: &str, arn: &str, configuration: Value| {
            json!({"resourceType": kind, "resourceId": id, "accountId": "123456789012", "region": "us-east-1", "tags": {},
                "capturedAt": "2026-11-23T12:00:00Z", "arn": format!("arn:aws:{arn}"), "configuration": configuration})
        };
        let mut world = vec![
            place("AWS::AutoScaling::AutoScalingGroup", "nodes", "autoscaling:us-east-1:123456789012:g", group),
            place("AWS::EC2::Subnet", "subnet-1", "ec2:us-east-1:123456789012:subnet/subnet-1", subnets),
        ];
        for id in ["i-1", "i-2"] {
            let arn = format!("ec2:us-east-1:123456789012:instance/{id}");
            world.push(place("AWS::EC2::Instance", id, &arn, json!({"InstanceId": id})));
        }
        for version in versions {
            let id = version["LaunchTemplateId"].as_str().unwrap_or("lt");
            let arn = format!("ec2:us-east-1:123456789012:launch-template/{id}:3");
            world.push(place("AWS::EC2::LaunchTemplateVersion", id, &arn, version.clone()));
        }
        json!(world)
    }

    fn version(id: &str, interfaces: Value) -> Value {
        json!({"LaunchTemplateId": id, "LaunchTemplateName": format!("{id}-name"), "VersionNumber": 3, "DefaultVersion": true,
            "LaunchTemplateData": {"NetworkInterfaces": interfaces}})
    }

    fn group(version: &str) -> Value {
        json!({
            "AutoScalingGroupName": "nodes", "Instances": [{"InstanceId": "i-1"}], "VPCZoneIdentifier": "subnet-1",
            "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": version},
        })
    }

    fn inside() -> Value {
        json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": false})
    }

    fn told(world: Value) -> Value {
        fact_of(world, "/i-1", "node_template")
    }

    #[test]
    fn a_template_that_gives_public_addresses_is_told() {
        for (interfaces, public) in [
            (json!(null), json!(false)),
            (json!([{"AssociatePublicIpAddress": null}]), json!(false)),
            (json!([{"AssociatePublicIpAddress": false}]), json!(false)),
            (json!([{"AssociatePublicIpAddress": false}, {"AssociatePublicIpAddress": true}]), json!(true)),
        ] {
            for choice in ["$Latest", "$Default", "3"] {
                let found = told(world(&[version("lt-1", interfaces.clone())], group(choice), inside()));
                assert_eq!(found[0]["public_address"], public, "{interfaces} {choice}");
            }
        }
        let world = world(&[version("lt-1", json!(null))], group("3"), inside());
        assert!(fact_of(world, "/i-2", "node_template").is_null());
    }

    #[test]
    fn where_the_template_is_silent_the_subnet_decides() {
        let public = json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": true});
        for silent in [json!(null), json!([{"AssociatePublicIpAddress": null}])] {
            let found = told(world(&[version("lt-1", silent)], group("3"), public.clone()));
            assert_eq!(found[0]["public_address"], json!(true), "{found}");
            assert!(found[0]["proof"][2].as_str().expect("proof").contains("subnet-1"), "{found}");
        }
        let said = version("lt-1", json!([{"AssociatePublicIpAddress": false}]));
        assert_eq!(told(world(&[said], group("3"), public))[0]["public_address"], json!(false));
        let found = told(world(&[version("lt-1", json!(null))], group("3"), json!({"SubnetId": "subnet-1"})));
        assert!(found[0].get("public_address").is_none() && found[0]["why"].is_string(), "{found}");
    }

    #[test]
    fn an_override_by_name_is_a_template_as_well() {
        let mixed = json!({
            "AutoScalingGroupName": "nodes", "Instances": [{"InstanceId": "i-1"}], "VPCZoneIdentifier": "subnet-1",
            "MixedInstancesPolicy": {"LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "3"},
                "Overrides": [{"InstanceType": "t3.large"}, {"LaunchTemplateSpecification": {"LaunchTemplateName": "lt-2-name", "Version": "$Latest"}}],
            }},
        });
        let open = version("lt-2", json!([{"AssociatePublicIpAddress": true}]));
        let found = told(world(&[version("lt-1", json!(null)), open], mixed.clone(), inside()));
        assert_eq!((&found[0]["public_address"], &found[1]["public_address"]), (&json!(false), &json!(true)));
        let found = told(world(&[version("lt-1", json!(null))], mixed, inside()));
        assert!(found[1].get("public_address").is_none() && found[1]["why"].is_string(), "{found}");
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let silent = json!({"LaunchTemplateId": "lt-1", "VersionNumber": 3, "LaunchTemplateData": {}});
        let stray = json!({"VersionNumber": 9});
        for (versions, group) in [
            (vec![version("lt-1", json!(null))], group("4")),
            (vec![version("lt-1", json!([{}]))], group("3")),
            (vec![silent], group("3")),
            (vec![version("lt-1", json!(null)), stray], group("$Latest")),
            (vec![], json!({"AutoScalingGroupName": "nodes", "Instances": [{"InstanceId": "i-1"}]})),
        ] {
            let found = told(world(&versions, group, inside()));
            assert!(found[0].get("public_address").is_none() && found[0]["why"].is_string(), "{found}");
        }
        let untold = world(&[version("lt-1", json!(null))], json!({"AutoScalingGroupName": "nodes"}), inside());
        assert!(told(untold).is_null());
    }
}
