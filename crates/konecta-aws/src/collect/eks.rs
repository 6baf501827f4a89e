//! EKS: clusters and what hangs on them; the versions there are; and the KMS keys that encrypt the clusters.

use aws_sdk_eks::Client;
use konecta_base::calls;
use konecta_base::id::Arn;
use konecta_base::listed_type::{EKS_CLUSTER_VERSION, KMS_KEY};
use konecta_base::resource_types;
use serde_json::{Value, json};

use super::client;
use crate::call::Caller;
use crate::classify::Failure;
use crate::draft::{Draft, tag_map, text};
use crate::paging::Received;

const CLUSTERS: &str = calls::EKS_LIST_CLUSTERS;
const CLUSTER: &str = calls::EKS_DESCRIBE_CLUSTER;
const NODEGROUPS: &str = calls::EKS_LIST_NODEGROUPS;
const NODEGROUP: &str = calls::EKS_DESCRIBE_NODEGROUP;
const VERSIONS: &str = calls::EKS_DESCRIBE_CLUSTER_VERSIONS;
const ENTRIES: &str = calls::EKS_LIST_ACCESS_ENTRIES;
const ENTRY: &str = calls::EKS_DESCRIBE_ACCESS_ENTRY;
const ASSOCIATED: &str = calls::EKS_LIST_ASSOCIATED_ACCESS_POLICIES;
const PROFILES: &str = calls::EKS_LIST_FARGATE_PROFILES;
const PROFILE: &str = calls::EKS_DESCRIBE_FARGATE_PROFILE;
const ASSOCIATIONS: &str = calls::EKS_LIST_POD_IDENTITY_ASSOCIATIONS;
const ASSOCIATION: &str = calls::EKS_DESCRIBE_POD_IDENTITY_ASSOCIATION;
const ADDONS: &str = calls::EKS_LIST_ADDONS;
const ADDON: &str = calls::EKS_DESCRIBE_ADDON;
const KEY: &str = calls::KMS_DESCRIBE_KEY;

pub(super) async fn collect([caller, kms]: [Caller; 2]) {
    let client = client!(aws_sdk_eks, &caller);
    let clusters = async {
        let keys = clusters(&caller, &client).await;
        keys_named(&kms, keys).await;
    };
    tokio::join!(clusters, versions(&caller, &client));
}

/// Reads all clusters and gives back the keys that they name.
async fn clusters(caller: &Caller, client: &Client) -> Vec<String> {
    let listing = caller
        .pages(CLUSTERS, None, |token, tap| {
            client.list_clusters().set_next_token(token.one()).customize().interceptor(tap).send()
        })
        .await;
    let keys = caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move {
                let Some((name, arn)) = cluster_arn(&caller, &heard.value) else { return Vec::new() };
                let on = Cluster { caller, client, name, arn };
                let described = async {
                    let cluster = on.describe(heard).await;
                    on.access_entries(&cluster).await;
                    cluster
                };
                let ((), (), (), (), cluster) =
                    tokio::join!(on.nodegroups(), on.fargate_profiles(), on.pod_identities(), on.addons(), described);
                key_arns(&cluster)
            }
        })
        .await;
    let mut keys: Vec<String> = keys.into_iter().flatten().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn cluster_arn(caller: &Caller, element: &Value) -> Option<(String, Arn)> {
    let Some(name) = element.as_str() else {
        caller.missing(CLUSTERS, None, Failure::broken("a cluster has no name"));
        return None;
    };
    let place = caller.place();
    let arn = caller.build_arn(CLUSTERS, &format!("eks:{}:{}:cluster/{name}", place.region, place.account))?;
    Some((name.to_owned(), arn))
}

/// One cluster, and what hangs on it.
struct Cluster {
    caller: Caller,
    client: Client,
    name: String,
    arn: Arn,
}

impl Cluster {
    /// Keeps the cluster, and gives back what it is. Where the describe call has no answer, the cluster is there with
    /// nothing known of it.
    async fn describe(&self, listed: Received) -> Value {
        let answer = self
            .caller
            .one(CLUSTER, Some(&self.arn), &[], |tap| {
                self.client.describe_cluster().name(&self.name).customize().interceptor(tap).send()
            })
            .await;
        let heard = self.caller.member(CLUSTER, Some(&self.arn), answer, "cluster");
        let heard = heard.unwrap_or(Received { value: json!({}), at: listed.at });
        let (cluster, tags) = (heard.value.clone(), tag_map(heard.value.get("tags")));
        self.caller
            .keep(CLUSTERS, Draft::new(resource_types::EKS_CLUSTER, self.arn.clone(), &self.name, heard).tags(tags));
        cluster
    }

