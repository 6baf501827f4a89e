//! What of one place is looked for by what it is called: each list is gone through once, and not once for each that asks.
//! Knows which member of an answer names what; draws no conclusion.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::load_balancer::TargetGroup;
use super::world::{Item, Regional, Supplemented};
use crate::model::{acm, autoscaling, ec2, elb};

/// The resources of one place by their ids. Where two have one id, the first counts, as for a reader of the list.
#[derive(Debug)]
pub(crate) struct ById<'a> {
    pub(crate) subnets: HashMap<&'a str, &'a Item<ec2::Subnet>>,
    /// By the id of the envelope.
    pub(crate) nat_gateways: HashMap<&'a str, &'a Item<ec2::NatGateway>>,
    pub(crate) interfaces: HashMap<&'a str, &'a Item<ec2::NetworkInterface>>,
    /// Interfaces that are Global Accelerator's, or may be.
    pub(crate) accelerators: Vec<&'a Item<ec2::NetworkInterface>>,
    pub(crate) vpcs: HashMap<&'a str, &'a Item<ec2::Vpc>>,
    /// By ARN.
    pub(crate) balancers: HashMap<&'a str, &'a Item<elb::LoadBalancer>>,
    /// The ends of the ARNs of load balancers of all kinds, behind `:loadbalancer/`.
    balancer_paths: HashSet<&'a str>,
    /// By ARN.
    pub(crate) target_groups: HashMap<&'a str, &'a TargetGroup>,
    /// By the ARN of a load balancer that they name, in the order of the list.
    targets: HashMap<&'a str, Vec<&'a TargetGroup>>,
    /// By ARN.
    pub(crate) certificates: HashMap<&'a str, &'a Supplemented<acm::Certificate, acm::CertificatePem>>,
    /// Auto Scaling groups by the instances that they keep.
    pub(crate) keepers: HashMap<&'a str, &'a autoscaling::AutoScalingGroup>,
    /// Whether every Auto Scaling group tells all its instances.
    pub(crate) all_kept: bool,
    /// The clusters of the node groups that name an Auto Scaling group, in the order of the list.
    clusters: HashMap<&'a str, Vec<Option<&'a String>>>,
}

impl<'a> ById<'a> {
    pub(crate) fn of(here: &'a Regional) -> Self {
        let named = |kind: &'a Item<ec2::NetworkInterface>| kind.id(kind.body.network_interface_id.as_ref());
        let balancers = here.load_balancers.iter().map(|item| &item.arn);
        let all_balancers = balancers.chain(here.classic_balancers.iter().map(|item| &item.arn));
        let mut by_id = Self {
            subnets: first(here.subnets.iter().map(|item| (item.id(item.body.subnet_id.as_ref()), item))),
            nat_gateways: first(here.nat_gateways.iter().map(|item| (item.resource_id.as_str(), item))),
            interfaces: first(here.interfaces.iter().map(|item| (named(item), item))),
            accelerators: here.interfaces.iter().filter(|item| may_be_accelerator(&item.body)).collect(),
            vpcs: first(here.vpcs.iter().map(|item| (item.id(item.body.vpc_id.as_ref()), item))),
            balancers: first(here.load_balancers.iter().map(|item| (item.arn.as_str(), item))),
            balancer_paths: all_balancers.filter_map(|arn| Some(arn.split_once(":loadbalancer/")?.1)).collect(),
            target_groups: first(here.target_groups.iter().map(|item| (item.item.arn.as_str(), item))),
            targets: HashMap::new(),
            certificates: first(here.certificates.iter().map(|item| (item.item.arn.as_str(), item))),
            keepers: HashMap::new(),
            all_kept: true,
            clusters: HashMap::new(),
        };
        for group in &here.target_groups {
            let mut once = HashSet::new();
            for arn in group.item.body.load_balancer_arns.iter().flatten().filter(|arn| once.insert(arn.as_str())) {
                by_id.targets.entry(arn).or_default().push(group);
            }
        }
        for group in &here.scaling_groups {
            let members = group.body.instances.as_ref();
            by_id.all_kept &= members.is_some_and(|members| members.iter().all(|member| member.instance_id.is_some()));
            for instance in group.body.instances.iter().flatten().filter_map(|member| member.instance_id.as_deref()) {
                by_id.keepers.entry(instance).or_insert(&group.body);
            }
        }
        for item in &here.nodegroups {
            let resources = item.body.resources.as_ref();
            let groups = resources.and_then(|resources| resources.auto_scaling_groups.as_ref()).into_iter().flatten();
            let mut once = HashSet::new();
            for name in groups.filter_map(|group| group.name.as_deref()).filter(|name| once.insert(*name)) {
                by_id.clusters.entry(name).or_default().push(item.body.cluster_name.as_ref());
            }
        }
        by_id
    }

    /// The target groups that name a load balancer.
    pub(crate) fn targets(&self, balancer: &str) -> &[&'a TargetGroup] {
        self.targets.get(balancer).map_or(&[], Vec::as_slice)
    }

    /// Whether a load balancer is listed under what ELB writes on its interfaces: `app/<name>/<id>`, or a name alone.
    pub(crate) fn lists_balancer(&self, named: &str) -> bool {
        self.balancer_paths.contains(named)
    }

    /// The clusters of the node groups that name an Auto Scaling group; `None` in it for one that does not say its own.
    pub(crate) fn clusters(&self, scaling_group: &str) -> &[Option<&'a String>] {
        self.clusters.get(scaling_group).map_or(&[], Vec::as_slice)
    }
}

/// An interface that hangs on an instance is none of Global Accelerator's.
fn may_be_accelerator(sent: &ec2::NetworkInterface) -> bool {
    match sent.interface_type.as_deref() {
        Some(kind) => kind == "global_accelerator_managed",
        None => sent.requester_managed != Some(false),
    }
}

fn first<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, V> {
    let mut found = HashMap::with_capacity(pairs.size_hint().0);
    for (key, value) in pairs {
        found.entry(key).or_insert(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_with_one_name_the_first_counts() {
        assert_eq!(first([("a", 1), ("b", 2), ("a", 3)].into_iter()), HashMap::from([("a", 1), ("b", 2)]));
    }

    #[test]
    fn a_target_group_stands_with_each_load_balancer_that_it_names_once() {
        let body = elb::TargetGroup {
            load_balancer_arns: Some(["a", "b", "a"].map(str::to_owned).to_vec()),
            ..elb::TargetGroup::default()
        };
        let item = Item { arn: "t".to_owned(), resource_id: "t".to_owned(), tags: None, body };
        let mut here = Regional::default();
        here.target_groups.push(Supplemented { item, supplement: None });
        let by_id = ById::of(&here);
        assert_eq!(["a", "b", "c"].map(|arn| by_id.targets(arn).len()), [1, 1, 0]);
    }
}
