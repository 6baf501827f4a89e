//! Route 53: hosted zones with all their record sets.

use konecta_base::calls;
use konecta_base::resource_types;

use aws_sdk_route53::Client;
use aws_sdk_route53::types::RrType;

use super::client;
use crate::call::Caller;
use crate::draft::Draft;
use crate::paging::Received;

const ZONES: &str = calls::ROUTE53_LIST_HOSTED_ZONES;
const RECORDS: &str = calls::ROUTE53_LIST_RESOURCE_RECORD_SETS;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_route53, &caller);
    let listing = caller
        .pages(ZONES, None, |token, tap| {
            client.list_hosted_zones().set_marker(token.one()).customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move { zone(&caller, &client, heard).await }
        })
        .await;
}

async fn zone(caller: &Caller, client: &Client, heard: Received) {
    let Some(path) = caller.text(ZONES, &heard.value, "Id") else { return };
    // The API writes `/hostedzone/Z123`, everything else `Z123`.
    let id = path.trim_start_matches("/hostedzone/").to_owned();
    let Some(arn) = caller.build_arn(ZONES, &format!("route53:::hostedzone/{id}")) else { return };
    let listing = caller
        .pages(RECORDS, Some(&arn), |token, tap| {
            let call = client
                .list_resource_record_sets()
                .hosted_zone_id(&id)
                .set_start_record_name(token.part(0))
                .set_start_record_type(token.part(1).as_deref().map(RrType::from))
                .set_start_record_identifier(token.part(2));
            call.customize().interceptor(tap).send()
        })
        .await;
    // Half of a zone is not shown: a name that is not in a list reads like one that does not exist.
    let records = listing.complete.then(|| listing.items.into_iter().map(|heard| heard.value).collect());
    caller.keep(ZONES, Draft::new(resource_types::ROUTE53_HOSTED_ZONE, arn, id, heard).with("recordSets", records));
}
