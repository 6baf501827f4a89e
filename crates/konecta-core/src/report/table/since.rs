//! What became of the earlier scan: numbers, and what is gone, a line each. What is new is told with the findings.

use super::{Paint, titled};
use crate::baseline::{BaselineState, ending};
use crate::report::{Report, sentence};
use konecta_base::finding::Finding;
use konecta_base::text::wrap;

/// Beneath which the lines of an item stand.
const INDENT: usize = 4;

/// The lines of the section; none where there is no earlier scan.
pub(super) fn section(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    let Some(baseline) = &report.baseline else { return Vec::new() };
    let changed = match baseline.count(BaselineState::Updated) {
        0 => String::new(),
        count => format!(", {count} changed"),
    };
    let accepted = match baseline.accepted.len() {
        0 => String::new(),
        count => format!(", {count} accepted"),
    };
    let not_seen = match baseline.not_seen.len() {
        0 => String::new(),
        count => format!(", {count} not seen"),
    };
    let numbers = format!(
        "{}: {} new{changed}, {} unchanged, {} fixed{accepted}{not_seen}",
        baseline.started_at.strftime("scan of %Y-%m-%d %H:%M:%S UTC"),
        baseline.count(BaselineState::New),
        baseline.count(BaselineState::Unchanged),
        baseline.fixed.len(),
    );
    let mut lines = titled("BASELINE", &numbers, "BASELINE".len() + 2, width, paint);
    let mut item = |label: &str, finding: &Finding, because: &str| {
        let title = sentence::title(finding);
        let text = format!("{label}  {}  {}: {title}; {because}", finding.control, sentence::name(&finding.resource));
        let wrapped = wrap(&text, width.saturating_sub(INDENT)).into_iter().enumerate();
        lines.extend(wrapped.map(|(at, line)| format!("{:1$}{line}", "", if at == 0 { 2 } else { INDENT })));
    };
    for fixed in &baseline.fixed {
        item("fixed", &fixed.finding, &ending(&fixed.because));
    }
    for accepted in &baseline.accepted {
        item("accepted", &accepted.finding, &ending(&accepted.because));
    }
    for finding in &baseline.not_seen {
        item("not seen", finding, "failed before, and is not decided now");
    }
    lines
}
