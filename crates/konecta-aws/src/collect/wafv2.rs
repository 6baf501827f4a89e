//! WAF: the web ACLs of the edge (once an account) and of each region, with the rule groups that they refer to and the load balancers
//! that they are on.

use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::types::{ResourceType, Scope};
use konecta_base::calls;
use konecta_base::id::Arn;
use konecta_base::resource_types;
use serde_json::{Value, json};

use super::client;
use crate::call::Caller;
use crate::draft::Draft;
use crate::paging::Received;

const LIST: &str = calls::WAFV2_LIST_WEB_ACLS;
const GET: &str = calls::WAFV2_GET_WEB_ACL;
const GET_GROUP: &str = calls::WAFV2_GET_RULE_GROUP;
const RESOURCES: &str = calls::WAFV2_LIST_RESOURCES_FOR_WEB_ACL;

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

async fn web_acl(caller: &Caller, client: &Client, scope: Scope, listed: Received) {
    let Some(arn) = caller.arn(LIST, &listed.value, "ARN") else { return };
    let Some(name) = caller.text(LIST, &listed.value, "Name") else { return };
    let Some(id) = caller.text(LIST, &listed.value, "Id") else { return };
    let word = Value::String(scope.as_str().to_owned());
    let answer = caller
        .one(GET, Some(&arn), &[], |tap| {
            client.get_web_acl().scope(scope.clone()).name(&name).id(&id).customize().interceptor(tap).send()
        })
        .await;
    let heard =
        caller.member(GET, Some(&arn), answer, "WebACL").unwrap_or(Received { value: json!({}), at: listed.at });
    let (groups, resources) =
        tokio::join!(groups(caller, client, &arn, &heard.value), resources(caller, client, &arn, &scope));
    let draft = Draft::new(resource_types::WA_FV2_WEB_ACL, arn, name, heard)
        .with("scope", Some(word))
        .with("ruleGroups", groups)
        .with("resources", resources);
    caller.keep(LIST, draft);
}

/// The rule groups of this account that a web ACL refers to. Those that Firewall Manager brings in stand in another account, which
/// shows them to nobody else.
async fn groups(caller: &Caller, client: &Client, acl: &Arn, configuration: &Value) -> Option<Value> {
    let mut named = Vec::new();
    referred(configuration, &mut named);
    let own = |arn: &String| arn.split(':').nth(4) == Some(caller.place().account.as_str());
    named.retain(own);
    named.sort();
    named.dedup();
    if named.is_empty() || !caller.wants(GET_GROUP) {
        return None;
    }
    let found = caller
        .each(named, |caller, arn: String| {
            let (client, acl) = (client.clone(), acl.clone());
            async move {
                let answer = caller
                    .one(GET_GROUP, Some(&acl), &[], |tap| {
                        client.get_rule_group().arn(&arn).customize().interceptor(tap).send()
                    })
                    .await;
                caller.member(GET_GROUP, Some(&acl), answer, "RuleGroup").map(|heard| heard.value)
            }
        })
        .await;
    Some(found.into_iter().flatten().collect())
}

fn referred(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let arn = members.get("RuleGroupReferenceStatement").and_then(|reference| reference["ARN"].as_str());
            named.extend(arn.map(str::to_owned));
            members.values().for_each(|one| referred(one, named));
        }
        Value::Array(list) => list.iter().for_each(|one| referred(one, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The load balancers that a web ACL is on. What one of the edge is on, distributions say themselves.
async fn resources(caller: &Caller, client: &Client, acl: &Arn, scope: &Scope) -> Option<Value> {
    if *scope == Scope::Cloudfront {
        return None;
    }
    let answer = caller
        .one(RESOURCES, Some(acl), &[], |tap| {
            let call = client.list_resources_for_web_acl().web_acl_arn(acl.as_str());
            call.resource_type(ResourceType::ApplicationLoadBalancer).customize().interceptor(tap).send()
        })
        .await;
    caller.member(RESOURCES, Some(acl), answer, "ResourceArns").map(|heard| heard.value)
}
