//! Which logs of a resource CloudWatch Logs delivers, and where to.
//! Knows nothing of the logs that a service writes by itself.

use serde_json::{Value, json};

use super::seen::{Place, Seen};
use super::sink::object;
use super::world::Regional;

/// The fact `log_deliveries` of the resource with this ARN; `None` where a source or a delivery may be missing, or it
/// was not sent what one is about.
pub(crate) fn log_deliveries(place: &Place, here: &Regional, seen: &Seen, arn: &str) -> Option<Value> {
    if !["logs:DescribeDeliverySources", "logs:DescribeDeliveries"].iter().all(|action| seen.whole(place, action)) {
        return None;
    }
    let mut sources = Vec::new();
    for source in &here.delivery_sources {
        if !source.body.resource_arns.as_ref()?.iter().any(|of| of == arn) {
            continue;
        }
        let name = source.id(source.body.name.as_ref());
        sources.push(object([
            ("source", Some(json!(name))),
            ("log_type", Some(json!(source.body.log_type.as_ref()?))),
            ("status", source.body.status.as_ref().map(|status| json!(status))),
            ("deliveries", Some(deliveries(here, name)?)),
        ]));
    }
    Some(Value::Array(sources))
}

/// What delivers the logs of this source.
fn deliveries(here: &Regional, source: &str) -> Option<Value> {
    let mut found = Vec::new();
    for delivery in &here.deliveries {
        if delivery.body.delivery_source_name.as_ref()? != source {
            continue;
        }
        found.push(object([
            ("id", Some(json!(delivery.id(delivery.body.id.as_ref())))),
            ("destination", delivery.body.delivery_destination_arn.as_ref().map(|arn| json!(arn))),
            ("kind", delivery.body.delivery_destination_type.as_ref().map(|kind| json!(kind))),
        ]));
    }
    Some(Value::Array(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::world::{World, take};
    use crate::id::Region;

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
        log_deliveries(&place, world.get(&place).expect("resources"), &seen, EDGE)
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
        assert_eq!(log_deliveries(&place, &Regional::default(), &seen, EDGE), None);
    }
}
