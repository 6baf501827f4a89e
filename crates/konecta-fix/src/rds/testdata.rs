//! Databases for the tests of these remedies: as promised, but for what a test changes.

use serde_json::{Value, json};

/// An instance with these settings instead of good ones.
pub(crate) fn instance(settings: Value) -> Value {
    let mut configuration = json!({
        "DBInstanceIdentifier": "konecta-erp", "DBInstanceStatus": "available", "Engine": "postgres", "EngineVersion": "16.9",
        "DBClusterIdentifier": null, "ReadReplicaSourceDBInstanceIdentifier": null, "PubliclyAccessible": false, "MultiAZ": true,
        "DeletionProtection": true, "AutoMinorVersionUpgrade": true, "IAMDatabaseAuthenticationEnabled": true, "CopyTagsToSnapshot": true,
        "BackupRetentionPeriod": 7, "PreferredBackupWindow": "02:00-03:00", "LatestRestorableTime": "2026-11-23T11:55:00Z",
        "EnabledCloudwatchLogsExports": ["postgresql", "upgrade"], "StorageEncrypted": true,
        "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1", "DBSubnetGroup": {"DBSubnetGroupName": "konecta"},
        "DBInstanceClass": "db.m7g.large", "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    });
    over(&mut configuration, settings);
    json!({
        "resourceType": "AWS::RDS::DBInstance", "resourceId": "konecta-erp", "region": "us-east-1",
        "arn": "arn:aws:rds:us-east-1:123456789012:db:konecta-erp", "tags": {}, "configuration": configuration,
    })
}

/// An Aurora cluster with these settings instead of good ones.
pub(crate) fn cluster(settings: Value) -> Value {
    let mut configuration = json!({
        "DBClusterIdentifier": "konecta-aurora", "Status": "available", "DeletionProtection": true, "MultiAZ": true,
        "BackupRetentionPeriod": 7, "PreferredBackupWindow": "02:00-03:00", "LatestRestorableTime": "2026-11-23T11:55:00Z",
        "EnabledCloudwatchLogsExports": ["postgresql"], "IAMDatabaseAuthenticationEnabled": true, "CopyTagsToSnapshot": true,
    });
    over(&mut configuration, settings);
    json!({
        "resourceType": "AWS::RDS::DBCluster", "resourceId": "konecta-aurora", "region": "us-east-1",
        "arn": "arn:aws:rds:us-east-1:123456789012:cluster:konecta-aurora", "tags": {}, "configuration": configuration,
    })
}

/// A parameter group.
pub(crate) fn parameter_group(name: &str, parameters: Value) -> Value {
    json!({
        "resourceType": "AWS::RDS::DBParameterGroup", "resourceId": name, "region": "us-east-1",
        "arn": format!("arn:aws:rds:us-east-1:123456789012:pg:{name}"),
        "configuration": {"DBParameterGroupName": name, "DBParameterGroupFamily": "postgres16"},
        "supplement": {"parameters": parameters},
    })
}

fn over(configuration: &mut Value, settings: Value) {
    for (key, value) in settings.as_object().cloned().unwrap_or_default() {
        configuration[key.as_str()] = value;
    }
}
