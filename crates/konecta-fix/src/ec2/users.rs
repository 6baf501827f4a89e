//! Whether somebody may come in by a rule today: what carries its group, and whether that is reached from outside or is
//! a target or a database. Knows resources as they were read; decides nothing about whether a rule is right.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rules;
use crate::{RemedyContext, View};
use konecta_base::resource_types;

/// A load balancer of the older API.
const CLASSIC: &str = resource_types::ELASTIC_LOAD_BALANCING_LOAD_BALANCER;

/// Why closing a rule may turn somebody away; `None` only where nothing carries its group. What has no public address is
/// reached from inside of the VPC by a rule for everybody as well: a cache by its clients, an instance from the bastion.
pub(crate) fn who_may_use(context: &RemedyContext<'_>, rule: &View) -> Option<String> {
    let Some(group) = rule.text("/configuration/GroupId").and_then(|id| rules::group(context, id)) else {
        return Some("the group of the rule was not seen".to_owned());
    };
    let fact = |name: &str| context.fact(group.reference.arn.as_str(), name).and_then(Value::as_array);
    let Some(members) = fact("members") else { return Some(format!("it is not known what carries {}", group.id)) };
    if let Some(balancer) = carrying(context, resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER, group) {
        return Some(format!("load balancer {} carries {}", balancer.id, group.id));
    }
    if let Some(balancer) = carrying(context, CLASSIC, group) {
        return Some(format!("classic load balancer {} carries {}", balancer.id, group.id));
    }
    if let Some(database) = carrying(context, resource_types::RDS_DB_INSTANCE, group) {
        return Some(format!("database {} carries {}", database.id, group.id));
    }
    let members: BTreeSet<&str> = members.iter().filter_map(Value::as_str).collect();
    for interface in
        context.all(resource_types::EC2_NETWORK_INTERFACE).filter(|view| members.contains(view.id.as_str()))
    {
        if interface.text("/configuration/Association/PublicIp").is_some() {
            return Some(format!("{} carries {} and has a public address", interface.id, group.id));
        }
    }
    let inside = || {
        let one = carriers(context, group).map(|view| view.id.as_str()).next();
        let one = one.or_else(|| members.first().copied())?;
        Some(format!("{one} carries {}, and whoever is in the VPC may come to it by the rule", group.id))
    };
    instance_in_use(context, group).or_else(|| target_port(context, rule, group)).or_else(inside)
}

/// The first resource of a type that names the group among its own.
fn carrying<'a>(context: &'a RemedyContext<'_>, resource_type: &'a str, group: &View) -> Option<&'a View> {
    let names = |view: &&View| {
        let plain = view.list("/configuration/SecurityGroups").iter().any(|id| id == &group.id);
        let listed = view.list("/configuration/VpcSecurityGroups");
        plain || listed.iter().any(|one| one["VpcSecurityGroupId"] == group.id.as_str())
    };
    context.all(resource_type).find(names)
}

/// An instance with the group that is a bastion, or has a public address.
fn instance_in_use(context: &RemedyContext<'_>, group: &View) -> Option<String> {
    let bastion = |view: &View| {
        let parts = context.fact(view.reference.arn.as_str(), "parts").and_then(Value::as_array);
        parts.is_none_or(|parts| parts.iter().any(|part| part == "bastion"))
    };
    let public = |view: &View| view.text("/configuration/PublicIpAddress").is_some();
    let found = carriers(context, group).find(|view| public(view) || bastion(view))?;
    let what = if public(found) { "has a public address" } else { "is or may be a bastion" };
    Some(format!("instance {} carries {} and {what}", found.id, group.id))
}

/// A target group, or a classic load balancer, that sends to a port of the rule on something that carries the group.
fn target_port(context: &RemedyContext<'_>, rule: &View, group: &View) -> Option<String> {
    let port = |key: &str| rule.at(key).and_then(Value::as_i64).filter(|port| *port >= 0);
    let (from, to) = match (port("/configuration/FromPort"), port("/configuration/ToPort")) {
        (Some(from), Some(to)) => (from, to),
        (_, _) => (0, i64::from(u16::MAX)),
    };
    let targets: BTreeSet<&str> = carriers(context, group).map(|view| view.id.as_str()).collect();
    for target_group in context.all(resource_types::ELASTIC_LOAD_BALANCING_V2_TARGET_GROUP) {
        for health in target_group.list("/supplement/targetHealth") {
            let own = health.pointer("/Target/Port").and_then(Value::as_i64);
            let port = own.or_else(|| target_group.at("/configuration/Port").and_then(Value::as_i64));
            // `traffic-port`, or one of its own: a target whose health nobody can ask for gets no requests.
            let check = health.get("HealthCheckPort").and_then(Value::as_str).and_then(|port| port.parse().ok());
            let id = health.pointer("/Target/Id").and_then(Value::as_str).unwrap_or_default();
            // A target by address may be anything that carries the group, a pod for instance.
            let mine = targets.contains(id) || !id.starts_with("i-");
            if mine && [port, check.or(port)].iter().any(|port| port.is_none_or(|port| (from..=to).contains(&port))) {
                return Some(format!("target group {} sends to a port of the rule", target_group.id));
            }
        }
    }
    for balancer in context.all(CLASSIC) {
        let mine = |one: &Value| one["InstanceId"].as_str().is_some_and(|id| targets.contains(id));
        let listeners = balancer.list("/configuration/ListenerDescriptions");
        let mut ports = listeners.iter().map(|one| one.pointer("/Listener/InstancePort").and_then(Value::as_i64));
        let sends = listeners.is_empty() || ports.any(|port| port.is_none_or(|port| (from..=to).contains(&port)));
        if sends && balancer.list("/configuration/Instances").iter().any(mine) {
            return Some(format!("classic load balancer {} sends to a port of the rule", balancer.id));
        }
    }
    None
}

