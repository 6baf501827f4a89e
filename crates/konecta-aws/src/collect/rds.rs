//! RDS: instances, clusters, subnet groups, parameter groups, snapshots, and the versions there are.

use std::collections::BTreeSet;

use aws_sdk_rds::Client;
use konecta_base::calls;
use konecta_base::listed_type::{
    RDS_DB_CLUSTER, RDS_DB_CLUSTER_PARAMETER_GROUP, RDS_DB_ENGINE_VERSION, RDS_DB_INSTANCE,
    RDS_DB_MAJOR_ENGINE_VERSION, RDS_DB_PARAMETER_GROUP, RDS_DB_SNAPSHOT, RDS_DB_SUBNET_GROUP,
};
use serde_json::Value;

use super::client;
use crate::call::{Caller, Listing};
use crate::draft::text;
use crate::paging::Received;

const INSTANCES: &str = calls::RDS_DESCRIBE_DB_INSTANCES;
const CLUSTERS: &str = calls::RDS_DESCRIBE_DB_CLUSTERS;
const SUBNET_GROUPS: &str = calls::RDS_DESCRIBE_DB_SUBNET_GROUPS;
const PARAMETER_GROUPS: &str = calls::RDS_DESCRIBE_DB_PARAMETER_GROUPS;
const PARAMETERS: &str = calls::RDS_DESCRIBE_DB_PARAMETERS;
const CLUSTER_PARAMETER_GROUPS: &str = calls::RDS_DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS;
const CLUSTER_PARAMETERS: &str = calls::RDS_DESCRIBE_DB_CLUSTER_PARAMETERS;
const VERSIONS: &str = calls::RDS_DESCRIBE_DB_ENGINE_VERSIONS;
const SNAPSHOTS: &str = calls::RDS_DESCRIBE_DB_SNAPSHOTS;
const SNAPSHOT_ATTRIBUTES: &str = calls::RDS_DESCRIBE_DB_SNAPSHOT_ATTRIBUTES;
const MAJOR_VERSIONS: &str = calls::RDS_DESCRIBE_DB_MAJOR_ENGINE_VERSIONS;

/// RDS pages by 100 at most.
const PAGE: i32 = 100;

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = client!(aws_sdk_rds, &caller);
    let databases = async {
        let (of_instances, of_clusters) = tokio::join!(instances(&caller, &client), clusters(&caller, &client));
        let engines = of_instances.as_ref().zip(of_clusters.as_ref()).map(|(one, other)| &one.engines | &other.engines);
        tokio::join!(
            parameter_groups(&caller, &client, of_instances.as_ref().map(|in_use| &in_use.groups)),
            cluster_parameter_groups(&caller, &client, of_clusters.as_ref().map(|in_use| &in_use.groups)),
            versions(&caller, &client, engines),
        );
    };
    tokio::join!(
        databases,
        subnet_groups(&caller, &client),
        snapshots(&caller, &client),
        major_versions(&caller, &client),
    );
}

/// What databases name.
struct InUse {
    /// Their parameter groups.
    groups: BTreeSet<String>,
    /// Their engines.
    engines: BTreeSet<String>,
}

impl InUse {
    /// `None` where not all databases are known.
    fn of<'a>(listing: &'a Listing, groups: impl Fn(&'a Value) -> Vec<&'a str>) -> Option<Self> {
        let all = || listing.items.iter().map(|heard| &heard.value);
        listing.complete.then(|| Self {
            groups: all().flat_map(groups).map(str::to_owned).collect(),
            engines: all().filter_map(|database| text(database, "Engine")).map(str::to_owned).collect(),
        })
    }
}

