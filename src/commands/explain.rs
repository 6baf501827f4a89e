//! `konecta-audit explain`: a control in words; with an ARN, what its verdict rests on, step by step.

use std::fmt::Write as _;

use konecta_core::control::catalogue::Catalogue;
use konecta_core::facts::{self, Facts};
use konecta_core::finding::Finding;
use konecta_core::report::{Report, sentence, text};
use konecta_core::snapshot::{SnapshotFile, Source};
use konecta_core::{audit, waiver};

use super::controls::described;
use super::{catalogue, reading};
use crate::cli::{Explain, SelectArgs};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Explain, config: &Config) -> Result<Exit, Error> {
    let select =
        SelectArgs { control: vec![args.control.clone()], policies: args.policies.clone(), ..SelectArgs::default() };
    let catalogue = catalogue(&select)?;
    let mut told: String = catalogue.controls().map(described).collect();
    match (&args.snapshot, &args.arn) {
        (Some(path), _) => told.push_str(&evidence(&SnapshotFile::open(path)?, &catalogue, config, args)?),
        (None, Some(_)) => {
            let snapshot = reading::read(&args.account, config, &catalogue.reads()?)?;
            told.push_str(&evidence(&snapshot, &catalogue, config, args)?);
        }
        (None, None) => {}
    }
    ui::print(&told)?;
    Ok(Exit::Clean)
}

fn evidence(source: &dyn Source, catalogue: &Catalogue, config: &Config, args: &Explain) -> Result<String, Error> {
    let mut report: Report = audit::audit(source, catalogue, &config.blueprint, env!("CARGO_PKG_VERSION"))?;
    waiver::apply(&config.waivers, &mut report.findings, report.scan.started_at);
    let facts = facts::derive(source, &config.blueprint)?;
    let wanted = |finding: &&Finding| {
        args.arn
            .as_ref()
            .is_none_or(|arn| finding.resource.arn.as_str() == arn || &sentence::name(&finding.resource) == arn)
    };
    let findings: Vec<&Finding> = report.findings.iter().filter(wanted).collect();
    if findings.is_empty() {
        return Err(Error::NoSuchFinding {
            control: args.control.clone(),
            arn: args.arn.clone().unwrap_or_else(|| "any resource".to_owned()),
        });
    }
    let names: Vec<&str> =
        catalogue.controls().flat_map(|control| &control.metadata.custom.facts).map(String::as_str).collect();
    Ok(findings.into_iter().map(|finding| step_by_step(finding, &facts, &names)).collect())
}

/// The verdict, the calls it rests on, what was derived of their answers, and where the promise breaks.
fn step_by_step(finding: &Finding, facts: &Facts, names: &[&str]) -> String {
    let mut told = String::new();
    let status = finding.status.to_string().replace('_', " ").to_uppercase();
    let _ = writeln!(told, "\n{status}  {}", text::visible(finding.resource.arn.as_str()));
    for (number, evidence) in finding.evidence.iter().enumerate() {
        let _ = writeln!(told, "  {}. {} at {}", number + 1, evidence.action, evidence.captured_at);
    }
    for name in names {
        let known = facts.by_arn.get(finding.resource.arn.as_str()).and_then(|facts| facts.get(*name));
        let shown = known.map_or_else(|| "not known".to_owned(), |value| text::visible(&value.to_string()).to_string());
        let _ = writeln!(told, "  → {name}: {shown}");
    }
    for violation in &finding.violations {
        let _ = writeln!(told, "  ✗ {}", sentence::difference(violation));
        for hop in &violation.proof {
            let _ = writeln!(told, "      {}", text::visible(hop));
        }
    }
    for reason in &finding.reasons {
        let _ = writeln!(told, "  · {}", text::visible(reason));
    }
    told
}
