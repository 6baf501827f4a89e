//! `konecta-audit policy test`: runs the tests of policies and prints what they did not reach.

use std::fmt::Write as _;

use konecta_rego::catalogue::Catalogue;
use konecta_rego::policy_test::{self, TestRun};

use super::with_folder;
use crate::cli::{Policy, PolicyAction};
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Policy) -> Result<Exit, Error> {
    let PolicyAction::Test { dir } = &args.action;
    let run = policy_test::run(&with_folder(Catalogue::built_in()?, dir.as_deref())?)?;
    // The built-in policies are tested where they are built; a user wants to hear of the user's own.
    let own = |file: &str| dir.as_ref().is_none_or(|dir| file.starts_with(&*dir.to_string_lossy()));
    let run = TestRun {
        tests: run.tests.into_iter().filter(|test| own(&test.file)).collect(),
        coverage: run.coverage.into_iter().filter(|file| own(&file.file)).collect(),
        untested: run.untested.into_iter().filter(|file| own(file)).collect(),
    };
    ui::print(&summary(&run))?;
    if run.clean() {
        return Ok(Exit::Clean);
    }
    let failed = run.tests.iter().filter(|test| test.failure.is_some()).count();
    let missed: usize = run.coverage.iter().map(|file| file.missed.len()).sum();
    Err(Error::PolicyTests { count: failed + missed + run.untested.len() })
}

fn summary(run: &TestRun) -> String {
    let mut text = String::new();
    for test in &run.tests {
        if let Some(why) = &test.failure {
            let _ = writeln!(text, "FAIL {}:{} {}: {why}", test.file, test.line, test.name);
        }
    }
    for file in &run.coverage {
        for (line, code) in &file.missed {
            let _ = writeln!(text, "NOT REACHED {}:{line}: {code}", file.file);
        }
    }
    for file in &run.untested {
        let _ = writeln!(text, "NO TEST beside {file}");
    }
    let passed = run.tests.iter().filter(|test| test.failure.is_none()).count();
    let (covered, missed) = run
        .coverage
        .iter()
        .fold((0, 0), |(covered, missed), file| (covered + file.covered, missed + file.missed.len()));
    let _ = writeln!(text, "{passed} passed, {} failed", run.tests.len() - passed);
    let _ = writeln!(text, "{covered} of {} lines of policy reached", covered + missed);
    text
}
