//! The committed examples in `reports/examples`, kept fresh: what a reader sees there is what the code writes today.
//! To lay them down again: `cargo test -p konecta-core lay_down -- --ignored`.

use std::path::PathBuf;

use super::sarif::{self, SarifOptions};
use super::table::{self, TableOptions};
use super::{Report, json_v1, testdata};
use crate::finding::Status;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../reports/examples")
}

fn as_sarif(report: &Report, include_waived: bool) -> String {
    sarif::render(report, &sarif::tests::places(), &SarifOptions { include_waived }).expect("renders")
}

fn examples() -> Vec<(&'static str, String)> {
    let report = testdata::report();
    let text = |width| table::render(&report, &TableOptions { width, color: false, show_pass: false });
    let mut gaps = testdata::empty();
    gaps.gaps.clone_from(&report.gaps);
    let mut severities = testdata::report();
    for finding in &mut severities.findings {
        finding.status = Status::Fail;
    }
    vec![
        ("report-80.txt", text(80)),
        ("report-160.txt", text(160)),
        ("report.json", json_v1::render(&report).expect("renders")),
        ("report.sarif", as_sarif(&report, false)),
        ("waived.sarif", as_sarif(&report, true)),
        ("nothing-found.sarif", as_sarif(&testdata::empty(), false)),
        ("only-gaps.sarif", as_sarif(&gaps, false)),
        ("every-severity.sarif", as_sarif(&severities, false)),
        ("hostile.sarif", as_sarif(&testdata::hostile(), true)),
    ]
}

#[test]
fn the_examples_are_what_the_code_writes() {
    for (name, text) in examples() {
        let path = folder().join(name);
        let laid_down = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(laid_down == text, "{name} is old: cargo test -p konecta-core lay_down -- --ignored");
    }
}

#[test]
#[ignore = "writes reports/examples"]
fn lay_down() {
    std::fs::create_dir_all(folder()).expect("folder");
    for (name, text) in examples() {
        std::fs::write(folder().join(name), text).expect(name);
    }
}