/// Keeps the instances and gives back what they name.
async fn instances(caller: &Caller, client: &Client) -> Option<InUse> {
    let listing = caller
        .pages(INSTANCES, None, |token, tap| {
            let call = client.describe_db_instances().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    let in_use = InUse::of(&listing, |database| {
        let groups = database.get("DBParameterGroups").and_then(Value::as_array);
        groups.into_iter().flatten().filter_map(|group| text(group, "DBParameterGroupName")).collect()
    });
    caller.keep_listed(&RDS_DB_INSTANCE, listing);
    in_use
}

/// Keeps the clusters and gives back what they name.
async fn clusters(caller: &Caller, client: &Client) -> Option<InUse> {
    let listing = caller
        .pages(CLUSTERS, None, |token, tap| {
            let call = client.describe_db_clusters().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    let in_use = InUse::of(&listing, |cluster| text(cluster, "DBClusterParameterGroup").into_iter().collect());
    caller.keep_listed(&RDS_DB_CLUSTER, listing);
    in_use
}

async fn subnet_groups(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(SUBNET_GROUPS, None, |token, tap| {
            let call = client.describe_db_subnet_groups().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&RDS_DB_SUBNET_GROUP, listing);
}

/// An account has dozens of default groups with four hundred parameters each; only those that an instance uses
/// matter, and all are read only where it is not known which.
async fn parameter_groups(caller: &Caller, client: &Client, in_use: Option<&BTreeSet<String>>) {
    let listing = caller
        .pages(PARAMETER_GROUPS, None, |token, tap| {
            let call = client.describe_db_parameter_groups().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            let is_used = text(&heard.value, "DBParameterGroupName")
                .is_some_and(|name| in_use.is_none_or(|in_use| in_use.contains(name)));
            async move { parameter_group(&caller, &client, heard, is_used).await }
        })
        .await;
}

async fn parameter_group(caller: &Caller, client: &Client, heard: Received, is_used: bool) {
    let Some(draft) = caller.listed(&RDS_DB_PARAMETER_GROUP, heard) else { return };
    let (arn, name) = (draft.arn().clone(), draft.id().to_owned());
    let parameters = if is_used {
        let listing = caller
            .pages(PARAMETERS, Some(&arn), |token, tap| {
                let call = client.describe_db_parameters().db_parameter_group_name(&name);
                call.max_records(PAGE).set_marker(token.one()).customize().interceptor(tap).send()
            })
            .await;
        // Half of the parameters is not shown: a parameter that is not in a list reads like one that is not set.
        listing.complete.then(|| listing.items.into_iter().map(|heard| heard.value).collect::<Value>())
    } else {
        None
    };
    caller.keep(PARAMETER_GROUPS, draft.with("parameters", parameters));
}

/// As for the groups of instances.
async fn cluster_parameter_groups(caller: &Caller, client: &Client, in_use: Option<&BTreeSet<String>>) {
    let listing = caller
        .pages(CLUSTER_PARAMETER_GROUPS, None, |token, tap| {
            let call = client.describe_db_cluster_parameter_groups().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            let is_used = text(&heard.value, "DBClusterParameterGroupName")
                .is_some_and(|name| in_use.is_none_or(|in_use| in_use.contains(name)));
            async move { cluster_parameter_group(&caller, &client, heard, is_used).await }
        })
        .await;
}

async fn cluster_parameter_group(caller: &Caller, client: &Client, heard: Received, is_used: bool) {
    let Some(draft) = caller.listed(&RDS_DB_CLUSTER_PARAMETER_GROUP, heard) else { return };
    let (arn, name) = (draft.arn().clone(), draft.id().to_owned());
    let parameters = if is_used {
        let listing = caller
            .pages(CLUSTER_PARAMETERS, Some(&arn), |token, tap| {
                let call = client.describe_db_cluster_parameters().db_cluster_parameter_group_name(&name);
                call.max_records(PAGE).set_marker(token.one()).customize().interceptor(tap).send()
            })
            .await;
        listing.complete.then(|| listing.items.into_iter().map(|heard| heard.value).collect::<Value>())
    } else {
        None
    };
    caller.keep(CLUSTER_PARAMETER_GROUPS, draft.with("parameters", parameters));
}

/// All versions of all engines are megabytes; those of the engines in use are asked for, and all only where it is not
/// known which those are. Only with `IncludeAll` are deprecated ones among them.
async fn versions(caller: &Caller, client: &Client, engines: Option<BTreeSet<String>>) {
    let asked = engines.map_or_else(|| vec![None], |engines| engines.into_iter().map(Some).collect());
    caller
        .each(asked, |caller, engine| {
            let client = client.clone();
            async move { versions_of(&caller, &client, engine).await }
        })
        .await;
}

async fn versions_of(caller: &Caller, client: &Client, engine: Option<String>) {
    let listing = caller
        .pages(VERSIONS, None, |token, tap| {
            let call = client.describe_db_engine_versions().set_engine(engine.clone()).include_all(true);
            call.max_records(PAGE).set_marker(token.one()).customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&RDS_DB_ENGINE_VERSION, listing);
}

async fn snapshots(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(SNAPSHOTS, None, |token, tap| {
            let call = client.describe_db_snapshots().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller
        .each(listing.items, |caller, heard| {
            let client = client.clone();
            async move { snapshot(&caller, &client, heard).await }
        })
        .await;
}

async fn snapshot(caller: &Caller, client: &Client, heard: Received) {
    let Some(draft) = caller.listed(&RDS_DB_SNAPSHOT, heard) else { return };
    let (arn, id) = (draft.arn().clone(), draft.id().to_owned());
    let answer = caller
        .one(SNAPSHOT_ATTRIBUTES, Some(&arn), &[], |tap| {
            client.describe_db_snapshot_attributes().db_snapshot_identifier(&id).customize().interceptor(tap).send()
        })
        .await;
    let attributes = caller
        .member(SNAPSHOT_ATTRIBUTES, Some(&arn), answer, "DBSnapshotAttributesResult")
        .and_then(|mut result| result.value.get_mut("DBSnapshotAttributes").map(Value::take));
    caller.keep(SNAPSHOTS, draft.with("attributes", attributes));
}

async fn major_versions(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(MAJOR_VERSIONS, None, |token, tap| {
            let call = client.describe_db_major_engine_versions().max_records(PAGE).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    caller.keep_listed(&RDS_DB_MAJOR_ENGINE_VERSION, listing);
}
