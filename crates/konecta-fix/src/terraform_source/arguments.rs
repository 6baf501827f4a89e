//! Which argument of which Terraform resource the path of a violation is: by the column `terraform_places`, which says it of paths that
//! are no attribute of the API, and by the column `terraform`, which knows the attributes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::id::ResourceType;
use konecta_base::resource::ResourceRef;
use konecta_base::resource_table::{Column, column};
use serde::Deserialize;

use super::path::Path;
use crate::emit::terraform::table::{Kind, kind};
use crate::pointer::escape;

/// Where a violation is mended, when it is not an argument of its own resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    /// The type of another live resource, which the path or the proof names.
    pub(super) on: Option<ResourceType>,
    /// Where the resource itself names that other one, as a pointer.
    pub(super) via: Option<String>,
    /// The Terraform resource that declares a part of it, as in `aws_ecr_lifecycle_policy`.
    pub(super) by: Option<String>,
    /// Whether there are several of those, and the path names one.
    #[serde(default)]
    pub(super) named: bool,
    /// The way to the argument, as in the column `terraform`; `|` stands between arguments of which a block has one.
    #[serde(default)]
    pub(super) argument: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Argument(String),
    Targets(Vec<Target>),
}

type Table = BTreeMap<ResourceType, BTreeMap<String, Entry>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| column(Column::TerraformPlaces));

/// A step of the way to an argument: a name, and which of several blocks of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) entry: Option<String>,
}

/// Where to look for a violation, the likeliest first; without any, the resource as a whole is meant.
pub(super) fn targets(resource: &ResourceRef, path: &str) -> Vec<(Target, Vec<Step>)> {
    let told = Path::of(path);
    let own = |argument: String| Target { on: None, via: None, by: None, named: false, argument };
    let entries = TABLE.get(&resource.resource_type);
    let found = entries.and_then(|entries| entries.iter().find(|(pattern, _)| fits(pattern, &told.pattern)));
    match found {
        Some((_, Entry::Argument(argument))) => vec![(own(argument.clone()), steps(argument, &told.entries))],
        Some((_, Entry::Targets(targets))) => {
            targets.iter().map(|target| (target.clone(), steps(&target.argument, &told.entries))).collect()
        }
        None => {
            let way = kind(&resource.resource_type).and_then(|kind| known(kind, path, &told));
            way.map(|way| (own(String::new()), way)).into_iter().collect()
        }
    }
}

/// A pattern of the table may end in `**`, for everything below.
fn fits(pattern: &str, path: &str) -> bool {
    pattern == path || pattern.strip_suffix("**").is_some_and(|start| path.starts_with(start))
}

/// The argument that an attribute is; else the block that holds what the attribute's neighbours are.
fn known(kind: &Kind, text: &str, path: &Path) -> Option<Vec<Step>> {
    let whole = format!("/supplement/attributes/{}", escape(text));
    if let Some(argument) = kind.arguments.get(&whole) {
        return Some(steps(argument, &[]));
    }
    let starts =
        ["/configuration/", "/configuration/DistributionConfig/", "/configuration/PasswordPolicy/", "/supplement/"];
    for start in starts {
        let mut pointer = format!("{start}{}", path.pattern);
        while pointer.len() > start.len() {
            if let Some(argument) = kind.arguments.get(&pointer) {
                return Some(steps(argument, &path.entries));
            }
            let below = format!("{pointer}/");
            let ways: Vec<Vec<&str>> = kind
                .arguments
                .iter()
                .filter(|(pattern, _)| pattern.starts_with(&below))
                .map(|(_, argument)| argument.split('.').collect())
                .collect();
            if let Some(shared) = shared(&ways) {
                return Some(steps(&shared.join("."), &path.entries));
            }
            pointer.truncate(pointer.rfind('/').unwrap_or_default().max(start.len()));
        }
    }
    None
}

/// The steps that all ways begin with.
fn shared<'w>(ways: &[Vec<&'w str>]) -> Option<Vec<&'w str>> {
    let (first, rest) = ways.split_first()?;
    let length = (0..first.len()).take_while(|&at| rest.iter().all(|way| way.get(at) == first.get(at))).count();
    (length > 0).then(|| first.iter().take(length).copied().collect())
}

/// A way as steps: `*` takes the next entry of the path, `*2` the second, `[x]` is x.
fn steps(argument: &str, entries: &[String]) -> Vec<Step> {
    let mut next = entries.iter();
    let mut step = |text: &str| {
        let text = text.trim_end_matches("{}");
        if let Some((name, entry)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            return Step { name: name.to_owned(), entry: Some(entry.to_owned()) };
        }
        let Some((name, number)) = text.split_once('*') else {
            return Step { name: text.to_owned(), entry: None };
        };
        let numbered = number.parse::<usize>().ok().and_then(|number| entries.get(number.checked_sub(1)?));
        Step { name: name.to_owned(), entry: numbered.or_else(|| next.next()).cloned() }
    };
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, character) in argument.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                found.push(step(argument.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(step(argument.get(start..).unwrap_or_default()));
    found.retain(|step| !step.name.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(resource_type: &str, path: &str) -> String {
        let resource = ResourceRef {
            arn: "arn:aws:ec2:us-east-1:123456789012:thing/1".parse().expect("arn"),
            resource_type: resource_type.parse().expect("type"),
            account_id: "123456789012".parse().expect("account"),
            region: "us-east-1".parse().expect("region"),
        };
        let told = |(target, way): (Target, Vec<Step>)| {
            let way: Vec<String> = way
                .into_iter()
                .map(|step| step.name + &step.entry.map(|entry| format!("[{entry}]")).unwrap_or_default())
                .collect();
            let on = target.on.map(|on| format!("{on} ")).unwrap_or_default();
            format!("{on}{}{}", target.by.map(|by| by + " ").unwrap_or_default(), way.join("."))
        };
        targets(&resource, path).into_iter().map(told).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_path_leads_to_its_argument_or_to_the_block_that_would_hold_it() {
        for (resource_type, path, expected) in [
            ("AWS::EC2::Subnet", "MapPublicIpOnLaunch", "map_public_ip_on_launch"),
            (
                "AWS::CloudFront::Distribution",
                "DistributionConfig.CacheBehaviors.Items[/api/*].ViewerProtocolPolicy",
                "ordered_cache_behavior[/api/*].viewer_protocol_policy",
            ),
            (
                "AWS::CloudFront::Distribution",
                "DistributionConfig.Origins.Items[alb].CustomHeaders",
                "origin[alb].custom_header",
            ),
            (
                "AWS::CloudFront::Distribution",
                "DistributionConfig.CacheBehaviors.Items[/x].Nothing",
                "ordered_cache_behavior[/x]",
            ),
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "routing.http.desync_mitigation_mode",
                "desync_mitigation_mode",
            ),
            ("AWS::RDS::DBInstance", "DBInstance.MultiAZ", "multi_az"),
            ("AWS::ECR::Repository", "lifecyclePolicy", "aws_ecr_lifecycle_policy policy"),
            ("AWS::EC2::VPC", "nothing", ""),
        ] {
            assert_eq!(way(resource_type, path), expected, "{path}");
        }
    }
}
