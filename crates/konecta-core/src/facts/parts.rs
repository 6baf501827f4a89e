//! The fact `parts`: what each resource is in a stack.
//! Knows where wiring was gathered; gathers none itself, except that of roles, which spans regions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::{Attachments, Ids, Part, describe};
use super::nodes::{ACCESS_ENTRIES, profile};
use super::region_index::RegionIndex;
use super::seen::Seen;
use super::sink::Sink;
use super::wiring::{clusters_seen, fargate_cut_short, nodegroups_seen};
use super::world::{Item, Regional};
use crate::model::elb;
use konecta_base::calls;

/// The parts of everything in one place, except roles; `strangers` are load balancers that are certainly not the stack's.
pub(crate) fn state(region_index: &RegionIndex<'_>, strangers: &BTreeSet<&str>, sink: &mut Sink) {
    let (here, wiring) = (region_index.here, &region_index.wiring);
    let ours = here.load_balancers.iter().filter(|item| !strangers.contains(item.arn.as_str()));
    let carried = ours.map(|item| super::wiring::told_ids(&item.body.security_groups));
    let carried = carried.fold(Ids { whole: true, ..Ids::default() }, Ids::join);
    for item in &here.security_groups {
        let id = item.id(item.body.group_id.as_ref());
        let mut parts = wiring.groups.parts(id);
        if let Some(parts) = parts.as_mut().filter(|_| carried.whole && !carried.known.contains(id)) {
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

/// The services that give machines credentials of a role: EC2, Systems Manager and IAM Roles Anywhere (hybrid nodes),
/// SageMaker (HyperPod), and Fargate.
const MACHINES: [&str; 5] =
    ["ec2.amazonaws.com", "ssm.amazonaws.com", "rolesanywhere.amazonaws.com", "sagemaker.amazonaws.com", FARGATE];

/// Without it in its trust policy, EKS takes no role for a Fargate profile.
const FARGATE: &str = "eks-fargate-pods.amazonaws.com";

/// How the associations of EKS Pod Identity are read.
const POD_IDENTITIES: [&str; 2] =
    [calls::EKS_LIST_POD_IDENTITY_ASSOCIATIONS, calls::EKS_DESCRIBE_POD_IDENTITY_ASSOCIATION];

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
    /// Whether there may be access entries of machines that were not read.
    unentered: bool,
    /// Whether there may be Fargate profiles that were not read.
    unprofiled: bool,
    /// Roles that pods get by EKS Pod Identity.
    associated: BTreeSet<String>,
    /// Whether pods may get others in this way.
    unassociated: bool,
}

impl Roles {
    /// Takes in a region of the account.
    pub(crate) fn see(&mut self, region_index: &RegionIndex<'_>, seen: &Seen) {
        let place = region_index.place;
        self.wired.require(clusters_seen(place, seen) && nodegroups_seen(place, seen));
        self.wired.require(seen.whole(place, calls::EC2_DESCRIBE_INSTANCES));
        self.unentered |= ACCESS_ENTRIES.iter().any(|action| seen.cut_short(place, action));
        self.unprofiled |= fargate_cut_short(place, seen);
        for item in &region_index.here.clusters {
            self.wired.note(Part::Cluster, Some(true), &Ids::of(Some([item.body.role_arn.as_ref()])));
        }
        for item in &region_index.here.nodegroups {
            self.wired.note(Part::Node, Some(true), &Ids::of(Some([item.body.node_role.as_ref()])));
        }
        for item in &region_index.here.fargate_profiles {
            let role = item.body.pod_execution_role_arn.as_ref();
            self.unprofiled |= role.is_none();
            let known = role.into_iter().cloned().collect();
            self.wired.note(Part::Node, Some(true), &Ids { known, whole: true });
        }
        for (role, _) in super::nodes::roles(region_index.here) {
            self.wired.note(Part::Node, Some(true), &Ids { known: [role.to_owned()].into(), whole: true });
        }
        for machine in region_index.wiring.machines.values().filter(|machine| !machine.is_gone()) {
            self.wired.note(Part::Node, machine.node.is(), &profile(&machine.profile));
            self.wired.note(Part::Bastion, machine.bastion, &profile(&machine.profile));
        }
        for item in &region_index.here.clusters {
            let oidc = item.body.identity.as_ref().and_then(|identity| identity.oidc.as_ref());
            let issuer = oidc.and_then(|oidc| oidc.issuer.clone());
            self.clusters = true;
            self.untold |= issuer.is_none();
            self.issuers.extend(issuer);
        }
        self.unassociated |= POD_IDENTITIES.iter().any(|action| seen.cut_short(place, action));
        for item in &region_index.here.pod_identities {
            self.unassociated |= item.body.role_arn.is_none() || item.body.target_role_arn.is_silent();
            self.associated.extend(item.body.role_arn.clone());
            self.associated.extend(item.body.target_role_arn.value().cloned());
        }
    }

    /// Whether pods of a cluster assume a role: by the tokens of the cluster's provider, or by EKS Pod Identity.
    fn is_assumed_by_pods(&self, arn: &str, trust: Option<&Value>) -> Option<bool> {
        if self.associated.contains(arn) {
            return Some(true);
        }
        let Some(trust) = trust else { return (self.issuers.is_empty() && !self.unassociated).then_some(false) };
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
        // What pods get over another role lets that one in, and not the service.
        let over_another = self.unassociated && lets_in_principals(trust);
        ((!federated || !self.untold) && !over_another).then_some(false)
    }

    /// States the parts of the account's roles.
    pub(crate) fn state(&self, global: &Regional, sink: &mut Sink) {
        for item in &global.roles {
            match self.parts(item) {
                Ok(parts) => sink.fact(&item.arn, "parts", parts),
                Err(why) => sink.why(&item.arn, "parts", why.to_owned()),
            }
        }
    }

    /// What is known of a role stands, and beside it an item for what it may be besides. Of one of which nothing is
    /// known but that it may be something, there is only the why.
    fn parts(&self, role: &Item<crate::model::iam::RoleDetail>) -> Result<Option<Value>, &'static str> {
        let profiles = role.body.instance_profile_list.as_ref();
        let profiles = Ids::of(profiles.map(|profiles| profiles.iter().map(|profile| profile.arn.as_ref())));
        let ids = std::iter::once(&role.arn).chain(&profiles.known);
        let Some(wired) = ids.map(|id| self.wired.parts(id)).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut parts: BTreeSet<Part> = wired.into_iter().flatten().collect();
        let trust = role.body.assume_role_policy_document.as_ref();
        let mut open = Vec::new();
        match self.is_assumed_by_pods(&role.arn, trust) {
            Some(true) => drop(parts.insert(Part::Pod)),
            Some(false) => {}
            None if self.unassociated => open.push("whether pods get it by EKS Pod Identity was not read"),
            None => return Ok(None),
        }
        if !parts.contains(&Part::Node) {
            open.extend(self.may_be_of_nodes(trust));
        }
        match open.first() {
            _ if !profiles.whole => Ok(None),
            Some(why) if parts.is_empty() => Err(why),
            Some(_) | None => {
                let known = parts.iter().map(|part| json!(part.name()));
                let open = open.iter().map(|why| json!({"kind": "unknown", "why": why}));
                Ok(Some(known.chain(open).collect()))
            }
        }
    }

    /// Why nodes may act by a role all the same. Who gives machines their credentials must be let in by it.
    fn may_be_of_nodes(&self, trust: Option<&Value>) -> Option<&'static str> {
        let serves = |names: &[&str]| {
            let services = trust.map(|trust| principals(trust, "Service"));
            services.is_none_or(|services| services.iter().any(|service| names.contains(service)))
        };
        let others = trust.is_none_or(|trust| lets_in_principals(trust) || !principals(trust, "Federated").is_empty());
        if self.unentered && (others || serves(&MACHINES)) {
            return Some("not all access entries of the clusters were read, and one may let its machines in as nodes");
        }
        let profiled = self.unprofiled && serves(&[FARGATE]);
        profiled.then_some("not all Fargate profiles were read, and one may start pods by it")
    }
}

/// The principals of one kind that a trust policy names.
fn principals<'a>(trust: &'a Value, kind: &str) -> Vec<&'a str> {
    let statements = trust.get("Statement").map_or(&[][..], one_or_many);
    let named = statements.iter().filter_map(|statement| statement.get("Principal")?.get(kind));
    named.flat_map(one_or_many).filter_map(Value::as_str).collect()
}

/// Whether a trust policy may let in roles of an account.
fn lets_in_principals(trust: &Value) -> bool {
    trust.get("Statement").map_or(&[][..], one_or_many).iter().any(|statement| {
        let named = statement.get("Principal");
        named.is_none_or(|named| !named.is_object() || named.get("AWS").is_some())
    })
}

/// An issuer is a URL; a provider's ARN ends in it without the scheme.
fn same_provider(issuer: &str, named: &str) -> bool {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/') == named.trim_end_matches('/')
}

/// A list as it is, and what stands alone as a list of one.
fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}
