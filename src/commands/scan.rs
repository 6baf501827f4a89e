//! `konecta-audit scan`: read, judge, tell.

use std::path::{Path, PathBuf};

use konecta_core::audit;
use konecta_core::control::catalogue::Catalogue;
use konecta_core::finding::{Severity, Status};
use konecta_core::report::Report;
use konecta_core::report::sarif::{self, Places};
use konecta_core::snapshot::{self, SnapshotFile};
use konecta_core::waiver;

use super::outputs::Outputs;
use super::permissions::all_reads;
use super::{catalogue, organization, reading};
use crate::cli::{Format, Scan};
use crate::config::{Config, ConfigFile};
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Scan, config: &Config) -> Result<Exit, Error> {
    if let Some(dir) = args.organization.output_dir.as_deref() {
        return organization::run(args, config, dir);
    }
    let catalogue = catalogue(&args.select)?;
    let outputs = Outputs::of(args, config)?;
    let mut report = judged(args, config, &catalogue)?;
    for remark in waiver::apply(&config.waivers, &mut report.findings, report.scan.started_at) {
        ui::note(&format!("warning: {remark}"));
    }
    outputs.write(&report)?;
    Ok(if args.exit_zero { Exit::Clean } else { exit(&report, args.fail_on) })
}

fn judged(args: &Scan, config: &Config, catalogue: &Catalogue) -> Result<Report, Error> {
    let judge =
        |source: &dyn snapshot::Source| audit::audit(source, catalogue, &config.blueprint, env!("CARGO_PKG_VERSION"));
    if let Some(path) = &args.snapshot {
        return Ok(judge(&SnapshotFile::open(path)?)?);
    }
    let wanted = if args.read_all { all_reads()? } else { catalogue.reads()? };
    let read = reading::read(&args.account, config, &wanted)?;
    if let Some(path) = &args.save_snapshot {
        snapshot::save(&read, path)?;
    }
    Ok(judge(&read)?)
}

/// Where SARIF points: known before the scan, so that a missing file is told before an account is read.
pub(super) fn sarif_places(args: &Scan, config: &Config) -> Result<Option<Places>, Error> {
    if !args.format.iter().any(|output| output.format == Format::Sarif) {
        return Ok(None);
    }
    let file = config.file.as_ref().ok_or(Error::SarifWithoutConfig)?;
    Ok(Some(Places { uri: sarif::uri_of(&in_repository(file)?), lines: file.places(), default_line: 1 }))
}

/// The blueprint's path as the repository knows it: from the folder that holds `.git`, or the working directory.
fn in_repository(file: &ConfigFile) -> Result<String, Error> {
    let failed = |source| Error::ReadFile { path: file.path.clone(), source };
    let path = std::fs::canonicalize(&file.path).map_err(failed)?;
    let here = std::env::current_dir().and_then(std::fs::canonicalize).map_err(failed)?;
    let root = path.ancestors().skip(1).find(|dir| dir.join(".git").exists()).map_or(here, Path::to_owned);
    let inside: PathBuf = path
        .strip_prefix(&root)
        .map_or_else(|_| path.file_name().map(PathBuf::from).unwrap_or_default(), Path::to_owned);
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    Ok(parts.join("/"))
}

/// The one place where a report becomes an exit code.
fn exit(report: &Report, fail_on: Severity) -> Exit {
    let at_least =
        |status: Status| report.findings.iter().any(|finding| finding.status == status && finding.severity <= fail_on);
    if !report.errors.is_empty() {
        Exit::CouldNotRun
    } else if at_least(Status::Fail) {
        Exit::Findings
    } else if !report.complete() || at_least(Status::Unknown) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}
