//! `fix` for real: planned, done, verified, resumed after a kill, taken back, on the emulators.

use std::path::Path;
use std::time::Duration;

use crate::world::{World, findings};

fn fix(world: &World, state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = world.command().args(arguments).arg("--state-dir").arg(state).output().expect("runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

fn failing(world: &World) -> Vec<String> {
    findings(&world.scan(&["--control", "KA-VPC-004"]).0, "fail")
}

fn newest(state: &Path) -> String {
    let folder = std::fs::read_dir(state.join("123456789012")).expect("folder");
    let names = folder.map(|entry| entry.expect("entry").file_name().into_string().expect("name"));
    let mut runs: Vec<String> = names.filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned)).collect();
    runs.sort();
    runs.pop().expect("a run")
}

#[test]
fn what_is_fixed_stays_fixed_until_it_is_taken_back() {
    let world = World::up("drifted");
    let dir = tempfile::tempdir().expect("dir");
    let state = dir.path();
    let before = failing(&world);
    assert!(!before.is_empty());
    // Node groups launch in these subnets, so that it is class B here.
    let only = ["fix", "--only", "KA-VPC-004", "--allow-disruptive"];
    assert_eq!(fix(&world, state, &[&only[..], &["--dry-run"]].concat()).0, Some(1));
    assert_eq!(fix(&world, state, &[&only[..], &["--yes", "--max-changes", "0"]].concat()).0, Some(2));
    assert_eq!(failing(&world), before);
    let (code, told) = fix(&world, state, &[&only[..], &["--yes"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(failing(&world).is_empty());
    assert_eq!(fix(&world, state, &[&only[..], &["--dry-run"]].concat()).0, Some(0), "nothing is left to do");
    let run = newest(state);
    assert_eq!(fix(&world, state, &["runs", "verify", &run]).0, Some(0));
    let (code, told) = fix(&world, state, &["rollback", &run, "--yes"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(failing(&world), before);

    // Killed at some moment, resumed, taken back: whatever the moment was.
    for millis in [250, 900, 1300] {
        let mut child = world
            .command()
            .args([&only[..], &["--yes"]].concat())
            .arg("--state-dir")
            .arg(state)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let killed = newest(state);
        if killed == run {
            continue;
        }
        let (code, told) = fix(&world, state, &["fix", "--resume", &killed]);
        assert!(code == Some(0) || told.contains("nothing to resume"), "{millis}: {told}");
        assert!(failing(&world).is_empty(), "{millis}");
        let (code, told) = fix(&world, state, &["rollback", &killed, "--yes"]);
        assert_eq!(code, Some(0), "{millis}: {told}");
        assert_eq!(failing(&world), before);
    }
}
