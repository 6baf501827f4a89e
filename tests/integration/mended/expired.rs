//! A plan whose time has passed: what it was made on may be long gone.

use jiff::SignedDuration;
use konecta_base::snapshot::{SnapshotFile, save};

use super::content::Difference;
use super::{TestAccount, ended};
use crate::world::World;

#[test]
fn a_plan_whose_hour_is_over_begins_nothing() {
    let bench = TestAccount::over(World::labelled("good", &["rds-deletable"]));
    let before = bench.content("before.snap");
    // What is planned on a snapshot is as old as the snapshot.
    let (old, plan) = (bench.path("old.snap"), bench.path("plan.json"));
    let mut snapshot = SnapshotFile::open(&bench.path("before.snap")).and_then(|file| file.load()).expect("a snapshot");
    snapshot.info.started_at -= SignedDuration::from_hours(2);
    save(&snapshot, &old).expect("saved");
    let planned = ended(bench.command(&["fix"]).arg("--snapshot").arg(&old).arg("--plan-out").arg(&plan));
    assert_eq!(planned.code, Some(1), "{planned:?}");
    let fixed = bench.run(&["fix", "--yes", "--plan", plan.to_str().expect("path")]);
    assert_eq!(fixed.code, Some(2), "{fixed:?}");
    assert!(fixed.err.contains("make it anew"), "{}", fixed.err);
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
}
