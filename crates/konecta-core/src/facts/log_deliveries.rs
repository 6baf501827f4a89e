//! Which logs of a resource CloudWatch Logs delivers, and where to.
//! Knows nothing of the logs that a service writes by itself.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::world::Regional;
use konecta_base::calls;

/// The log deliveries of one place, by the resources that they are about.
pub(crate) struct Deliveries<'a> {
    /// `None` where a source or a delivery may be missing, or it was not sent what one is about.
    of: Option<HashMap<&'a str, Vec<Option<Value>>>>,
}

impl<'a> Deliveries<'a> {
    pub(crate) fn of(place: &AccountRegion, here: &'a Regional, seen: &Seen) -> Self {
        let reads = [calls::LOGS_DESCRIBE_DELIVERY_SOURCES, calls::LOGS_DESCRIBE_DELIVERIES];
        Self { of: if reads.iter().all(|action| seen.whole(place, action)) { gathered(here) } else { None } }
    }

    /// The fact `log_deliveries` of the resource with this ARN.
    pub(crate) fn about(&self, arn: &str) -> Option<Value> {
        let sources = self.of.as_ref()?.get(arn).map_or(&[][..], Vec::as_slice);
        sources.iter().cloned().collect::<Option<Vec<Value>>>().map(Value::Array)
    }
}

fn gathered(here: &Regional) -> Option<HashMap<&str, Vec<Option<Value>>>> {
    let mut delivered: HashMap<&str, Vec<Value>> = HashMap::new();
    let mut all_named = true;
    for delivery in &here.deliveries {
        let Some(source) = &delivery.body.delivery_source_name else {
            all_named = false;
            continue;
        };
        delivered.entry(source).or_default().push(object([
            ("id", Some(json!(delivery.id(delivery.body.id.as_ref())))),
            ("destination", delivery.body.delivery_destination_arn.as_ref().map(|arn| json!(arn))),
            ("kind", delivery.body.delivery_destination_type.as_ref().map(|kind| json!(kind))),
        ]));
    }
    let mut found: HashMap<&str, Vec<Option<Value>>> = HashMap::new();
    for source in &here.delivery_sources {
        let name = source.id(source.body.name.as_ref());
        // A delivery that does not say its source could be this one's.
        let told = source.body.log_type.as_ref().filter(|_| all_named).map(|kind| {
            object([
                ("source", Some(json!(name))),
                ("log_type", Some(json!(kind))),
                ("status", source.body.status.as_ref().map(|status| json!(status))),
                ("deliveries", Some(json!(delivered.get(name).map_or(&[][..], Vec::as_slice)))),
            ])
        });
        let mut once = std::collections::HashSet::new();
        for arn in source.body.resource_arns.as_ref()?.iter().filter(|arn| once.insert(arn.as_str())) {
            found.entry(arn).or_default().push(told.clone());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::world::{World, take};
    use konecta_base::id::Region;

    const EDGE: &str = "arn:aws:cloudfront::123456789012:distribution/E1";

    fn fact(source: Value, delivery: Value) -> Option<Value> {
        let resource = |kind: &str, id: &str, configuration: Value| {
            let resource = json!({
                "resourceType": format!("AWS::Logs::{kind}"), "arn": format!("arn:aws:logs:us-east-1:123456789012:{id}"), "resourceId": id,
                "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration,
            });
            serde_json::from_str(&resource.to_string()).expect("resource")
        };
        let mut world = World::new();
        take(&mut world, &resource("DeliverySource", "edge", source));
        take(&mut world, &resource("Delivery", "d-1", delivery));
        let (place, seen) = Seen::everything();
        Deliveries::of(&place, world.get(&place).expect("resources"), &seen).about(EDGE)
    }

    fn source(of: &str) -> Value {
        json!({"name": "edge", "resourceArns": [of], "logType": "ACCESS_LOGS", "service": "cloudfront"})
    }

    fn delivery(of: &str) -> Value {
        json!({"id": "d-1", "deliverySourceName": of, "deliveryDestinationArn": "arn:d", "deliveryDestinationType": "S3"})
    }

    #[test]
    fn sources_stand_with_what_delivers_them() {
        let delivered = json!([{"id": "d-1", "destination": "arn:d", "kind": "S3"}]);
        let told = |deliveries: Value| json!([{"source": "edge", "log_type": "ACCESS_LOGS", "deliveries": deliveries}]);
        assert_eq!(fact(source(EDGE), delivery("edge")), Some(told(delivered)));
        assert_eq!(fact(source(EDGE), delivery("other")), Some(told(json!([]))));
        assert_eq!(fact(source("arn:other"), delivery("edge")), Some(json!([])));
    }

    #[test]
    fn what_may_be_missing_leaves_nothing_known() {
        assert_eq!(fact(json!({"name": "edge", "logType": "ACCESS_LOGS"}), delivery("edge")), None);
        assert_eq!(fact(json!({"name": "edge", "resourceArns": [EDGE]}), delivery("edge")), None);
        assert_eq!(fact(source(EDGE), json!({"id": "d-1"})), None);
        let (mut place, seen) = Seen::everything();
        place.region = Region::global();
        assert_eq!(Deliveries::of(&place, &Regional::default(), &seen).about(EDGE), None);
    }
}
