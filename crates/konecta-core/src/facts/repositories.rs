//! The facts of repositories: whom their policies let in, and what their lifecycle policy keeps.
//! Knows where the documents stand; reads none itself.

use std::collections::BTreeSet;

use super::lifecycle_keeps::lifecycle_faults;
use super::region_index::RegionIndex;
use super::sink::Sink;
use super::strangers::{Policy, strangers};
use super::trust::{Organizations, Trust};
use konecta_base::blueprint::Blueprint;
use konecta_base::calls;

const REGISTRY: &str = calls::ECR_GET_REGISTRY_POLICY;

/// States the facts of every repository of a place.
pub(crate) fn state(
    region_index: &RegionIndex<'_>,
    (vpcs, organizations): (&BTreeSet<String>, &Organizations),
    blueprint: &Blueprint,
    sink: &mut Sink,
) {
    if region_index.here.repositories.is_empty() {
        return;
    }
    let trust = Trust { account: region_index.place.account.as_str(), stack: &blueprint.stack, vpcs, organizations };
    let registry = registry(region_index);
    for item in &region_index.here.repositories {
        let policy = Policy::of(item.policy.as_ref());
        sink.fact(&item.arn, "strangers", Some(strangers(&item.arn, &policy, &registry, &trust)));
        let images = u64::from(blueprint.ecr.keep_images);
        let faults = item.lifecycle.as_ref().and_then(|policy| lifecycle_faults(policy, images));
        sink.fact(&item.arn, "lifecycle_faults", faults);
    }
}

/// The policy of the registry. Nothing in the snapshot of one that was made before anybody asked for it speaks of it:
/// such a snapshot is judged by what was asked then.
fn registry(region_index: &RegionIndex<'_>) -> Policy {
    match region_index.here.registry_policies.as_slice() {
        [item] => Policy::of(item.body.get("policyText")),
        [] if !region_index.seen.asked_for(region_index.place, REGISTRY) => Policy::None,
        _ => Policy::Unread,
    }
}
