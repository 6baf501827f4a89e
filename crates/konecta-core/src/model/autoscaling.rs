//! What facts read of EC2 Auto Scaling.
//! Knows nothing of clusters.

use serde::Deserialize;

use super::Tag;

/// An Auto Scaling group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AutoScalingGroup {
    /// Its name.
    pub auto_scaling_group_name: Option<String>,
    /// Its instances.
    pub instances: Option<Vec<Member>>,
    /// Its tags; `[]` where there are none.
    pub tags: Option<Vec<Tag>>,
}

/// An instance of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Member {
    /// The instance.
    pub instance_id: Option<String>,
}
