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
    /// The template that its instances are launched from; a group has this, a mixed policy, or a launch configuration.
    pub launch_template: Option<TemplateChoice>,
    /// Several instance types from one template.
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
}

impl AutoScalingGroup {
    /// The template that the next instance is launched from, wherever the group names it.
    #[must_use]
    pub fn choice(&self) -> Option<&TemplateChoice> {
        let mixed =
            || self.mixed_instances_policy.as_ref()?.launch_template.as_ref()?.launch_template_specification.as_ref();
        self.launch_template.as_ref().or_else(mixed)
    }
}

/// A launch template and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateChoice {
    /// The template.
    pub launch_template_id: Option<String>,
    /// A number, `$Latest` or `$Default`.
    pub version: Option<String>,
}

/// Several instance types from one template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MixedInstancesPolicy {
    /// The template and its overrides.
    pub launch_template: Option<MixedTemplate>,
}

/// The template of a mixed policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MixedTemplate {
    /// The template and its version.
    pub launch_template_specification: Option<TemplateChoice>,
}

/// An instance of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Member {
    /// The instance.
    pub instance_id: Option<String>,
}
