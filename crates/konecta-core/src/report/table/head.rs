//! The top of the table: who read what, when, whether it is complete; then the document, claim by claim.
//! Knows nothing of findings beyond their number.

use std::collections::BTreeSet;

use strum::IntoEnumIterator;

use super::{Paint, labelled, titled};
use crate::report::Report;
use konecta_base::claim::Verdict;
use konecta_base::finding::Status;
use konecta_base::text::{clip_to_width, counted, prose};

const LABEL: usize = 10;

/// What was read.
pub(super) fn scan(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    let scan = &report.scan;
    let accounts: Vec<&str> = scan.accounts.iter().map(|account| account.as_str()).collect();
    let regions: Vec<&str> = scan.regions.iter().map(|region| region.as_str()).collect();
    let seconds = scan.finished_at.as_second().saturating_sub(scan.started_at.as_second());
    let started = scan.started_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let mut lines = vec![paint.heading(&format!("konecta-audit {}", prose(&report.tool_version)))];
    let mut line = |label: &str, text: &str| lines.extend(labelled(label, text, LABEL, width));
    line(if accounts.len() == 1 { "account" } else { "accounts" }, &accounts.join(", "));
    line(
        if regions.len() == 1 { "region" } else { "regions" },
        &format!("{} (and global services)", regions.join(", ")),
    );
    line("when", &format!("{started}, in {seconds} s"));
    line("calls", &format!("{} answered, {} not", scan.calls, report.gaps.len()));
    line("controls", &format!("{} run", report.rules.len()));
    let result = labelled("result", &result_line(report), LABEL, width);
    lines.extend(result.iter().enumerate().map(|(at, line)| match line.split_at_checked(LABEL) {
        Some((label, text)) if at == 0 => format!("{label}{}", paint.leading(text, 1)),
        Some(_) | None => line.clone(),
    }));
    lines
}

/// How many controls, each counted once however many resources it failed on.
fn controls_in_error(report: &Report) -> String {
    let controls: BTreeSet<_> = report.errors.iter().map(|error| &error.control).collect();
    counted(controls.len(), "control")
}

fn result_line(report: &Report) -> String {
    let open = report.count(Status::Unknown);
    let mut missing = Vec::new();
    match report.gaps.len() {
        0 => {}
        1 => missing.push("1 call has no answer".to_owned()),
        gaps => missing.push(format!("{gaps} calls have no answer")),
    }
    if !report.errors.is_empty() {
        missing.push(format!("{} could not be evaluated", controls_in_error(report)));
    }
    let unknown = match open {
        0 => None,
        1 => Some("1 finding is unknown".to_owned()),
        open => Some(format!("{open} findings are unknown")),
    };
    match (missing.is_empty(), unknown) {
        (true, None) => "COMPLETE: every call was answered and every control decided".to_owned(),
        (true, Some(unknown)) => format!("COMPLETE: every call was answered; {unknown} all the same"),
        (false, unknown) => {
            missing.extend(unknown);
            format!("INCOMPLETE: {}; what was not seen does not count as good", missing.join(", "))
        }
    }
}

/// The claims: the ones that do not hold one line each, the rest by number.
pub(super) fn claims(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    if report.claims.is_empty() {
        return Vec::new();
    }
    let numbers: Vec<String> = Verdict::iter()
        .map(|verdict| (verdict, report.claims.iter().filter(|claim| claim.verdict == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| match (verdict, count) {
            (Verdict::Holds, 1) => "1 holds".to_owned(),
            _ => format!("{count} {}", words(verdict)),
        })
        .collect();
    let total = format!("{} of the document: {}", counted(report.claims.len(), "sentence"), numbers.join(", "));
    let mut lines = titled("CLAIMS", &total, "CLAIMS".len() + 2, width, paint);
    let told = [Verdict::Broken, Verdict::Unattainable];
    let shown = || told.iter().flat_map(|verdict| report.claims.iter().filter(move |claim| claim.verdict == *verdict));
    let name = shown().map(|claim| claim.id.as_str().len()).max().unwrap_or_default();
    for claim in shown() {
        let text = format!("{}: {}", prose(&claim.says), prose(&claim.reason));
        let start = format!("  {:<12}  {:<name$}  ", words(claim.verdict), claim.id);
        let room = width.saturating_sub(start.len()).max(20);
        lines.push(paint.leading(&format!("{start}{}", clip_to_width(&text, room)), 1));
    }
    lines.extend(missing(report, width, paint));
    lines
}

/// What is not there, one line each, with the claims that are about nothing.
fn missing(report: &Report, width: usize, paint: Paint) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for claim in report.claims.iter().filter(|claim| claim.verdict == Verdict::Missing) {
        match by_reason.iter_mut().find(|(reason, _)| *reason == claim.reason) {
            Some((_, ids)) => ids.push(claim.id.as_str()),
            None => by_reason.push((&claim.reason, vec![claim.id.as_str()])),
        }
    }
    let start = format!("  {:<12}  ", words(Verdict::Missing));
    let room = width.saturating_sub(start.len()).max(20);
    let line = |(reason, ids): (&str, Vec<&str>)| {
        let text = format!("{}: {}", prose(reason), ids.join(", "));
        paint.leading(&format!("{start}{}", clip_to_width(&text, room)), 1)
    };
    by_reason.into_iter().map(line).collect()
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => "broken",
        Verdict::Missing => "missing",
        Verdict::Unattainable => "unattainable",
        Verdict::Unknown => "unknown",
        Verdict::NotCovered => "not covered",
        Verdict::Holds => "hold",
        Verdict::NotAuditable => "not auditable",
    }
}
