//! The way back takes what the run did and nothing of what others did, and a run that is asked to stop does so in order.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::content::Difference;
use super::{Ended, TestAccount, ended, journals};
use crate::world::World;

fn with(labels: &[&str]) -> TestAccount {
    TestAccount::over(World::labelled("good", labels))
}

const DATABASE: &str =
    "import boto3; r=boto3.client('rds'); d=r.describe_db_instances()['DBInstances'][0]['DBInstanceIdentifier']; ";

#[test]
fn an_unrelated_change_does_not_hinder_and_one_of_the_attribute_is_told_with_the_way_back_by_hand() {
    let bench = with(&["rds-deletable"]);
    assert_eq!(bench.run(&["fix", "--yes"]).code, Some(0));
    let run = bench.last_run();
    bench
        .world
        .somebody_else(&format!("{DATABASE}r.modify_db_instance(DBInstanceIdentifier=d, DeletionProtection=False)"));
    let taken = bench.content("taken.snap");
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(4), "{back:?}");
    let told = "DeletionProtection was false, this run made it true, and now it is false";
    assert!(back.err.contains(told), "{}", back.err);
    assert!(back.out.contains("by hand") && back.out.contains("aws rds modify-db-instance"), "{}", back.out);
    assert_eq!(taken.difference(&bench.content("left.snap")), Difference::default());

    bench.world.somebody_else(&format!(
        "{DATABASE}r.modify_db_instance(DBInstanceIdentifier=d, DeletionProtection=True, BackupRetentionPeriod=21)"
    ));
    let unrelated = bench.content("unrelated.snap");
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    let changed = unrelated.difference(&bench.content("back.snap")).changed;
    let paths: Vec<&str> = changed.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["/configuration/DeletionProtection"], "somebody's backup retention stays");
}

