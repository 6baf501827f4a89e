//! What rules a security group has, in both directions, and which interfaces carry it.
//! Knows nothing of what rules let in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::region_index::RegionIndex;
use konecta_base::calls;

type ByGroup<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Rules and interfaces by group; `None` where one could belong to any group, or was not listed.
pub(crate) struct GroupUse<'a> {
    rules: Option<ByGroup<'a>>,
    members: Option<ByGroup<'a>>,
}

impl<'a> GroupUse<'a> {
    pub(crate) fn of(region_index: &RegionIndex<'a>) -> Self {
        let whole = |action| region_index.seen.whole(region_index.place, action);
        Self {
            rules: whole(calls::EC2_DESCRIBE_SECURITY_GROUP_RULES).then(|| rules(region_index)).flatten(),
            members: whole(calls::EC2_DESCRIBE_NETWORK_INTERFACES).then(|| members(region_index)).flatten(),
        }
    }

    /// The fact `rule_ids`.
    pub(crate) fn rules(&self, group: &str) -> Option<Value> {
        Some(in_use(self.rules.as_ref()?, group))
    }

    /// The fact `members`.
    pub(crate) fn members(&self, group: &str) -> Option<Value> {
        Some(in_use(self.members.as_ref()?, group))
    }
}

fn in_use(found: &ByGroup<'_>, group: &str) -> Value {
    found.get(group).map_or_else(|| json!([]), |ids| json!(ids))
}

fn rules<'a>(region_index: &RegionIndex<'a>) -> Option<ByGroup<'a>> {
    let mut found = ByGroup::new();
    for rule in &region_index.here.rules {
        let group = rule.body.group_id.as_ref()?;
        found.entry(group).or_default().insert(rule.id(rule.body.security_group_rule_id.as_ref()));
    }
    Some(found)
}

fn members<'a>(region_index: &RegionIndex<'a>) -> Option<ByGroup<'a>> {
    let mut found = ByGroup::new();
    for interface in &region_index.here.interfaces {
        for group in interface.body.groups.as_ref()? {
            let id = interface.id(interface.body.network_interface_id.as_ref());
            found.entry(group.group_id.as_ref()?).or_default().insert(id);
        }
    }
    Some(found)
}
