//! The fact `parts`: what each resource is in a stack.
//! Knows where wiring was gathered; gathers none itself, except that of roles, which spans regions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::{Attachments, Ids, Part, describe};
use super::ground::Ground;
use super::seen::Seen;
use super::sink::Sink;
use super::wiring::{clusters_seen, nodegroups_seen};
use super::world::{Item, Regional};
use crate::model::{Told, ec2, elb};

/// The parts of everything in one place, except roles.
pub(crate) fn state(ground: &Ground<'_>, sink: &mut Sink) {
    let (here, wiring) = (ground.here, &ground.wiring);
    for item in &here.security_groups {
        sink.fact(&item.arn, "parts", wiring.groups.describe(item.id(item.body.group_id.as_ref())));
    }
    for item in &here.subnets {
        sink.fact(&item.arn, "parts", wiring.subnets.describe(item.id(item.body.subnet_id.as_ref())));
    }
    for machine in wiring.machines.values() {
        sink.fact(&machine.arn, "parts", machine.parts().as_ref().map(describe));
    }
    for item in &here.load_balancers {
        sink.fact(&item.arn, "parts", of_load_balancer(&item.body));
    }
    let balancers: Balancers<'_> = here.load_balancers.iter().map(|item| (item.arn.as_str(), &item.body)).collect();
    for listener in &here.listeners {
        let balancer = listener.item.body.load_balancer_arn.as_ref();
        let parts = balancer.and_then(|arn| behind(&balancers, [arn]));
        sink.fact(&listener.item.arn, "parts", parts);
    }
    for group in &here.target_groups {
        let item = &group.item;
        let parts = item.body.load_balancer_arns.as_ref().and_then(|arns| behind(&balancers, arns));
        sink.fact(&item.arn, "parts", parts);
    }
    for item in &here.databases {
        sink.fact(&item.arn, "parts", Some(json!([Part::Database.name()])));
    }
    for item in &here.distributions {
        sink.fact(&item.arn, "parts", Some(json!([Part::Edge.name()])));
    }
}

/// A load balancer is `alb` if it is an application load balancer.
pub(crate) fn of_load_balancer(balancer: &elb::LoadBalancer) -> Option<Value> {
    let parts = if balancer.kind.as_deref()? == "application" { vec![Part::Alb.name()] } else { vec![] };
    Some(json!(parts))
}

type Balancers<'a> = BTreeMap<&'a str, &'a elb::LoadBalancer>;

/// Listeners and target groups are what their load balancers are.
fn behind<'a>(balancers: &Balancers<'_>, arns: impl IntoIterator<Item = &'a String>) -> Option<Value> {
    let mut parts = BTreeSet::new();
    for arn in arns {
        if balancers.get(arn.as_str())?.kind.as_deref()? == "application" {
            parts.insert(Part::Alb);
        }
    }
    Some(describe(&parts))
}

/// The roles and instance profiles of one account, by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Roles(Attachments);

impl Roles {
    /// Takes in a region of the account.
    pub(crate) fn see(&mut self, ground: &Ground<'_>, seen: &Seen) {
        let place = ground.place;
        self.0.require(clusters_seen(place, seen) && nodegroups_seen(place, seen));
        self.0.require(seen.whole(place, "ec2:DescribeInstances"));
        for item in &ground.here.clusters {
            self.0.note(Part::Cluster, Some(true), &Ids::of(Some([item.body.role_arn.as_ref()])));
        }
        for item in &ground.here.nodegroups {
            self.0.note(Part::Node, Some(true), &Ids::of(Some([item.body.node_role.as_ref()])));
        }
        for machine in ground.wiring.machines.values().filter(|machine| !machine.is_gone()) {
            self.0.note(Part::Bastion, machine.bastion, &profile(&machine.profile));
        }
    }

    /// States the parts of the account's roles.
    pub(crate) fn state(&self, global: &Regional, sink: &mut Sink) {
        for item in &global.roles {
            sink.fact(&item.arn, "parts", self.parts(item).as_ref().map(describe));
        }
    }

    fn parts(&self, role: &Item<crate::model::iam::Role>) -> Option<BTreeSet<Part>> {
        let profiles = role.body.instance_profile_list.as_ref();
        let profiles = Ids::of(profiles.map(|profiles| profiles.iter().map(|profile| profile.arn.as_ref())));
        let mut parts = self.0.parts(&role.arn)?;
        for profile in &profiles.known {
            parts.extend(self.0.parts(profile)?);
        }
        profiles.whole.then_some(parts)
    }
}

fn profile(told: &Told<ec2::IamInstanceProfile>) -> Ids {
    match told {
        Told::Silent => Ids::default(),
        Told::Nothing => Ids { whole: true, ..Ids::default() },
        Told::Value(profile) => Ids::of(Some([profile.arn.as_ref()])),
    }
}
