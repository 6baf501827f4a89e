//! What could not be judged or was not seen, told beside a result that is not the report itself, and the exit code that
//! follows: the same as of a scan.

use std::collections::BTreeSet;

use konecta_base::id::ControlId;
use konecta_base::text;
use konecta_core::report::Report;

use crate::error::Exit;
use crate::ui;

/// Tells the evaluation errors and the unanswered calls of the controls that are of concern.
pub(super) fn warn(report: &Report, concerns: &dyn Fn(&ControlId) -> bool) -> Exit {
    let errors: Vec<_> = report.errors.iter().filter(|error| concerns(&error.control)).collect();
    for error in &errors {
        let (arn, message) = (text::visible(&error.arn), text::prose(&error.message));
        ui::note(&format!("error: {} could not be evaluated on {arn}: {message}", error.control));
    }
    let gaps = report.gaps.iter().filter(|gap| gap.controls.iter().any(concerns));
    let actions: BTreeSet<&str> = gaps.map(|gap| gap.gap.action.as_str()).collect();
    if !actions.is_empty() {
        let actions: Vec<&str> = actions.into_iter().collect();
        ui::note(&format!("warning: no answer to {}; what was not seen does not count as good", actions.join(", ")));
    }
    match (errors.is_empty(), report.gaps.iter().any(|gap| gap.controls.iter().any(concerns))) {
        (false, _) => Exit::CouldNotRun,
        (true, true) => Exit::Incomplete,
        (true, false) => Exit::Clean,
    }
}

/// The end of a command that came to `exit`, where this much could not be judged.
pub(super) fn ending(exit: Exit, blind: Exit) -> Exit {
    match (exit, blind) {
        (Exit::Clean | Exit::Findings | Exit::Incomplete, Exit::CouldNotRun) => Exit::CouldNotRun,
        (Exit::Clean, Exit::Incomplete) => Exit::Incomplete,
        (exit, _) => exit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_worse_than_a_finding_and_no_better_than_a_failed_fix() {
        for (exit, blind, expected) in [
            (Exit::Clean, Exit::Clean, Exit::Clean),
            (Exit::Clean, Exit::Incomplete, Exit::Incomplete),
            (Exit::Findings, Exit::Incomplete, Exit::Findings),
            (Exit::Findings, Exit::CouldNotRun, Exit::CouldNotRun),
            (Exit::NotFixed, Exit::CouldNotRun, Exit::NotFixed),
        ] {
            assert_eq!(ending(exit, blind), expected, "{exit:?} {blind:?}");
        }
    }
}
