//! Which flow logs watch a VPC.
//! Knows nothing of where they are delivered.

use serde_json::{Value, json};

use super::ground::Ground;
use super::sink::object;
use super::world::Item;
use crate::model::ec2::Vpc;

/// Why the flow logs of a VPC cannot be known here: they are known only to who made them, and whose VPC it is makes them.
pub(crate) fn unseen(ground: &Ground<'_>, vpc: &Item<Vpc>) -> Option<String> {
    let owner = vpc.body.owner_id.as_ref().filter(|owner| *owner != ground.place.account.as_str())?;
    let id = vpc.id(vpc.body.vpc_id.as_ref());
    Some(format!("{id} belongs to account {owner}, and only that account sees the flow logs it made"))
}

/// The fact `flow_logs`; `None` where one may be missing, or it was not sent what one watches.
pub(crate) fn flow_logs(ground: &Ground<'_>, vpc: &Item<Vpc>) -> Option<Value> {
    if !ground.seen.whole(ground.place, "ec2:DescribeFlowLogs") || unseen(ground, vpc).is_some() {
        return None;
    }
    let id = vpc.id(vpc.body.vpc_id.as_ref());
    let mut watching = Vec::new();
    for log in &ground.here.flow_logs {
        if log.body.resource_id.as_ref()? != id {
            continue;
        }
        watching.push(object([
            ("id", Some(json!(log.id(log.body.flow_log_id.as_ref())))),
            ("status", log.body.flow_log_status.as_ref().map(|status| json!(status))),
            ("delivery", log.body.deliver_logs_status.as_ref().map(|status| json!(status))),
            ("traffic", log.body.traffic_type.as_ref().map(|traffic| json!(traffic))),
        ]));
    }
    Some(Value::Array(watching))
}
