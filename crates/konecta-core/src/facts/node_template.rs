//! Which launch template the next node comes from, and whether that gives it a public address.
//! Knows Auto Scaling groups and launch templates; nothing of the instances that run already.

use serde_json::{Value, json};

use super::seen::{Place, Seen};
use super::world::{Item, Regional};
use crate::model::Told;
use crate::model::autoscaling::{AutoScalingGroup, TemplateChoice};
use crate::model::ec2::{LaunchTemplateVersion, TemplateData};

/// The fact `node_template` of an instance: `null` where no Auto Scaling group keeps it, `None` where that, or what
/// the group's template says, is not known.
pub(crate) fn node_template(place: &Place, here: &Regional, seen: &Seen, instance: &str) -> Option<Value> {
    if !seen.whole(place, "autoscaling:DescribeAutoScalingGroups") {
        return None;
    }
    let Some(group) = keeper(&here.scaling_groups, instance)? else { return Some(Value::Null) };
    if !seen.whole(place, "ec2:DescribeLaunchTemplateVersions") {
        return None;
    }
    let choice = group.choice()?;
    let version = chosen(&here.template_versions, choice)?;
    let public = gives_public_address(version.launch_template_data.as_ref()?)?;
    let name = group.auto_scaling_group_name.as_ref()?;
    let number = version.version_number?;
    let id = choice.launch_template_id.as_ref()?;
    Some(json!({
        "id": id,
        "public_address": public,
        "proof": [format!("Auto Scaling group {name} keeps {instance}"), format!("it launches from {id} version {number}")],
    }))
}

/// The group that keeps an instance; `None` outside where a group does not tell its instances.
fn keeper<'a>(groups: &'a [Item<AutoScalingGroup>], instance: &str) -> Option<Option<&'a AutoScalingGroup>> {
    let mut found = None;
    for group in groups {
        for member in group.body.instances.as_ref()? {
            if member.instance_id.as_ref()? == instance {
                found = Some(&group.body);
            }
        }
    }
    Some(found)
}

fn chosen<'a>(
    versions: &'a [Item<LaunchTemplateVersion>],
    choice: &TemplateChoice,
) -> Option<&'a LaunchTemplateVersion> {
    let id = choice.launch_template_id.as_ref()?;
    // A version that does not say whose it is, or which, could be the one.
    if versions.iter().any(|version| version.body.launch_template_id.is_none() || version.body.version_number.is_none())
    {
        return None;
    }
    let mut own =
        versions.iter().map(|version| &version.body).filter(|version| version.launch_template_id.as_ref() == Some(id));
    match choice.version.as_deref()? {
        "$Latest" => own.max_by_key(|version| version.version_number),
        "$Default" => own.find(|version| version.default_version == Some(true)),
        number => own.find(|version| version.version_number.is_some_and(|own| own.to_string() == number)),
    }
}

fn gives_public_address(data: &TemplateData) -> Option<bool> {
    match &data.network_interfaces {
        Told::Silent => None,
        Told::Nothing => Some(false),
        Told::Value(interfaces) => {
            super::known::any(interfaces.iter().map(|interface| match interface.associate_public_ip_address {
                Told::Silent => None,
                Told::Nothing => Some(false),
                Told::Value(public) => Some(public),
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item<T>(body: T) -> Item<T> {
        Item { arn: String::new(), resource_id: String::new(), tags: None, body }
    }

    fn world(version: Value, group: Value) -> Regional {
        Regional {
            scaling_groups: vec![item(serde_json::from_value(group).expect("group"))],
            template_versions: vec![item(serde_json::from_value(version).expect("version"))],
            ..Regional::default()
        }
    }

    fn version(interfaces: Value) -> Value {
        json!({"LaunchTemplateId": "lt-1", "VersionNumber": 3, "DefaultVersion": true, "LaunchTemplateData": {"NetworkInterfaces": interfaces}})
    }

    fn group(version: &str) -> Value {
        json!({
            "AutoScalingGroupName": "nodes", "Instances": [{"InstanceId": "i-1"}],
            "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": version},
        })
    }

    fn fact(world: &Regional, instance: &str) -> Option<Value> {
        let (place, seen) = Seen::everything();
        node_template(&place, world, &seen, instance)
    }

    #[test]
    fn a_template_that_gives_public_addresses_is_told() {
        for (interfaces, public) in [
            (json!(null), json!(false)),
            (json!([{"AssociatePublicIpAddress": null}]), json!(false)),
            (json!([{"AssociatePublicIpAddress": false}, {"AssociatePublicIpAddress": true}]), json!(true)),
        ] {
            for choice in ["$Latest", "$Default", "3"] {
                let found = fact(&world(version(interfaces.clone()), group(choice)), "i-1").expect("known");
                assert_eq!(found["public_address"], public, "{interfaces} {choice}");
            }
        }
        assert_eq!(fact(&world(version(json!(null)), group("3")), "i-2"), Some(Value::Null));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        assert_eq!(fact(&world(version(json!(null)), group("4")), "i-1"), None);
        assert_eq!(fact(&world(version(json!([{}])), group("3")), "i-1"), None);
        let silent = json!({"LaunchTemplateId": "lt-1", "VersionNumber": 3, "LaunchTemplateData": {}});
        assert_eq!(fact(&world(silent, group("3")), "i-1"), None);
        assert_eq!(fact(&world(version(json!(null)), json!({"AutoScalingGroupName": "nodes"})), "i-1"), None);
        assert_eq!(fact(&world(json!({"VersionNumber": 9}), group("$Latest")), "i-1"), None);
    }
}
