//! `konecta-audit explain`: a control in words; with an ARN, what its verdict rests on, step by step.

use std::fmt::Write as _;

use konecta_base::finding::{Finding, Status};
use konecta_base::snapshot::{SnapshotFile, Source};
use konecta_base::text;
use konecta_core::audit::Audited;
use konecta_core::facts::Facts;
use konecta_core::report::sentence;
use konecta_rego::catalogue::Catalogue;
use serde_json::Value;

use super::controls::described;
use super::{blind, catalogue, reading};
use crate::cli::{Explain, SelectArgs};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Explain, config: &Config) -> Result<Exit, Error> {
    let select =
        SelectArgs { control: vec![args.control.clone()], policies: args.policies.clone(), ..SelectArgs::default() };
    let catalogue = catalogue(&select)?;
    let mut told: String = catalogue.controls().map(described).collect();
    let (shown, exit) = match (&args.snapshot, &args.arn) {
        (Some(path), _) => evidence(&SnapshotFile::open(path)?, &catalogue, config, args)?,
        (None, Some(_)) => {
            let snapshot = reading::read(&args.account, config, &catalogue.reads())?;
            evidence(&snapshot, &catalogue, config, args)?
        }
        (None, None) => (String::new(), Exit::Clean),
    };
    told.push_str(&shown);
    ui::print(&told)?;
    Ok(exit)
}

/// What the verdicts rest on; and how the command ends: as a scan where the control could not be evaluated on what was
/// asked about, or was not decided for want of an answer.
fn evidence(
    source: &dyn Source,
    catalogue: &Catalogue,
    config: &Config,
    args: &Explain,
) -> Result<(String, Exit), Error> {
    let Audited { mut report, facts, .. } = config.audit(catalogue).accepting(source)?;
    let wanted = |finding: &&Finding| {
        args.arn
            .as_ref()
            .is_none_or(|arn| finding.resource.arn.as_str() == arn || &sentence::name(&finding.resource) == arn)
    };
    report.errors.retain(|error| args.arn.as_ref().is_none_or(|arn| &error.arn == arn));
    let findings: Vec<&Finding> = report.findings.iter().filter(wanted).collect();
    if findings.is_empty() && report.errors.is_empty() {
        return Err(Error::NoSuchFinding {
            control: args.control.clone(),
            arn: args.arn.clone().unwrap_or_else(|| "any resource".to_owned()),
        });
    }
    let names: Vec<&str> =
        catalogue.controls().flat_map(|control| &control.metadata.custom.facts).map(String::as_str).collect();
    let width = ui::screen().width;
    let is_open = findings.iter().any(|finding| finding.status == Status::Unknown);
    let exit = match blind::warn(&report, &|_| true) {
        Exit::Incomplete if !is_open => Exit::Clean,
        exit @ (Exit::Clean | Exit::Findings | Exit::CouldNotRun | Exit::Incomplete | Exit::NotFixed | Exit::Bug) => {
            exit
        }
    };
    let mut told: String = findings.iter().map(|finding| step_by_step(finding, &facts, &names, width)).collect();
    for error in &report.errors {
        let _ = writeln!(told, "\nNO VERDICT  {}", text::visible(&error.arn));
        told.push_str(&paragraph("because     ", &text::prose(&error.message), width));
    }
    Ok((told, exit))
}

/// The verdict, the calls it rests on, what was derived of their answers, and where the promise breaks.
fn step_by_step(finding: &Finding, facts: &Facts, names: &[&str], width: usize) -> String {
    let status = finding.status.to_string().replace('_', " ").to_uppercase();
    let mut told = format!("\n{status}  {}\n", text::visible(finding.resource.arn.as_str()));
    if let Some(first) = finding.evidence.first() {
        let calls: Vec<&str> = finding.evidence.iter().map(|evidence| evidence.action.as_str()).collect();
        let calls = format!("{} (seen {:.0})", calls.join(", "), first.captured_at);
        told.push_str(&paragraph("1. asked    ", &calls, width));
    }
    for name in names {
        let known = facts.by_arn.get(finding.resource.arn.as_str()).and_then(|facts| facts.get(name));
        let shown = known.map_or_else(|| "not known".to_owned(), pretty);
        told.push_str(&paragraph("2. derived  ", &format!("{name}:"), width));
        for line in shown.lines() {
            let _ = writeln!(told, "{:16}{}", "", text::visible(line));
        }
    }
    for violation in &finding.violations {
        told.push_str(&paragraph("3. broken   ", &sentence::difference(violation), width));
        for hop in &violation.proof {
            told.push_str(&paragraph("            → ", &text::visible(hop), width));
        }
    }
    for reason in &finding.reasons {
        told.push_str(&paragraph("3. because  ", &text::visible(reason), width));
    }
    told
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

/// A label and a text beside it, wrapped under itself.
fn paragraph(label: &str, told: &str, width: usize) -> String {
    let indent = label.chars().count();
    let lines = text::wrap(told, width.saturating_sub(indent).max(20));
    let mut shown = String::new();
    for (number, line) in lines.iter().enumerate() {
        let _ = match number {
            0 => writeln!(shown, "{label}{line}"),
            _ => writeln!(shown, "{:indent$}{line}", ""),
        };
    }
    shown
}
