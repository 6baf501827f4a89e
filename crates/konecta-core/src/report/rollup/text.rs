//! The roll-up for people: what was expected and what was seen on the first line, then the worst first.
//! Names and reasons are written by others and made fit for a terminal here.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Seek, Write};

use strum::IntoEnumIterator;

use super::{RollupAbout, each_named};
use crate::rollup::{ControlTotals, Naming, Summary};
use konecta_base::finding::{Severity, Status};
use konecta_base::id::{ControlId, Region};
use konecta_base::text::{clip_to_width, prose, wrap};

/// How many of the worst targets are shown; the JSON form has more.
const SHOWN: usize = 20;

/// Where the reasons of what is named begin.
const INDENT: usize = 6;

/// Writes the roll-up in lines of at most `width` columns; `lists` is what [`crate::rollup::Rollup::finish`] gives back.
///
/// # Errors
/// When the lists cannot be read or the text cannot be written.
pub fn text<R: BufRead + Seek>(
    about: &RollupAbout<'_>,
    summary: &Summary,
    lists: &mut R,
    out: &mut dyn Write,
    width: usize,
) -> io::Result<()> {
    writeln!(out, "{}", accounts(summary))?;
    paragraph(out, &targets(summary), width)?;
    paragraph(out, &findings(summary), width)?;
    if let Some(narrowed) = narrowed(about) {
        paragraph(out, &narrowed, width)?;
    }
    let run = about.run.map(|run| format!("run {}, ", prose(run))).unwrap_or_default();
    paragraph(out, &format!("{run}konecta-audit {}", prose(about.tool_version)), width)?;
    for (naming, count, heading) in [
        (Naming::Unscanned, summary.targets.unscanned, "UNSCANNED"),
        (Naming::Unexpected, summary.targets.unexpected, "UNEXPECTED  a status is there, and nobody expected one"),
        (Naming::Incomplete, summary.targets.incomplete, "INCOMPLETE"),
        (Naming::Suspended, summary.suspended, "SUSPENDED  not entered"),
    ] {
        if count > 0 {
            writeln!(out, "\n{heading}")?;
            named(out, lists, naming, width)?;
        }
    }
    worst(out, summary, width)?;
    controls(out, about, summary, width)
}

/// A run of some controls or regions is no run of the whole, however good it looks.
pub(super) fn narrowed(about: &RollupAbout<'_>) -> Option<String> {
    let list = |noun: &str, names: Vec<&str>| match names.as_slice() {
        [] => None,
        [one] => Some(format!("the {noun} {}", prose(one))),
        several => Some(format!("the {noun}s {}", prose(&several.join(", ")))),
    };
    let controls = list("control", about.narrowed.controls.iter().map(ControlId::as_str).collect());
    let regions = list("region", about.narrowed.regions.iter().map(Region::as_str).collect());
    let told: Vec<String> = controls.into_iter().chain(regions).collect();
    (!told.is_empty()).then(|| format!("NARROWED to {}: it says nothing of the rest", told.join(" and ")))
}

