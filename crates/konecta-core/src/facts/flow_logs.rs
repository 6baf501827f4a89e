//! Which flow logs watch a VPC.
//! Knows nothing of where they are delivered.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::region_index::RegionIndex;
use super::sink::object;
use super::world::Item;
use crate::model::ec2::{FlowLog, Vpc};
use konecta_base::calls;

/// Why the flow logs of a VPC cannot be known here: they are known only to who made them, and whose VPC it is makes them.
pub(crate) fn unseen(region_index: &RegionIndex<'_>, vpc: &Item<Vpc>) -> Option<String> {
    let owner = vpc.body.owner_id.as_ref().filter(|owner| *owner != region_index.place.account.as_str())?;
    let id = vpc.id(vpc.body.vpc_id.as_ref());
    Some(format!("{id} belongs to account {owner}, and only that account sees the flow logs it made"))
}

/// The flow logs of one place by what they watch.
pub(crate) struct FlowLogs<'a> {
    /// `None` where one may be missing, or it was not sent what one watches.
    watching: Option<HashMap<&'a str, Vec<&'a Item<FlowLog>>>>,
}

impl<'a> FlowLogs<'a> {
    pub(crate) fn of(region_index: &RegionIndex<'a>) -> Self {
        let whole = region_index.seen.whole(region_index.place, calls::EC2_DESCRIBE_FLOW_LOGS);
        let mut watching: Option<HashMap<&str, Vec<&Item<FlowLog>>>> = whole.then(HashMap::new);
        for log in &region_index.here.flow_logs {
            match (&mut watching, &log.body.resource_id) {
                (Some(watching), Some(watched)) => watching.entry(watched).or_default().push(log),
                (_, _) => watching = None,
            }
        }
        Self { watching }
    }

    /// The fact `flow_logs` of a VPC.
    pub(crate) fn watching(&self, region_index: &RegionIndex<'_>, vpc: &Item<Vpc>) -> Option<Value> {
        let watching = self.watching.as_ref().filter(|_| unseen(region_index, vpc).is_none())?;
        let logs = watching.get(vpc.id(vpc.body.vpc_id.as_ref())).into_iter().flatten();
        let told = logs.map(|log| {
            object([
                ("id", Some(json!(log.id(log.body.flow_log_id.as_ref())))),
                ("status", log.body.flow_log_status.as_ref().map(|status| json!(status))),
                ("delivery", log.body.deliver_logs_status.as_ref().map(|status| json!(status))),
                ("traffic", log.body.traffic_type.as_ref().map(|traffic| json!(traffic))),
            ])
        });
        Some(told.collect())
    }
}
