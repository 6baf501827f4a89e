//! Elastic Load Balancing: load balancers, listeners, rules, target groups with their health, TLS policies.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;
use konecta_base::calls;
use konecta_base::id::Arn;
use konecta_base::listed_type::{ELASTIC_LOAD_BALANCING_V2_SSL_POLICY, ELASTIC_LOAD_BALANCING_V2_TARGET_GROUP};
use konecta_base::resource_types;
use serde_json::Value;

use super::client;
use crate::call::Caller;
use crate::classify::Failure;
use crate::draft::{Draft, tag_list, text};
use crate::paging::Received;

const BALANCERS: &str = calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS;
const BALANCER_ATTRIBUTES: &str = calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCER_ATTRIBUTES;
const TAGS: &str = calls::ELASTICLOADBALANCING_DESCRIBE_TAGS;
const LISTENERS: &str = calls::ELASTICLOADBALANCING_DESCRIBE_LISTENERS;
const CERTIFICATES: &str = calls::ELASTICLOADBALANCING_DESCRIBE_LISTENER_CERTIFICATES;
const RULES: &str = calls::ELASTICLOADBALANCING_DESCRIBE_RULES;
const GROUPS: &str = calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_GROUPS;
const GROUP_ATTRIBUTES: &str = calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_GROUP_ATTRIBUTES;
const HEALTH: &str = calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_HEALTH;
const SSL_POLICIES: &str = calls::ELASTICLOADBALANCING_DESCRIBE_SSL_POLICIES;

/// As many ARNs as DescribeTags takes at once.
const TAG_BATCH: usize = 20;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_elasticloadbalancingv2, &caller);
    tokio::join!(balancers(&caller, &client), target_groups(&caller, &client), ssl_policies(&caller, &client));
}

