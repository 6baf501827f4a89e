//! The rules of the house, as tests: which part may see which, how long a file may be, that every policy is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use konecta_core::control::catalogue::{Catalogue, Selection};
use konecta_core::control::fixture::{self, Bench, Fixture};
use konecta_core::control::policy_test;
use konecta_core::facts;

use crate::world::root;

/// Every file below a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn rust_files() -> Vec<(String, String)> {
    ["src", "crates"]
        .into_iter()
        .flat_map(|folder| files(folder, ".rs"))
        .map(|path| (shown(&path), std::fs::read_to_string(&path).expect("text")))
        .collect()
}

/// What each part of the core must not name.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/konecta-core/src/report/", &["crate::control", "crate::facts", "crate::model"]),
    (
        "crates/konecta-core/src/facts/",
        &["crate::control::engine", "crate::control::catalogue", "crate::finding", "crate::report"],
    ),
    ("crates/konecta-core/src/model/", &["crate::control", "crate::finding", "crate::report", "crate::facts"]),
    ("crates/konecta-core/src/id.rs", &["crate::"]),
    ("crates/konecta-core/src/resource.rs", &["crate::control", "crate::finding", "crate::report", "crate::facts"]),
    ("crates/konecta-core/src/snapshot.rs", &["crate::control", "crate::finding", "crate::report", "crate::facts"]),
    ("crates/konecta-core/src/finding.rs", &["crate::control", "crate::report", "crate::facts"]),
    (
        "crates/konecta-core/src/fix/",
        &["crate::control::catalogue", "crate::control::engine", "crate::audit", "crate::planning"],
    ),
    ("crates/konecta-core/src/fix/plan/", &["crate::report"]),
    (
        "crates/konecta-aws/src/",
        &[
            "konecta_core::control::catalogue",
            "konecta_core::control::engine",
            "konecta_core::finding",
            "konecta_core::report",
        ],
    ),
];

/// An ARN that is made names the partition of the account: `aws` is one of several.
#[test]
fn no_arn_is_made_for_one_partition_only() {
    let made: Vec<String> = rust_files()
        .into_iter()
        .filter(|(file, _)| {
            !["tests", "testdata", "emulated", "fixture", "fake", "joined", "answers", "chaos"]
                .iter()
                .any(|part| file.contains(part))
        })
        .flat_map(|(file, text)| {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            let lines: Vec<String> = code.lines().map(str::to_owned).collect();
            lines
                .into_iter()
                .filter(|line| line.contains("format!(\"arn:aws:"))
                .map(move |line| format!("{file}: {line}"))
        })
        .collect();
    assert_eq!(made, Vec::<String>::new());
}

