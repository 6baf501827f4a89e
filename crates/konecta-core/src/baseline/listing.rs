//! The difference between two scans, for a person: what is new first, one line a finding with the place beneath.
//! Knows a report and its baseline; decides nothing.

use std::fmt::Write as _;

use super::{Baseline, BaselineState, Fixed};
use crate::changes::Because;
use crate::report::{Report, sentence};
use konecta_base::finding::Finding;
use konecta_base::text::{prose, visible, wrap};

/// Where the second line of an item begins.
const INDENT: usize = 4;

/// The difference as lines that end with a newline.
#[must_use]
pub fn listing(earlier: &Report, report: &Report, baseline: &Baseline, width: usize) -> String {
    let mut text = String::new();
    for (label, one) in [("from", earlier), ("to", report)] {
        let scan = &one.scan;
        let accounts: Vec<&str> = scan.accounts.iter().map(|account| account.as_str()).collect();
        let regions: Vec<&str> = scan.regions.iter().map(|region| region.as_str()).collect();
        let whole = if one.complete() { "" } else { ", incomplete" };
        let started = scan.started_at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let _ = writeln!(text, "{label:<6}{started}, {} in {}{whole}", accounts.join(", "), regions.join(", "));
    }
    for (label, state) in
        [("NEW", BaselineState::New), ("CHANGED", BaselineState::Updated), ("STILL", BaselineState::Unchanged)]
    {
        let items: Vec<String> = report
            .worst_first()
            .into_iter()
            .filter(|finding| baseline.state(finding) == Some(state))
            .map(|finding| item(finding, &places(baseline, finding, state), width))
            .collect();
        section(&mut text, label, &items);
    }
    let gone = |list: &[Fixed]| -> Vec<String> {
        list.iter().map(|fixed| item(&fixed.finding, &[ending(&fixed.because)], width)).collect()
    };
    section(&mut text, "FIXED", &gone(&baseline.fixed));
    if !baseline.accepted.is_empty() {
        section(&mut text, "ACCEPTED", &gone(&baseline.accepted));
    }
    let not_seen: Vec<String> = baseline
        .not_seen
        .iter()
        .map(|finding| item(finding, &["failed before, and is not decided now".to_owned()], width))
        .collect();
    if !not_seen.is_empty() {
        section(&mut text, "NOT SEEN", &not_seen);
    }
    text
}

fn section(text: &mut String, label: &str, items: &[String]) {
    let _ = writeln!(text, "\n{label}  {}", if items.is_empty() { "none".to_owned() } else { items.len().to_string() });
    items.iter().for_each(|item| text.push_str(item));
}

/// What is wrong, and for a fail that changed what was.
fn places(baseline: &Baseline, finding: &Finding, state: BaselineState) -> Vec<String> {
    let of = |finding: &Finding| -> Vec<String> { finding.violations.iter().map(sentence::difference).collect() };
    let now = of(finding);
    match state {
        BaselineState::Unchanged => Vec::new(),
        BaselineState::New => now,
        BaselineState::Updated => {
            let before = baseline.before.get(&finding.fingerprint()).map(of).unwrap_or_default();
            let gone = before.iter().filter(|place| !now.contains(place)).map(|place| format!("before: {place}"));
            let come = now.iter().filter(|place| !before.contains(place)).map(|place| format!("now: {place}"));
            gone.chain(come).collect()
        }
    }
}

/// Why a fail is gone.
#[must_use]
pub(crate) fn ending(because: &Because) -> String {
    match because {
        Because::Passes => "passes".to_owned(),
        Because::NotApplicable => "does not apply any more".to_owned(),
        Because::Waived(by) => prose(by),
        Because::Absent => "is not there any more".to_owned(),
    }
}

fn item(finding: &Finding, places: &[String], width: usize) -> String {
    let head = format!("{:<8}  {}  {}", finding.severity.to_string(), finding.control, sentence::title(finding));
    let room = width.saturating_sub(INDENT).max(40);
    let mut text = String::new();
    let mut head = wrap(&head, room).into_iter();
    let _ = writeln!(text, "  {}", head.next().unwrap_or_default());
    head.for_each(|line| {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    });
    // An ARN is one line whatever the width: it is there to be copied.
    let _ = writeln!(text, "{:INDENT$}{}", "", visible(finding.resource.arn.as_str()));
    for line in places.iter().flat_map(|place| wrap(place, room)) {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
    text
}
