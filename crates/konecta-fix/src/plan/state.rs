//! What a resource was like when a plan was made, as one hash: unchanged as long as nobody has changed the resource.
//! Knows from the column `state` of the resource tables what changes by itself or stands in no order.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::canonical::{canonical, digest};
use crate::simulate::body;
use konecta_base::id::ResourceType;
use konecta_base::resource::Resource;
use konecta_base::resource_table::{Column, column};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Paths that change without anybody's doing, with the reason.
    #[serde(default)]
    volatile: BTreeMap<String, String>,
    /// Lists that come in any order, with the reason.
    #[serde(default)]
    unordered: BTreeMap<String, String>,
    /// Paths that change with whatever is changed in the resource, with the reason. They are part of the hash.
    #[serde(default)]
    follows: BTreeMap<String, String>,
}

static TABLE: LazyLock<BTreeMap<ResourceType, Kept>> = LazyLock::new(|| column(Column::State));

/// Why a resource has no hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelHashError {
    /// The resource's text is not JSON.
    #[error("{0} cannot be read as JSON; take a new snapshot")]
    Json(String, #[source] serde_json::Error),
}

/// SHA-256 of what a resource is: `configuration`, `supplement` and `tags` as canonical JSON, without what
/// the column `state` says changes by itself.
///
/// # Errors
/// When the resource's text is not JSON.
pub fn state_hash(resource: &Resource) -> Result<String, ModelHashError> {
    let whole = body(resource).map_err(|error| ModelHashError::Json(resource.arn.to_string(), error))?;
    Ok(digest(settled(&resource.resource_type, whole)))
}

/// The envelope's content without what changes by itself; lists without an order are put in one.
#[must_use]
pub fn settled(resource_type: &ResourceType, mut body: Value) -> Value {
    if let Some(kept) = TABLE.get(resource_type) {
        for path in kept.volatile.keys() {
            visit(&mut body, &steps(path), &mut |parent, key| {
                if let Some(map) = parent.as_object_mut() {
                    map.remove(key);
                }
            });
        }
        // The longest first: an inner list must be in order before the outer one is put in order by its content.
        let mut lists: Vec<&String> = kept.unordered.keys().collect();
        lists.sort_by_key(|path| std::cmp::Reverse(steps(path).len()));
        for path in lists {
            visit(&mut body, &steps(path), &mut |parent, key| {
                if let Some(list) = parent.get_mut(key).and_then(Value::as_array_mut) {
                    list.sort_by_cached_key(|item| canonical(item.clone()));
                }
            });
        }
    }
    body
}

/// [`settled`], and without what changes with whatever is changed in the resource: what is left differs only where somebody
/// has set something.
#[must_use]
pub fn comparable(resource_type: &ResourceType, body: Value) -> Value {
    let mut body = settled(resource_type, body);
    for path in TABLE.get(resource_type).into_iter().flat_map(|kept| kept.follows.keys()) {
        visit(&mut body, &steps(path), &mut |parent, key| {
            if let Some(map) = parent.as_object_mut() {
                map.remove(key);
            }
        });
    }
    body
}

/// Whether a list comes in any order; `path` as in that column, with `[]` behind this list and those around it.
#[must_use]
pub fn is_unordered(resource_type: &ResourceType, path: &str) -> bool {
    let kept = TABLE.get(resource_type);
    path.strip_suffix("[]").is_some_and(|list| kept.is_some_and(|kept| kept.unordered.contains_key(list)))
}

fn steps(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Shows every parent that has the last step; `[]` goes through a list.
fn visit(value: &mut Value, steps: &[&str], see: &mut dyn FnMut(&mut Value, &str)) {
    let Some((step, rest)) = steps.split_first() else { return };
    if rest.is_empty() {
        see(value, step);
        return;
    }
    match step.strip_suffix("[]") {
        Some(list) => {
            let items = value.get_mut(list).and_then(Value::as_array_mut);
            items.into_iter().flatten().for_each(|item| visit(item, rest, see));
        }
        None => {
            if let Some(inner) = value.get_mut(*step) {
                visit(inner, rest, see);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(resource_type: &str, configuration: &Value) -> Resource {
        serde_json::from_value(
            json!({
                "resourceType": resource_type, "arn": "arn:aws:x:us-east-1:123456789012:y/z", "resourceId": "z",
                "accountId": "123456789012", "region": "us-east-1", "tags": {"a": "b"},
                "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration,
            })
            .to_string()
            .parse::<Value>()
            .expect("json"),
        )
        .expect("resource")
    }

    fn hash(resource_type: &str, configuration: &Value) -> String {
        state_hash(&resource(resource_type, configuration)).expect("hash")
    }

    #[test]
    fn the_table_can_be_read_and_every_line_has_its_reason() {
        for (resource_type, kept) in TABLE.iter() {
            for (path, reason) in kept.volatile.iter().chain(&kept.unordered).chain(&kept.follows) {
                assert!(reason.len() > 10, "{resource_type} {path}");
                let start = steps(path)[0];
                assert!(["configuration", "supplement"].contains(&start), "{resource_type} {path}");
            }
        }
    }

    #[test]
    fn what_changes_by_itself_changes_no_hash() {
        let db = |status: &str, class: &str| json!({"DBInstanceStatus": status, "DBInstanceClass": class});
        let kind = "AWS::RDS::DBInstance";
        assert_eq!(hash(kind, &db("available", "db.m5")), hash(kind, &db("backing-up", "db.m5")));
        assert_ne!(hash(kind, &db("available", "db.m5")), hash(kind, &db("available", "db.m6")));
        assert_ne!(hash(kind, &json!({"a": null})), hash(kind, &json!({})), "null is not absent");
    }

    #[test]
    fn a_set_has_no_order_and_a_list_has() {
        let group = |one: &str, other: &str| json!({"IpPermissions": [{"FromPort": 1, "IpRanges": [{"CidrIp": one}, {"CidrIp": other}]}, {"FromPort": 0}]});
        let turned = |one: &str, other: &str| json!({"IpPermissions": [{"FromPort": 0}, {"FromPort": 1, "IpRanges": [{"CidrIp": other}, {"CidrIp": one}]}]});
        let kind = "AWS::EC2::SecurityGroup";
        assert_eq!(hash(kind, &group("a", "b")), hash(kind, &turned("a", "b")));
        assert_ne!(hash("AWS::X::Y", &group("a", "b")), hash("AWS::X::Y", &turned("a", "b")));
    }
}