fn paragraph(out: &mut dyn Write, text: &str, width: usize) -> io::Result<()> {
    wrap(text, width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The first line.
pub(super) fn accounts(summary: &Summary) -> String {
    let accounts = summary.accounts;
    let noun = if accounts.expected == 1 { "account" } else { "accounts" };
    let mut line = format!("{} {noun} expected, {} seen", accounts.expected, accounts.seen);
    for (count, word) in
        [(accounts.in_part, "in part"), (accounts.unscanned, "UNSCANNED"), (summary.suspended, "suspended")]
    {
        if count > 0 {
            line.push_str(&format!(", {count} {word}"));
        }
    }
    line
}

pub(super) fn targets(summary: &Summary) -> String {
    let targets = summary.targets;
    if targets.expected == 0 {
        return "0 targets: no account and region was expected, so nothing is known of the organization".to_owned();
    }
    let numbers = [
        (targets.complete, "complete"),
        (targets.incomplete, "incomplete"),
        (targets.unscanned, "UNSCANNED"),
        (targets.unexpected, "unexpected"),
    ];
    let noun = if targets.expected == 1 { "target" } else { "targets" };
    format!("{} {noun}: {}", targets.expected, listed(&numbers))
}

pub(super) fn findings(summary: &Summary) -> String {
    let of = |status: Status| summary.counts.get(&status).copied().unwrap_or_default();
    let numbers: Vec<(u64, String)> =
        Status::iter().map(|status| (of(status), status.to_string().replace('_', " "))).collect();
    let numbers: Vec<(u64, &str)> = numbers.iter().map(|(count, word)| (*count, word.as_str())).collect();
    let mut line = format!("findings: {}", listed(&numbers));
    if of(Status::Fail) > 0 {
        line.push_str(&format!("; fails: {}", severities(&summary.fails_by_severity)));
    }
    if summary.gaps > 0 {
        line.push_str(&format!("; {} without an answer", counted(summary.gaps, "call")));
    }
    if summary.errors > 0 {
        line.push_str(&format!("; {} without a verdict", counted(summary.errors, "evaluation")));
    }
    line
}

pub(super) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn listed(numbers: &[(u64, &str)]) -> String {
    let parts: Vec<String> =
        numbers.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn severities(counts: &BTreeMap<Severity, u64>) -> String {
    let counts = Severity::iter().map(|severity| (counts.get(&severity).copied().unwrap_or_default(), severity));
    let parts: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, severity)| format!("{count} {severity}")).collect();
    parts.join(", ")
}

fn named<R: BufRead + Seek>(out: &mut dyn Write, lists: &mut R, naming: Naming, width: usize) -> io::Result<()> {
    each_named(lists, naming, |named| {
        let region = named.region.as_ref().map(|region| region.to_string());
        place(out, named.account.as_str(), region.as_deref(), named.name.as_deref(), width)?;
        let Some(reason) = &named.reason else { return Ok(()) };
        let lines = wrap(&prose(reason), width.saturating_sub(INDENT));
        lines.iter().try_for_each(|line| writeln!(out, "{:INDENT$}{line}", ""))
    })
}

fn place(out: &mut dyn Write, account: &str, region: Option<&str>, name: Option<&str>, width: usize) -> io::Result<()> {
    let region = region.map(|region| format!("  {region}")).unwrap_or_default();
    let name = name.map(|name| format!("  {}", prose(name))).unwrap_or_default();
    writeln!(out, "  {}", clip_to_width(&format!("{account}{region}{name}"), width.saturating_sub(2)))
}

fn worst(out: &mut dyn Write, summary: &Summary, width: usize) -> io::Result<()> {
    if summary.worst().next().is_none() {
        return Ok(());
    }
    writeln!(out, "\nWORST TARGETS")?;
    for target in summary.worst().take(SHOWN) {
        place(out, target.account.as_str(), Some(target.region.as_str()), target.name.as_deref(), width)?;
        let mut line = severities(&target.fails_by_severity);
        if target.unknown > 0 {
            line.push_str(&format!("; {} unknown", target.unknown));
        }
        writeln!(out, "{:INDENT$}{line}", "")?;
        // A place to be opened is never broken.
        if let Some(key) = &target.key {
            writeln!(out, "{:INDENT$}{}", "", prose(key))?;
        }
    }
    match summary.worst().count().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more in the JSON form"),
    }
}

/// The controls that do not hold everywhere: by severity, then by the number of accounts and of fails.
pub(super) fn controls_by_weight<'s>(
    about: &RollupAbout<'_>,
    summary: &'s Summary,
) -> Vec<(&'s ControlId, &'s ControlTotals)> {
    let mut controls: Vec<(&ControlId, &ControlTotals)> = summary.controls.iter().collect();
    controls.sort_by_key(|(control, totals)| {
        let open = totals.fails == 0;
        // Of a control that is not known, neither is the severity: it comes last.
        let severity = about.rule(control).map(|rule| rule.severity);
        (open, severity.is_none(), severity, std::cmp::Reverse((totals.accounts, totals.fails, totals.unknowns)))
    });
    controls
}

fn controls(out: &mut dyn Write, about: &RollupAbout<'_>, summary: &Summary, width: usize) -> io::Result<()> {
    let controls = controls_by_weight(about, summary);
    if controls.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCONTROLS")?;
    writeln!(out, "  {:<11} {:<8} {:>8} {:>7} {:>7}  title", "control", "severity", "accounts", "fails", "unknown")?;
    for (control, totals) in controls {
        let severity = about.rule(control).map(|rule| rule.severity.to_string()).unwrap_or_default();
        let title = about.rule(control).map(|rule| prose(&rule.title)).unwrap_or_default();
        let line = format!(
            "  {control:<11} {severity:<8} {:>8} {:>7} {:>7}  {title}",
            totals.accounts, totals.fails, totals.unknowns
        );
        writeln!(out, "{}", clip_to_width(&line, width).trim_end())?;
    }
    Ok(())
}
