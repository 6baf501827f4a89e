//! `konecta-audit scan`: read, judge, tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::snapshot::{self, Snapshot, SnapshotFile};
use konecta_core::baseline::{Baseline, BaselineState};
use konecta_core::report::Report;
use konecta_core::report::sarif::{self, Places};
use konecta_fix::View;
use konecta_rego::catalogue::Catalogue;

use super::outputs::Outputs;
use super::past::Past;
use super::permissions::all_reads;
use super::scan_deadline::ScanDeadline;
use super::signed::Signer;
use super::streams::Streams;
use super::terraform::Terraform;
use super::{catalogue, organization, planned, reading, security_hub};
use crate::cli::Scan;
use crate::config::{Config, ConfigFile};
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Scan, config: &Config) -> Result<Exit, Error> {
    if let Some(dir) = args.organization.output_dir.as_deref() {
        return organization::run(args, config, dir);
    }
    let catalogue = catalogue(&args.select)?;
    if let Some(plan) = &args.terraform.plan {
        return planned::run(args, config, &catalogue, plan);
    }
    let terraform = Terraform::read(&args.terraform.terraform, &args.terraform.tfstate, &args.account, config)?;
    let mut outputs = Outputs::of(args, config, terraform.as_ref())?;
    // What cannot be read or kept is told before an account is asked.
    let mut past = Past::of(args)?;
    let signer = Signer::of(args, outputs.json_file())?;
    let mut streams = Streams::new(outputs.take_streamed(), &mut past);
    let (mut report, views) = judged(args, config, &catalogue, terraform.is_some(), &mut streams)?;
    report.baseline = streams.earlier()?.map(|earlier| Baseline::of(&earlier, &report));
    let streamed = streams.end(&report);
    if let Some(terraform) = &terraform {
        outputs.point_at(terraform.spots(&report, &views));
    }
    let written =
        outputs.write(&report).and(streamed).and_then(|()| signer.map_or(Ok(()), |signer| signer.sign(args, &report)));
    // A file that cannot be written does not keep a scan out of the history, nor the other way round.
    let kept = past.keep(&report);
    let pushed = if args.delivery.push_security_hub { security_hub::push(args, config, &report) } else { Ok(()) };
    written.and(kept).and(pushed)?;
    Ok(if args.exit_zero { Exit::Clean } else { exit(&report, args.fail_on) })
}

/// The verdicts, told while they are made; with what lives, laid open, where somebody looks at it besides.
fn judged(
    args: &Scan,
    config: &Config,
    catalogue: &Catalogue,
    is_looked_at: bool,
    streams: &mut Streams<'_>,
) -> Result<(Report, Vec<View>), Error> {
    let mut audit = config.audit(catalogue);
    if args.no_waivers {
        audit.waivers = &[];
    }
    let mut judge = |source: &dyn snapshot::Source| {
        let report = audit.run_followed(source, streams)?;
        let mut views = Vec::new();
        if is_looked_at {
            source.visit(&mut |resource| views.push(View::of(resource)))?;
        }
        Ok::<_, Error>((report, views))
    };
    if let Some(path) = &args.snapshot {
        return judge(&SnapshotFile::open(path)?);
    }
    judge(&read(args, config, catalogue)?)
}

/// What the account answers, kept if that was asked.
pub(super) fn read(args: &Scan, config: &Config, catalogue: &Catalogue) -> Result<Snapshot, Error> {
    let wanted = if args.read_all { all_reads()? } else { catalogue.reads() };
    let read = reading::read_until(ScanDeadline::after(args.deadline), &args.account, config, &wanted)?;
    if let Some(path) = &args.save_snapshot {
        snapshot::save(&read, path)?;
    }
    Ok(read)
}

/// Where SARIF and GitLab point: known before the scan, so that a missing file is told before an account is read.
pub(super) fn sarif_places(
    args: &Scan,
    config: &Config,
    terraform: Option<&Terraform>,
) -> Result<Option<Places>, Error> {
    if !args.format.iter().any(|output| output.format.needs_places()) {
        if terraform.is_some() {
            ui::note("warning: only the formats sarif and gitlab point at lines of Terraform");
        }
        return Ok(None);
    }
    let Some(file) = &config.file else {
        return terraform.map(|terraform| Some(terraform.places())).ok_or(Error::SarifWithoutConfig);
    };
    Ok(Some(Places {
        uri: sarif::uri_of(&in_repository(file)?),
        lines: file.places(),
        default_line: 1,
        spots: BTreeMap::new(),
    }))
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
pub(super) fn exit(report: &Report, fail_on: Severity) -> Exit {
    // Against an earlier scan, what failed then is known.
    let is_known = |finding: &Finding| {
        matches!(report.baseline_state(finding), Some(BaselineState::Unchanged | BaselineState::Updated))
    };
    let at_least = |status: Status| {
        let mut such = report.findings.iter().filter(|finding| finding.status == status && finding.severity <= fail_on);
        such.any(|finding| !is_known(finding))
    };
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
