//! Killed at any line of the journal, or with the answer of a call lost: resumed, the run ends as it would have.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::content::Difference;
use super::{TestAccount, journals};
use crate::world::World;

const LABELS: [&str; 3] = ["rds-deletable", "private-public-addresses", "rds-no-upgrade-log"];

#[test]
fn killed_at_every_line_of_the_journal_it_ends_as_if_undisturbed() {
    let mut bench = TestAccount::over(World::labelled("good", &LABELS));
    let before = bench.content("before.snap");
    assert_eq!(bench.run(&["fix", "--yes", "--allow-disruptive"]).code, Some(0));
    let undisturbed = attributes(&before.difference(&bench.content("undisturbed.snap")));
    assert_eq!(undisturbed.len(), LABELS.len(), "{undisturbed:?}");
    let lines = lines(&bench);
    assert!(lines > 8, "{lines}");
    for line in 1..lines {
        // Two good worlds differ in the ids that the emulators give, and so does what they become.
        bench.world.rebuild(&LABELS);
        let before = bench.content("before.snap");
        std::fs::remove_dir_all(bench.path("state")).expect("removed");
        let mut child = bench
            .command(&["fix", "--yes", "--allow-disruptive"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while self::lines(&bench) < line && Instant::now() < deadline && child.try_wait().expect("waits").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        let run = bench.last_run();
        let resumed = bench.run(&["fix", "--resume", &run, "--yes"]);
        // The last lines come so fast that the run may have ended before the kill.
        let over = resumed.code == Some(2) && resumed.err.contains("nothing to resume");
        assert!(resumed.code == Some(0) || over, "killed at line {line}: {resumed:?}");
        let difference = before.difference(&bench.content("resumed.snap"));
        assert_eq!(attributes(&difference), undisturbed, "killed at line {line}");
        let verified = bench.run(&["runs", "verify", &run]);
        assert_eq!(verified.code, Some(0), "killed at line {line}: {verified:?}");
    }
}

/// What has changed, without the names of the resources.
fn attributes(difference: &Difference) -> Vec<String> {
    assert!(difference.made.is_empty() && difference.gone.is_empty(), "{difference:?}");
    let mut paths: Vec<String> = difference.changed.iter().map(|(_, path)| path.clone()).collect();
    paths.sort_unstable();
    paths
}

fn lines(bench: &TestAccount) -> usize {
    journals(&bench.path("state"))
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.matches('\n').count())
        .sum()
}
