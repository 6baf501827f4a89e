//! Whole worlds: what follows from them, and that knowing less never makes anything look better.

mod carried;
mod carriers;
mod documented;
mod drifted;
mod hanging;
mod inside;
mod inventory;
mod joined;
mod monotone;
mod tls;
mod wanted;
mod ways;

use serde_json::Value;

use super::{Facts, derive};
use konecta_base::blueprint::Blueprint;
use konecta_base::gap::ReadRecord;
use konecta_base::id::{AccountId, Region};
use konecta_base::reads::reads;
use konecta_base::resource::Resource;
use konecta_base::snapshot::{ScanInfo, Snapshot};

const DOCUMENTED: &str = include_str!("../testdata/as_documented.json");
const INSIDE: &str = include_str!("../testdata/inside.json");
const DRIFTED: &str = include_str!("../testdata/drifted.json");

fn account() -> AccountId {
    "123456789012".parse().expect("account")
}

fn region() -> Region {
    "us-east-1".parse().expect("region")
}

/// A scan that saw everything to its end.
fn snapshot(resources: Vec<Resource>) -> Snapshot {
    let time: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().expect("time");
    let record = |action: &konecta_base::id::Action, region: Region| ReadRecord {
        action: action.clone(),
        account_id: account(),
        region,
        calls: 1,
        complete: true,
    };
    let all = reads().iter();
    Snapshot {
        info: ScanInfo {
            tool_version: "0".to_owned(),
            started_at: time,
            finished_at: time,
            accounts: vec![account()],
            regions: vec![region()],
            calls: 1,
        },
        resources,
        reads: all.flat_map(|(action, _)| [record(action, region()), record(action, Region::global())]).collect(),
        gaps: Vec::new(),
    }
}

fn world(text: &str) -> Snapshot {
    snapshot(serde_json::from_str(text).expect("world"))
}

/// The blueprint of the worlds here, whose cluster is `erp`.
fn blueprint() -> Blueprint {
    let mut blueprint = Blueprint::default();
    blueprint.eks.cluster = "erp".to_owned();
    blueprint
}

fn facts_of(snapshot: &Snapshot) -> Facts {
    derive(snapshot, &blueprint()).expect("facts")
}

/// A fact of a world that was seen to its end.
pub(crate) fn fact_of(resources: Value, arn_end: &str, fact: &str) -> Value {
    facts_of(&snapshot(serde_json::from_value(resources).expect("world"))).get(arn_end, fact)
}

impl Facts {
    /// A fact of the resource whose ARN ends so; `null` where it is not known.
    fn get(&self, arn_end: &str, fact: &str) -> Value {
        let found = self.by_arn.iter().find(|(arn, _)| arn.ends_with(arn_end));
        found.and_then(|(_, facts)| facts.get(fact)).cloned().unwrap_or_default()
    }
}
