//! Where AWS's silence means *none*: the column `silence` of `resources/`, by which an absent member becomes `null`.
//! Knows types and paths; collectors apply it once, when an answer is taken in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::id::ResourceType;
use crate::resource_table::{Column, column};

type Table = BTreeMap<ResourceType, BTreeMap<String, String>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| column(Column::Silence));

/// Writes `null` for every member of a describe answer whose absence means that there is none.
///
/// Only beside members that are there: where the object around it is missing or empty, nothing is known of it.
pub fn fill(resource_type: &ResourceType, configuration: &mut Value) {
    if configuration.as_object().is_none_or(serde_json::Map::is_empty) {
        return;
    }
    let paths = TABLE.get(resource_type);
    for path in paths.into_iter().flat_map(BTreeMap::keys) {
        let steps: Vec<&str> = path.split('.').collect();
        fill_at(configuration, &steps);
    }
}

/// Whether absence of the member at a path (`a/0/b`, as a JSON pointer has it) means that there is none.
#[must_use]
pub fn means_none(resource_type: &str, path: &str) -> bool {
    let is_member = |step: &&str| step.parse::<usize>().is_err();
    let steps: Vec<&str> = path.split('/').filter(is_member).collect();
    let paths = TABLE.iter().find(|(name, _)| name.as_str() == resource_type);
    let mut known = paths.into_iter().flat_map(|(_, paths)| paths.keys());
    known.any(|known| known.replace("[]", "").split('.').eq(steps.iter().copied()))
}

fn fill_at(value: &mut Value, steps: &[&str]) {
    let (Some(object), Some((step, rest))) = (value.as_object_mut(), steps.split_first()) else { return };
    if rest.is_empty() {
        object.entry(*step).or_insert(Value::Null);
        return;
    }
    match step.strip_suffix("[]") {
        Some(list) => {
            let items = object.get_mut(list).and_then(Value::as_array_mut);
            items.into_iter().flatten().for_each(|item| fill_at(item, rest));
        }
        None => {
            if let Some(inner) = object.get_mut(*step) {
                fill_at(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(resource_type: &str, mut value: Value) -> Value {
        fill(&resource_type.parse().expect("type"), &mut value);
        value
    }

    #[test]
    fn the_table_can_be_read_and_every_line_has_its_reason() {
        let table = &*TABLE;
        for (resource_type, paths) in table {
            assert!(paths.values().all(|reason| reason.len() > 20), "{resource_type}");
        }
    }

    #[test]
    fn silence_becomes_null_only_where_it_means_none() {
        let role = filled("AWS::IAM::Role", json!({"RoleName": "r"}));
        assert_eq!(role, json!({"RoleName": "r", "PermissionsBoundary": null}));
        let kept = json!({"PermissionsBoundary": {"PermissionsBoundaryType": "Policy"}});
        assert_eq!(filled("AWS::IAM::Role", kept.clone()), kept);
        assert_eq!(filled("AWS::ECR::Repository", json!({})), json!({}));
    }

    #[test]
    fn the_table_can_be_asked_about_one_path() {
        assert!(means_none("AWS::IAM::Role", "PermissionsBoundary"));
        assert!(means_none("AWS::EC2::Instance", "NetworkInterfaces/0/PrivateIpAddresses/1/Association"));
        assert!(!means_none("AWS::EC2::Instance", "NetworkInterfaces/0"));
        assert!(!means_none("AWS::IAM::Group", "PermissionsBoundary"));
    }

    #[test]
    fn lists_are_gone_through_and_missing_parents_stay_missing() {
        let some = json!({"DistributionConfig": {"CacheBehaviors": {"Items": [{"PathPattern": "/a"}]}}});
        let found = filled("AWS::CloudFront::Distribution", some);
        let item = &found["DistributionConfig"]["CacheBehaviors"]["Items"][0];
        assert_eq!(item["ResponseHeadersPolicyId"], Value::Null);
        assert!(item.as_object().expect("object").contains_key("ResponseHeadersPolicyId"));
        assert!(found["DistributionConfig"].get("DefaultCacheBehavior").is_none());
        assert_eq!(filled("AWS::CloudFront::Distribution", json!({})), json!({}));
    }
}
