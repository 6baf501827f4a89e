//! The calls of the runbook for encryption at rest, made from the instance that is replaced.
//! Knows nothing of their order.

use serde_json::{Map, Value, json};

use crate::View;
use crate::step::{Call, Find, Wait};

/// Settings that a restore takes from its parameters and not from the snapshot, under the name of the parameter
/// and where the description holds them.
const CARRIED: [(&str, &str); 13] = [
    ("DBInstanceClass", "/DBInstanceClass"),
    ("DBSubnetGroupName", "/DBSubnetGroup/DBSubnetGroupName"),
    ("DBParameterGroupName", "/DBParameterGroups/0/DBParameterGroupName"),
    ("OptionGroupName", "/OptionGroupMemberships/0/OptionGroupName"),
    ("MultiAZ", "/MultiAZ"),
    ("PubliclyAccessible", "/PubliclyAccessible"),
    ("AutoMinorVersionUpgrade", "/AutoMinorVersionUpgrade"),
    ("DeletionProtection", "/DeletionProtection"),
    ("CopyTagsToSnapshot", "/CopyTagsToSnapshot"),
    ("EnableIAMDatabaseAuthentication", "/IAMDatabaseAuthenticationEnabled"),
    ("EnableCloudwatchLogsExports", "/EnabledCloudwatchLogsExports"),
    ("StorageType", "/StorageType"),
    ("Port", "/Endpoint/Port"),
];

/// Settings that can only be put right after the restore, in the same way.
const AFTER: [(&str, &str); 5] = [
    ("BackupRetentionPeriod", "/BackupRetentionPeriod"),
    ("PreferredBackupWindow", "/PreferredBackupWindow"),
    ("PreferredMaintenanceWindow", "/PreferredMaintenanceWindow"),
    ("MaxAllocatedStorage", "/MaxAllocatedStorage"),
    ("CACertificateIdentifier", "/CACertificateIdentifier"),
];

/// The same for what is only given where it is switched on, with the setting that says so.
const WHERE_ON: [(&str, &str, &str); 5] = [
    ("MonitoringInterval", "/MonitoringInterval", "/MonitoringRoleArn"),
    ("MonitoringRoleArn", "/MonitoringRoleArn", "/MonitoringInterval"),
    ("EnablePerformanceInsights", "/PerformanceInsightsEnabled", "/PerformanceInsightsEnabled"),
    ("PerformanceInsightsKMSKeyId", "/PerformanceInsightsKMSKeyId", "/PerformanceInsightsEnabled"),
    ("PerformanceInsightsRetentionPeriod", "/PerformanceInsightsRetentionPeriod", "/PerformanceInsightsEnabled"),
];

pub(super) fn call(operation: &str, parameters: Value) -> Call {
    Call::new("rds", operation, parameters)
}

pub(super) fn restore(view: &View, snapshot: &str, new: &str) -> Value {
    let mut parameters = Map::new();
    parameters.insert("DBInstanceIdentifier".to_owned(), json!(new));
    parameters.insert("DBSnapshotIdentifier".to_owned(), json!(snapshot));
    for (parameter, path) in CARRIED {
        let value = view.at(&format!("/configuration{path}")).filter(|value| !value.is_null());
        // Option groups of AWS's own come with the engine.
        let own = parameter == "OptionGroupName"
            && value.and_then(Value::as_str).is_some_and(|name| name.starts_with("default:"));
        if let Some(value) = value.filter(|_| !own) {
            parameters.insert(parameter.to_owned(), value.clone());
        }
    }
    let groups =
        view.list("/configuration/VpcSecurityGroups").iter().filter_map(|group| group.get("VpcSecurityGroupId"));
    parameters.insert("VpcSecurityGroupIds".to_owned(), groups.cloned().collect());
    if view.at("/configuration/MasterUserSecret").is_some_and(Value::is_object) {
        parameters.insert("ManageMasterUserPassword".to_owned(), json!(true));
    }
    let tags = view.body.get("tags").and_then(Value::as_object);
    let tags = tags.into_iter().flatten().filter(|(key, _)| !key.starts_with("aws:"));
    parameters.insert("Tags".to_owned(), tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect());
    Value::Object(parameters)
}

pub(super) fn after_restore(view: &View, new: &str) -> Value {
    let mut parameters = json!({"DBInstanceIdentifier": new, "ApplyImmediately": true});
    let set = |path: &str| view.at(&format!("/configuration{path}")).filter(|value| !value.is_null());
    let on = |path: &str| set(path).is_some_and(|value| value != &json!(false) && value != &json!(0));
    let some = WHERE_ON.iter().filter(|(_, _, switch)| on(switch)).map(|(parameter, path, _)| (parameter, path));
    for (parameter, path) in AFTER.iter().map(|(parameter, path)| (parameter, path)).chain(some) {
        if let Some(value) = set(path) {
            parameters[*parameter] = value.clone();
        }
    }
    parameters
}

fn wait(what: String, operation: &str, parameters: Value, path: &str) -> Wait {
    Wait {
        what,
        service: "rds".to_owned(),
        operation: operation.to_owned(),
        parameters,
        path: path.to_owned(),
        until: vec![json!("available")],
        failed: vec![json!("failed"), json!("incompatible-restore"), json!("inaccessible-encryption-credentials")],
        timeout_seconds: 4 * 3600,
        changes: None,
        after_seconds: 0,
    }
}

/// A snapshot that the step makes: before it there is none of the name, and an answer that names nothing holds nothing.
pub(crate) fn snapshot_available(name: &str) -> Wait {
    wait(
        format!("the snapshot {name} is available"),
        "DescribeDBSnapshots",
        json!({"DBSnapshotIdentifier": name}),
        "/DBSnapshots/*/Status",
    )
}

/// An instance that gets its name by the step, by being restored or renamed: before it, none has the name.
pub(crate) fn instance_available(name: &str) -> Wait {
    wait(
        format!("{name} is available"),
        "DescribeDBInstances",
        json!({"DBInstanceIdentifier": name}),
        "/DBInstances/*/DBInstanceStatus",
    )
}

/// An instance that was available before it was modified: RDS says so for some time after the call, so that for a while it
/// does not count. Which settings differ depends on what the snapshot carried over, so nothing in the answer must.
pub(crate) fn instance_available_again(name: &str) -> Wait {
    Wait { after_seconds: 120, ..instance_available(name) }
}

pub(super) fn snapshot_exists(name: &str) -> Find {
    find("DescribeDBSnapshots", "/DBSnapshots", "/DBSnapshotIdentifier", name)
}

pub(super) fn instance_exists(name: &str) -> Find {
    find("DescribeDBInstances", "/DBInstances", "/DBInstanceIdentifier", name)
}

fn find(operation: &str, list: &str, identifier: &str, name: &str) -> Find {
    Find {
        service: "rds".to_owned(),
        operation: operation.to_owned(),
        parameters: json!({}),
        list: list.to_owned(),
        matching: Map::from_iter([(identifier.to_owned(), json!(name))]),
        take: identifier.to_owned(),
        planned: json!(name),
    }
}
