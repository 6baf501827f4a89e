//! What facts read of RDS.
//! Knows nothing of who can reach a database.

use serde::Deserialize;

use super::Presence;

/// A database instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbInstance {
    /// Its name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub id: Option<String>,
    /// The cluster that it is a member of; `null` for none.
    #[serde(rename = "DBClusterIdentifier")]
    pub cluster: Presence<String>,
    /// The database of which it is a read replica, by name or ARN; `null` for none.
    #[serde(rename = "ReadReplicaSourceDBInstanceIdentifier")]
    pub replica_of: Presence<String>,
    /// The cluster of which it is a read replica; `null` for none.
    #[serde(rename = "ReadReplicaSourceDBClusterIdentifier")]
    pub replica_of_cluster: Presence<String>,
    /// Where it listens; a database that is being created has none yet.
    pub endpoint: Option<Endpoint>,
    /// The groups that guard it.
    pub vpc_security_groups: Option<Vec<VpcSecurityGroup>>,
    /// Its subnets.
    #[serde(rename = "DBSubnetGroup")]
    pub db_subnet_group: Option<DbSubnetGroup>,
    /// The engine.
    pub engine: Option<String>,
    /// Whether its storage is encrypted.
    pub storage_encrypted: Option<bool>,
    /// With whose key: `none`, `sse-rds` or `sse-kms`.
    pub storage_encryption_type: Option<String>,
    /// The logs that are exported; `null` for none.
    pub enabled_cloudwatch_logs_exports: Presence<Vec<String>>,
    /// The parameter groups, with whether they are in force.
    #[serde(rename = "DBParameterGroups")]
    pub db_parameter_groups: Option<Vec<DbParameterGroupStatus>>,
    /// Whether a standby waits in another zone.
    #[serde(rename = "MultiAZ")]
    pub multi_az: Option<bool>,
    /// The zone it stands in.
    pub availability_zone: Option<String>,
}

/// A parameter group of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbParameterGroupStatus {
    /// The group.
    #[serde(rename = "DBParameterGroupName")]
    pub name: Option<String>,
    /// `in-sync` where the instance runs with it.
    pub parameter_apply_status: Option<String>,
}

/// Where a database listens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Endpoint {
    /// The port.
    pub port: Option<u16>,
}

/// A group that guards a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VpcSecurityGroup {
    /// Its id.
    pub vpc_security_group_id: Option<String>,
}

/// The subnets in which a database may stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbSubnetGroup {
    /// Its name.
    #[serde(rename = "DBSubnetGroupName")]
    pub name: Option<String>,
    /// Its subnets.
    pub subnets: Option<Vec<DbSubnet>>,
}

/// A subnet of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbSubnet {
    /// Its id.
    pub subnet_identifier: Option<String>,
}

/// A parameter group; its parameters are a supplement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbParameterGroup {
    /// Its name.
    #[serde(rename = "DBParameterGroupName")]
    pub name: Option<String>,
}

/// A parameter group of clusters; its parameters are a supplement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DbClusterParameterGroup {
    /// Its name.
    #[serde(rename = "DBClusterParameterGroupName")]
    pub name: Option<String>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Parameter {
    /// Its name; without it, it could be any.
    pub parameter_name: Option<String>,
    /// Its value.
    pub parameter_value: Option<String>,
}
