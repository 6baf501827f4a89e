//! What a person meets at the command line: help, mistakes, and the next step that each names.

use std::process::{Command, Output};

use crate::world::program;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(program().args(arguments))
}

fn ended(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("runs");
    (status.code(), String::from_utf8(stdout).expect("text"), String::from_utf8(stderr).expect("text"))
}

#[test]
fn without_credentials_a_scan_says_what_to_do() {
    let (code, out, err) = run(&["scan", "--region", "us-east-1"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(err);
}

#[test]
fn an_unknown_profile_is_named() {
    let (code, _, err) = run(&["scan", "--profile", "nosuch"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("`nosuch`"), "{err}");
    assert!(err.contains("hint: "), "{err}");
}

#[test]
fn an_endpoint_where_nobody_listens_is_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("port");
    let url = format!("http://{closed}");
    let (code, _, err) = ended(program().env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").args([
        "scan",
        "--endpoint-url",
        &url,
        "--max-attempts",
        "1",
    ]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains(&url) && err.contains("cannot be reached"), "{err}");
}

#[test]
fn mistakes_in_the_selection_are_told_with_what_there_is() {
    for (arguments, word) in [
        (&["scan", "--control", "KA-XX-999"][..], "KA-XX-999"),
        (&["scan", "--layer", "nosuch"], "nosuch"),
        (&["scan", "--severity", "terrible"], "terrible"),
        (&["scan", "--format", "yaml"], "yaml"),
        (&["scan", "--format", "json="], "file name"),
        (&["explain", "KA-XX-999"], "KA-XX-999"),
        (&["scan", "--policies", "/nosuch"], "/nosuch"),
        (&["scan", "--snapshot", "/nosuch.snap"], "/nosuch.snap"),
        (&["scan", "--config", "/nosuch.toml"], "/nosuch.toml"),
        (&["scan", "--region", "Mars 1"], "Mars 1"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
}

#[test]
fn a_blueprint_with_a_key_that_is_not_known_is_refused_with_its_line() {
    let dir = tempfile::tempdir().expect("dir");
    std::fs::write(dir.path().join("konecta-audit.toml"), "[eks]\n\nclustre = \"x\"\n").expect("write");
    let inner = dir.path().join("a/b");
    std::fs::create_dir_all(&inner).expect("dirs");
    let (code, _, err) = ended(program().current_dir(&inner).args(["scan"]));
    assert_eq!(code, Some(2));
    assert!(err.contains("konecta-audit.toml:3: unknown field `clustre`"), "{err}");
}

#[test]
fn sarif_without_a_blueprint_file_says_so_before_reading_anything() {
    let (code, _, err) = run(&["scan", "--format", "sarif"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("konecta-audit.toml") && err.contains("konecta-audit init"), "{err}");
}

#[test]
fn init_writes_once_and_never_over_something() {
    let dir = tempfile::tempdir().expect("dir");
    let (code, _, err) = ended(program().current_dir(dir.path()).arg("init"));
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = ended(program().current_dir(dir.path()).arg("init"));
    assert_eq!(code, Some(2));
    assert!(err.contains("exists already"), "{err}");
}

#[test]
fn a_users_policy_that_breaks_a_rule_is_refused_with_file_and_line() {
    let dir = tempfile::tempdir().expect("dir");
    let file = dir.path().join("mine.rego");
    let control = |fields: &str, body: &str| {
        format!(
            "# METADATA\n# title: T\n# description: D\n# custom:\n{fields}package acme.mine\n\nimport rego.v1\n\n{body}\n"
        )
    };
    let good = "#   id: ACME-1\n#   severity: low\n#   resource: AWS::ECR::Repository\n#   remediation: R\n#   reads: [ecr:DescribeRepositories]\n";
    let body = "pass if input.configuration.repositoryName == \"x\"\n\nviolations contains {\"path\": \"repositoryName\", \"actual\": name, \"expected\": \"x\"} if {\n\tname := input.configuration.repositoryName\n\tname != \"x\"\n}";
    for (fields, body, word) in [
        (good.replace("#   id: ACME-1\n", ""), body.to_owned(), "missing field `id`"),
        (good.replace("low", "awful"), body.to_owned(), "awful"),
        (good.replace("ecr:DescribeRepositories", "ecr:PutImage"), body.to_owned(), "ecr:PutImage"),
        (good.to_owned() + "#   colour: red\n", body.to_owned(), "colour"),
        (good.to_owned(), format!("{body}\n\nx := http.send({{}})"), "http.send"),
        (good.to_owned(), format!("{body}\n\nx := nosuch(1)"), "nosuch"),
        (good.to_owned(), "pass if true".to_owned(), "`violations` is missing"),
        (good.to_owned(), format!("{body}\n\nx := ["), "mine.rego:"),
    ] {
        std::fs::write(&file, control(&fields, &body)).expect("write");
        let (code, _, err) = ended(program().args(["controls", "--policies"]).arg(dir.path()));
        assert_eq!(code, Some(2), "{word}: {err}");
        assert!(err.contains("mine.rego:") && err.contains(word), "{word}: {err}");
    }
    std::fs::write(&file, control(good, body)).expect("write");
    let (code, out, err) = ended(program().args(["controls", "--policies"]).arg(dir.path()));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("ACME-1"), "{out}");
}

/// Doubling a text 34 times asks for 256 GiB in a few milliseconds; no timer sees it coming.
#[cfg(unix)]
#[test]
fn a_policy_that_takes_all_memory_ends_with_a_clear_word() {
    let dir = tempfile::tempdir().expect("dir");
    let metadata = "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: ACME-1\n#   severity: low\n#   resource: AWS::ECR::Repository\n#   remediation: R\n#   reads: [ecr:DescribeRepositories]\n";
    let doubled: String = (1..35).map(|at| format!("s{at} := concat(\"\", [s{0}, s{0}])\n\n", at - 1)).collect();
    let rules = "pass if count(s34) > 5\n\nviolations contains {\"path\": \"x\", \"actual\": 1, \"expected\": 2} if input.configuration.x == 1\n";
    let policy =
        format!("{metadata}package acme.mine\n\nimport rego.v1\n\ns0 := \"0123456789abcdef\"\n\n{doubled}{rules}");
    let test = "package acme.mine_test\n\nimport rego.v1\n\ntest_it if data.acme.mine.pass with input as {}\n";
    std::fs::write(dir.path().join("mine.rego"), policy).expect("write");
    std::fs::write(dir.path().join("mine_test.rego"), test).expect("write");
    let (code, _, err) = ended(program().args(["policy", "test"]).arg(dir.path()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("more memory or processor time"), "{err}");
}

/// A folder with a control of a user's own whose body is this, and a test that asks it.
fn policies(body: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("dir");
    let metadata = "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: ACME-1\n#   severity: low\n#   resource: AWS::ECR::Repository\n#   remediation: R\n#   reads: [ecr:DescribeRepositories]\n";
    let policy = format!(
        "{metadata}package acme.mine\n\nimport rego.v1\n\n{body}\n\nviolations contains {{\"path\": \"x\", \"actual\": 1, \"expected\": 2}} if input.configuration.x == 1\n"
    );
    let test = "package acme.mine_test\n\nimport rego.v1\n\ntest_it if data.acme.mine.pass with input as {\"configuration\": {\"x\": \"\"}}\n";
    std::fs::write(dir.path().join("mine.rego"), policy).expect("write");
    std::fs::write(dir.path().join("mine_test.rego"), test).expect("write");
    dir
}

#[test]
fn a_built_in_that_panics_is_that_policys_error() {
    // regorus looks through windows as wide as the pattern, and a window of nothing is a panic.
    let dir = policies("pass if strings.count(\"abc\", input.configuration.x) == 0");
    let (code, out, err) = ended(program().args(["policy", "test"]).arg(dir.path()));
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("the policy engine panicked: window size must be non-zero"), "{out}{err}");
    assert!(!err.contains("RUST_BACKTRACE"), "{err}");
}

#[test]
fn a_single_built_in_that_does_not_end_is_ended_by_its_name() {
    // Squared again and again, a number has millions of digits; one multiplication is one step of the engine.
    let squares = (1..40)
        .fold("x0 := 12345678901234567890\n".to_owned(), |text, at| format!("{text}\nx{at} := x{0} * x{0}\n", at - 1));
    let dir = policies(&format!("{squares}\npass if x39 > 1"));
    let begun = std::time::Instant::now();
    let (code, _, err) = ended(program().args(["policy", "test"]).arg(dir.path()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("takes longer than 10 seconds") && err.contains("acme"), "{err}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn a_policy_folder_holds_regular_files_of_a_reasonable_size() {
    let dir = policies("pass if true");
    std::os::unix::fs::symlink("/dev/zero", dir.path().join("endless.rego")).expect("link");
    let (code, _, err) = ended(program().args(["policy", "test"]).arg(dir.path()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("endless.rego is not taken as a policy: it is not a regular file"), "{err}");
    std::fs::remove_file(dir.path().join("endless.rego")).expect("removes");
    std::fs::write(dir.path().join("large.rego"), "#".repeat(2 << 20)).expect("write");
    let (code, _, err) = ended(program().args(["controls", "list", "--policies"]).arg(dir.path()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("larger than 1 MiB"), "{err}");
}

/// Ticks of the processor, a hundredth of a second each, that a process has had; none of one that is gone.
fn worked(process: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which may hold anything, `utime` and `stime` are the 12th and the 13th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// The child that judges by policies from outside hears what its parent hears, and does not outlive it.
#[test]
fn the_child_of_policies_ends_with_its_parent() {
    use std::time::{Duration, Instant};
    let squares = (1..40)
        .fold("x0 := 12345678901234567890\n".to_owned(), |text, at| format!("{text}\nx{at} := x{0} * x{0}\n", at - 1));
    let dir = policies(&format!("{squares}\npass if x39 > 1"));
    for signal in ["TERM", "HUP", "INT", "KILL"] {
        let mut parent = program()
            .args(["policy", "test"])
            .arg(dir.path())
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("runs");
        let pid = parent.id().to_string();
        let children = || {
            let output = Command::new("pgrep").args(["-P", &pid]).output().expect("pgrep");
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        };
        let begun = Instant::now();
        let child = loop {
            let child = children();
            if !child.is_empty() {
                break child;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no child");
            std::thread::sleep(Duration::from_millis(20));
        };
        // With so much work behind it, it has its limits and its parent's death signal.
        while worked(&child) < 30 {
            assert!(begun.elapsed() < Duration::from_secs(60), "no work");
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill");
        assert!(sent.success());
        let status = parent.wait().expect("ends");
        assert!(!status.success(), "{signal}");
        let gone = || {
            !std::path::Path::new(&format!("/proc/{child}/stat")).exists() || {
                // A zombie that nobody has asked for yet is gone as well.
                std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| stat.contains(") Z "))
            }
        };
        let begun = Instant::now();
        while !gone() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{signal}: the child lives on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn completions_and_manual_are_made() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = run(&["completions", shell]);
        assert_eq!(code, Some(0));
        assert!(out.contains("konecta-audit"));
    }
    let (code, out, _) = run(&["man"]);
    assert_eq!(code, Some(0));
    assert!(out.contains(".TH konecta-audit"));
}

#[test]
fn mistakes_in_what_is_to_be_fixed_are_told_before_anything_is_read() {
    let dir = tempfile::tempdir().expect("dir");
    let foreign = dir.path().join("plan.json");
    std::fs::write(&foreign, "{}").expect("write");
    let (foreign, state) = (foreign.to_str().expect("path"), dir.path().to_str().expect("path"));
    for (arguments, word) in [
        (&["fix"][..], "--dry-run"),
        (&["fix", "--dry-run", "--yes"], "cannot be used with"),
        (&["fix", "--max-class", "C", "--dry-run"], "never done by a plan"),
        (&["fix", "--yes", "--plan", "/nosuch.json"], "/nosuch.json"),
        (&["fix", "--yes", "--plan", foreign], "not a konecta-audit plan"),
        (&["fix", "--dry-run", "--resource", "db"], "`db` is not an ARN"),
        (&["fix", "--dry-run", "--tfstate", foreign], "not a Terraform state"),
        (
            &["fix", "--dry-run", "--role-arn", "arn:aws:iam::1:role/a,arn:aws:iam::2:role/b"],
            "one --role-arn at a time",
        ),
        (&["fix", "--procedure", "KA-VPC-004"], "procedure"),
        (&["fix", "--resume", "r1", "--state-dir", state], "there is no run `r1`"),
        (&["fix", "--resume", "r1", "--only", "KA-CF-001"], "'--control <ID>'"),
        (&["fix", "--resume", "r1", "--region", "us-east-1"], "'--region <REGION>'"),
        (&["fix", "--resume", "r1", "--max-class", "A"], "'--max-class <A|B>'"),
        (&["fix", "--resume", "r1", "--allow-disruptive"], "'--allow-disruptive'"),
        (&["rollback", "r1", "--yes", "--state-dir", state], "konecta-audit runs"),
        (&["rollback", "r1", "--state-dir", state], "not a terminal"),
        (&["runs", "show", "r1", "--state-dir", state], "there is no run `r1`"),
        (&["runs", "verify", "r1", "--state-dir", state], "there is no run `r1`"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
    let (code, out, _) = run(&["runs", "--state-dir", state]);
    assert_eq!(code, Some(0));
    assert!(out.contains("There is no run"), "{out}");
}

#[test]
fn the_policy_for_fixing_is_the_one_for_scanning_and_what_the_remedies_call() {
    let policy = |arguments: &[&str]| -> serde_json::Value {
        let (code, out, err) = run(arguments);
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str(&out).expect("json")
    };
    let scan = policy(&["permissions", "--control", "KA-VPC-004"]);
    let fix = policy(&["permissions", "--control", "KA-VPC-004", "--fix"]);
    assert_eq!(fix["Statement"][0], scan["Statement"][0]);
    assert_eq!(fix["Statement"][1]["Action"], serde_json::json!(["ec2:ModifySubnetAttribute"]));
}
