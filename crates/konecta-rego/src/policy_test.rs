//! Runs the `_test.rego` files as OPA would, and says which rules they never reached.
//! A test that is undefined is a failed test; regorus alone would let it vanish.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use regorus::Value;

use super::PolicyError;
use super::catalogue::Catalogue;
use super::engine::{add, brief, engine_within, guarded};
use super::source::PolicySource;

/// With all policies loaded and every line counted, an evaluation takes many times what one of a scan takes.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// One `test_…` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The file it stands in.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// Its package and name.
    pub name: String,
    /// `None` if it passed, else why not.
    pub failure: Option<String>,
}

/// The lines of one policy that no test reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The file.
    pub file: String,
    /// Lines that some test reached.
    pub covered: usize,
    /// Lines that none reached, with their text.
    pub missed: Vec<(usize, String)>,
}

/// What a run of the tests brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRun {
    /// Every test, in the order of files and lines.
    pub tests: Vec<TestResult>,
    /// Every control and library.
    pub coverage: Vec<Coverage>,
    /// Controls beside which no test file stands.
    pub untested: Vec<String>,
}

impl TestRun {
    /// Whether every test passed, every control has tests and every line was reached.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.untested.is_empty()
            && self.tests.iter().all(|test| test.failure.is_none())
            && self.coverage.iter().all(|file| file.missed.is_empty())
    }
}

/// Runs all tests of a catalogue, all policies loaded together.
///
/// # Errors
/// When a policy does not parse or compile.
pub fn run(catalogue: &Catalogue) -> Result<TestRun, PolicyError> {
    let mut engine = engine_within(TIME_LIMIT);
    let policies: Vec<&PolicySource> =
        catalogue.libraries().iter().chain(catalogue.controls().map(|control| &control.source)).collect();
    for source in policies.iter().copied().chain(catalogue.tests()) {
        add(&mut engine, &source.file, &source.text)?;
    }
    engine.set_enable_coverage(true);
    engine.set_input(Value::new_object());
    let mut tests = Vec::new();
    for source in catalogue.tests() {
        let mut rules: Vec<(&String, &usize)> =
            source.rules.iter().filter(|(name, _)| name.starts_with("test_")).collect();
        rules.sort_by_key(|(_, line)| **line);
        for (name, line) in rules {
            let path = format!("data.{}.{name}", source.package);
            let failure = match guarded(Some(&path), || engine.eval_rule(path.clone())) {
                Ok(Ok(Value::Bool(true))) => None,
                Ok(Ok(Value::Undefined)) => Some("it is undefined".to_owned()),
                Ok(Ok(other)) => Some(format!("it is {other}")),
                Ok(Err(error)) => Some(brief(&format!("{error:#}"))),
                Err(panic) => Some(panic),
            };
            let name = format!("{}.{name}", source.package);
            tests.push(TestResult { file: source.file.clone(), line: *line, name, failure });
        }
    }
    let report = engine
        .get_coverage_report()
        .map_err(|error| PolicyError::Engine { resource_type: "policy test".to_owned(), reason: error.to_string() })?;
    let coverage = coverage(&report, &policies);
    Ok(TestRun { tests, coverage, untested: untested(catalogue) })
}

fn coverage(report: &regorus::coverage::Report, policies: &[&PolicySource]) -> Vec<Coverage> {
    let texts: BTreeMap<&str, &str> =
        policies.iter().map(|source| (source.file.as_str(), source.text.as_str())).collect();
    let mut coverage: Vec<Coverage> = report
        .files
        .iter()
        .filter_map(|file| {
            let text = texts.get(file.path.as_str())?;
            let missed = file.not_covered.iter().map(|&line| {
                let number = line as usize;
                (number, text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim().to_owned())
            });
            Some(Coverage { file: file.path.clone(), covered: file.covered.len(), missed: missed.collect() })
        })
        .collect();
    coverage.sort_by(|a, b| a.file.cmp(&b.file));
    coverage
}

fn untested(catalogue: &Catalogue) -> Vec<String> {
    let tested: BTreeSet<&str> = catalogue.tests().iter().map(|test| test.file.as_str()).collect();
    catalogue
        .controls()
        .map(|control| control.source.file.as_str())
        .filter(|file| !tested.contains(file.replace(".rego", "_test.rego").as_str()))
        .map(str::to_owned)
        .collect()
}
