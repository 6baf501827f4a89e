//! CloudWatch Logs: the sources of logs that AWS services deliver, and the deliveries. Those of the edge live in
//! us-east-1, where the global services are at home.

use aws_sdk_cloudwatchlogs::Client;

use super::client;
use crate::call::{Caller, Listing};
use crate::draft::{Draft, tag_map};

const SOURCES: &str = "logs:DescribeDeliverySources";
const DELIVERIES: &str = "logs:DescribeDeliveries";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_cloudwatchlogs, &caller);
    tokio::join!(sources(&caller, &client), deliveries(&caller, &client));
}

async fn sources(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(SOURCES, None, |token, tap| {
            let call = client.describe_delivery_sources().set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    keep(caller, SOURCES, "AWS::Logs::DeliverySource", "name", listing);
}

async fn deliveries(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(DELIVERIES, None, |token, tap| {
            let call = client.describe_deliveries().set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    keep(caller, DELIVERIES, "AWS::Logs::Delivery", "id", listing);
}

fn keep(caller: &Caller, action: &'static str, kind: &'static str, id: &str, listing: Listing) {
    for heard in listing.items {
        let Some(arn) = caller.arn(action, &heard.value, "arn") else { continue };
        let Some(id) = caller.text(action, &heard.value, id) else { continue };
        let tags = tag_map(heard.value.get("tags"));
        caller.keep(action, Draft::new(kind, arn, id, heard).tags(tags));
    }
}
