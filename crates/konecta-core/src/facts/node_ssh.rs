//! Who may open SSH on what a node group launches, by the groups of the launch templates behind it.
//! Knows nothing of keys, and nothing of who is welcome.

use serde_json::Value;

use super::autoscaler::named_groups;
use super::region_index::RegionIndex;
use super::templates::{groups, launches};
use super::world::Item;
use crate::model::eks;

const SSH: u16 = 22;

/// The fact `ssh` of a node group; `None` where not all that it launches is known.
pub(crate) fn ssh(region_index: &RegionIndex<'_>, item: &Item<eks::Nodegroup>) -> Option<Value> {
    let names = named_groups(&item.body);
    if !names.whole || names.known.is_empty() {
        return None;
    }
    let mut carried = std::collections::BTreeSet::new();
    for name in &names.known {
        let of_name = |group: &&Item<crate::model::autoscaling::AutoScalingGroup>| {
            group.body.auto_scaling_group_name.as_ref() == Some(name)
        };
        let group = region_index.here.scaling_groups.iter().find(of_name)?;
        for launch in launches(region_index.place, region_index.here, region_index.seen, &group.body) {
            let of_launch = groups(launch.ok()?.data);
            if !of_launch.whole {
                return None;
            }
            carried.extend(of_launch.known);
        }
    }
    region_index.sources_on(&carried, SSH).map(Value::Array)
}
