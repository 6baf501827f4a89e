//! ACM: certificates in full. Those of the edge live in us-east-1 and are found when that region is read.

use aws_sdk_acm::types::{Filters, KeyAlgorithm};
use serde_json::{Value, json};

use super::client;
use crate::call::Caller;
use crate::draft::{Draft, text};
use crate::paging::Received;
use konecta_base::calls;
use konecta_base::resource_types;

const LIST: &str = calls::ACM_LIST_CERTIFICATES;
const DESCRIBE: &str = calls::ACM_DESCRIBE_CERTIFICATE;
const GET: &str = calls::ACM_GET_CERTIFICATE;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_acm, &caller);
    // Without this filter ACM leaves out every certificate that is not RSA with 1024 or 2048 bits.
    let all_keys = Filters::builder()
        .set_key_types(Some(KeyAlgorithm::values().iter().map(|&name| name.into()).collect()))
        .build();
    let listing = caller
        .pages(LIST, None, |token, tap| {
            let call = client.list_certificates().includes(all_keys.clone()).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, listed| {
            let client = client.clone();
            async move {
                let Some(arn) = caller.arn(LIST, &listed.value, "CertificateArn") else { return };
                let answer = caller
                    .one(DESCRIBE, Some(&arn), &[], |tap| {
                        client.describe_certificate().certificate_arn(arn.as_str()).customize().interceptor(tap).send()
                    })
                    .await;
                let heard = caller.member(DESCRIBE, Some(&arn), answer, "Certificate");
                let heard = heard.unwrap_or(Received { value: json!({}), at: listed.at });
                // Who vouches for it is known of all others by their type.
                let imported = match is_imported(&heard.value) || is_imported(&listed.value) {
                    true => caller
                        .one(GET, Some(&arn), &[], |tap| {
                            client.get_certificate().certificate_arn(arn.as_str()).customize().interceptor(tap).send()
                        })
                        .await
                        .got(),
                    false => None,
                };
                let id = arn.short_name().to_owned();
                let draft = Draft::new(resource_types::CERTIFICATE_MANAGER_CERTIFICATE, arn, id, heard);
                caller.keep(LIST, draft.with("imported", imported.map(|heard| heard.value)));
            }
        })
        .await;
}

/// Whether it was imported, by its own description or by the listing.
fn is_imported(certificate: &Value) -> bool {
    text(certificate, "Type") == Some("IMPORTED")
}
