//! `--state s3://…`: one run at a time on an account, whatever machine it runs on, and any machine can go on with it.

use std::path::Path;
use std::process::Stdio;

use super::content::Difference;
use super::{Ended, TestAccount, ended, journals};
use crate::world::World;

const PLACE: &str = "s3://konecta-state/audit";

#[test]
fn a_lock_in_s3_keeps_two_runs_apart() {
    let bench = TestAccount::over(World::labelled("good", &["rds-deletable"]));
    let fix = ["fix", "--yes", "--state", PLACE];
    // Without the bucket there is no lock, and without the lock no change.
    let before = bench.content("before.snap");
    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    bench.world.somebody_else("import boto3; s=boto3.client('s3'); s.create_bucket(Bucket='konecta-state')");

    let held = "import boto3; s=boto3.client('s3'); s.put_object(Bucket='konecta-state', Key='audit/123456789012/lock', Body=b'{\"holder\": \"run 7 of somebody\", \"since\": \"2026-11-23T20:00:00Z\", \"mark\": \"1\"}')";
    bench.world.somebody_else(held);
    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("run 7 of somebody") && ended.err.contains("2026-11-23T20:00:00Z"), "{}", ended.err);
    assert!(ended.err.contains("aws s3 rm s3://konecta-state/audit/123456789012/lock"), "{}", ended.err);
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
    bench.world.somebody_else(
        "import boto3; s=boto3.client('s3'); assert b'run 7' in s.get_object(Bucket='konecta-state', Key='audit/123456789012/lock')['Body'].read(); s.delete_object(Bucket='konecta-state', Key='audit/123456789012/lock')",
    );

    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // What stays is the journal and its head; nothing of it is on this machine.
    let unlocked = "import boto3; s=boto3.client('s3'); names=[o['Key'] for o in s.list_objects_v2(Bucket='konecta-state')['Contents']]; assert sorted(n.rsplit('.')[-1] for n in names) == ['head', 'jsonl'], names; assert all(n.startswith('audit/123456789012/') for n in names), names";
    bench.world.somebody_else(unlocked);
    assert_eq!(journals(&bench.path("state")), Vec::<std::path::PathBuf>::new());
    let back = bench.run(&["rollback", &only_run(&bench, &bench.path("state")), "--yes", "--state", PLACE]);
    assert_eq!(back.code, Some(0), "{back:?}");
    bench.world.somebody_else(unlocked);
    assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default());
}

/// A command on another machine: what it knows is what is in S3.
fn at(bench: &TestAccount, machine: &Path, arguments: &[&str]) -> Ended {
    let mut command = bench.world.command();
    command.args(arguments).env("HOME", machine).arg("--state-dir").arg(machine.join("state"));
    ended(command.args(["--state", PLACE]))
}

fn only_run(bench: &TestAccount, machine: &Path) -> String {
    let listed = at(bench, machine, &["runs"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let runs: Vec<&str> = listed.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(runs.len(), 1, "{}", listed.out);
    runs[0].to_owned()
}

const JOURNAL: &str = "import boto3; s=boto3.client('s3'); key=[o['Key'] for o in s.list_objects_v2(Bucket='konecta-state')['Contents'] if o['Key'].endswith('.jsonl')][0]; text=s.get_object(Bucket='konecta-state', Key=key)['Body'].read()";

#[test]
fn a_run_killed_on_one_machine_is_resumed_on_another_and_taken_back_on_a_third() {
    const LABELS: [&str; 2] = ["rds-deletable", "private-public-addresses"];
    let bench = TestAccount::over(World::labelled("good", &LABELS));
    bench.world.somebody_else("import boto3; s=boto3.client('s3'); s.create_bucket(Bucket='konecta-state')");
    let before = bench.content("before.snap");
    let [first, second, third] = ["first", "second", "third"].map(|name| bench.path(name));

    // Killed as soon as an intent is written: whether its call was made is for the other one to find out.
    let mut fix = bench.world.command();
    fix.args(["fix", "--yes", "--allow-disruptive", "--state", PLACE])
        .env("HOME", &first)
        .arg("--state-dir")
        .arg(first.join("state"));
    let mut child = fix.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    bench.signal_once_begun(&child, "SIGKILL");
    child.wait().expect("ended");
    assert_eq!(journals(&first.join("state")), Vec::<std::path::PathBuf>::new());

    let run = only_run(&bench, &second);
    let held = at(&bench, &second, &["fix", "--resume", &run, "--yes"]);
    assert_eq!(held.code, Some(2), "{held:?}");
    assert!(held.err.contains(&format!("run {run} of ")), "the lock of the dead run is told: {}", held.err);
    bench.world.somebody_else(
        "import boto3; boto3.client('s3').delete_object(Bucket='konecta-state', Key='audit/123456789012/lock')",
    );
    let resumed = at(&bench, &second, &["fix", "--resume", &run, "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let changed = before.difference(&bench.content("after.snap"));
    assert_eq!((changed.changed.len(), changed.made.len(), changed.gone.len()), (LABELS.len(), 0, 0), "{changed:?}");

    let shown = at(&bench, &third, &["runs", "show", &run]);
    assert!(shown.out.contains("2 done") && shown.code == Some(0), "{shown:?}");
    let back = at(&bench, &third, &["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default());
    let verified = at(&bench, &first, &["runs", "verify", &run]);
    assert_eq!(verified.code, Some(0), "{verified:?}");

    // Somebody edits a line in the bucket; nothing goes on with it.
    bench.world.somebody_else(&format!(
        "{JOURNAL}; s.put_object(Bucket='konecta-state', Key=key, Body=text.replace(b'\"applied\":true', b'\"applied\":false', 1))"
    ));
    let verified = at(&bench, &second, &["runs", "verify", &run]);
    assert_eq!(verified.code, Some(2), "{verified:?}");
    assert!(verified.err.contains("was edited") && verified.err.contains(PLACE), "{}", verified.err);
    assert_eq!(at(&bench, &second, &["rollback", &run, "--yes"]).code, Some(2));
    let missing = at(&bench, &second, &["runs", "show", "20200101T000000Z-000000"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.err.contains("there is no run `20200101T000000Z-000000` in s3://"), "{}", missing.err);
    // Without --state, this machine knows of no run.
    assert!(ended(bench.command(&["runs"]).env("HOME", &third)).out.contains("There is no run in"));
}
