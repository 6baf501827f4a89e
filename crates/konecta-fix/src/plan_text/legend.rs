//! What things are called: names that a person gave, where the ARN has only numbers of AWS's, and layers.
//! Knows the snapshot and nothing of plans.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::plan::Change;
use crate::step::Effect;
use konecta_base::id::{Arn, ControlId};
use konecta_base::resource::{Resource, ResourceRef};
use konecta_base::resource_types;
use konecta_base::snapshot::Snapshot;
use konecta_base::text::visible;
use konecta_core::report::sentence;

const LISTENER: &str = resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER;
const RULE: &str = resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE;
const GROUP: &str = resource_types::EC2_SECURITY_GROUP;
const GROUP_RULE: &str = resource_types::EC2_SECURITY_GROUP_RULE;

/// From the viewer inwards, as the architecture document goes through them.
const LAYERS: [&str; 10] = ["cloudfront", "waf", "alb", "path", "network", "eks", "rds", "ecr", "iam", "bastion"];
/// Controls of policies from outside may stand in any folder.
const OTHER: &str = "other";

/// Where the resources of a service stand; what is not named stands where the first control stands that asks for it.
const TYPES: [(&str, &str); 8] = [
    ("AWS::CloudFront::", "cloudfront"),
    ("AWS::WAFv2::", "waf"),
    ("AWS::ElasticLoadBalancing", "alb"),
    ("AWS::EC2::", "network"),
    ("AWS::EKS::", "eks"),
    ("AWS::RDS::", "rds"),
    ("AWS::ECR::", "ecr"),
    ("AWS::IAM::", "iam"),
];

/// Names of resources by ARN, and layers of controls.
#[derive(Debug, Clone, Default)]
pub struct Legend {
    names: BTreeMap<Arn, String>,
    layers: BTreeMap<ControlId, String>,
}

impl Legend {
    /// What the resources of a snapshot are called, and which layer each control belongs to.
    #[must_use]
    pub fn of(snapshot: &Snapshot, layers: BTreeMap<ControlId, String>) -> Self {
        let mut names = BTreeMap::new();
        // A rule is named for what it belongs to, so that comes first.
        for rules in [false, true] {
            for resource in &snapshot.resources {
                let is_rule = [RULE, GROUP_RULE].contains(&resource.resource_type.as_str());
                if is_rule == rules
                    && let Some(name) = name(resource, &names)
                {
                    names.insert(resource.arn.clone(), name);
                }
            }
        }
        Self { names, layers }
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self, resource: &ResourceRef) -> String {
        let known = self.names.get(&resource.arn).map(String::as_str);
        // One that is made by this plan is in no snapshot yet; a repository's name has its namespace.
        let repository = || resource.arn.as_str().split_once(":repository/").map(|(_, name)| name);
        known.or_else(repository).map_or_else(|| sentence::name(resource), visible)
    }

    /// What a person calls the resource of a change; AWS has not given its ARN yet to one that is to be made.
    pub(super) fn of_change(&self, change: &Change) -> String {
        let made = change.effects.iter().find_map(|effect| match effect {
            Effect::Created { resource, .. } if resource.reference.arn == change.resource.arn => Some(&resource.id),
            Effect::Created { .. } | Effect::Amended { .. } | Effect::Removed { .. } => None,
        });
        match made.filter(|id| !id.is_empty() && !id.starts_with("arn:")) {
            Some(id) => visible(id),
            None => self.name(&change.resource),
        }
    }

    /// The layer of a change: where its resource stands, whichever controls ask for it.
    pub(super) fn layer(&self, change: &Change) -> &str {
        let kind = change.resource.resource_type.as_str();
        if let Some((_, layer)) = TYPES.iter().find(|(prefix, _)| kind.starts_with(prefix)) {
            return layer;
        }
        change.controls.first().and_then(|control| self.layers.get(control)).map_or(OTHER, String::as_str)
    }

    /// All layers, in the order in which they are shown.
    pub(super) fn layers(&self) -> Vec<&str> {
        let known: BTreeSet<&str> = self.layers.values().map(String::as_str).collect();
        let others = known.into_iter().filter(|layer| !LAYERS.contains(layer) && *layer != OTHER);
        LAYERS.into_iter().chain(others).chain([OTHER]).collect()
    }
}

/// The name of a resource whose ARN does not end in one; `None` where it does, or where nobody gave it one.
fn name(resource: &Resource, known: &BTreeMap<Arn, String>) -> Option<String> {
    let read = || serde_json::from_str::<Value>(resource.configuration.get()).ok();
    let id = &resource.resource_id;
    match resource.resource_type.as_str() {
        LISTENER => {
            let listener = read()?;
            let balancer = resource.arn.as_str().split('/').nth(2)?;
            Some(format!("{} {} of {balancer}", listener["Protocol"].as_str()?, listener["Port"].as_u64()?))
        }
        RULE => {
            let place = read()?["Priority"].as_str()?.to_owned();
            let owner: String = resource.read_supplement("listenerArn")?.ok()?;
            let owner = known.get(&owner.parse().ok()?)?;
            let rule = if place == "default" { "default rule".to_owned() } else { format!("rule {place}") };
            Some(format!("{rule} of {owner}"))
        }
        GROUP => {
            let group = read()?;
            Some(format!("{id} ({})", group["GroupName"].as_str()?))
        }
        GROUP_RULE => {
            let rule = read()?;
            let group = rule["GroupId"].as_str()?;
            let (prefix, _) = resource.arn.as_str().rsplit_once(":security-group-rule/")?;
            let owner = known.get(&format!("{prefix}:security-group/{group}").parse().ok()?)?;
            Some(format!("{id} of {owner}"))
        }
        resource_types::CLOUDFRONT_DISTRIBUTION => {
            let alias = read()?.pointer("/DistributionConfig/Aliases/Items/0")?.as_str()?.to_owned();
            Some(format!("{id} ({alias})"))
        }
        resource_types::EKS_NODEGROUP => {
            let group = read()?;
            Some(format!("{} ({})", group["nodegroupName"].as_str()?, group["clusterName"].as_str()?))
        }
        resource_types::CLOUDFRONT_RESPONSE_HEADERS_POLICY => {
            Some(read()?.pointer("/ResponseHeadersPolicyConfig/Name")?.as_str()?.to_owned())
        }
        resource_types::ECR_REPOSITORY => Some(read()?["repositoryName"].as_str()?.to_owned()),
        kind if kind.starts_with("AWS::EC2::") => {
            let name = resource.tags.as_ref()?.get("Name").filter(|name| !name.is_empty())?;
            Some(format!("{id} ({name})"))
        }
        _ => None,
    }
}
