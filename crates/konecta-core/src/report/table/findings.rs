//! The findings, worst first, one row each, under a heading for each layer.
//! Wide: severity, status, control, resource, what. Narrow, or with names too long for a column: the resource
//! stands on the first line of *what*. Names and ids are never broken, so that they can be searched and copied.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use strum::IntoEnumIterator;
use unicode_width::UnicodeWidthStr;

use super::{Paint, titled};
use crate::baseline::{Baseline, BaselineState};
use crate::report::{Report, sentence};
use konecta_base::finding::{Finding, Status};
use konecta_base::text::{prose, wrap};

/// From here on the resource has a column of its own.
const WIDE: usize = 100;
/// What the last column needs to be readable.
const LEAST_ROOM: usize = 40;
/// Between two columns.
const GAP: u16 = 2;

/// The lines of the section.
pub(super) fn section(report: &Report, width: usize, show_pass: bool, paint: Paint) -> Vec<String> {
    let shown: Vec<&Finding> = report.worst_first().into_iter().filter(|f| is_shown(f.status, show_pass)).collect();
    let total = numbers(&report.findings.iter().collect::<Vec<_>>());
    let mut lines = titled("FINDINGS", &total, "FINDINGS".len() + 2, width, paint);
    if shown.is_empty() {
        return lines;
    }
    let layout = Layout::of(report, &shown, width);
    let mut layers: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in shown {
        let layer = report.layer(finding);
        match layers.iter_mut().find(|(name, _)| *name == layer) {
            Some((_, findings)) => findings.push(finding),
            None => layers.push((layer, vec![finding])),
        }
    }
    lines.extend(layout.lines([layout.header()]).into_iter().map(|line| paint.heading(line.trim_end())));
    for (layer, findings) in layers {
        lines.push(String::new());
        lines.push(format!("{}  {}", paint.heading(&prose(layer)), numbers(&findings)));
        let rows = findings.iter().map(|finding| layout.row(finding));
        lines.extend(layout.lines(rows).iter().map(|line| paint.leading(line, 2)));
    }
    lines
}

fn is_shown(status: Status, show_pass: bool) -> bool {
    match status {
        Status::Fail | Status::Unknown | Status::Waived => true,
        Status::Pass => show_pass,
        Status::NotApplicable => false,
    }
}

/// `3 fail, 1 unknown`, or `none`.
fn numbers(findings: &[&Finding]) -> String {
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.status).or_default() += 1;
    }
    let told: Vec<String> = Status::iter()
        .filter_map(|status| {
            counts.get(&status).map(|count| format!("{count} {}", prose(&status.to_string().replace('_', " "))))
        })
        .collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

/// Where the columns stand; the same for every layer.
struct Layout<'a> {
    since: Option<&'a Baseline>,
    control: usize,
    /// The width of the resource's own column, if it has one.
    resource: Option<usize>,
    what: usize,
    accounts: bool,
    regions: bool,
}

impl<'a> Layout<'a> {
    fn of(report: &'a Report, shown: &[&Finding], width: usize) -> Self {
        let several = |count: usize| count > 1;
        let accounts: BTreeSet<_> = shown.iter().map(|f| &f.resource.account_id).collect();
        let regions: BTreeSet<_> =
            shown.iter().map(|f| &f.resource.region).filter(|region| !region.is_global()).collect();
        let control = shown.iter().map(|f| f.control.as_str().len()).max().unwrap_or_default().max("CONTROL".len());
        let mut layout = Self {
            since: report.baseline.as_ref(),
            control,
            resource: None,
            what: 0,
            accounts: several(report.scan.accounts.len()) || several(accounts.len()),
            regions: several(report.scan.regions.len()) || several(regions.len()),
        };
        let name = shown
            .iter()
            .flat_map(|f| [sentence::name(&f.resource), layout.place(f)])
            .map(|text| text.width())
            .max()
            .unwrap_or_default()
            .max("RESOURCE".len());
        let gap = usize::from(GAP);
        let left = width.saturating_sub("critical".len() + gap + "unknown".len() + gap + control + gap);
        let beside = left.saturating_sub(name + gap);
        layout.resource = (width >= WIDE && beside >= LEAST_ROOM).then_some(name);
        layout.what = if layout.resource.is_some() { beside } else { left.max(LEAST_ROOM / 2) };
        layout
    }

