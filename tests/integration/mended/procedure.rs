//! `fix --procedure`: the runbook for encryption at rest, told, gone through at a terminal, and stopped half way.

use std::process::Command;

use super::{Ended, TestAccount, ended};
use crate::world::{World, findings, python};

/// Runs a command with a terminal as standard input and types this many times `yes`, then `no`.
const TYPED: &str = "
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
os.write(ours, b'yes\\n' * int(sys.argv[1]) + b'no\\n')
sys.exit(subprocess.run(sys.argv[2:], stdin=theirs).returncode)
";

fn typed(times: usize, command: &Command) -> Ended {
    let mut terminal = Command::new(python());
    terminal.env_clear().args(["-c", TYPED, &times.to_string()]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        terminal.env(name, value.expect("set"));
    }
    ended(&mut terminal)
}

fn verdicts(bench: &TestAccount, status: &str) -> Vec<String> {
    findings(&bench.world.scan(&["--control", "KA-RDS-003"]).0, status)
}

#[test]
fn an_encrypted_instance_takes_the_place_of_the_plain_one() {
    let bench = TestAccount::over(World::labelled("good", &["rds-plain-storage"]));
    let arn = bench.world.labels()[0]["resource"].clone();
    let on = arn.as_str().expect("ARN");
    let (name, old) = (format!("KA-RDS-003 {on}"), format!("KA-RDS-003 {on}-unencrypted"));
    let runbook = bench.run(&["fix", "--procedure", "KA-RDS-003", "--resource", on]);
    assert_eq!(runbook.code, Some(0), "{runbook:?}");
    for part in [
        "aws rds create-db-snapshot",
        "aws rds copy-db-snapshot",
        "aws rds restore-db-instance-from-db-snapshot",
        "back:",
    ] {
        assert!(runbook.out.contains(part), "{part} is not in\n{}", runbook.out);
    }
    assert_eq!(verdicts(&bench, "fail"), [name.as_str()], "the runbook alone changes nothing");

    let execute = ["fix", "--procedure", "KA-RDS-003", "--resource", on, "--execute-procedure"];
    let unasked = bench.run(&execute);
    assert_eq!(unasked.code, Some(2), "nobody is there to be asked: {unasked:?}");
    // Left before the last step: the plain instance has given up its name, and nothing bears it.
    let stopped = typed(5, &bench.command(&execute));
    assert_eq!(stopped.code, Some(4), "{stopped:?}");
    assert!(stopped.err.contains("Stopped before step 6"), "{}", stopped.err);
    assert_eq!(verdicts(&bench, "fail"), [old.as_str()]);
    // Taken up again: what was done is passed over.
    let done = typed(6, &bench.command(&execute));
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.out.matches("was taken already").count(), 4, "{}", done.out);
    assert_eq!(verdicts(&bench, "pass"), [name.as_str()]);
    assert_eq!(verdicts(&bench, "fail"), [old.as_str()], "the old one is kept, and is as plain as it was");

    let again = bench.run(&["fix", "--procedure", "KA-RDS-003", "--resource", on]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.out.contains("nothing to do"), "{again:?}");
    let other = bench.run(&["fix", "--procedure", "KA-RDS-003", "--resource", &format!("{on}-unencrypted")]);
    assert_eq!(other.code, Some(4), "{other:?}");
    assert!(other.out.contains("konecta-erp-db has taken its place"), "{other:?}");
}
