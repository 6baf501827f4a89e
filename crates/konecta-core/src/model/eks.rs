//! What facts read of EKS.
//! Knows nothing of the instances that are nodes.

use serde::Deserialize;

use super::Presence;

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
    pub compute_config: Presence<ComputeConfig>,
    /// Who issues the tokens of its pods.
    pub identity: Option<Identity>,
    /// How principals are let in.
    pub access_config: Option<AccessConfig>,
    /// With which key Kubernetes secrets are encrypted, as sent; `null` where with none of one's own.
    pub encryption_config: Presence<serde_json::Value>,
    /// The logs of its control plane, as sent.
    pub logging: Option<serde_json::Value>,
}

/// Who issues the tokens of a cluster's pods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// The OpenID Connect provider.
    pub oidc: Option<Oidc>,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Oidc {
    /// Its URL.
    pub issuer: Option<String>,
}

/// How principals are let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessConfig {
    /// `API`, `CONFIG_MAP` or `API_AND_CONFIG_MAP`; what stands in the config map cannot be seen through the AWS API.
    pub authentication_mode: Option<String>,
}

/// Who is let in to a cluster, and as what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessEntry {
    /// The cluster.
    pub cluster_name: Option<String>,
    /// The role or user.
    pub principal_arn: Option<String>,
    /// `STANDARD` for people, another for nodes.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Pods of a cluster that run on Fargate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FargateProfile {
    /// Its name.
    pub fargate_profile_name: Option<String>,
    /// The cluster.
    pub cluster_name: Option<String>,
    /// The role by which the machines under the pods join the cluster, and pull images.
    pub pod_execution_role_arn: Option<String>,
    /// The subnets in which pods start.
    pub subnets: Option<Vec<String>>,
}

/// Which role the pods of a service account get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodIdentityAssociation {
    /// The role that EKS assumes for them.
    pub role_arn: Option<String>,
    /// The role that is assumed by that one, and which the pods get in the end.
    pub target_role_arn: Presence<String>,
}

/// A cluster's network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpcConfig {
    /// The VPC.
    pub vpc_id: Option<String>,
    /// The subnets of the control plane's interfaces.
    pub subnet_ids: Option<Vec<String>>,
    /// Groups given at creation, `[]` where none were.
    pub security_group_ids: Option<Vec<String>>,
    /// The group that EKS made for the cluster; managed nodes carry it too.
    pub cluster_security_group_id: Presence<String>,
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
    /// The role of those nodes.
    pub node_role_arn: Option<String>,
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
    /// The security group that lets SSH in, which every node carries; sent only where EKS made one.
    pub remote_access_security_group: Option<String>,
}

/// An Auto Scaling group of a node group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodegroupScaling {
    /// Its name.
    pub name: Option<String>,
}
