//! IAM: users, groups, roles and the managed policies in use, in one listing; the OIDC providers; the password policy.

use aws_sdk_iam::Client;
use serde_json::{Value, json};

use super::client;
use crate::call::{Answer, Caller};
use crate::classify::Failure;
use crate::draft::{Draft, tag_list, text};
use crate::paging::Received;
use konecta_base::calls;
use konecta_base::resource_types;

const DETAILS: &str = calls::IAM_GET_ACCOUNT_AUTHORIZATION_DETAILS;
const PROVIDERS: &str = calls::IAM_LIST_OPEN_ID_CONNECT_PROVIDERS;
const PROVIDER: &str = calls::IAM_GET_OPEN_ID_CONNECT_PROVIDER;

const PASSWORDS: &str = calls::IAM_GET_ACCOUNT_PASSWORD_POLICY;

/// The lists of the answer in the order in which botocore names them: users, groups, roles, policies.
const KINDS: [&str; 4] =
    [resource_types::IAM_USER, resource_types::IAM_GROUP, resource_types::IAM_ROLE, resource_types::IAM_MANAGED_POLICY];

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_iam, &caller);
    tokio::join!(details(&caller, &client), providers(&caller, &client), passwords(&caller, &client));
}

async fn details(caller: &Caller, client: &Client) {
    let (lists, _) = caller
        .pages_of_several(DETAILS, None, |token, tap| {
            let call = client.get_account_authorization_details().max_items(1000).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for (list, kind) in lists.into_iter().zip(KINDS) {
        for heard in list {
            if is_unused_aws_policy(&heard.value) {
                continue;
            }
            let Some(arn) = caller.arn(DETAILS, &heard.value, "Arn") else { continue };
            // IAM's ARNs end in the name, after whatever path it has.
            let id = arn.short_name().to_owned();
            let tags = tag_list(heard.value.get("Tags"));
            caller.keep(DETAILS, Draft::new(kind, arn, id, heard).tags(tags));
        }
    }
}

/// AWS offers over a thousand managed policies; those that nothing in the account uses say nothing about it.
fn is_unused_aws_policy(policy: &Value) -> bool {
    let count = |key: &str| policy.get(key).and_then(Value::as_u64);
    text(policy, "Arn").is_some_and(|arn| arn.contains(":iam::aws:policy/"))
        && count("AttachmentCount") == Some(0)
        && matches!(count("PermissionsBoundaryUsageCount"), Some(0) | None)
}

async fn providers(caller: &Caller, client: &Client) {
    let answer = caller
        .one(PROVIDERS, None, &[], |tap| client.list_open_id_connect_providers().customize().interceptor(tap).send())
        .await;
    let Some(list) = caller.member(PROVIDERS, None, answer, "OpenIDConnectProviderList") else { return };
    let Value::Array(elements) = list.value else {
        caller.missing(PROVIDERS, None, Failure::broken("OpenIDConnectProviderList is not a list"));
        return;
    };
    let listed = elements.into_iter().map(|value| Received { value, at: list.at }).collect();
    caller
        .each(listed, |caller, listed| {
            let client = client.clone();
            async move {
                let Some(arn) = caller.arn(PROVIDERS, &listed.value, "Arn") else { return };
                let answer = caller
                    .one(PROVIDER, Some(&arn), &[], |tap| {
                        let call = client.get_open_id_connect_provider().open_id_connect_provider_arn(arn.as_str());
                        call.customize().interceptor(tap).send()
                    })
                    .await;
                let heard = answer.got().unwrap_or(Received { value: json!({}), at: listed.at });
                let tags = tag_list(heard.value.get("Tags"));
                // The provider's URL without its scheme, slashes included.
                let id = arn
                    .as_str()
                    .rsplit_once(":oidc-provider/")
                    .map_or_else(|| arn.short_name(), |(_, url)| url)
                    .to_owned();
                caller.keep(PROVIDERS, Draft::new(resource_types::IAM_OIDC_PROVIDER, arn, id, heard).tags(tags));
            }
        })
        .await;
}

/// One an account; it has no ARN of its own, so it gets one. AWS says of an account without a policy that there is no such
/// entity; that is an answer, and kept as `null`.
async fn passwords(caller: &Caller, client: &Client) {
    let answer = caller
        .one(PASSWORDS, None, &["NoSuchEntity"], |tap| {
            client.get_account_password_policy().customize().interceptor(tap).send()
        })
        .await;
    let heard = match answer {
        Answer::Got(heard) => heard,
        Answer::KnownNone { at } => Received { value: json!({"PasswordPolicy": null}), at },
        Answer::Missing => return,
    };
    if heard.value.get("PasswordPolicy").is_none() {
        caller.missing(PASSWORDS, None, Failure::broken("the answer has no PasswordPolicy"));
        return;
    }
    let account = caller.place().account.to_string();
    let Some(arn) = caller.build_arn(PASSWORDS, &format!("iam::{account}:account-password-policy")) else { return };
    caller.keep(PASSWORDS, Draft::new(resource_types::IAM_ACCOUNT_PASSWORD_POLICY, arn, account, heard));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_policies_of_aws_that_nobody_uses_are_left_out() {
        let policy = |arn: &str, attached: u64| json!({"Arn": arn, "AttachmentCount": attached});
        assert!(is_unused_aws_policy(&policy("arn:aws:iam::aws:policy/ReadOnlyAccess", 0)));
        assert!(!is_unused_aws_policy(&policy("arn:aws:iam::aws:policy/ReadOnlyAccess", 1)));
        assert!(!is_unused_aws_policy(&policy("arn:aws:iam::123456789012:policy/mine", 0)));
        assert!(!is_unused_aws_policy(&json!({"Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})));
    }
}
