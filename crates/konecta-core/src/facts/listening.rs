//! On which ports load balancers listen that carry a security group: CloudFront is expected there.
//! Knows nothing of rules.

use std::collections::{BTreeMap, BTreeSet};

use super::region_index::RegionIndex;
use super::wiring::told_ids;
use konecta_base::calls;

/// The ports of one place, by group.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    ports: BTreeMap<String, BTreeSet<u16>>,
    doubts: BTreeMap<String, String>,
    /// Why any group may be carried by a load balancer that was not seen.
    anything: Option<String>,
}

/// What is known of one group.
#[derive(Debug, Default)]
pub(crate) struct Balanced<'a> {
    ports: Option<&'a BTreeSet<u16>>,
    doubt: Option<&'a str>,
}

impl Listening {
    pub(crate) fn of(region_index: &RegionIndex<'_>) -> Self {
        let mut listening = Self::default();
        if !region_index.seen.whole(region_index.place, calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS) {
            listening.anything = Some("load balancers were not listed to the end".to_owned());
        }
        for item in &region_index.here.load_balancers {
            let name = item.id(item.body.load_balancer_name.as_ref());
            let groups = told_ids(&item.body.security_groups);
            if !groups.whole {
                listening.anything = Some(format!("the security groups of load balancer {name} were not sent"));
            }
            let listeners = region_index.doors.listeners(&item.arn);
            let ports: Vec<Option<u16>> = listeners.unwrap_or_default().iter().map(|one| one.item.body.port).collect();
            for group in groups.known {
                if listeners.is_none() || ports.contains(&None) {
                    let why = format!("the listeners of load balancer {name} were not all seen");
                    listening.doubts.insert(group.clone(), why);
                }
                listening.ports.entry(group).or_default().extend(ports.iter().flatten());
            }
        }
        listening
    }

    pub(crate) fn of_group(&self, group: &str) -> Balanced<'_> {
        let doubt = self.doubts.get(group).or(self.anything.as_ref());
        Balanced { ports: self.ports.get(group), doubt: doubt.map(String::as_str) }
    }
}

impl Balanced<'_> {
    /// Why there may be more ports than were seen.
    pub(crate) fn doubt(&self) -> Option<&str> {
        self.doubt
    }

    /// What of a range no load balancer listens on.
    pub(crate) fn beside(&self, (from, to): (u16, u16)) -> Vec<(u16, u16)> {
        let mut left = Vec::new();
        let mut next = Some(from);
        for &port in self.ports.into_iter().flat_map(|ports| ports.range(from..=to)) {
            if let Some(start) = next.filter(|start| *start < port) {
                left.push((start, port - 1));
            }
            next = port.checked_add(1);
        }
        left.extend(next.filter(|start| *start <= to).map(|start| (start, to)));
        left
    }
}
