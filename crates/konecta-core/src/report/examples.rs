//! The committed examples in `reports/examples`, kept fresh: what a reader sees there is what the code writes today.
//! To lay them down again: `cargo test -p konecta-core lay_down -- --ignored`.

use std::path::PathBuf;

use strum::IntoEnumIterator as _;

use super::format::{Format, FormatOptions};
use super::sarif::{self, SarifOptions};
use super::table::{self, TableOptions};
use super::{Report, rollup, testdata};
use konecta_base::finding::Status;

/// What somebody may call an account.
const HOSTILE: &str = "</td><script>alert(1)</script><img src=x onerror=alert(1)> \u{202e}{{main}}";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../reports/examples")
}

fn as_sarif(report: &Report, include_waived: bool) -> String {
    sarif::render(report, &sarif::tests::places(), &SarifOptions { include_waived }).expect("renders").text
}

fn written(format: Format, report: &Report) -> String {
    let places = sarif::tests::places();
    let options =
        FormatOptions { width: 80, color: false, show_pass: false, places: Some(&places), include_waived: false };
    format.render(report, &options).expect("renders")
}

fn examples() -> Vec<(String, String)> {
    let report = testdata::report();
    let text = |width| table::render(&report, &TableOptions { width, color: false, show_pass: false });
    let mut gaps = testdata::empty();
    gaps.gaps.clone_from(&report.gaps);
    let mut severities = testdata::report();
    for finding in &mut severities.findings {
        finding.status = Status::Fail;
    }
    let mut examples = [
        ("report-80.txt", text(80)),
        ("report-160.txt", text(160)),
        ("waived.sarif", as_sarif(&report, true)),
        ("nothing-found.sarif", as_sarif(&testdata::empty(), false)),
        ("only-gaps.sarif", as_sarif(&gaps, false)),
        ("every-severity.sarif", as_sarif(&severities, false)),
        ("hostile.sarif", as_sarif(&testdata::hostile(), true)),
        ("hostile.html", written(Format::Html, &testdata::hostile())),
        ("nothing-found.html", written(Format::Html, &testdata::empty())),
        ("rollup.html", rollup::tests::page("payroll")),
        ("hostile-rollup.html", rollup::tests::page(HOSTILE)),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .to_vec();
    // A table is shown in two widths above.
    let formats = Format::iter().filter(|format| *format != Format::Table);
    examples.extend(formats.map(|format| (format!("report.{}", format.ending()), written(format, &report))));
    examples
}

#[test]
fn the_examples_are_what_the_code_writes() {
    for (name, text) in examples() {
        let path = folder().join(&name);
        let laid_down = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(laid_down == text, "{name} is old: cargo test -p konecta-core lay_down -- --ignored");
    }
}

#[test]
#[ignore = "writes reports/examples"]
fn lay_down() {
    std::fs::create_dir_all(folder()).expect("folder");
    for (name, text) in examples() {
        std::fs::write(folder().join(&name), text).expect(&name);
    }
}
