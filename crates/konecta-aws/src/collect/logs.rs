//! CloudWatch Logs: the sources of logs that AWS services deliver, and the deliveries. Those of the edge live in
//! us-east-1, where the global services are at home.

use aws_sdk_cloudwatchlogs::Client;
use konecta_base::listed_type::{LOGS_DELIVERY, LOGS_DELIVERY_SOURCE};

use super::client;
use crate::call::Caller;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_cloudwatchlogs, &caller);
    tokio::join!(sources(&caller, &client), deliveries(&caller, &client));
}

async fn sources(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(LOGS_DELIVERY_SOURCE.call, None, |token, tap| {
            let call = client.describe_delivery_sources().set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&LOGS_DELIVERY_SOURCE, listing);
}

async fn deliveries(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(LOGS_DELIVERY.call, None, |token, tap| {
            let call = client.describe_deliveries().set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&LOGS_DELIVERY, listing);
}
