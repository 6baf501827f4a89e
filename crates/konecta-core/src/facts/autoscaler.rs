//! Which Auto Scaling groups a node group has, and whether an autoscaler would find them.
//! Knows nothing of instances.

use serde_json::{Value, json};

use super::attachments::Ids;
use super::known::any;
use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::world::{Item, Regional};
use crate::model::{Tag, autoscaling::AutoScalingGroup, eks};
use konecta_base::calls;

const CLUSTER_TAG: &str = "eks:cluster-name";
const NODEGROUP_TAG: &str = "eks:nodegroup-name";

/// The Auto Scaling groups that a node group names.
pub(crate) fn named_groups(nodegroup: &eks::Nodegroup) -> Ids {
    let groups = nodegroup.resources.as_ref().and_then(|resources| resources.auto_scaling_groups.as_ref());
    Ids::of(groups.map(|groups| groups.iter().map(|group| group.name.as_ref())))
}

/// Whether a group has a tag, of a value if one is given.
fn has_tag(group: &AutoScalingGroup, key: &str, value: Option<&str>) -> Option<bool> {
    let fits = |tag: &Tag| {
        let same_key = tag.key.as_ref().map(|sent| sent == key);
        let same_value = value.map_or(Some(true), |value| tag.value.as_ref().map(|sent| sent == value));
        match (same_key, same_value) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (_, _) => None,
        }
    };
    any(group.tags.as_ref()?.iter().map(fits))
}

/// The fact `autoscaler` of a node group; `None` where its groups are not known.
pub(crate) fn autoscaler(
    place: &AccountRegion,
    here: &Regional,
    seen: &Seen,
    item: &Item<eks::Nodegroup>,
) -> Option<Value> {
    let cluster = item.body.cluster_name.as_deref()?;
    let mut names = named_groups(&item.body);
    if !names.whole {
        names = tagged_groups(place, here, seen, &item.body)?;
    }
    let group = |name: &String| {
        let found = here.scaling_groups.iter().find(|group| group.body.auto_scaling_group_name.as_ref() == Some(name));
        let scales = found.and_then(|group| is_discovered(&group.body, cluster));
        object([("name", Some(json!(name))), ("cluster_autoscaler", scales.map(Value::Bool))])
    };
    let groups: Vec<Value> = names.known.iter().map(group).collect();
    Some(json!({"groups": groups}))
}

/// The groups that carry the node group's tags, where it does not name them itself.
fn tagged_groups(place: &AccountRegion, here: &Regional, seen: &Seen, nodegroup: &eks::Nodegroup) -> Option<Ids> {
    let (cluster, name) = (nodegroup.cluster_name.as_deref()?, nodegroup.nodegroup_name.as_deref()?);
    if !seen.whole(place, calls::AUTOSCALING_DESCRIBE_AUTO_SCALING_GROUPS) {
        return None;
    }
    let mut ids = Ids { whole: true, ..Ids::default() };
    for item in &here.scaling_groups {
        let in_cluster = has_tag(&item.body, CLUSTER_TAG, Some(cluster));
        let in_group = has_tag(&item.body, NODEGROUP_TAG, Some(name));
        match (in_cluster, in_group) {
            (Some(false), _) | (_, Some(false)) => {}
            (Some(true), Some(true)) => {
                ids.known.insert(item.body.auto_scaling_group_name.clone()?);
            }
            (_, _) => return None,
        }
    }
    Some(ids)
}

/// Whether Cluster Autoscaler finds a group by the two tags that it looks for.
fn is_discovered(group: &AutoScalingGroup, cluster: &str) -> Option<bool> {
    let enabled = has_tag(group, "k8s.io/cluster-autoscaler/enabled", None);
    let owned = has_tag(group, &format!("k8s.io/cluster-autoscaler/{cluster}"), None);
    match (enabled, owned) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        (_, _) => None,
    }
}
