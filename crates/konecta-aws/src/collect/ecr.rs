//! ECR: repositories with their two policies, the push of their `latest` and what scans them, and of the registry its
//! policy and what it scans.

use std::collections::BTreeMap;

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::ImageIdentifier;
use konecta_base::calls;
use konecta_base::id::Arn;
use konecta_base::listed_type::ECR_REPOSITORY;
use konecta_base::resource_types;
use serde_json::{Value, json};

use super::client;
use crate::call::{Answer, Caller};
use crate::classify::Failure;
use crate::draft::{Draft, text};
use crate::paging::Received;

const REPOSITORIES: &str = calls::ECR_DESCRIBE_REPOSITORIES;
const LIFECYCLE: &str = calls::ECR_GET_LIFECYCLE_POLICY;
const POLICY: &str = calls::ECR_GET_REPOSITORY_POLICY;
const IMAGES: &str = calls::ECR_DESCRIBE_IMAGES;
const SCANNING: &str = calls::ECR_GET_REGISTRY_SCANNING_CONFIGURATION;
const EFFECTIVE: &str = calls::ECR_BATCH_GET_REPOSITORY_SCANNING_CONFIGURATION;
const REGISTRY_POLICY: &str = calls::ECR_GET_REGISTRY_POLICY;

/// How many repositories one call of `BatchGetRepositoryScanningConfiguration` takes.
const SCANNING_BATCH: usize = 25;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_ecr, &caller);
    tokio::join!(repositories(&caller, &client), scanning(&caller, &client), registry_policy(&caller, &client));
}

