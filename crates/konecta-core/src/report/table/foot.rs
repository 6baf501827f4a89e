//! The end of the table: what was not seen, which controls are in error, the numbers, and the next step.
//! Knows the commands of the program by name only.

use std::collections::{BTreeMap, BTreeSet};

use strum::IntoEnumIterator;

use super::{Paint, labelled, titled};
use crate::report::{Report, ReportedGap};
use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::gap::GapKind;
use konecta_base::id::{Action, ControlId};
use konecta_base::text::{counted, prose, shell_word, visible, wrap};
use konecta_base::waiver::is_about_a_waiver;

/// What was not seen, by the IAM action that would have shown it.
pub(super) fn gaps(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    let mut by_action: BTreeMap<&Action, Vec<&ReportedGap>> = BTreeMap::new();
    for gap in &report.gaps {
        by_action.entry(&gap.gap.action).or_default().push(gap);
    }
    if by_action.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "{}  {} without an answer, by IAM action",
        paint.heading("GAPS"),
        counted(report.gaps.len(), "call")
    )];
    let longest = by_action.keys().map(|action| action.as_str().len()).max().unwrap_or_default();
    for (action, gaps) in by_action {
        let reasons: BTreeSet<String> = gaps.iter().map(|gap| reason(gap)).collect();
        let reasons: Vec<String> = reasons.into_iter().collect();
        let controls: BTreeSet<&ControlId> =
            gaps.iter().filter(|gap| gap.needed).flat_map(|gap| &gap.controls).collect();
        let times = if gaps.len() == 1 { String::new() } else { format!(", {} times", gaps.len()) };
        let left = match controls.len() {
            0 => "no control left open".to_owned(),
            count => format!("{} left open: {}", counted(count, "control"), join(&controls)),
        };
        let text = format!("{}{times}; {left}", reasons.join(", "));
        // On a narrow terminal the action has a line of its own: it is never broken.
        let indent = longest + 4;
        if width.saturating_sub(indent) >= 50 {
            lines.extend(labelled(&format!("  {action}"), &text, indent, width));
        } else {
            lines.push(format!("  {action}"));
            lines.extend(wrap(&text, width.saturating_sub(6)).into_iter().map(|line| format!("      {line}")));
        }
    }
    if report.gaps.iter().any(|gap| gap.gap.kind == GapKind::Denied) {
        lines.push("  What is denied can be granted: konecta-audit permissions".to_owned());
    }
    lines
}

fn join(controls: &BTreeSet<&ControlId>) -> String {
    const TOLD: usize = 6;
    let told: Vec<&str> = controls.iter().take(TOLD).map(|control| control.as_str()).collect();
    let more = controls.len().saturating_sub(TOLD);
    if more == 0 { told.join(", ") } else { format!("{} and {more} more", told.join(", ")) }
}

/// Why, and the service's own word for it where that says more.
fn reason(gap: &ReportedGap) -> String {
    let words = match gap.gap.kind {
        GapKind::Denied => "denied",
        GapKind::Throttled => "throttled",
        GapKind::TimedOut => "timed out",
        GapKind::Unreachable => "unreachable",
        GapKind::ServerError => "failed on AWS's side",
        GapKind::Refused => "refused",
        GapKind::BrokenAnswer => "answer broken",
        GapKind::NotMade => "not made",
    };
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let error = prose(&gap.gap.error);
    if letters(words) == letters(&error) { words.to_owned() } else { format!("{words} ({error})") }
}

/// The controls that could not be evaluated.
pub(super) fn errors(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    if report.errors.is_empty() {
        return Vec::new();
    }
    let mut lines =
        vec![format!("{}  {} without a verdict", paint.heading("ERRORS"), counted(report.errors.len(), "evaluation"))];
    for error in &report.errors {
        lines.push(format!("  {} on {}", error.control, visible(&error.arn)));
        lines.extend(
            wrap(&prose(&error.message), width.saturating_sub(6)).into_iter().map(|line| format!("      {line}")),
        );
    }
    lines
}

/// The numbers and the next step.
pub(super) fn summary(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    let by_status: Vec<String> = Status::iter()
        .map(|status| (status, report.count(status)))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", status.to_string().replace('_', " ")))
        .collect();
    let fails =
        |severity| report.findings.iter().filter(|f| f.status == Status::Fail && f.severity == severity).count();
    let by_severity: Vec<String> = Severity::iter()
        .map(|severity| (severity, fails(severity)))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    let statuses = if by_status.is_empty() { "no findings".to_owned() } else { by_status.join(", ") };
    let mut lines = Vec::new();
    let mut line = |label: &str, text: &str| {
        lines.extend(titled(label, text, 10, width, paint));
    };
    line("SUMMARY", &statuses);
    if !by_severity.is_empty() {
        line("FAILS", &by_severity.join(", "));
    }
    // A command is one line whatever the width: it is there to be copied.
    lines.push(format!("{}      {}", paint.heading("NEXT"), next(report)));
    lines
}

fn next(report: &Report) -> String {
    let ordered = report.worst_first();
    let is_rotten = |finding: &&&Finding| is_about_a_waiver(&finding.control);
    let worst = |status| ordered.iter().find(|finding| finding.status == status && !is_rotten(finding));
    let explain = |finding: &&Finding| {
        format!("konecta-audit explain {} {}", finding.control, shell_word(finding.resource.arn.as_str()))
    };
    match worst(Status::Fail).or_else(|| worst(Status::Unknown)) {
        Some(finding) => explain(finding),
        None if ordered.iter().any(|finding| is_rotten(&finding)) => {
            "konecta-audit waivers explain --report FILE, with a report in JSON".to_owned()
        }
        None if !report.gaps.is_empty() => "konecta-audit permissions".to_owned(),
        None => "nothing to do; run the same scan again when something has changed".to_owned(),
    }
}
