//! Checks the policies of a folder without building the whole program: `cargo run -p konecta-rego --example policies [DIR] [filter]`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it prints what it finds, and ends with an exit code"
)]

use std::path::Path;

use konecta_rego::catalogue::{Catalogue, PolicyFile, Selection};
use konecta_rego::fixture::{self, Fixture, FixtureRunner};
use konecta_rego::policy_test;

fn main() {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "policies".to_owned());
    let filter = std::env::args().nth(2).unwrap_or_default();
    let mut texts = Vec::new();
    collect(Path::new(&dir), &mut texts);
    let files: Vec<PolicyFile<'_>> = texts.iter().map(|(path, text)| PolicyFile { path, text }).collect();
    let catalogue = Catalogue::of(&files).unwrap_or_else(|error| {
        println!("{error}");
        std::process::exit(2)
    });
    let run = policy_test::run(&catalogue).unwrap_or_else(|error| {
        println!("{error}");
        std::process::exit(2)
    });
    for test in run.tests.iter().filter(|test| test.file.contains(&filter)) {
        match &test.failure {
            Some(why) => println!("FAIL {}:{} {}: {why}", test.file, test.line, test.name),
            None => println!("ok   {}", test.name),
        }
    }
    for file in run.coverage.iter().filter(|file| file.file.contains(&filter)) {
        for (line, text) in &file.missed {
            println!("MISSED {}:{line}: {text}", file.file);
        }
    }
    for file in run.untested.iter().filter(|file| file.contains(&filter)) {
        println!("UNTESTED {file}");
    }
    check_fixtures(&catalogue, &filter);
}

fn collect(dir: &Path, texts: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rego") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            texts.push((path.display().to_string(), text));
        }
    }
}

/// Every fixture of the controls in the folder: promised against found, then key by key.
fn check_fixtures(catalogue: &Catalogue, filter: &str) {
    for control in catalogue.controls() {
        let name = control.name();
        if !filter.is_empty() && !name.replace('.', "/").contains(filter) {
            continue;
        }
        let mut only = catalogue.clone();
        let selection = Selection { controls: vec![name.to_owned()], ..Selection::default() };
        if only.narrow(&selection).is_err() {
            continue;
        }
        let Ok(mut bench) = FixtureRunner::new(&only) else {
            println!("FAIL {name} does not compile");
            continue;
        };
        let dir = Path::new("fixtures/controls").join(name.replace('.', "/"));
        let mut files: Vec<_> =
            std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        for needed in ["pass", "fail", "unknown"] {
            if !files.iter().any(|file| file.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(needed)))
            {
                println!("MISSING {}/{needed}.json", dir.display());
            }
        }
        for file in files {
            let shown = file.display();
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let fixture: Fixture = match serde_json::from_str(&text) {
                Ok(fixture) => fixture,
                Err(error) => {
                    println!("FAIL {shown}: {error}");
                    continue;
                }
            };
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let found = bench.status(&fixture.input, &fixture.data);
            match (&found, fixture::promised(&stem)) {
                (Ok(Ok(found)), Some(promised)) if *found == promised => println!("ok   {shown}"),
                (found, promised) => println!("FAIL {shown}: promised {promised:?}, found {found:?}"),
            }
            match fixture::faults(&mut bench, &fixture) {
                Ok(faults) => {
                    let open = fixture::OPEN.iter().any(|(open, _)| *open == name);
                    let word = if open { "OPEN" } else { "NOT MONOTONE" };
                    faults.iter().for_each(|fault| println!("{word} {shown}: {fault}"));
                }
                Err(error) => println!("FAIL {shown}: {error}"),
            }
        }
    }
}
