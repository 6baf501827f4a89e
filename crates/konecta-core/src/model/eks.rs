//! What facts read of EKS.
//! Knows nothing of the instances that are nodes.

use serde::Deserialize;

use super::Told;

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cluster {
    /// Its name.
    pub name: Option<String>,
    /// The role of its control plane.
    pub role_arn: Option<String>,
    /// Its network.
    pub resources_vpc_config: Option<VpcConfig>,
    /// Auto Mode; `null` where the cluster never had it.
    pub compute_config: Told<ComputeConfig>,
}

/// A cluster's network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpcConfig {
    /// The subnets of the control plane's interfaces.
    pub subnet_ids: Option<Vec<String>>,
    /// Groups given at creation, `[]` where none were.
    pub security_group_ids: Option<Vec<String>>,
    /// The group that EKS made for the cluster; managed nodes carry it too.
    pub cluster_security_group_id: Told<String>,
    /// Whether the API endpoint has a public address.
    pub endpoint_public_access: Option<bool>,
    /// From where the public address answers.
    pub public_access_cidrs: Option<Vec<String>>,
}

/// Auto Mode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ComputeConfig {
    /// Whether AWS runs the nodes.
    pub enabled: Option<bool>,
}

/// A managed node group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Nodegroup {
    /// Its name.
    pub nodegroup_name: Option<String>,
    /// Its cluster.
    pub cluster_name: Option<String>,
    /// The subnets of its nodes.
    pub subnets: Option<Vec<String>>,
    /// The role of its nodes.
    pub node_role: Option<String>,
    /// What EKS made for it.
    pub resources: Option<NodegroupResources>,
}

/// What EKS made for a node group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodegroupResources {
    /// The Auto Scaling groups.
    pub auto_scaling_groups: Option<Vec<NodegroupScaling>>,
}

/// An Auto Scaling group of a node group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodegroupScaling {
    /// Its name.
    pub name: Option<String>,
}
