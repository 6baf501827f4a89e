//! A roll-up as JSON, as a page and for people, and the status that a report is to a roll-up.
//! What grows with the number of accounts is read line by line from where the roll-up put it; decides nothing.

mod html;
mod json;
#[cfg(test)]
pub(super) mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Seek};

use strum::IntoEnumIterator;

pub use html::html;
pub use json::json;
pub use text::text;

use super::Report;
use crate::rollup::{NamedTarget, Naming, Narrowed, TargetOutcome, TargetStatus};
use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::gap::{Gap, GapKind};
use konecta_base::id::ControlId;
use konecta_base::rule::Rule;
use konecta_base::target::Target;
use konecta_base::text::counted;

/// The version of the JSON form; a reader that does not know it must stop.
pub const VERSION: u32 = 2;

/// What a roll-up says besides what it counted.
#[derive(Debug, Clone, Copy)]
pub struct RollupAbout<'a> {
    /// The version of the program.
    pub tool_version: &'a str,
    /// The run's name, where it has one.
    pub run: Option<&'a str>,
    /// What the run was narrowed to.
    pub narrowed: &'a Narrowed,
    /// What is known about controls, sorted by id. Statuses may name others.
    pub rules: &'a [Rule],
}

impl RollupAbout<'_> {
    fn rule(&self, control: &ControlId) -> Option<&Rule> {
        self.rules.iter().find(|rule| &rule.id == control)
    }
}

impl TargetStatus {
    /// What a report comes to; `key` is where its JSON is kept.
    #[must_use]
    pub fn of(target: &Target, report: &Report, key: String) -> Self {
        let fails =
            |severity| report.findings.iter().filter(|f| f.status == Status::Fail && f.severity == severity).count();
        let reason = why_incomplete(report);
        Self {
            status: if reason.is_none() { TargetOutcome::Complete } else { TargetOutcome::Incomplete },
            key: Some(key),
            reason,
            counts: Status::iter().map(|status| (status, number(report.count(status)))).collect(),
            fails_by_severity: Severity::iter().map(|severity| (severity, number(fails(severity)))).collect(),
            fails: by_control(report, Status::Fail),
            unknowns: by_control(report, Status::Unknown),
            gaps: number(report.gaps.len()),
            errors: number(report.errors.len()),
            ..Self::unscanned(target, "")
        }
    }
}

/// Lengths of lists in memory fit.
fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn by_control(report: &Report, status: Status) -> BTreeMap<ControlId, u64> {
    let mut counts = BTreeMap::new();
    let of_status = |finding: &&Finding| finding.status == status;
    for finding in report.findings.iter().filter(of_status) {
        *counts.entry(finding.control.clone()).or_default() += 1;
    }
    counts
}

/// What is missing, in one line whatever the number; `None` where nothing is.
fn why_incomplete(report: &Report) -> Option<String> {
    const TOLD: usize = 3;
    let mut parts = Vec::new();
    let needed: Vec<&Gap> = report.gaps.iter().filter(|gap| gap.needed).map(|reported| &reported.gap).collect();
    if !needed.is_empty() {
        // A call that was not made is the consequence of another gap, and says nothing beside it.
        let told = |kind: fn(GapKind) -> bool| -> BTreeSet<String> {
            let gaps = needed.iter().filter(|gap| kind(gap.kind));
            gaps.map(|gap| format!("{} {}", gap.action, gap.kind.to_string().replace('_', " "))).collect()
        };
        let causes = told(|kind| kind != GapKind::NotMade);
        let causes = if causes.is_empty() { told(|_| true) } else { causes };
        let more = causes.len().saturating_sub(TOLD);
        let mut listed = causes.into_iter().take(TOLD).collect::<Vec<_>>().join(", ");
        if more > 0 {
            listed.push_str(&format!(" and {more} more"));
        }
        parts.push(format!("{} without an answer: {listed}", counted(needed.len(), "call")));
    }
    if !report.errors.is_empty() {
        parts.push(format!("{} without a verdict", counted(report.errors.len(), "evaluation")));
    }
    match report.count(Status::Unknown) {
        0 => {}
        1 => parts.push("1 verdict is unknown".to_owned()),
        unknown => parts.push(format!("{unknown} verdicts are unknown")),
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Shows everybody who is named for this, in the order of accounts.
fn each_named<R: BufRead + Seek>(
    lists: &mut R,
    naming: Naming,
    mut show: impl FnMut(NamedTarget) -> io::Result<()>,
) -> io::Result<()> {
    lists.rewind()?;
    let mut line = String::new();
    loop {
        line.clear();
        if lists.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let named: NamedTarget = serde_json::from_str(&line)?;
        if named.naming == naming {
            show(named)?;
        }
    }
}
