//! `fix --emit`: what others can run instead of us must be runnable, and must mend the same.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::{Bench, ended};
use crate::world::{World, python, root};

/// Three changes of class A or B in three services, one of which is amended.
const LABELS: [&str; 3] = ["rds-deletable", "private-public-addresses", "cf-http-allowed"];
const CONTROLS: &str = "KA-RDS-007,KA-VPC-004,KA-CF-001";

/// The AWS CLI with the endpoint named, because `aws rds` takes none from the environment.
fn aws(bench: &Bench) {
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
fn bash(bench: &Bench) -> Command {
    let mut bash = Command::new("bash");
    bash.env_clear().env("HOME", bench.dir.path());
    bash.env("PATH", format!("{}:/usr/bin:/bin", bench.path("bin").display())).env("NO_PROXY", "127.0.0.1");
    for (name, value) in bench.world.told["env"].as_object().expect("env") {
        bash.env(name, value.as_str().expect("text"));
    }
    bash
}

#[test]
fn the_script_of_the_drifted_world_is_bash() {
    let bench = Bench::over(World::up("drifted"));
    let emitted = bench.run(&["fix", "--dry-run", "--allow-disruptive", "--max-changes", "500", "--emit", "aws-cli"]);
    assert_eq!(emitted.code, Some(1), "{}", emitted.err);
    assert!(emitted.out.matches("--cli-input-json").count() > 40, "{}", emitted.out);
    let file = bench.path("fix.sh");
    std::fs::write(&file, &emitted.out).expect("written");
    let checked = ended(bash(&bench).arg("-n").arg(&file));
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""), "{checked:?}");
}

#[test]
fn the_configuration_for_the_drifted_world_is_hcl_of_the_provider() {
    let bench = Bench::over(World::up("drifted"));
    let emitted = bench.run(&["fix", "--dry-run", "--allow-disruptive", "--max-changes", "500", "--emit", "terraform"]);
    assert_eq!(emitted.code, Some(1), "{}", emitted.err);
    let body = hcl_edit::parser::parse_body(&emitted.out).unwrap_or_else(|error| panic!("{error}\n{}", emitted.out));
    let schema = std::fs::read(root().join("fixtures/terraform/schema.json")).expect("schema.json");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let mut arguments = 0;
    for resource in body.blocks() {
        assert_eq!(resource.ident.as_str(), "resource");
        arguments += known(&resource.body, &schema["resources"][resource.labels[0].as_str()]);
    }
    assert!(arguments > 20, "{arguments} in\n{}", emitted.out);
    let left: Vec<&str> = emitted.out.lines().filter(|line| line.contains("no argument known")).collect();
    println!("{arguments} arguments, {} attributes without one:\n{}", left.len(), left.join("\n"));
}

/// How many arguments there are; each must be one of the provider's, once in its block.
fn known(body: &hcl_edit::structure::Body, schema: &Value) -> usize {
    let mut names = std::collections::BTreeSet::new();
    for attribute in body.attributes() {
        let name = attribute.key.as_str();
        assert!(schema[name].is_string(), "the provider has no {name}: {schema}");
        assert!(names.insert(name), "{name} twice");
    }
    names.len() + body.blocks().map(|block| known(&block.body, &schema[block.ident.as_str()]["of"])).sum::<usize>()
}

#[test]
fn the_script_mends_what_the_plan_would() {
    let bench = Bench::over(World::with(&["--world", "good", "--labels", &LABELS.join(",")]));
    aws(&bench);
    let (_, code) = bench.world.scan(&["--control", CONTROLS]);
    assert_eq!(code, Some(1));
    let before = bench.content("before.snap");
    let plan = bench.plan(&["--allow-disruptive"]);
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(LABELS.len()), "{plan}");
    let hcl = bench.run(&["fix", "--dry-run", "--allow-disruptive", "--emit", "terraform"]);
    assert_eq!(hcl.code, Some(1), "{}", hcl.err);
    for argument in ["deletion_protection = true", "map_public_ip_on_launch = false", "viewer_protocol_policy"] {
        assert!(hcl.out.contains(argument), "{argument} is not in\n{}", hcl.out);
    }
    let emitted = bench.run(&["fix", "--dry-run", "--allow-disruptive", "--emit", "aws-cli"]);
    let file = bench.path("fix.sh");
    std::fs::write(&file, &emitted.out).expect("written");
    let ran = ended(bash(&bench).arg(&file));
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", emitted.out);
    let (report, code) = bench.world.scan(&["--control", CONTROLS]);
    assert_eq!(code, Some(0), "{report:#}");
    let by_script = before.difference(&bench.content("after.snap"));
    assert!(by_script.made.is_empty() && by_script.gone.is_empty(), "{by_script:?}");
    // Run a second time, it must not undo or add anything, whether or not it minds.
    let second = ended(bash(&bench).arg(&file));
    assert!(before.difference(&bench.content("second.snap")) == by_script, "{second:?}");
}