    /// Where the resource is, as far as that is not the same for all.
    fn place(&self, finding: &Finding) -> String {
        let resource = &finding.resource;
        match (self.accounts, self.regions) {
            (true, true) => format!("{} {}", resource.account_id, resource.region),
            (true, false) => resource.account_id.to_string(),
            (false, true) => resource.region.to_string(),
            (false, false) => String::new(),
        }
    }

    fn header(&self) -> Vec<String> {
        let names: &[&str] = match self.resource {
            Some(_) => &["SEVERITY", "STATUS", "CONTROL", "RESOURCE", "WHAT"],
            None => &["SEVERITY", "STATUS", "CONTROL", "RESOURCE and what"],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn row(&self, finding: &Finding) -> Vec<String> {
        let mut cells = vec![finding.severity.to_string(), status(finding), finding.control.to_string()];
        let name = sentence::name(&finding.resource);
        let place = self.place(finding);
        let since = self.since.iter().filter_map(|baseline| since(baseline, finding));
        let what: Vec<String> = what(finding)
            .into_iter()
            .chain(since)
            .collect::<Vec<_>>()
            .iter()
            .flat_map(|line| wrap(line, self.what))
            .collect();
        if self.resource.is_some() {
            cells.push(format!("{name}\n{place}").trim_end().to_owned());
            cells.push(what.join("\n"));
        } else {
            // The place goes beside the name where there is room, else under it.
            let beside = if name.width() + 3 + place.width() <= self.what { " " } else { "\n" };
            let place = if place.is_empty() { place } else { format!("{beside}({place})") };
            cells.push(format!("{name}{place}\n{}", what.join("\n")));
        }
        cells
    }

    fn lines(&self, rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in rows {
            table.add_row(row);
        }
        // All layers stand under one header, so no column may follow the content of its own layer.
        let widths = ["critical".len(), "unknown".len(), self.control].into_iter().chain(self.resource);
        for (column, width) in table.column_iter_mut().zip(widths) {
            let width = u16::try_from(width).unwrap_or(u16::MAX).saturating_add(GAP);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

fn status(finding: &Finding) -> String {
    match finding.status {
        Status::Fail => "fail",
        Status::Unknown => "unknown",
        Status::Waived => "waived",
        Status::Pass => "pass",
        Status::NotApplicable => "n/a",
    }
    .to_owned()
}

/// What is not as it was in the earlier scan.
fn since(baseline: &Baseline, finding: &Finding) -> Option<String> {
    let day = baseline.started_at.strftime("%Y-%m-%d");
    match baseline.state(finding)? {
        BaselineState::New => Some(format!("NEW since the scan of {day}")),
        BaselineState::Updated => Some(format!("CHANGED since the scan of {day}")),
        BaselineState::Unchanged => None,
    }
}

/// The title; for a fail its first violation, for the others the first reason. Of what AWS cannot give, and of what a waiver
/// speaks of, the reason is told with the violation; the waiver's own words are the last.
fn what(finding: &Finding) -> Vec<String> {
    let mut lines = vec![sentence::title(finding)];
    if let Some(violation) = finding.violations.first() {
        lines.push(sentence::difference(violation));
        if !violation.proof.is_empty() {
            lines.push(format!("seen along {}", sentence::proof(violation)));
        }
        if finding.violations.len() > 1 {
            lines.push(format!("+{} more", finding.violations.len() - 1));
        }
    }
    match finding.status {
        Status::Fail => lines.extend(finding.reasons.iter().map(|reason| prose(reason))),
        Status::Waived => lines.extend(finding.reasons.last().map(|reason| prose(reason))),
        Status::Unknown | Status::NotApplicable => lines.extend(finding.reasons.first().map(|reason| prose(reason))),
        Status::Pass => {}
    }
    lines
}
