//! `fix --emit`: what others can run instead of us must be runnable, and must mend the same.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::content::Content;
use super::{TestAccount, ended};
use crate::world::{World, python, root};

/// For each operation that remedies use on what the emulators hold, a control that calls for it. Left out are those whose
/// changes are waited for by the clock for minutes: parameter groups and target groups.
const CONTROLS: &str = "KA-ALB-003,KA-ALB-006,KA-CF-020,KA-EC2-005,KA-ECR-002,KA-ECR-004,KA-ECR-006,KA-EKS-004,\
    KA-IAM-001,KA-IAM-013,KA-RDS-007,KA-VPC-003,KA-VPC-004,KA-VPC-007,KA-WAF-002,KA-X-002";

/// The AWS CLI with the endpoint named, because `aws rds` takes none from the environment.
fn aws(bench: &TestAccount) {
    let cli = python().with_file_name("aws");
    let told = |name: &str| bench.world.told[name].as_str().expect("endpoint").to_owned();
    let script = format!(
        "#!/bin/sh\ncase $1 in cloudfront) at={};; *) at={};; esac\nexec {} --endpoint-url \"$at\" \"$@\"\n",
        told("ministack"),
        told("moto"),
        cli.display()
    );
    let bin = bench.path("bin");
    std::fs::create_dir(&bin).expect("made");
    std::fs::write(bin.join("aws"), script).expect("written");
    std::fs::set_permissions(bin.join("aws"), PermissionsExt::from_mode(0o755)).expect("set");
}

/// `bash` in the environment of a world.
fn bash(bench: &TestAccount) -> Command {
    let mut bash = Command::new("bash");
    bash.env_clear().env("HOME", bench.dir.path());
    bash.env("PATH", format!("{}:/usr/bin:/bin", bench.path("bin").display())).env("NO_PROXY", "127.0.0.1");
    for (name, value) in bench.world.told["env"].as_object().expect("env") {
        bash.env(name, value.as_str().expect("text"));
    }
    bash
}

#[test]
fn what_is_written_for_the_drifted_world_is_a_clean_script_and_hcl_of_the_provider() {
    let bench = TestAccount::over(World::up("drifted"));
    let emitted = |how: &str| {
        let ended = bench.run(&["fix", "--dry-run", "--allow-disruptive", "--max-changes", "500", "--emit", how]);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        ended.out
    };
    is_clean(&bench, &emitted("aws-cli"));
    is_of_the_provider(&emitted("terraform"));
}

/// Bash takes it, ShellCheck finds nothing, and each attribute is compared before it is changed.
fn is_clean(bench: &TestAccount, script: &str) {
    assert!(script.matches("--cli-input-json").count() > 40, "{script}");
    let blind: Vec<&str> = script.lines().filter(|line| line.contains("does not look at")).collect();
    assert!(blind.is_empty(), "{blind:#?}");
    let file = bench.path("fix.sh");
    std::fs::write(&file, script).expect("written");
    let checked = ended(bash(bench).arg("-n").arg(&file));
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""), "{checked:?}");
    // Its package holds a binary for these machines only.
    let shellcheck = python().with_file_name("shellcheck");
    if shellcheck.exists() || cfg!(target_arch = "x86_64") {
        let checked = ended(Command::new(shellcheck).arg(&file));
        assert_eq!((checked.code, checked.out.as_str()), (Some(0), ""), "{checked:?}");
    }
}

fn is_of_the_provider(written: &str) {
    let body = hcl_edit::parser::parse_body(written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    let schema = std::fs::read(root().join("fixtures/terraform/schema.json")).expect("schema.json");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let mut arguments = 0;
    for resource in body.blocks() {
        if resource.ident.as_str() == "variable" {
            continue;
        }
        assert_eq!(resource.ident.as_str(), "resource");
        arguments += known(&resource.body, &schema["resources"][resource.labels[0].as_str()]);
    }
    assert!(arguments > 200, "{arguments} in\n{written}");
    // What is left follows from something that is written, and says so.
    let left: Vec<&str> = written.lines().skip_while(|line| !line.starts_with("# Not written")).skip(1).collect();
    assert!(left.iter().all(|line| line.contains(": it follows from the ")), "{left:#?}");
    assert!(!written.contains("sha256:"), "a stand-in of the secret is not a value");
}

/// How many arguments there are; each must be one of the provider's, once in its block.
fn known(body: &hcl_edit::structure::Body, schema: &Value) -> usize {
    let mut names = std::collections::BTreeSet::new();
    for attribute in body.attributes() {
        let name = attribute.key.as_str();
        assert!(schema[name].is_string(), "the provider has no {name}: {schema}");
        assert!(names.insert(name), "{name} twice");
    }
    let inside = body.blocks().map(|block| match &schema[block.ident.as_str()] {
        // The provider's package does not spell the statements of a web ACL out.
        any if any == "any" => 1,
        of => known(&block.body, &of["of"]),
    });
    names.len() + inside.sum::<usize>()
}

/// Two equal worlds: the drifted one as it is found, and as a rollback leaves it, which is the same but for ids that AWS gives.
#[test]
fn the_script_leaves_the_world_that_the_plan_leaves() {
    let bench = TestAccount::over(World::up("drifted"));
    aws(&bench);
    let arguments = ["--allow-disruptive", "--max-changes", "500", "--control", CONTROLS];
    let before = bench.content("before.snap");
    let plan = bench.plan(&["--allow-disruptive", "--control", CONTROLS]);
    let operations: std::collections::BTreeSet<&str> =
        plan["changes"].as_array().expect("changes").iter().filter_map(|c| c["call"]["operation"].as_str()).collect();
    assert!(operations.len() > 13, "{operations:?}");
    let fixed = bench.run(&[&["fix", "--yes"], &arguments[..]].concat());
    assert_eq!(fixed.code, Some(0), "{}\n{}", fixed.out, fixed.err);
    let by_plan = bench.content("plan.snap");
    let back = bench.run(&["rollback", &bench.last_run(), "--yes"]);
    assert_eq!(back.code, Some(0), "{}\n{}", back.out, back.err);
    let again = bench.content("again.snap");
    assert_eq!(before.without_ids(), again.without_ids());

    let emitted = bench.run(&[&["fix", "--dry-run", "--emit", "aws-cli"], &arguments[..]].concat());
    let file = bench.path("fix.sh");
    std::fs::write(&file, &emitted.out).expect("written");
    let ran = ended(bash(&bench).arg(&file));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let by_script = bench.content("script.snap");
    assert_eq!(apart(&by_plan, &by_script), Vec::<String>::new());
    // Run a second time, it stops at what is no longer as planned, and neither undoes nor adds anything.
    let second = ended(bash(&bench).arg(&file));
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains("is not as planned"), "{second:?}");
    assert_eq!(apart(&by_script, &bench.content("second.snap")), Vec::<String>::new());
}

/// What one holds and the other does not.
fn apart(one: &Content, other: &Content) -> Vec<String> {
    let (one, other) = (one.without_ids(), other.without_ids());
    let only = |these: &[(String, Value)], those: &[(String, Value)]| {
        these
            .iter()
            .filter(|item| !those.contains(item))
            .map(|(name, body)| format!("{name} {body}"))
            .collect::<Vec<_>>()
    };
    [only(&one, &other), only(&other, &one)].concat()
}
