//! What AWS's own lists say of versions and policies.
//! Knows nothing of who uses a version. The lists are the same everywhere, so one whole list is enough.

use serde_json::{Map, Value, json};

use super::seen::{AccountRegion, Seen};
use super::world::{Item, Regional, World};
use konecta_base::calls;

/// `eks`, `rds`, `rds_versions` and `ssl_policies`, each only if it was read to its end somewhere.
pub(crate) fn lifecycle(world: &World, places: &[AccountRegion], seen: &Seen) -> Value {
    let mut lists = Map::new();
    let mut put = |name: &str, action: &str, list: fn(&Regional) -> Option<Map<String, Value>>| {
        let whole = places.iter().filter(|place| seen.whole(place, action));
        let entries = whole.filter_map(|place| list(world.get(place).unwrap_or(&Regional::default())));
        // What the first place says counts; others add what it does not have.
        let joined = entries.reduce(|mut first, other| {
            for (key, value) in other {
                merge(&mut first, key, value);
            }
            first
        });
        if let Some(entries) = joined {
            lists.insert(name.to_owned(), Value::Object(entries));
        }
    };
    put("eks", calls::EKS_DESCRIBE_CLUSTER_VERSIONS, |here| by_key(&here.cluster_versions, "clusterVersion"));
    put("rds", calls::RDS_DESCRIBE_DB_MAJOR_ENGINE_VERSIONS, |here| engines(&here.engine_versions));
    put("rds_versions", calls::RDS_DESCRIBE_DB_ENGINE_VERSIONS, |here| versions(&here.minor_versions));
    put("ssl_policies", calls::ELASTICLOADBALANCING_DESCRIBE_SSL_POLICIES, |here| by_key(&here.ssl_policies, "Name"));
    Value::Object(lists)
}

fn merge(into: &mut Map<String, Value>, key: String, value: Value) {
    match (into.get_mut(&key), value) {
        (None, value) => {
            into.insert(key, value);
        }
        // Engines hold one list more each.
        (Some(Value::Object(known)), Value::Object(more)) if known.values().all(Value::is_object) => {
            for (key, value) in more {
                known.entry(key).or_insert(value);
            }
        }
        (Some(_), _) => {}
    }
}

/// Entries by one of their members; an entry without it makes the list incomplete.
fn by_key(items: &[Item<Value>], key: &str) -> Option<Map<String, Value>> {
    items.iter().map(|item| Some((item.body.get(key)?.as_str()?.to_owned(), item.body.clone()))).collect()
}

fn engines(items: &[Item<Value>]) -> Option<Map<String, Value>> {
    let mut engines = Map::new();
    for item in items {
        let engine = item.body.get("Engine")?.as_str()?;
        let major = item.body.get("MajorEngineVersion")?.as_str()?;
        let versions = engines.entry(engine).or_insert_with(|| Value::Object(Map::new()));
        versions.as_object_mut()?.insert(major.to_owned(), item.body.clone());
    }
    Some(engines)
}

/// The versions of the engines that are in use. One that is told twice with another status, as custom versions may be,
/// has none.
fn versions(items: &[Item<Value>]) -> Option<Map<String, Value>> {
    let mut engines: Map<String, Value> = Map::new();
    for item in items {
        let engine = item.body.get("Engine")?.as_str()?;
        let version = item.body.get("EngineVersion")?.as_str()?;
        let told = item.body.get("Status").filter(|status| status.is_string());
        let known = engines.entry(engine).or_insert_with(|| json!({})).as_object_mut()?;
        let entry = told.map_or_else(|| json!({}), |status| json!({"Status": status}));
        if known.get(version).is_some_and(|before| *before != entry) {
            known.insert(version.to_owned(), json!({}));
        } else {
            known.insert(version.to_owned(), entry);
        }
    }
    Some(engines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_told_twice_has_no_status_unless_both_agree() {
        let item = |version: &str, status: Value| Item {
            arn: String::new(),
            resource_id: String::new(),
            tags: None,
            body: json!({"Engine": "postgres", "EngineVersion": version, "Status": status}),
        };
        let same = [item("16.1", json!("deprecated")), item("16.1", json!("deprecated"))];
        assert_eq!(versions(&same).map(Value::Object), Some(json!({"postgres": {"16.1": {"Status": "deprecated"}}})));
        let other = [item("16.1", json!("available")), item("16.1", json!("deprecated"))];
        assert_eq!(versions(&other).map(Value::Object), Some(json!({"postgres": {"16.1": {}}})));
        let silent = [item("16.1", Value::Null)];
        assert_eq!(versions(&silent).map(Value::Object), Some(json!({"postgres": {"16.1": {}}})));
    }
}