/// The tests are linked with what dev-dependencies switch on as well; what is shipped is not. regorus' regular expressions
/// need Unicode's tables for `\d` and `(?i)`, and without them a control is an error on every resource.
#[test]
fn what_is_shipped_has_the_regular_expressions_that_are_tested() {
    let mut tree = std::process::Command::new(env!("CARGO"));
    tree.current_dir(root()).args(["tree", "--locked", "--offline", "--edges", "normal", "--package", "konecta-audit"]);
    let output = tree.args(["--prefix", "none", "--format", "{p} {f}"]).output().expect("cargo tree");
    let told = String::from_utf8(output.stdout).expect("text");
    let regex: Vec<&str> = told.lines().filter(|line| line.starts_with("regex v")).collect();
    let has = |line: &&str| line.contains("unicode-perl") && line.contains("unicode-case");
    assert!(!regex.is_empty() && regex.iter().all(has), "{regex:?} {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn arrows_between_modules_run_one_way() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files() {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut forbid = |names: &str| {
            if code.contains(names) {
                wrong.push(format!("{file} names {names}"));
            }
        };
        // The helper of the remedies' tests judges; it is no part of the program.
        let arrows = ARROWS.iter().filter(|(part, _)| file.starts_with(part) && !file.ends_with("/proof.rs"));
        for (_, names) in arrows {
            names.iter().copied().for_each(&mut forbid);
        }
        if !file.starts_with("crates/konecta-aws/") {
            ["aws_sdk_", "aws_config", "aws_smithy"].into_iter().for_each(&mut forbid);
        }
        if file.starts_with("crates/konecta-core/src/") {
            ["tokio", "clap::", "std::env", "SystemTime", "Timestamp::now"].into_iter().for_each(&mut forbid);
            if !file.starts_with("crates/konecta-core/src/control/") {
                forbid("regorus");
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files() {
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{file} has {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{file} does not open with //!"));
        }
    }
    for path in files("policies", ".rego").into_iter().filter(|path| !shown(path).ends_with("_test.rego")) {
        let text = std::fs::read_to_string(&path).expect("text");
        let rego = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).count();
        if !shown(&path).contains("/lib/") && rego > 60 {
            wrong.push(format!("{} has {rego} lines of Rego", shown(&path)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_policy_is_accepted_tested_and_reached_to_its_last_line() {
    let run = policy_test::run(&Catalogue::built_in().expect("catalogue")).expect("policies compile");
    let failed: Vec<_> = run.tests.iter().filter(|test| test.failure.is_some()).collect();
    assert_eq!(failed, Vec::<&policy_test::TestResult>::new());
    assert!(run.tests.len() > 150, "only {} tests", run.tests.len());
    let missed: Vec<_> = run.coverage.iter().filter(|file| !file.missed.is_empty()).collect();
    assert_eq!(missed, Vec::<&policy_test::Coverage>::new());
    assert_eq!(run.untested, Vec::<String>::new());
}

#[test]
fn a_controls_package_is_its_path_and_its_id_stands_in_no_name() {
    for control in Catalogue::built_in().expect("catalogue").controls() {
        let path = format!("{}.rego", control.name().replace('.', "/"));
        assert_eq!(control.source.file, path);
        assert!(!path.contains(control.id().as_str()));
    }
}

#[test]
fn every_fact_and_index_is_used_by_a_control() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let used: BTreeSet<&str> = catalogue
        .controls()
        .flat_map(|control| control.metadata.custom.facts.iter().chain(&control.metadata.custom.joins))
        .map(String::as_str)
        .collect();
    let known = facts::catalogue().expect("catalogue.toml");
    let names = known.facts.keys().chain(known.index.keys()).map(String::as_str);
    let unused: Vec<_> = names.filter(|name| !used.contains(name)).collect();
    assert_eq!(unused, Vec::<&str>::new());
}

#[test]
fn every_control_has_fixtures_that_hold_in_every_variant() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let mut wrong = Vec::new();
    for control in catalogue.controls() {
        let mut only = catalogue.clone();
        let selection = Selection { controls: vec![control.id().to_string()], ..Selection::default() };
        only.narrow(&selection).expect("exists");
        let mut bench = Bench::new(&only).expect("policies compile");
        let folder = format!("fixtures/controls/{}", control.name().replace('.', "/"));
        let mut promised: BTreeMap<String, usize> = BTreeMap::new();
        for path in files(&folder, ".json") {
            let file = shown(&path);
            let text = std::fs::read_to_string(&path).expect("text");
            let whole: Fixture = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            let stem = path.file_stem().expect("stem").to_string_lossy().into_owned();
            let promise = fixture::promised(&stem).unwrap_or_else(|| panic!("{file} is named for no status"));
            *promised.entry(promise.to_string()).or_default() += 1;
            let found = bench.status(&whole.input, &whole.data).expect("policies compile");
            if found != Ok(promise) {
                wrong.push(format!("{file}: promised {promise}, found {found:?}"));
            }
            let open = fixture::OPEN.iter().any(|(open, _)| *open == control.name());
            let faults = if open { Vec::new() } else { fixture::faults(&mut bench, &whole).expect("policies compile") };
            wrong.extend(faults.into_iter().map(|fault| format!("{file}: {fault}")));
        }
        for status in ["pass", "fail", "unknown"] {
            if !promised.contains_key(status) {
                wrong.push(format!("{folder} has no fixture for {status}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