async fn repositories(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(REPOSITORIES, None, |token, tap| {
            let call = client.describe_repositories().max_results(1000).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    let mut effective = effective(caller, client, &listing.items).await;
    let mut things = Vec::with_capacity(listing.items.len());
    for heard in listing.items {
        let scanning = text(&heard.value, "repositoryArn").and_then(|arn| effective.remove(arn));
        things.push((heard, scanning));
    }
    caller
        .each(things, |caller, (heard, scanning)| {
            let client = client.clone();
            async move { repository(&caller, &client, heard, scanning).await }
        })
        .await;
}

/// What ECR says of how each repository is scanned, by its ARN; what the answer leaves out, or failed, is a gap.
async fn effective(caller: &Caller, client: &Client, listed: &[Received]) -> BTreeMap<String, Value> {
    if !caller.wants(EFFECTIVE) {
        return BTreeMap::new();
    }
    // One without a name or an ARN is a gap of the listing, and told there.
    let named = listed.iter().filter_map(|heard| {
        let arn = text(&heard.value, "repositoryArn")?.parse::<Arn>().ok()?;
        Some((text(&heard.value, "repositoryName")?.to_owned(), arn))
    });
    let named: Vec<(String, Arn)> = named.collect();
    let batches = named.chunks(SCANNING_BATCH).map(<[(String, Arn)]>::to_vec).collect();
    let found = caller
        .each(batches, |caller, batch: Vec<(String, Arn)>| {
            let client = client.clone();
            async move {
                let names: Vec<String> = batch.iter().map(|(name, _)| name.clone()).collect();
                let about = match batch.as_slice() {
                    [(_, only)] => Some(only),
                    _ => None,
                };
                let answer = caller
                    .one(EFFECTIVE, about, &[], |tap| {
                        let call = client.batch_get_repository_scanning_configuration();
                        call.set_repository_names(Some(names.clone())).customize().interceptor(tap).send()
                    })
                    .await;
                let Some(heard) = answer.got() else { return Vec::new() };
                batch
                    .into_iter()
                    .filter_map(|(name, arn)| match scanning_of(&heard.value, &name) {
                        Some(scanning) => Some((arn.to_string(), scanning)),
                        None => {
                            let failure = Failure::broken("the answer leaves this repository out");
                            caller.missing(EFFECTIVE, Some(&arn), failure);
                            None
                        }
                    })
                    .collect()
            }
        })
        .await;
    found.into_iter().flatten().collect()
}

/// Only whether it is scanned: by which rule is the registry's.
fn scanning_of(answer: &Value, name: &str) -> Option<Value> {
    let all = answer.get("scanningConfigurations")?.as_array()?;
    all.iter().find(|entry| text(entry, "repositoryName") == Some(name))?.get("scanFrequency").cloned()
}

async fn repository(caller: &Caller, client: &Client, heard: Received, scanning: Option<Value>) {
    let Some(draft) = caller.listed(&ECR_REPOSITORY, heard) else { return };
    let (arn, name) = (draft.arn().clone(), draft.id().to_owned());
    let lifecycle = caller.one(LIFECYCLE, Some(&arn), &["LifecyclePolicyNotFoundException"], |tap| {
        client.get_lifecycle_policy().repository_name(&name).customize().interceptor(tap).send()
    });
    let policy = caller.one(POLICY, Some(&arn), &["RepositoryPolicyNotFoundException"], |tap| {
        client.get_repository_policy().repository_name(&name).customize().interceptor(tap).send()
    });
    let latest = caller.one(IMAGES, Some(&arn), &["ImageNotFoundException"], |tap| {
        let latest = ImageIdentifier::builder().image_tag("latest").build();
        client.describe_images().repository_name(&name).image_ids(latest).customize().interceptor(tap).send()
    });
    let (lifecycle, policy, latest) = tokio::join!(lifecycle, policy, latest);
    let lifecycle = caller.embedded_json(LIFECYCLE, &arn, lifecycle, "lifecyclePolicyText");
    let policy = caller.embedded_json(POLICY, &arn, policy, "policyText");
    let latest = pushed_at(caller, &arn, latest);
    let draft = draft
        .with("lifecyclePolicy", lifecycle)
        .with("repositoryPolicy", policy)
        .with("latestPushedAt", latest)
        .with("scanFrequency", scanning);
    caller.keep(REPOSITORIES, draft);
}

/// When the image with the tag `latest` was pushed; `null` where there is none. The rest of the image's description is left
/// out: it changes whenever somebody pulls.
fn pushed_at(caller: &Caller, arn: &Arn, answer: Answer) -> Option<Value> {
    match answer {
        Answer::KnownNone { .. } => Some(Value::Null),
        Answer::Missing => None,
        Answer::Got(heard) => {
            let pushed = heard.value.pointer("/imageDetails/0/imagePushedAt").cloned();
            if pushed.is_none() {
                caller.missing(IMAGES, Some(arn), Failure::broken("the answer does not say when the image was pushed"));
            }
            pushed
        }
    }
}

/// One a region; it has no ARN of its own, so it gets one beside the repositories. AWS says of a registry without a policy
/// that there is none; that is an answer, and kept as `null`.
async fn registry_policy(caller: &Caller, client: &Client) {
    let answer = caller
        .one(REGISTRY_POLICY, None, &["RegistryPolicyNotFoundException"], |tap| {
            client.get_registry_policy().customize().interceptor(tap).send()
        })
        .await;
    let place = caller.place();
    let id = place.account.to_string();
    let heard = match answer {
        Answer::Got(heard) => heard,
        Answer::KnownNone { at } => Received { value: json!({"registryId": id, "policyText": null}), at },
        Answer::Missing => return,
    };
    if heard.value.get("policyText").is_none() {
        caller.missing(REGISTRY_POLICY, None, Failure::broken("the answer has no policyText"));
        return;
    }
    let tail = format!("ecr:{}:{}:registry-policy", place.region, place.account);
    let Some(arn) = caller.build_arn(REGISTRY_POLICY, &tail) else { return };
    caller.keep(REGISTRY_POLICY, Draft::new(resource_types::ECR_REGISTRY_POLICY, arn, id, heard));
}

/// One a region; it has no ARN of its own, so it gets one beside the repositories.
async fn scanning(caller: &Caller, client: &Client) {
    let answer = caller
        .one(SCANNING, None, &[], |tap| {
            client.get_registry_scanning_configuration().customize().interceptor(tap).send()
        })
        .await;
    let Some(heard) = answer.got() else { return };
    if !heard.value.get("scanningConfiguration").is_some_and(Value::is_object) {
        caller.missing(SCANNING, None, Failure::broken("the answer has no scanningConfiguration"));
        return;
    }
    let place = caller.place();
    let tail = format!("ecr:{}:{}:registry-scanning-configuration", place.region, place.account);
    let Some(arn) = caller.build_arn(SCANNING, &tail) else { return };
    let id = place.account.to_string();
    // The whole answer is kept, registryId beside scanningConfiguration, as the CLI prints it.
    caller.keep(SCANNING, Draft::new(resource_types::ECR_REGISTRY_SCANNING_CONFIGURATION, arn, id, heard));
}