async fn balancers(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(BALANCERS, None, |token, tap| {
            let call = client.describe_load_balancers().page_size(400).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    let named: Vec<(Arn, Received)> = listing
        .items
        .into_iter()
        .filter_map(|heard| Some((caller.arn(BALANCERS, &heard.value, "LoadBalancerArn")?, heard)))
        .collect();
    let tags = tags(caller, client, named.iter().map(|(arn, _)| arn.clone()).collect()).await;
    let tagged: Vec<_> = named
        .into_iter()
        .map(|(arn, heard)| {
            let tags = tags.get(&arn).cloned();
            (arn, heard, tags)
        })
        .collect();
    caller
        .each(tagged, |caller, (arn, heard, tags)| {
            let client = client.clone();
            async move {
                tokio::join!(balancer(&caller, &client, arn.clone(), heard, tags), listeners(&caller, &client, &arn));
            }
        })
        .await;
}

/// The tag lists by ARN; what the answer leaves out is a gap.
async fn tags(caller: &Caller, client: &Client, arns: Vec<Arn>) -> BTreeMap<Arn, Value> {
    if !caller.wants(TAGS) {
        return BTreeMap::new();
    }
    let batches = arns.chunks(TAG_BATCH).map(<[Arn]>::to_vec).collect();
    let found = caller
        .each(batches, |caller, batch: Vec<Arn>| {
            let client = client.clone();
            async move {
                let names: Vec<String> = batch.iter().map(ToString::to_string).collect();
                let about = match batch.as_slice() {
                    [only] => Some(only),
                    _ => None,
                };
                let answer = caller
                    .one(TAGS, about, &[], |tap| {
                        let call = client.describe_tags().set_resource_arns(Some(names.clone()));
                        call.customize().interceptor(tap).send()
                    })
                    .await;
                let Some(heard) = answer.got() else { return Vec::new() };
                batch
                    .into_iter()
                    .filter_map(|arn| match tags_of(&heard.value, &arn) {
                        Some(tags) => Some((arn, tags)),
                        None => {
                            caller.missing(TAGS, Some(&arn), Failure::broken("the answer leaves this resource out"));
                            None
                        }
                    })
                    .collect()
            }
        })
        .await;
    found.into_iter().flatten().collect()
}

fn tags_of(answer: &Value, arn: &Arn) -> Option<Value> {
    let all = answer.get("TagDescriptions")?.as_array()?;
    all.iter().find(|entry| text(entry, "ResourceArn") == Some(arn.as_str()))?.get("Tags").cloned()
}

async fn balancer(caller: &Caller, client: &Client, arn: Arn, heard: Received, tags: Option<Value>) {
    let Some(name) = caller.text(BALANCERS, &heard.value, "LoadBalancerName") else { return };
    let answer = caller
        .one(BALANCER_ATTRIBUTES, Some(&arn), &[], |tap| {
            client
                .describe_load_balancer_attributes()
                .load_balancer_arn(arn.as_str())
                .customize()
                .interceptor(tap)
                .send()
        })
        .await;
    let attributes = caller.member(BALANCER_ATTRIBUTES, Some(&arn), answer, "Attributes").map(|heard| heard.value);
    let by_key = tag_list(tags.as_ref());
    let draft = Draft::new(resource_types::ELASTIC_LOAD_BALANCING_V2_LOAD_BALANCER, arn, name, heard)
        .tags(by_key)
        .with("attributes", attributes)
        .with("tags", tags);
    caller.keep(BALANCERS, draft);
}

async fn listeners(caller: &Caller, client: &Client, balancer: &Arn) {
    let listing = caller
        .pages(LISTENERS, Some(balancer), |token, tap| {
            let call = client.describe_listeners().load_balancer_arn(balancer.as_str()).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for heard in listing.items {
        let Some(arn) = caller.arn(LISTENERS, &heard.value, "ListenerArn") else { continue };
        let (certificates, ()) =
            tokio::join!(certificates(caller, client, &arn, &heard.value), rules(caller, client, &arn));
        let id = arn.short_name().to_owned();
        let draft = Draft::new(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER, arn, id, heard)
            .with("certificates", certificates);
        caller.keep(LISTENERS, draft);
    }
}

/// Only listeners that speak TLS have certificates; the API is documented for those alone.
async fn certificates(caller: &Caller, client: &Client, listener: &Arn, configuration: &Value) -> Option<Value> {
    if matches!(text(configuration, "Protocol"), Some("HTTP" | "TCP" | "UDP" | "TCP_UDP" | "GENEVE")) {
        return None;
    }
    let listing = caller
        .pages(CERTIFICATES, Some(listener), |token, tap| {
            let call = client.describe_listener_certificates().listener_arn(listener.as_str()).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    listing.complete.then(|| listing.items.into_iter().map(|heard| heard.value).collect())
}

/// Only listeners of application load balancers have rules.
async fn rules(caller: &Caller, client: &Client, listener: &Arn) {
    if !listener.as_str().contains(":listener/app/") {
        return;
    }
    let listing = caller
        .pages(RULES, Some(listener), |token, tap| {
            let call = client.describe_rules().listener_arn(listener.as_str()).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for heard in listing.items {
        let Some(arn) = caller.arn(RULES, &heard.value, "RuleArn") else { continue };
        let id = arn.short_name().to_owned();
        let owner = Value::String(listener.to_string());
        let draft = Draft::new(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE, arn, id, heard)
            .with("listenerArn", Some(owner));
        caller.keep(RULES, draft);
    }
}

async fn target_groups(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(GROUPS, None, |token, tap| {
            let call = client.describe_target_groups().page_size(400).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move { target_group(&caller, &client, heard).await }
        })
        .await;
}

async fn target_group(caller: &Caller, client: &Client, heard: Received) {
    let Some(draft) = caller.listed(&ELASTIC_LOAD_BALANCING_V2_TARGET_GROUP, heard) else { return };
    let arn = draft.arn().clone();
    let attributes = caller.one(GROUP_ATTRIBUTES, Some(&arn), &[], |tap| {
        client.describe_target_group_attributes().target_group_arn(arn.as_str()).customize().interceptor(tap).send()
    });
    let health = caller.one(HEALTH, Some(&arn), &[], |tap| {
        client.describe_target_health().target_group_arn(arn.as_str()).customize().interceptor(tap).send()
    });
    let (attributes, health) = tokio::join!(attributes, health);
    let attributes = caller.member(GROUP_ATTRIBUTES, Some(&arn), attributes, "Attributes");
    let health = caller.member(HEALTH, Some(&arn), health, "TargetHealthDescriptions");
    let draft = draft
        .with("attributes", attributes.map(|heard| heard.value))
        .with("targetHealth", health.map(|heard| heard.value));
    caller.keep(GROUPS, draft);
}

async fn ssl_policies(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(SSL_POLICIES, None, |token, tap| {
            let call = client.describe_ssl_policies().page_size(400).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&ELASTIC_LOAD_BALANCING_V2_SSL_POLICY, listing);
}
