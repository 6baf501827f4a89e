//! WAF: the web ACLs of the edge (once an account) and of each region.

use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::types::Scope;
use serde_json::{Value, json};

use super::client;
use crate::call::Caller;
use crate::draft::Draft;
use crate::paging::Heard;

const LIST: &str = "wafv2:ListWebACLs";
const GET: &str = "wafv2:GetWebACL";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_wafv2, &caller);
    let scope = if caller.place().region.is_global() { Scope::Cloudfront } else { Scope::Regional };
    let listing = caller
        .pages(LIST, None, |token, tap| {
            let call = client.list_web_acls().scope(scope.clone()).limit(100).set_next_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let (client, scope) = (client.clone(), scope.clone());
            async move { web_acl(&caller, &client, scope, heard).await }
        })
        .await;
}

async fn web_acl(caller: &Caller, client: &Client, scope: Scope, listed: Heard) {
    let Some(arn) = caller.arn(LIST, &listed.value, "ARN") else { return };
    let Some(name) = caller.text(LIST, &listed.value, "Name") else { return };
    let Some(id) = caller.text(LIST, &listed.value, "Id") else { return };
    let word = Value::String(scope.as_str().to_owned());
    let answer = caller
        .one(GET, Some(&arn), &[], |tap| {
            client.get_web_acl().scope(scope.clone()).name(&name).id(&id).customize().interceptor(tap).send()
        })
        .await;
    let heard = caller.member(GET, Some(&arn), answer, "WebACL").unwrap_or(Heard { value: json!({}), at: listed.at });
    caller.keep(LIST, Draft::new("AWS::WAFv2::WebACL", arn, name, heard).with("scope", Some(word)));
}
