//! The fact `parts`: what each resource is in a stack.
//! Knows where wiring was gathered; gathers none itself, except that of roles, which spans regions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::{Attachments, Ids, Part, describe};
use super::ground::Ground;
use super::nodes::profile;
use super::seen::Seen;
use super::sink::Sink;
use super::wiring::{clusters_seen, nodegroups_seen};
use super::world::{Item, Regional};
use crate::model::elb;

/// The parts of everything in one place, except roles; `strangers` are load balancers that are certainly not the stack's.
pub(crate) fn state(ground: &Ground<'_>, strangers: &BTreeSet<&str>, sink: &mut Sink) {
    let (here, wiring) = (ground.here, &ground.wiring);
    let ours = || here.load_balancers.iter().filter(|item| !strangers.contains(item.arn.as_str()));
    for item in &here.security_groups {
        let id = item.id(item.body.group_id.as_ref());
        let mut parts = wiring.groups.parts(id);
        let carries = |item: &Item<elb::LoadBalancer>| {
            let groups = super::wiring::told_ids(&item.body.security_groups);
            groups.known.contains(id) || !groups.whole
        };
        if let Some(parts) = parts.as_mut().filter(|_| !ours().any(carries)) {
            parts.remove(&Part::Alb);
        }
        sink.fact(&item.arn, "parts", parts.as_ref().map(describe));
    }
    for item in &here.subnets {
        sink.fact(&item.arn, "parts", wiring.subnets.describe(item.id(item.body.subnet_id.as_ref())));
    }
    for machine in wiring.machines.values() {
        sink.fact(&machine.arn, "parts", machine.parts().as_ref().map(describe));
    }
    for item in &here.load_balancers {
        let stranger = strangers.contains(item.arn.as_str());
        sink.fact(&item.arn, "parts", if stranger { Some(json!([])) } else { of_load_balancer(&item.body) });
    }
    let of = |item| Balancer { sent: item, stranger: strangers.contains(item.arn.as_str()) };
    let balancers: Balancers<'_> = here.load_balancers.iter().map(|item| (item.arn.as_str(), of(item))).collect();
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

/// A load balancer is `alb` if it is an application load balancer, and not certainly another's.
fn of_load_balancer(balancer: &elb::LoadBalancer) -> Option<Value> {
    let parts = if balancer.kind.as_deref()? == "application" { vec![Part::Alb.name()] } else { vec![] };
    Some(json!(parts))
}

struct Balancer<'a> {
    sent: &'a Item<elb::LoadBalancer>,
    stranger: bool,
}

type Balancers<'a> = BTreeMap<&'a str, Balancer<'a>>;

/// Listeners and target groups are what their load balancers are.
fn behind<'a>(balancers: &Balancers<'_>, arns: impl IntoIterator<Item = &'a String>) -> Option<Value> {
    let mut parts = BTreeSet::new();
    for arn in arns {
        let balancer = balancers.get(arn.as_str())?;
        if balancer.sent.body.kind.as_deref()? == "application" && !balancer.stranger {
            parts.insert(Part::Alb);
        }
    }
    Some(describe(&parts))
}

/// The roles and instance profiles of one account, by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    wired: Attachments,
    /// Who issues the tokens of pods.
    issuers: BTreeSet<String>,
    /// Whether of some cluster that is not known.
    untold: bool,
    /// Whether there is a cluster at all.
    clusters: bool,
}

impl Roles {
    /// Takes in a region of the account.
    pub(crate) fn see(&mut self, ground: &Ground<'_>, seen: &Seen) {
        let place = ground.place;
        self.wired.require(clusters_seen(place, seen) && nodegroups_seen(place, seen));
        self.wired.require(seen.whole(place, "ec2:DescribeInstances"));
        for item in &ground.here.clusters {
            self.wired.note(Part::Cluster, Some(true), &Ids::of(Some([item.body.role_arn.as_ref()])));
        }
        for item in &ground.here.nodegroups {
            self.wired.note(Part::Node, Some(true), &Ids::of(Some([item.body.node_role.as_ref()])));
        }
        for (role, _) in super::nodes::roles(ground.here) {
            self.wired.note(Part::Node, Some(true), &Ids { known: [role.to_owned()].into(), whole: true });
        }
        for machine in ground.wiring.machines.values().filter(|machine| !machine.is_gone()) {
            self.wired.note(Part::Node, machine.node.is(), &profile(&machine.profile));
            self.wired.note(Part::Bastion, machine.bastion, &profile(&machine.profile));
        }
        for item in &ground.here.clusters {
            let oidc = item.body.identity.as_ref().and_then(|identity| identity.oidc.as_ref());
            let issuer = oidc.and_then(|oidc| oidc.issuer.clone());
            self.clusters = true;
            self.untold |= issuer.is_none();
            self.issuers.extend(issuer);
        }
    }

    /// Whether pods of a cluster assume a role: by the tokens of the cluster's provider, or by EKS Pod Identity.
    fn is_assumed_by_pods(&self, trust: Option<&Value>) -> Option<bool> {
        let Some(trust) = trust else { return self.issuers.is_empty().then_some(false) };
        let (providers, services) = (principals(trust, "Federated"), principals(trust, "Service"));
        let mut providers = providers.iter().filter_map(|arn| arn.split_once(":oidc-provider/")).peekable();
        if self.clusters && services.contains(&"pods.eks.amazonaws.com") {
            return Some(true);
        }
        let federated = providers.peek().is_some();
        let ours = |named: &str| self.issuers.iter().any(|issuer| same_provider(issuer, named));
        if providers.any(|(_, named)| ours(named)) {
            return Some(true);
        }
        (!federated || !self.untold).then_some(false)
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
        let mut parts = self.wired.parts(&role.arn)?;
        for profile in &profiles.known {
            parts.extend(self.wired.parts(profile)?);
        }
        if self.is_assumed_by_pods(role.body.assume_role_policy_document.as_ref())? {
            parts.insert(Part::Pod);
        }
        profiles.whole.then_some(parts)
    }
}

/// The principals of one kind that a trust policy names.
fn principals<'a>(trust: &'a Value, kind: &str) -> Vec<&'a str> {
    let statements = trust.get("Statement").map_or(&[][..], one_or_many);
    let named = statements.iter().filter_map(|statement| statement.get("Principal")?.get(kind));
    named.flat_map(one_or_many).filter_map(Value::as_str).collect()
}

/// An issuer is a URL; a provider's ARN ends in it without the scheme.
fn same_provider(issuer: &str, named: &str) -> bool {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/') == named.trim_end_matches('/')
}

/// A list as it is, and what stands alone as a list of one.
fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}
