//! The state of each result to an earlier run, as SARIF has it: new, unchanged, updated, and absent for what is gone.
//! A result is a violation, so the state is that of the violation and not of the whole finding.
//! Either all results of a run have a state or none has one.

use serde_sarif::sarif::ResultBaselineState;

use crate::baseline::Baseline;
use konecta_base::finding::{Finding, Violation};

/// How a violation of a finding stands. What was found before and is waived now is as it was.
pub(super) fn state(baseline: &Baseline, finding: &Finding, violation: Option<&Violation>) -> ResultBaselineState {
    let Some(before) = baseline.earlier(finding) else { return ResultBaselineState::New };
    let Some(violation) = violation else { return ResultBaselineState::Unchanged };
    let at_path: Vec<&Violation> = before.violations.iter().filter(|one| one.path == violation.path).collect();
    match at_path.iter().any(|one| one.actual == violation.actual) {
        true => ResultBaselineState::Unchanged,
        false if at_path.is_empty() => ResultBaselineState::New,
        false => ResultBaselineState::Updated,
    }
}

/// What the earlier run found and this one proves to be gone: a finding with the violations of it that are.
pub(super) fn absent(baseline: &Baseline, findings: &[Finding]) -> Vec<Finding> {
    let whole = baseline.fixed.iter().map(|fixed| fixed.finding.clone());
    let parts = findings.iter().filter_map(|finding| {
        let before = baseline.earlier(finding)?;
        let is_gone = |one: &&Violation| finding.violations.iter().all(|now| now.path != one.path);
        let gone: Vec<Violation> = before.violations.iter().filter(is_gone).cloned().collect();
        (baseline.state(finding).is_some() && !gone.is_empty())
            .then(|| Finding { violations: gone.into(), ..before.clone() })
    });
    whole.chain(parts).collect()
}
