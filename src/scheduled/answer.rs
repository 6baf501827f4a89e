//! What an invocation answers: what came of its targets, and where to go on.

use konecta_core::rollup::{TargetOutcome, TargetStatus};
use serde::Serialize;

use super::event::Continuation;

/// The answer of `scan` and `target`.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    status: Overall,
    run: String,
    targets: Vec<TargetStatus>,
    /// What failed beside the reports.
    errors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    continuation: Option<Continuation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Overall {
    Complete,
    Incomplete,
    Unscanned,
    Continue,
}

impl Answer {
    pub(super) fn of(
        run: &str,
        targets: Vec<TargetStatus>,
        errors: Vec<String>,
        continuation: Option<Continuation>,
    ) -> Self {
        let all = |outcome| targets.iter().all(|target| target.status == outcome);
        let status = if continuation.is_some() {
            Overall::Continue
        } else if all(TargetOutcome::Complete) {
            Overall::Complete
        } else if all(TargetOutcome::Unscanned) {
            Overall::Unscanned
        } else {
            Overall::Incomplete
        };
        Self { status, run: run.to_owned(), targets, errors, continuation }
    }
}