fn carriers<'a>(context: &'a RemedyContext<'_>, group: &'a View) -> impl Iterator<Item = &'a View> {
    let carries = |view: &&View| {
        let own = view.list("/configuration/SecurityGroups").iter();
        let interfaces = view.list("/configuration/NetworkInterfaces").iter();
        let more = interfaces.filter_map(|interface| interface["Groups"].as_array()).flatten();
        own.chain(more).any(|one| one["GroupId"] == group.id.as_str())
    };
    let gone = |view: &View| view.text("/configuration/State/Name") == Some("terminated");
    context.all(resource_types::EC2_INSTANCE).filter(carries).filter(move |view| !gone(view))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2::testdata::{cidr, database, group, instance, interface, rule};
    use crate::proof::World;
    use konecta_core::facts;

    fn told(more: &[Value], ports: (i32, i32)) -> Option<String> {
        let own = [group("sg-1"), rule("sgr-1", "sg-1", ports, cidr("0.0.0.0/0"))];
        let world = World::of(json!([&own[..], more].concat()));
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
        who_may_use(&context, rules::find(&context, "sgr-1").expect("rule"))
    }

    #[test]
    fn a_group_that_nothing_carries_is_used_by_nobody() {
        assert_eq!(told(&[], (22, 22)), None);
    }

    #[test]
    fn what_has_no_public_address_is_reached_from_inside() {
        let inside = Some("eni-1 carries sg-1, and whoever is in the VPC may come to it by the rule".to_owned());
        assert_eq!(told(&[interface("eni-1", "sg-1")], (6379, 6379)), inside);
    }

    #[test]
    fn a_public_address_lets_somebody_in() {
        let mut public = interface("eni-1", "sg-1");
        public["configuration"]["Association"] = json!({"PublicIp": "203.0.113.9"});
        assert!(told(&[public], (22, 22)).is_some_and(|told| told.contains("eni-1 carries sg-1")));
        let mut instance = instance("i-1", "subnet-1", "sg-1");
        instance["tags"] = json!({"Role": "bastion"});
        assert!(told(&[instance], (22, 22)).is_some_and(|told| told.contains("bastion")));
    }

    #[test]
    fn databases_and_targets_are_reached_by_somebody() {
        assert!(told(&[database("db-1", "sg-1")], (5432, 5432)).is_some_and(|told| told.contains("db-1")));
        let target = json!({
            "resourceType": "AWS::ElasticLoadBalancingV2::TargetGroup", "resourceId": "web", "region": "us-east-1", "tags": {},
            "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1",
            "configuration": {"TargetGroupName": "web", "Port": 31000},
            "supplement": {"targetHealth": [{"Target": {"Id": "i-1", "Port": 31000}}]},
        });
        let world = [instance("i-1", "subnet-1", "sg-1"), target];
        assert!(told(&world, (30000, 32767)).is_some_and(|told| told.contains("target group web")));
        assert!(told(&world, (22, 22)).is_some_and(|told| told.contains("whoever is in the VPC")));
        let mut checked = world;
        checked[1]["supplement"]["targetHealth"][0]["HealthCheckPort"] = json!("8080");
        assert!(told(&checked, (8080, 8080)).is_some_and(|told| told.contains("target group web")));
    }

    #[test]
    fn classic_load_balancers_have_users_before_and_behind_them() {
        let classic = |group: &str, port: u16| {
            let listener = json!({"Listener": {"LoadBalancerPort": 80, "InstancePort": port}, "PolicyNames": []});
            json!({
                "resourceType": CLASSIC, "resourceId": "old", "region": "us-east-1", "tags": {},
                "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/old",
                "configuration": {"LoadBalancerName": "old", "SecurityGroups": [group], "Subnets": [],
                    "Instances": [{"InstanceId": "i-1"}], "ListenerDescriptions": [listener]},
            })
        };
        assert!(told(&[classic("sg-1", 8080)], (80, 80)).is_some_and(|told| told.contains("old carries sg-1")));
        let behind = |port| [instance("i-1", "subnet-1", "sg-1"), classic("sg-old", port)];
        assert!(told(&behind(31000), (30000, 32767)).is_some_and(|told| told.contains("old sends to a port")));
        assert!(told(&behind(8080), (30000, 32767)).is_some_and(|told| told.contains("whoever is in the VPC")));
    }
}
