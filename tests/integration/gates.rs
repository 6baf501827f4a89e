//! The rules of the house, as tests: which part may see which, how long a file may be, that every policy is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use konecta_core::facts;
use konecta_rego::catalogue::{Catalogue, Selection};
use konecta_rego::fixture::{self, Fixture, FixtureRunner};
use konecta_rego::policy_test;

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

/// What the parts of a crate must not name. Between the crates the compiler holds the arrows.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/konecta-base/src/id.rs", &["crate::"]),
    ("crates/konecta-base/src/resource.rs", &["crate::finding", "crate::rule"]),
    ("crates/konecta-base/src/snapshot.rs", &["crate::finding", "crate::rule"]),
    ("crates/konecta-core/src/model/", &["crate::report", "crate::facts", "konecta_rego"]),
    (
        "crates/konecta-core/src/facts/",
        &["konecta_rego::engine", "konecta_rego::catalogue", "konecta_base::finding", "crate::report"],
    ),
    ("crates/konecta-core/src/report/", &["konecta_rego", "crate::facts", "crate::model"]),
    ("crates/konecta-fix/src/plan/", &["konecta_core::report", "crate::plan_text"]),
];

/// The parts of the fix crate that may see controls and audits: what hands them to the planner.
const SEES_CONTROLS: [&str; 2] = ["crates/konecta-fix/src/planning", "crates/konecta-fix/src/proof.rs"];

/// The crates that compute, and ask nothing of the world around them.
const PURE: [&str; 4] = ["konecta-base", "konecta-rego", "konecta-core", "konecta-fix"];

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
        let shipped = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code = shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut forbid = |names: &str| {
            if code.contains(names) {
                wrong.push(format!("{file} names {names}"));
            }
        };
        for (_, names) in ARROWS.iter().filter(|(part, _)| file.starts_with(part)) {
            names.iter().copied().for_each(&mut forbid);
        }
        if file.starts_with("crates/konecta-fix/src/") && !SEES_CONTROLS.iter().any(|part| file.starts_with(part)) {
            ["konecta_rego::catalogue", "konecta_rego::engine", "konecta_core::audit", "crate::planning"]
                .into_iter()
                .for_each(&mut forbid);
        }
        if PURE.iter().any(|name| file.starts_with(&format!("crates/{name}/src/"))) {
            ["std::env", "SystemTime", "Timestamp::now"].into_iter().for_each(&mut forbid);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The name of the type that a line declares for the whole workspace, if it does.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let rest = ["struct ", "enum ", "trait ", "type ", "union "].iter().find_map(|kind| rest.strip_prefix(kind))?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

/// `make glossary` runs it.
#[test]
fn no_public_type_has_a_name_that_stands_twice() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in rust_files() {
        for name in text.lines().filter_map(public_type) {
            places.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    places.retain(|_, files| files.len() > 1);
    assert_eq!(places, BTreeMap::new(), "one name for one thing, and one thing for one name");
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

/// What Rego's type tests ask for.
const TYPES: [&str; 7] = ["array", "boolean", "null", "number", "object", "set", "string"];

/// The member that a type test under `not` asks for, where it is taken from a variable: absent, it makes the line true in
/// regorus and undefined in OPA.
fn tested_under_not(line: &str) -> Option<&str> {
    let (_, call) = line.split_once("not is_")?;
    let (kind, argument) = call.split_once('(')?;
    let argument = argument.split(')').next().filter(|_| TYPES.contains(&kind))?;
    let from_elsewhere = ["input.", "data.", "object.get("].iter().any(|root| argument.starts_with(root));
    (argument.contains(['.', '[']) && !from_elsewhere).then_some(argument)
}

#[test]
fn a_member_under_not_is_asked_for_by_object_get() {
    assert_eq!(tested_under_not("	not is_boolean(bastion.addressed)"), Some("bastion.addressed"));
    let mut wrong = Vec::new();
    for path in files("policies", ".rego") {
        let text = std::fs::read_to_string(&path).expect("text");
        wrong.extend(text.lines().filter_map(tested_under_not).map(|argument| format!("{}: {argument}", shown(&path))));
    }
    assert_eq!(wrong, Vec::<String>::new());
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
    let known = facts::catalogue();
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
        let mut bench = FixtureRunner::new(&only).expect("policies compile");
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

#[test]
fn the_front_page_counts_what_there_is() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let catalogue = Catalogue::built_in().expect("catalogue");
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for control in catalogue.controls() {
        *left.entry(control.name().split('.').next().expect("a layer")).or_default() += 1;
    }
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let layers = cells[1].split(", ").map(|layer| layer.trim_matches('`'));
        let count: usize = layers.filter_map(|layer| left.remove(layer)).sum();
        assert_eq!(cells[2], count.to_string(), "{line}");
    }
    assert!(left.is_empty(), "not on the front page: {left:?}");
    let claims = catalogue.claims().len();
    assert!(text.contains(&format!("the {claims} claims")), "there are {claims} claims");
}

/// A reader has a window of a hundred columns and no patience for a paragraph in a table.
#[test]
fn documents_are_wrapped() {
    let mut wrong = Vec::new();
    // The examples of reports are written by the program.
    let folders = ["crates", "docs", "deploy", "fixtures", "tests"].into_iter();
    let roots = std::fs::read_dir(root()).expect("folder").map(|entry| entry.expect("entry").path());
    let roots = roots.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for path in folders.flat_map(|folder| files(folder, ".md")).chain(roots) {
        let (file, text) = (shown(&path), std::fs::read_to_string(&path).expect("text"));
        let mut code = false;
        for (number, line) in text.lines().enumerate() {
            code ^= line.trim_start().starts_with("```");
            // An address or a path is not broken.
            let whole = line.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
            let is_long = line.chars().count() > 100 && whole < 80;
            if line.starts_with('|') {
                let longest = line.split('|').map(|cell| cell.trim().chars().count()).max().unwrap_or_default();
                if longest > 150 {
                    wrong.push(format!("{file}:{}: a cell of {longest} characters", number + 1));
                }
            } else if !code && is_long && !line.starts_with('#') && !line.trim_start().starts_with('`') {
                wrong.push(format!("{file}:{}: {} characters", number + 1, line.chars().count()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
