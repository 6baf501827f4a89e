//! `terraform show -json` of a plan, laid over a snapshot.
#![no_main]

use konecta_base::snapshot::{Snapshot, SnapshotFile};
use konecta_fix::terraform_plan::{apply, changes};
use libfuzzer_sys::fuzz_target;

const LIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/terraform/konecta/drifted.snap");

thread_local! {
    static SNAPSHOT: Snapshot = few(SnapshotFile::open(LIVE.as_ref()).and_then(|file| file.load()).expect("the fixture"));
}

/// Some of each kind: with all of them, an input would take a second.
fn few(mut snapshot: Snapshot) -> Snapshot {
    let mut number = 0;
    snapshot.resources.retain(|_| {
        number += 1;
        number % 8 == 0
    });
    snapshot
}

fuzz_target!(|text: &str| {
    let Ok(changes) = changes(text) else { return };
    let applied = apply(SNAPSHOT.with(Clone::clone), &changes).expect("a snapshot is JSON");
    for resource in &applied.snapshot.resources {
        let _ = resource.read::<serde_json::Value>();
    }
});
