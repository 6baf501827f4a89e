//! Which parts of the stack are there, over all accounts of the scan: the fact `inventory` of each stack.
//! Knows the blueprint's names; whether a part is as promised is for others to say.

use serde_json::{Value, json};

use super::seen::{AccountRegion, Seen};
use super::sink::{Sink, object};
use super::stack;
use super::world::{Item, Regional, World};
use crate::model::ec2;
use konecta_base::blueprint::Blueprint;
use konecta_base::calls;
use konecta_base::id::Region;
use konecta_base::snapshot::ScanInfo;

/// States it for the stack of each account; the stacks' own facts were stated before.
pub(crate) fn state(world: &World, info: &ScanInfo, seen: &Seen, blueprint: &Blueprint, sink: &mut Sink) {
    let Some(region) = &blueprint.stack.region else { return };
    let arns: Vec<String> = info.accounts.iter().map(|account| stack::arn(account, region, blueprint)).collect();
    let told = |fact: &str, wanted: &dyn Fn(&Value) -> bool| {
        any(arns.iter().map(|arn| {
            let known = sink.get(arn, fact);
            let items = known.as_ref().and_then(Value::as_array);
            (items.into_iter().flatten().any(wanted), items.is_some())
        }))
    };
    let bastion = told("bastions", &|_| true);
    let is_declared = |name: &Value| blueprint.ecr.repositories.iter().any(|declared| name == declared);
    let repositories = told("repositories", &is_declared);
    let cluster = &blueprint.eks.cluster;
    let look = |region: &Region, look: &dyn Fn(&Regional, &Whole<'_>) -> (bool, bool)| {
        let nothing = Regional::default();
        any(info.accounts.iter().map(|account| {
            let place = AccountRegion { account: account.clone(), region: region.clone() };
            look(world.get(&place).unwrap_or(&nothing), &|action| seen.whole(&place, action))
        }))
    };
    let global = Region::global();
    let distribution =
        look(&global, &|there, whole| (!there.distributions.is_empty(), whole(calls::CLOUDFRONT_LIST_DISTRIBUTIONS)));
    let load_balancer = look(region, &load_balancer);
    let has_cluster = look(region, &|there, whole| {
        let is_it = there.clusters.iter().any(|item| item.id(item.body.name.as_ref()) == cluster);
        (is_it, whole(calls::EKS_LIST_CLUSTERS))
    });
    let nodes = match has_cluster {
        // Without a cluster there is nothing that capacity could be of.
        Some(false) => Some(false),
        Some(true) | None => look(region, &|there, _| (has_nodes(there, cluster), false)),
    };
    let database = look(region, &|there, whole| {
        let is_there = !there.databases.is_empty() || !there.database_clusters.is_empty();
        (is_there, whole(calls::RDS_DESCRIBE_DB_INSTANCES) && whole(calls::RDS_DESCRIBE_DB_CLUSTERS))
    });
    let why = (nodes.is_none() && has_cluster == Some(true)).then(|| {
        json!([format!(
            "no node group and no Fargate profile of {cluster} was seen, and whether it has other nodes cannot be told"
        )])
    });
    let part = |is_there: Option<bool>| is_there.map(Value::Bool);
    let inventory = object([
        ("distribution", part(distribution)),
        ("load_balancer", part(load_balancer)),
        ("cluster", part(has_cluster)),
        ("nodes", part(nodes)),
        ("repositories", part(repositories)),
        ("database", part(database)),
        ("bastion", part(bastion)),
        ("why", why),
    ]);
    for arn in arns {
        sink.fact(&arn, "inventory", Some(inventory.clone()));
    }
}

/// Whether a read was answered to its end.
type Whole<'w> = dyn Fn(&str) -> bool + 'w;

/// What is there in one account is there. That it is nowhere is known only where all was seen.
fn any(accounts: impl Iterator<Item = (bool, bool)>) -> Option<bool> {
    let (is_there, whole) = accounts.fold((false, true), |(there, whole), (this, all)| (there || this, whole && all));
    (is_there || whole).then_some(is_there)
}

fn load_balancer(there: &Regional, whole: &Whole<'_>) -> (bool, bool) {
    let kinds = || there.load_balancers.iter().map(|item| item.body.kind.as_deref());
    let all = whole(calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS) && kinds().all(|kind| kind.is_some());
    (kinds().any(|kind| kind == Some("application")), all)
}

/// Managed node groups or Fargate profiles of the cluster, Auto Mode, or machines that carry the cluster's tag. That there are none does not
/// follow: capacity of other kinds is not read.
fn has_nodes(there: &Regional, cluster: &str) -> bool {
    let mut clusters = there.clusters.iter().filter(|item| item.id(item.body.name.as_ref()) == cluster);
    let of_cluster = format!(":nodegroup/{cluster}/");
    let of_fargate = format!(":fargateprofile/{cluster}/");
    there.nodegroups.iter().any(|item| item.arn.contains(&of_cluster))
        || there.fargate_profiles.iter().any(|item| item.arn.contains(&of_fargate))
        || clusters.any(|item| item.body.compute_config.value().and_then(|compute| compute.enabled) == Some(true))
        || there.instances.iter().any(|item| is_of(item, cluster))
}

fn is_of(machine: &Item<ec2::Instance>, cluster: &str) -> bool {
    let state = machine.body.state.as_ref().and_then(|state| state.name.as_deref());
    let owned = format!("kubernetes.io/cluster/{cluster}");
    let names_it =
        |(key, value): (&String, &String)| *key == owned || (key == "aws:eks:cluster-name" && value == cluster);
    state.is_some_and(|state| state != "terminated") && machine.tags.iter().flatten().any(names_it)
}
