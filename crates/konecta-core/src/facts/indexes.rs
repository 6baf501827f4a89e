//! The indexes of one place: small projections of resources that controls about other resources look up.
//! Knows no conclusion: what an index says was sent by AWS or is a fact already.

use serde_json::{Value, json};

use super::attachments::Ids;
use super::load_balancer::{describe_listener, describe_rules};
use super::region_index::RegionIndex;
use super::seen::AccountRegion;
use super::sink::{Sink, object};
use super::world::Item;
use crate::model::rds;
use konecta_base::calls;

/// The parameters that controls look at.
const PARAMETERS: [&str; 2] = ["rds.force_ssl", "require_secure_transport"];

/// What a database that is a member of a cluster takes from it.
const CLUSTER_MEMBERS: [&str; 12] = [
    "BackupRetentionPeriod",
    "PreferredBackupWindow",
    "LatestRestorableTime",
    "MultiAZ",
    "DeletionProtection",
    "EnabledCloudwatchLogsExports",
    "IAMDatabaseAuthenticationEnabled",
    "CopyTagsToSnapshot",
    "Engine",
    "ReplicationSourceIdentifier",
    "DBClusterParameterGroup",
    "DBClusterMembers",
];

/// Fills every index with what one place has for it.
pub(crate) fn fill(region_index: &RegionIndex<'_>, sink: &mut Sink) {
    network(region_index, sink);
    load_balancers(region_index, sink);
    let (place, here) = (region_index.place, region_index.here);
    for (name, items, key) in [
        ("response_headers_policies", &here.response_headers_policies, "ResponseHeadersPolicyConfig"),
        ("cache_policies", &here.cache_policies, "CachePolicyConfig"),
    ] {
        for item in items {
            sink.index(name, id_of(item), item.body.get(key).filter(|config| config.is_object()).cloned());
        }
    }
    for group in &here.parameter_groups {
        let name = group.item.id(group.item.body.name.as_ref());
        let told =
            parameters(region_index, calls::RDS_DESCRIBE_DB_PARAMETERS, &group.item.arn, group.supplement.as_ref());
        sink.index("parameter_groups", &format!("{}/{name}", spelled(place)), told);
    }
    for group in &here.cluster_parameter_groups {
        let name = group.item.id(group.item.body.name.as_ref());
        let told = parameters(
            region_index,
            calls::RDS_DESCRIBE_DB_CLUSTER_PARAMETERS,
            &group.item.arn,
            group.supplement.as_ref(),
        );
        sink.index("cluster_parameter_groups", &format!("{}/{name}", spelled(place)), told);
    }
    for item in &here.database_clusters {
        let id = item.body.get("DBClusterIdentifier").and_then(Value::as_str).unwrap_or(&item.resource_id);
        let told = CLUSTER_MEMBERS.map(|key| (key, item.body.get(key).cloned()));
        sink.index("db_clusters", &format!("{}/{id}", spelled(place)), Some(object(told)));
    }
    for item in &here.database_subnet_groups {
        let name = item.body.get("DBSubnetGroupName").and_then(Value::as_str).unwrap_or(&item.resource_id);
        let subnets = item.body.get("Subnets").filter(|subnets| subnets.is_array()).cloned();
        sink.index("db_subnet_groups", &format!("{}/{name}", spelled(place)), subnets);
    }
    for item in &here.vpc_origins {
        let id = item.id(item.body.id.as_ref());
        sink.index("vpc_origins", id, item.body.vpc_origin_endpoint_config.as_ref().map(|config| json!(config.others)));
    }
    for item in &here.keys {
        let told = |key| item.body.get(key).filter(|value| !value.is_null()).cloned();
        let state = object([("KeyState", told("KeyState")), ("Enabled", told("Enabled"))]);
        sink.index("keys", &item.arn, Some(state));
    }
    for item in &here.registry_scanning {
        sink.index("registry_scanning", &spelled(place), item.body.get("scanningConfiguration").cloned());
    }
}

fn spelled(place: &AccountRegion) -> String {
    format!("{}/{}", place.account, place.region)
}

fn id_of(item: &Item<Value>) -> &str {
    item.body.get("Id").and_then(Value::as_str).unwrap_or(&item.resource_id)
}

fn network(region_index: &RegionIndex<'_>, sink: &mut Sink) {
    let told = |owner: Option<&String>| region_index.speaks_for(owner);
    for item in region_index.here.subnets.iter().filter(|item| told(item.body.owner_id.as_ref())) {
        let id = item.id(item.body.subnet_id.as_ref());
        let reach = region_index.reaches.get(id);
        let entry = object([
            ("arn", Some(json!(item.arn))),
            ("vpcId", item.body.vpc_id.as_ref().map(|vpc| json!(vpc))),
            ("availabilityZone", item.body.availability_zone.as_ref().map(|zone| json!(zone))),
            ("internet", reach.and_then(|reach| reach.open).map(Value::Bool)),
            ("ipv4", reach.and_then(|reach| reach.ipv4).map(Value::Bool)),
            ("ipv6", reach.and_then(|reach| reach.ipv6).map(Value::Bool)),
            ("why", reach.filter(|reach| !reach.why.is_empty()).map(|reach| json!(reach.why))),
            ("proof", reach.map(|reach| json!(reach.proof))),
            ("role", region_index.roles.get(id).map(|role| json!(role.role))),
        ]);
        sink.index("subnets", id, Some(entry));
    }
    for item in &region_index.here.security_groups {
        let id = item.id(item.body.group_id.as_ref());
        let entry = object([
            ("arn", Some(json!(item.arn))),
            ("GroupName", item.body.group_name.as_ref().map(|name| json!(name))),
            ("VpcId", item.body.vpc_id.as_ref().map(|vpc| json!(vpc))),
            ("parts", region_index.wiring.groups.describe(id)),
        ]);
        sink.index("security_groups", id, Some(entry));
    }
}

/// Ids as a list, if they are all known.
pub(crate) fn whole(ids: &Ids) -> Option<Value> {
    ids.whole.then(|| json!(ids.known))
}

fn load_balancers(region_index: &RegionIndex<'_>, sink: &mut Sink) {
    for item in &region_index.here.load_balancers {
        let listeners = region_index.doors.listeners(&item.arn);
        let listeners = listeners.map(|all| all.iter().map(|one| describe_listener(one)).collect());
        sink.index("listeners", &item.arn, listeners.map(Value::Array));
    }
    for listener in &region_index.here.listeners {
        let rules = region_index.doors.rules(&listener.item.arn);
        let rules = rules.map(describe_rules);
        sink.index("listener_rules", &listener.item.arn, rules);
    }
}

/// Parameters by name: `null` for one that the whole list does not have, no key for one that is not known.
fn parameters(
    region_index: &RegionIndex<'_>,
    action: &str,
    arn: &str,
    list: Option<&Vec<rds::Parameter>>,
) -> Option<Value> {
    if region_index.seen.lacks(region_index.place, action, arn) {
        return None;
    }
    let list = list?;
    let named = list.iter().all(|parameter| parameter.parameter_name.is_some());
    Some(object(PARAMETERS.map(|name| {
        let found = list.iter().find(|parameter| parameter.parameter_name.as_deref() == Some(name));
        let value = match found {
            Some(parameter) => parameter.parameter_value.as_ref().map(|value| json!(value)),
            None => named.then_some(Value::Null),
        };
        (name, value)
    })))
}

/// The indexes that there are, so that an empty one is there too.
pub(crate) fn open(sink: &mut Sink, names: impl Iterator<Item = &'static str>) {
    names.for_each(|name| sink.open_index(name));
}
