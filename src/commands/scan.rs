//! `konecta-audit scan`: read, judge, tell.

use std::path::{Path, PathBuf};

use konecta_core::audit;
use konecta_core::control::catalogue::Catalogue;
use konecta_core::finding::{Severity, Status};
use konecta_core::report::sarif::{self, Places, SarifOptions};
use konecta_core::report::table::{self, TableOptions};
use konecta_core::report::{Report, json_v1};
use konecta_core::snapshot::{self, SnapshotFile};
use konecta_core::waiver;

use super::permissions::all_reads;
use super::{catalogue, organization, reading};
use crate::cli::{Format, Output, Scan};
use crate::config::{Config, ConfigFile};
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Scan, config: &Config) -> Result<Exit, Error> {
    if let Some(dir) = args.organization.output_dir.as_deref() {
        return organization::run(args, config, dir);
    }
    let catalogue = catalogue(&args.select)?;
    let places = sarif_places(args, config)?;
    let mut report = judged(args, config, &catalogue)?;
    for remark in waiver::apply(&config.waivers, &mut report.findings, report.scan.started_at) {
        ui::note(&format!("warning: {remark}"));
    }
    for output in outputs(args) {
        let text = told(&report, &output, args, places.as_ref())?;
        match &output.file {
            Some(file) => ui::write(file, &text)?,
            None => ui::print(&text)?,
        }
    }
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

/// `-o` names the file of the one format that has none.
fn outputs(args: &Scan) -> Vec<Output> {
    let with_file =
        |output: &Output| Output { format: output.format, file: output.file.clone().or_else(|| args.output.clone()) };
    args.format.iter().map(with_file).collect()
}

fn told(report: &Report, output: &Output, args: &Scan, places: Option<&Places>) -> Result<String, Error> {
    match (output.format, places) {
        (Format::Table, _) => {
            let screen = ui::screen();
            let to_file = output.file.is_some();
            let options =
                TableOptions { width: screen.width, color: screen.colour && !to_file, show_pass: args.show_pass };
            Ok(table::render(report, &options))
        }
        (Format::Json, _) => Ok(json_v1::render(report)?),
        (Format::Sarif, Some(places)) => as_sarif(report, places, args.sarif_include_waived),
        (Format::Sarif, None) => Err(Error::SarifWithoutConfig),
    }
}

pub(super) fn as_sarif(report: &Report, places: &Places, include_waived: bool) -> Result<String, Error> {
    let options = SarifOptions { include_waived };
    let text = sarif::render(report, places, &options).map_err(|error| Error::Sarif(error.to_string()))?;
    for problem in sarif::preflight::check_text(&text) {
        ui::note(&format!("warning: {problem}"));
    }
    Ok(text)
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
