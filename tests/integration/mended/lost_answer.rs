//! The change was made, but its answer never came: it must be looked up, not made again and not given up.

use serde_json::{Value, json};

use super::content::Difference;
use super::{TestAccount, ended};
use crate::denied::{DeniedWorld, http};
use crate::world::World;

/// A fault, the call that mends it as microburst knows it, and what it changes.
const CHANGES: [(&str, &str, &str); 2] = [
    ("rds-deletable", "ModifyDBInstance", "/configuration/DeletionProtection"),
    ("private-public-addresses", "ModifySubnetAttribute", "/configuration/MapPublicIpOnLaunch"),
];

/// What the proxy passed on and cut off, by operation.
fn fired(proxy: &str) -> Vec<String> {
    let fired: Vec<Value> = serde_json::from_str(&http(proxy, "GET", "/_microburst/fired", "")).expect("JSON");
    let mut operations: Vec<String> = fired.iter().map(|one| one["operation"].to_string().replace('"', "")).collect();
    operations.sort();
    operations
}

#[test]
fn a_change_whose_answer_is_lost_is_made_once_and_known_to_be_made() {
    let labels = CHANGES.map(|(label, _, _)| label);
    let bench = TestAccount::over(World::behind_microburst("good", &labels));
    let proxy = bench.world.told["microburst"].as_str().expect("microburst");
    let before = bench.content("before.snap");
    // `abort_bytes` takes effect after the call was passed on. Every such call is cut, so a second one would show.
    let rules = CHANGES.map(|(_, operation, _)| {
        json!({"service": if operation.contains("DB") { "rds" } else { "ec2" }, "operation": operation, "response": {"abort_bytes": 1}})
    });
    DeniedWorld::rules(proxy, &json!(rules));
    let mut ended = ended(&mut bench.command(&["fix", "--yes", "--allow-disruptive"]));
    let run = bench.last_run();
    if ended.code != Some(0) {
        ended = bench.run(&["fix", "--resume", &run, "--yes"]);
    }
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut once = CHANGES.map(|(_, operation, _)| operation);
    once.sort_unstable();
    assert_eq!(fired(proxy), once, "each call was made once, and each lost its answer");
    DeniedWorld::rules(proxy, &json!([]));
    let difference = before.difference(&bench.content("after.snap"));
    let mut changed: Vec<&str> = difference.changed.iter().map(|(_, path)| path.as_str()).collect();
    changed.sort_unstable();
    let mut expected = CHANGES.map(|(_, _, path)| path);
    expected.sort_unstable();
    assert_eq!(changed, expected);
    assert_eq!(bench.run(&["runs", "verify", &run]).code, Some(0));
    // And it is taken back as any other.
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default());
}