    async fn nodegroups(&self) {
        let listing = self
            .caller
            .pages(NODEGROUPS, Some(&self.arn), |token, tap| {
                let call = self.client.list_nodegroups().cluster_name(&self.name).set_next_token(token.one());
                call.customize().interceptor(tap).send()
            })
            .await;
        for listed in listing.items {
            let Some((name, by_name)) = self.named(NODEGROUPS, "nodegroup", &listed) else { continue };
            let answer = self
                .caller
                .one(NODEGROUP, Some(&by_name), &[], |tap| {
                    let call = self.client.describe_nodegroup().cluster_name(&self.name).nodegroup_name(&name);
                    call.customize().interceptor(tap).send()
                })
                .await;
            let heard = self.caller.member(NODEGROUP, Some(&by_name), answer, "nodegroup");
            let part =
                self.part(resource_types::EKS_NODEGROUP, &name, (NODEGROUP, "nodegroupArn"), by_name, listed, heard);
            self.keep(NODEGROUPS, part);
        }
    }

    async fn fargate_profiles(&self) {
        let listing = self
            .caller
            .pages(PROFILES, Some(&self.arn), |token, tap| {
                let call = self.client.list_fargate_profiles().cluster_name(&self.name).set_next_token(token.one());
                call.customize().interceptor(tap).send()
            })
            .await;
        for listed in listing.items {
            let Some((name, by_name)) = self.named(PROFILES, "fargateprofile", &listed) else { continue };
            let answer = self
                .caller
                .one(PROFILE, Some(&by_name), &[], |tap| {
                    let call = self.client.describe_fargate_profile().cluster_name(&self.name);
                    call.fargate_profile_name(&name).customize().interceptor(tap).send()
                })
                .await;
            let heard = self.caller.member(PROFILE, Some(&by_name), answer, "fargateProfile");
            let kind = resource_types::EKS_FARGATE_PROFILE;
            let part = self.part(kind, &name, (PROFILE, "fargateProfileArn"), by_name, listed, heard);
            self.keep(PROFILES, part);
        }
    }

    /// Unlike the other listings, this one tells ids and ARNs, and all but the roles.
    async fn pod_identities(&self) {
        let listing = self
            .caller
            .pages(ASSOCIATIONS, Some(&self.arn), |token, tap| {
                let call = self.client.list_pod_identity_associations().cluster_name(&self.name);
                call.set_next_token(token.one()).customize().interceptor(tap).send()
            })
            .await;
        for listed in listing.items {
            let Some(arn) = self.caller.arn(ASSOCIATIONS, &listed.value, "associationArn") else { continue };
            let Some(id) = self.caller.text(ASSOCIATIONS, &listed.value, "associationId") else { continue };
            let answer = self
                .caller
                .one(ASSOCIATION, Some(&arn), &[], |tap| {
                    let call = self.client.describe_pod_identity_association().cluster_name(&self.name);
                    call.association_id(&id).customize().interceptor(tap).send()
                })
                .await;
            let heard = self.caller.member(ASSOCIATION, Some(&arn), answer, "association");
            let heard = heard.unwrap_or(Received { value: json!({}), at: listed.at });
            let tags = tag_map(heard.value.get("tags"));
            let id = format!("{}/{id}", self.name);
            let draft = Draft::new(resource_types::EKS_POD_IDENTITY_ASSOCIATION, arn, id, heard).tags(tags);
            self.caller.keep(ASSOCIATIONS, draft);
        }
    }

    async fn addons(&self) {
        let listing = self
            .caller
            .pages(ADDONS, Some(&self.arn), |token, tap| {
                let call = self.client.list_addons().cluster_name(&self.name).set_next_token(token.one());
                call.customize().interceptor(tap).send()
            })
            .await;
        for listed in listing.items {
            let Some((name, by_name)) = self.named(ADDONS, "addon", &listed) else { continue };
            let answer = self
                .caller
                .one(ADDON, Some(&by_name), &[], |tap| {
                    let call = self.client.describe_addon().cluster_name(&self.name).addon_name(&name);
                    call.customize().interceptor(tap).send()
                })
                .await;
            let heard = self.caller.member(ADDON, Some(&by_name), answer, "addon");
            let part = self.part(resource_types::EKS_ADDON, &name, (ADDON, "addonArn"), by_name, listed, heard);
            self.keep(ADDONS, part);
        }
    }

