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
    pub instances: Option<Vec<GroupInstance>>,
    /// Its tags; `[]` where there are none.
    pub tags: Option<Vec<Tag>>,
    /// The template that its instances are launched from; a group has this, a mixed policy, or a launch configuration.
    pub launch_template: Option<TemplateChoice>,
    /// Several instance types from one template.
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
    /// The most instances that it launches; with 0 it launches none.
    pub max_size: Option<i64>,
    /// The subnets in which it launches, with commas between.
    #[serde(rename = "VPCZoneIdentifier")]
    pub vpc_zone_identifier: Option<String>,
    /// The target groups with which its instances are registered.
    #[serde(rename = "TargetGroupARNs")]
    pub target_group_arns: Option<Vec<String>>,
}

impl AutoScalingGroup {
    /// The templates that the next instance may be launched from: the group's own, or that of its mixed policy with
    /// those that override it for some instance types. Empty where it names none that is known.
    #[must_use]
    pub fn choices(&self) -> Vec<&TemplateChoice> {
        let mixed = self.mixed_instances_policy.as_ref().and_then(|policy| policy.launch_template.as_ref());
        let own = self.launch_template.as_ref();
        let common = mixed.and_then(|mixed| mixed.launch_template_specification.as_ref());
        let overrides = mixed.and_then(|mixed| mixed.overrides.as_ref()).into_iter().flatten();
        let others = overrides.filter_map(|one| one.launch_template_specification.as_ref());
        own.into_iter().chain(common).chain(others).collect()
    }
}

/// A launch template and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateChoice {
    /// The template.
    pub launch_template_id: Option<String>,
    /// The template's name, which may stand instead of the id.
    pub launch_template_name: Option<String>,
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
    /// What differs for some instance types.
    pub overrides: Option<Vec<TemplateOverride>>,
}

/// What differs for one instance type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateOverride {
    /// Another template, where this type has its own.
    pub launch_template_specification: Option<TemplateChoice>,
}

/// An instance of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupInstance {
    /// The instance.
    pub instance_id: Option<String>,
}
