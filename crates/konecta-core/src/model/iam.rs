//! What facts read of IAM.
//! Knows nothing of who may do what.

use serde::Deserialize;
use serde_json::Value;

use super::Presence;

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RoleDetail {
    /// The instance profiles that it is in, `[]` where it is in none.
    pub instance_profile_list: Option<Vec<InstanceProfile>>,
    /// Who may assume it; text where it could not be decoded.
    pub assume_role_policy_document: Option<Value>,
    /// The managed policies that it carries.
    pub attached_managed_policies: Option<Vec<AttachedPolicy>>,
    /// The policies that are its own.
    pub role_policy_list: Option<Vec<InlinePolicy>>,
    /// What bounds it; `null` where nothing does.
    pub permissions_boundary: Presence<PermissionsBoundary>,
}

/// A managed policy that is attached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttachedPolicy {
    /// Its ARN.
    pub policy_arn: Option<String>,
}

/// A policy that belongs to one role alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InlinePolicy {
    /// Its name.
    pub policy_name: Option<String>,
    /// The document; text where it could not be decoded.
    pub policy_document: Option<Value>,
}

/// A permissions boundary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PermissionsBoundary {
    /// The managed policy that it is.
    pub permissions_boundary_arn: Option<String>,
}

/// An instance profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InstanceProfile {
    /// Its ARN.
    pub arn: Option<String>,
}

/// A managed policy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ManagedPolicy {
    /// The version in force.
    pub default_version_id: Option<String>,
    /// Its versions; the default one is always among them.
    pub policy_version_list: Option<Vec<PolicyVersion>>,
}

/// A version of a managed policy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PolicyVersion {
    /// The document; text where it could not be decoded.
    pub document: Option<Value>,
    /// Whether it is in force.
    pub is_default_version: Option<bool>,
}