    /// A cluster that lets in by its config map alone has no access entries, and refuses to be asked for them.
    async fn access_entries(&self, cluster: &Value) {
        if text(cluster, "accessConfig.authenticationMode") == Some("CONFIG_MAP") {
            return;
        }
        let listing = self
            .caller
            .pages(ENTRIES, Some(&self.arn), |token, tap| {
                let call = self.client.list_access_entries().cluster_name(&self.name).set_next_token(token.one());
                call.customize().interceptor(tap).send()
            })
            .await;
        for listed in listing.items {
            let Some((principal, by_name)) = self.named(ENTRIES, "access-entry", &listed) else { continue };
            let answer = self
                .caller
                .one(ENTRY, Some(&by_name), &[], |tap| {
                    let call = self.client.describe_access_entry().cluster_name(&self.name).principal_arn(&principal);
                    call.customize().interceptor(tap).send()
                })
                .await;
            let heard = self.caller.member(ENTRY, Some(&by_name), answer, "accessEntry");
            let part = self.part(
                resource_types::EKS_ACCESS_ENTRY,
                &principal,
                (ENTRY, "accessEntryArn"),
                by_name,
                listed,
                heard,
            );
            let Some(entry) = part else { continue };
            let associated = self
                .caller
                .pages(ASSOCIATED, Some(entry.arn()), |token, tap| {
                    let call = self.client.list_associated_access_policies().cluster_name(&self.name);
                    let call = call.principal_arn(&principal).set_next_token(token.one());
                    call.customize().interceptor(tap).send()
                })
                .await;
            // A list that broke off is not shown at all: half of somebody's rights reads like all of them.
            let policies = associated.complete.then(|| associated.items.into_iter().map(|heard| heard.value).collect());
            self.keep(ENTRIES, Some(entry.with("associatedAccessPolicies", policies)));
        }
    }

    /// The name of what hangs on the cluster, and an ARN that holds it. Its real ARN ends in an id that only the
    /// describe answer knows; until then, and in gaps, it goes by this one.
    fn named(&self, action: &str, part: &str, listed: &Received) -> Option<(String, Arn)> {
        let Some(name) = listed.value.as_str() else {
            self.caller.missing(action, Some(&self.arn), Failure::broken("an element of the answer has no name"));
            return None;
        };
        let place = self.caller.place();
        let tail = format!("eks:{}:{}:{part}/{}/{name}", place.region, place.account, self.name);
        Some((name.to_owned(), self.caller.build_arn(action, &tail)?))
    }

    /// What hangs on the cluster: under its real ARN with its describe answer, or by name with nothing known of it.
    fn part(
        &self,
        kind: &'static str,
        name: &str,
        (action, arn): (&str, &str),
        by_name: Arn,
        listed: Received,
        heard: Option<Received>,
    ) -> Option<Draft> {
        let arn = match &heard {
            Some(heard) => self.caller.arn(action, &heard.value, arn)?,
            None => by_name,
        };
        let heard = heard.unwrap_or(Received { value: json!({}), at: listed.at });
        let tags = tag_map(heard.value.get("tags"));
        Some(Draft::new(kind, arn, format!("{}/{name}", self.name), heard).tags(tags))
    }

    fn keep(&self, action: &str, part: Option<Draft>) {
        if let Some(draft) = part {
            self.caller.keep(action, draft);
        }
    }
}

fn key_arns(cluster: &Value) -> Vec<String> {
    let configs = cluster.get("encryptionConfig").and_then(Value::as_array).into_iter().flatten();
    configs.filter_map(|config| text(config, "provider.keyArn")).map(str::to_owned).collect()
}

/// Every version, also those that AWS no longer shows by default because their support has ended.
async fn versions(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(VERSIONS, None, |token, tap| {
            let call = client.describe_cluster_versions().include_all(true).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&EKS_CLUSTER_VERSION, listing);
}

async fn keys_named(kms: &Caller, keys: Vec<String>) {
    if keys.is_empty() || !kms.wants(KEY) {
        return;
    }
    let client = client!(aws_sdk_kms, kms);
    kms.each(keys, |caller, key| {
        let client = client.clone();
        async move {
            let about: Option<Arn> = key.parse().ok();
            let answer = caller
                .one(KEY, about.as_ref(), &[], |tap| {
                    client.describe_key().key_id(&key).customize().interceptor(tap).send()
                })
                .await;
            let Some(heard) = caller.member(KEY, about.as_ref(), answer, "KeyMetadata") else { return };
            if let Some(draft) = caller.listed(&KMS_KEY, heard) {
                caller.keep(KEY, draft);
            }
        }
    })
    .await;
}
