//! `konecta-audit verify`: whether a report is the one that was signed, and whether its verdicts follow from its snapshot.

use std::collections::BTreeMap;
use std::path::Path;

use konecta_base::finding::{Finding, Status};
use konecta_base::id::{Arn, ControlId};
use konecta_base::limits;
use konecta_base::waiver::is_about_a_waiver;
use konecta_core::report::Report;
use serde_json::{Value, json};

use super::judged;
use crate::attestation;
use crate::cli::verify::Verify;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::signature::VerifyingKey;
use crate::ui;

pub(super) fn run(args: &Verify, config: &Config) -> Result<Exit, Error> {
    let key = VerifyingKey::read(&args.verify_key)?;
    let bytes = limits::read(&args.report, limits::DOCUMENT)
        .map_err(|source| Error::ReadFile { path: args.report.clone(), source })?;
    key.verify(&args.report, &bytes)?;
    let predicate = attestation::opened(&args.report, &bytes, &key)?;
    // The bytes that were signed: the file may be another by now.
    let report = judged::parsed(&args.report, &bytes)?;
    let mut told = format!(
        "{}: signed, as {} made it of {} in {} at {}\n",
        args.report.display(),
        predicate.tool,
        predicate.accounts.join(", "),
        predicate.regions.join(", "),
        predicate.scanned_at
    );
    if let Some(previous) = &args.previous {
        predicate.names_previous(previous)?;
        told.push_str(&format!("{}: the report before\n", previous.display()));
    }
    let mut exit = Exit::Clean;
    if let Some(snapshot) = &args.snapshot {
        predicate.names_snapshot(snapshot)?;
        let (lines, apart) = again(&report, snapshot, config)?;
        told.push_str(&lines);
        if apart {
            exit = Exit::Findings;
        }
    }
    ui::print(&told)?;
    Ok(exit)
}

/// The verdicts of a report beside those that are derived anew, and whether they differ.
fn again(report: &Report, snapshot: &Path, config: &Config) -> Result<(String, bool), Error> {
    let anew = judged::snapshot(snapshot, config)?;
    // Controls of a folder of policies are not built in, and what is about waivers is about the configuration.
    let is_ours = |control: &ControlId| !is_about_a_waiver(control) && anew.rule(control).is_some();
    let (told, others): (Vec<&Finding>, Vec<&Finding>) = report
        .findings
        .iter()
        .filter(|finding| !is_about_a_waiver(&finding.control))
        .partition(|f| is_ours(&f.control));
    let told = verdicts(told.into_iter());
    let was_run = |finding: &&Finding| report.rule(&finding.control).is_some();
    let derived = verdicts(anew.findings.iter().filter(was_run));
    let mut lines = String::new();
    for place in told.keys().chain(derived.keys().filter(|place| !told.contains_key(*place))) {
        let (was, is) = (told.get(place), derived.get(place));
        if was != is {
            let word =
                |verdict: Option<&Verdict>| verdict.map_or("no verdict".to_owned(), |one| one.status.to_string());
            let (was, is) = (word(was), word(is));
            let how =
                if was == is { format!("{was}, of other values") } else { format!("{was} in the report, {is} anew") };
            lines.push_str(&format!("  {} {}: {how}\n", place.0, place.1));
        }
    }
    let apart = !lines.is_empty();
    let head = match apart {
        true => "not all verdicts follow from it; were they made by another konecta-audit.toml or version?",
        false => "every verdict follows from it",
    };
    let mut all = format!("{}: {} verdicts derived anew, {head}\n{lines}", snapshot.display(), derived.len());
    if !others.is_empty() {
        all.push_str(&format!(
            "  {} verdicts of other controls than the built-in ones were not derived\n",
            others.len()
        ));
    }
    Ok((all, apart))
}

#[derive(PartialEq)]
struct Verdict {
    status: Status,
    violations: Vec<Value>,
}

/// What somebody accepted is a fail all the same.
fn verdicts<'a>(findings: impl Iterator<Item = &'a Finding>) -> BTreeMap<(&'a ControlId, &'a Arn), Verdict> {
    findings
        .map(|finding| {
            let status = if finding.status == Status::Waived { Status::Fail } else { finding.status };
            let of = |violation: &konecta_base::finding::Violation| {
                json!([violation.path, violation.actual, violation.expected])
            };
            let violations = finding.violations.iter().map(of).collect();
            ((&finding.control, &finding.resource.arn), Verdict { status, violations })
        })
        .collect()
}