#[test]
fn one_change_alone_is_taken_back() {
    let bench = with(&["rds-deletable", "private-public-addresses"]);
    let before = bench.content("before.snap");
    assert_eq!(bench.run(&["fix", "--yes", "--allow-disruptive"]).code, Some(0));
    let run = bench.last_run();
    let unknown = bench.run(&["rollback", &run, "--yes", "--only", "c9"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.err.contains("c9"), "{}", unknown.err);
    let back = bench.run(&["rollback", &run, "--yes", "--only", "c1"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.difference(&bench.content("one.snap")).changed.len(), 1, "the other one stands");
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.difference(&bench.content("both.snap")), Difference::default());
}

const LOGS: &str = "import boto3; e=boto3.client('ec2'); l=e.describe_flow_logs()['FlowLogs'][0]; ";

#[test]
fn what_was_made_stays_once_it_is_somebody_elses() {
    let bench = with(&["vpc-no-flow-logs"]);
    let config = bench.world.told["config"].as_str().expect("config").to_owned();
    let text = std::fs::read_to_string(&config).expect("config");
    let destination = "[network]\nflow_log_destination = \"arn:aws:s3:::konecta-flow-logs\"";
    let text = match text.contains("[network]") {
        true => text.replacen("[network]", destination, 1),
        false => format!("{text}\n{destination}\n"),
    };
    std::fs::write(&config, text).expect("written");
    bench.world.somebody_else("import boto3; boto3.client('s3').create_bucket(Bucket='konecta-flow-logs')");
    let before = bench.content("before.snap");
    let fixed = bench.run(&["fix", "--yes", "--only", "KA-VPC-001"]);
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let run = bench.last_run();
    bench.world.somebody_else(&format!(
        "{LOGS}e.create_tags(Resources=[l['FlowLogId']], Tags=[{{'Key': 'kept', 'Value': 'by us'}}])"
    ));
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(4), "{back:?}");
    assert!(back.err.contains("was changed since this run made it"), "{}", back.err);
    bench.world.somebody_else(&format!("{LOGS}e.delete_tags(Resources=[l['FlowLogId']], Tags=[{{'Key': 'kept'}}])"));
    let back = bench.run(&["rollback", &run, "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.difference(&bench.content("back.snap")), Difference::default());
}

const LABELS: [&str; 3] = ["rds-deletable", "private-public-addresses", "rds-no-upgrade-log"];

fn started(bench: &TestAccount, more: &[&str]) -> Child {
    let mut command = bench.command(&["fix", "--yes", "--allow-disruptive"]);
    command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

fn signalled(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

fn over(child: Child) -> Ended {
    let output = child.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Until the first change is begun.
fn begun(bench: &TestAccount) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let written = || {
        journals(&bench.path("state"))
            .iter()
            .any(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"kind\":\"intent\"")))
    };
    while !written() {
        assert!(Instant::now() < deadline, "nothing is begun");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_that_is_told_to_end_does_so_after_its_change_and_can_be_gone_on_with() {
    let mut bench = with(&LABELS);
    for name in ["-TERM", "-HUP", "-INT"] {
        bench.world.rebuild(&LABELS);
        let _ = std::fs::remove_dir_all(bench.path("state"));
        let before = bench.content("before.snap");
        let child = started(&bench, &[]);
        begun(&bench);
        signalled(&child, name);
        let stopped = over(child);
        assert_eq!(stopped.code, Some(4), "{name}: {stopped:?}");
        assert!(stopped.err.contains("stopping after this change"), "{name}: {}", stopped.err);
        let run = bench.last_run();
        let next = format!("konecta-audit fix --resume {run} --state-dir {}", bench.path("state").display());
        assert!(stopped.err.contains(&next), "{name}: {}", stopped.err);
        let shown = bench.run(&["runs", "show", &run]);
        assert!(shown.out.contains("1 done, stopped before its end"), "{name}: {}", shown.out);
        let resumed = bench.run(&["fix", "--resume", &run]);
        assert_eq!(resumed.code, Some(0), "{name}: {resumed:?}");
        let back = bench.run(&["rollback", &run, "--yes"]);
        assert_eq!(back.code, Some(0), "{name}: {back:?}");
        assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default(), "{name}");
    }
}

const PLACE: &str = "s3://konecta-state/audit";
const NO_LOCK: &str = "import boto3; s=boto3.client('s3'); names=[o['Key'] for o in s.list_objects_v2(Bucket='konecta-state')['Contents']]; assert not any(n.endswith('lock') for n in names), names";

#[test]
fn a_lock_in_s3_is_given_back_on_a_signal_and_known_again_after_a_kill() {
    let mut bench = with(&LABELS);
    for name in ["SIGTERM", "SIGKILL"] {
        bench.world.rebuild(&LABELS);
        bench.world.somebody_else("import boto3; boto3.client('s3').create_bucket(Bucket='konecta-state')");
        let before = bench.content("before.snap");
        let child = started(&bench, &["--state", PLACE]);
        bench.signal_once_begun(&child, name);
        let stopped = over(child);
        let runs = ended(bench.command(&["runs"]).args(["--state", PLACE]));
        let run = runs.out.split_whitespace().next().expect("a run").to_owned();
        if name == "SIGTERM" {
            assert_eq!(stopped.code, Some(4), "{stopped:?}");
            assert!(stopped.err.contains(&format!("--resume {run} --state {PLACE}")), "{}", stopped.err);
            bench.world.somebody_else(NO_LOCK);
        } else {
            // Another run is not this one, on this machine neither.
            let other = bench.run(&["fix", "--yes", "--allow-disruptive", "--state", PLACE]);
            assert_eq!(other.code, Some(2), "{other:?}");
            assert!(other.err.contains(&format!("run {run} of ")), "{}", other.err);
        }
        let resumed = bench.run(&["fix", "--resume", &run, "--state", PLACE]);
        assert_eq!(resumed.code, Some(0), "{name}: {resumed:?}");
        bench.world.somebody_else(NO_LOCK);
        let back = bench.run(&["rollback", &run, "--yes", "--state", PLACE]);
        assert_eq!(back.code, Some(0), "{name}: {back:?}");
        assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default(), "{name}");
    }
}
