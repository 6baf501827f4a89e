//! `scan --plan`: the account as it would be after `terraform apply`, judged by the same controls, beside what it is now.

use std::path::Path;

use konecta_base::finding::{Finding, Status, Violation};
use konecta_base::snapshot::{Snapshot, SnapshotFile};
use konecta_core::baseline::Baseline;
use konecta_core::report::Report;
use konecta_fix::View;
use konecta_fix::terraform_plan::{apply, changes};
use konecta_rego::catalogue::Catalogue;

use super::outputs::Outputs;
use super::terraform::Terraform;
use super::{scan, tfstate};
use crate::cli::Scan;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Scan, config: &Config, catalogue: &Catalogue, plan: &Path) -> Result<Exit, Error> {
    // What cannot be read is told before an account is asked.
    let changes = changes(&tfstate::plan(plan)?)
        .map_err(|error| Error::TerraformPlan { path: plan.to_owned(), reason: error.to_string() })?;
    let terraform = Terraform::read(&args.terraform.terraform, &args.terraform.tfstate, &args.account, config)?;
    let mut outputs = Outputs::of(args, config, terraform.as_ref())?;
    let live = match &args.snapshot {
        Some(path) => SnapshotFile::open(path)?.load()?,
        None => scan::read(args, config, catalogue)?,
    };
    let judge = |snapshot: &Snapshot| {
        let audit = config.audit(catalogue);
        let report = if args.no_waivers { audit.verdicts(snapshot)? } else { audit.accepting(snapshot)?.report };
        Ok::<Report, Error>(report)
    };
    let now = judge(&live)?;
    let applied = apply(live, &changes)?;
    let mut report = judge(&applied.snapshot)?;
    let baseline = Baseline::of(&now, &report);
    let worse: Vec<Finding> = worse(&baseline, &report).into_iter().cloned().collect();
    report.baseline = Some(baseline);
    if let Some(terraform) = &terraform {
        let views: Vec<View> = applied.snapshot.resources.iter().map(View::of).collect();
        outputs.point_at(terraform.spots(&report, &views));
    }
    outputs.write(&report)?;
    ui::note(&format!("The plan changes {} of the resources that are judged.", applied.changed));
    for one in &applied.not_judged {
        ui::note(&format!("not judged: {one}"));
    }
    for finding in &worse {
        ui::note(&format!("worse: {} on {}", finding.control, finding.resource.arn));
    }
    if args.exit_zero {
        return Ok(Exit::Clean);
    }
    let exit = match worse.iter().any(|finding| finding.severity <= args.fail_on) {
        true => Exit::Findings,
        false => scan::exit(&report, args.fail_on),
    };
    // What the plan does besides may break anything.
    Ok(if exit == Exit::Clean && !applied.not_judged.is_empty() { Exit::Incomplete } else { exit })
}

/// What fails already and, with the plan, fails at places or with values that it does not now.
fn worse<'a>(baseline: &Baseline, report: &'a Report) -> Vec<&'a Finding> {
    let is_worse = |finding: &&Finding| {
        let is_new = |one: &Violation, before: &Finding| {
            before.violations.iter().all(|was| was.path != one.path || was.actual != one.actual)
        };
        let before = baseline.earlier(finding);
        before.is_some_and(|before| finding.violations.iter().any(|one| is_new(one, before)))
    };
    report.findings.iter().filter(|finding| finding.status == Status::Fail).filter(is_worse).collect()
}
