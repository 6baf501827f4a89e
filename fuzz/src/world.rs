//! An account that holds a few resources, to derive facts from: the readers of documents inside resources have no door of their own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use konecta_base::blueprint::Blueprint;
use konecta_base::gap::ReadRecord;
use konecta_base::reads::reads;
use konecta_base::resource::Resource;
use konecta_base::snapshot::{ScanInfo, Snapshot};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const NOW: &str = "2026-11-23T12:00:00Z";

/// A resource of the account.
pub fn resource(kind: &str, service: &str, name: &str, region: &str, configuration: &Value, supplement: &Value) -> Option<Resource> {
    let place = if region == "global" { "" } else { region };
    serde_json::from_str(
        &json!({
            "resourceType": kind, "arn": format!("arn:aws:{service}:{place}:{ACCOUNT}:{name}"),
            "resourceId": name.rsplit('/').next(), "accountId": ACCOUNT, "region": region, "tags": {},
            "capturedAt": NOW, "configuration": configuration, "supplement": supplement,
        })
        .to_string(),
    )
    .ok()
}

/// An account in which everything was read and that is what there is.
pub fn snapshot(resources: Vec<Resource>) -> Option<Snapshot> {
    let account = ACCOUNT.parse().ok()?;
    let region = "us-east-1".parse().ok()?;
    let now = NOW.parse().ok()?;
    let info = ScanInfo {
        tool_version: "fuzz".to_owned(),
        started_at: now,
        finished_at: now,
        accounts: vec![account],
        regions: vec![region],
        calls: 1,
    };
    Some(Snapshot { info, resources, reads: COMPLETE.clone(), gaps: Vec::new() })
}

static COMPLETE: LazyLock<Vec<ReadRecord>> = LazyLock::new(complete);

fn complete() -> Vec<ReadRecord> {
    let places = ["global", "us-east-1"];
    let record = |(action, region): (String, &str)| {
        serde_json::from_value(json!({
            "action": action, "accountId": ACCOUNT, "region": region, "calls": 1, "complete": true,
        }))
        .ok()
    };
    let actions = reads().iter().map(|(action, _)| action.to_string());
    actions.flat_map(|action| places.map(|region| (action.clone(), region))).filter_map(record).collect()
}

/// Derives the facts of an account with these resources.
pub fn derive(resources: Vec<Option<Resource>>) {
    let Some(snapshot) = resources.into_iter().collect::<Option<Vec<_>>>().and_then(snapshot) else { return };
    let _ = konecta_core::facts::derive(&snapshot, &Blueprint::default());
}

/// Nothing beside a configuration.
pub fn nothing() -> Value {
    json!(BTreeMap::<String, Value>::new())
}
