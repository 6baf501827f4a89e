//! The whole drifted world: mended, nothing else touched, and brought back to what it was.

use std::collections::BTreeSet;

use serde_json::Value;

use super::TestAccount;
use super::content::{Content, Difference};
use crate::world::{World, findings};

#[test]
fn the_drifted_world_is_mended_attribute_by_attribute_and_brought_back() {
    let bench = TestAccount::over(World::up("drifted"));
    let before = bench.content("before.snap");
    let plan = bench.plan(&["--allow-disruptive"]);
    let file = bench.path("plan.json");
    let fixed = bench.run(&[
        "fix",
        "--yes",
        "--allow-disruptive",
        "--max-changes",
        "500",
        "--plan",
        file.to_str().expect("path"),
    ]);
    assert_eq!(fixed.code, Some(0), "{}\n{}", fixed.out, fixed.err);
    let after = bench.content("after.snap");

    // What still fails was refused beforehand, with its reason.
    let refused: BTreeSet<String> = plan["refusals"].as_array().expect("refusals").iter().map(named).collect();
    let (report, _) = bench.world.scan(&[]);
    let left: Vec<String> = findings(&report, "fail").into_iter().filter(|line| !refused.contains(line)).collect();
    assert_eq!(left, Vec::<String>::new(), "still failing without having been refused");

    // Nothing differs but what the plan said.
    let undeclared = undeclared(&plan, &before, &after);
    assert_eq!(undeclared, Difference::default(), "changed without standing in the plan");

    // A second run has nothing to do.
    let again = bench.plan(&["--allow-disruptive"]);
    assert_eq!(again["changes"], serde_json::json!([]));

    // And back.
    let run = bench.last_run();
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{}\n{}", back.out, back.err);
    let restored = bench.content("restored.snap");
    let (was, is) = (before.without_ids(), restored.without_ids());
    let lost: Vec<_> = was.iter().filter(|item| !is.contains(item)).collect();
    let gained: Vec<_> = is.iter().filter(|item| !was.contains(item)).collect();
    assert_eq!((lost.len(), gained.len()), (0, 0), "lost {lost:#?}\ngained {gained:#?}");
    let verified = bench.run(&["runs", "verify", &run]);
    assert_eq!(verified.code, Some(0), "{}", verified.err);
}

fn named(refusal: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&refusal["control"]), text(&refusal["resource"]["arn"]))
}

/// The part of the difference that no effect of the plan speaks of.
fn undeclared(plan: &Value, before: &Content, after: &Content) -> Difference {
    let mut difference = before.difference(after);
    let changes = plan["changes"].as_array().expect("changes");
    for effect in changes.iter().flat_map(|change| change["effects"].as_array().expect("effects")) {
        let resource = match effect["kind"].as_str() {
            Some("created") => &effect["resource"]["reference"],
            _ => &effect["resource"],
        };
        let (arn, kind) =
            (resource["arn"].as_str().unwrap_or_default(), resource["resourceType"].as_str().unwrap_or_default());
        match effect["kind"].as_str() {
            Some("amended") => {
                // The version that CloudFront gives a distribution changes with every change of it.
                difference.changed.remove(&(arn.to_owned(), "/supplement/etag".to_owned()));
                for edit in effect["edits"].as_array().expect("edits") {
                    let path = edit["path"].as_str().expect("path");
                    difference.changed.retain(|(changed, at)| {
                        changed != arn || !(at.starts_with(path) || path.starts_with(at.as_str()))
                    });
                }
            }
            // AWS chooses the ARN of much that is made: then any new one of the type is it.
            Some("created") => {
                let exact = difference.made.iter().find(|(_, made)| made == arn);
                let found = exact.or_else(|| difference.made.iter().find(|(made, _)| made == kind)).cloned();
                found.map(|found| difference.made.remove(&found));
            }
            _ => drop(difference.gone.remove(&(kind.to_owned(), arn.to_owned()))),
        }
    }
    difference
}
