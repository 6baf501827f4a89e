//! ECR: repositories with their two policies and the push of their `latest`, and what the registry scans.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::ImageIdentifier;
use konecta_core::id::Arn;
use serde_json::Value;

use super::client;
use crate::call::{Answer, Caller};
use crate::classify::Failure;
use crate::draft::Draft;
use crate::paging::Heard;

const REPOSITORIES: &str = "ecr:DescribeRepositories";
const LIFECYCLE: &str = "ecr:GetLifecyclePolicy";
const POLICY: &str = "ecr:GetRepositoryPolicy";
const IMAGES: &str = "ecr:DescribeImages";
const SCANNING: &str = "ecr:GetRegistryScanningConfiguration";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_ecr, &caller);
    tokio::join!(repositories(&caller, &client), scanning(&caller, &client));
}

async fn repositories(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(REPOSITORIES, None, |token, tap| {
            let call = client.describe_repositories().max_results(1000).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move { repository(&caller, &client, heard).await }
        })
        .await;
}

async fn repository(caller: &Caller, client: &Client, heard: Heard) {
    let Some(arn) = caller.arn(REPOSITORIES, &heard.value, "repositoryArn") else { return };
    let Some(name) = caller.text(REPOSITORIES, &heard.value, "repositoryName") else { return };
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
    let draft = Draft::new("AWS::ECR::Repository", arn, name, heard)
        .with("lifecyclePolicy", lifecycle)
        .with("repositoryPolicy", policy)
        .with("latestPushedAt", latest);
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
    caller.keep(SCANNING, Draft::new("AWS::ECR::RegistryScanningConfiguration", arn, id, heard));
}
