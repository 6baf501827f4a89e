//! `scan --push-security-hub`: what fails and what is unknown, into Security Hub of the account that it is about.
//! What was told before is kept in `--state-dir`, so that what is mended is archived there by the next scan.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use konecta_aws::{Account, Session, SessionOptions};
use konecta_base::id::{AccountId, Region};
use konecta_base::limits;
use konecta_base::target::Target;
use konecta_core::changes::Known;
use konecta_core::report::{About, Report};

use super::{reading, rollback};
use crate::cli::Scan;
use crate::config::Config;
use crate::error::Error;
use crate::security_hub::{self, ImportError};
use crate::{fix_runtime, ui};

/// Pushes the findings of every account and region of a report. Those of one that is not taken do not hinder the others.
pub(super) fn push(args: &Scan, config: &Config, report: &Report) -> Result<(), Error> {
    let options = reading::options(&args.account, config)?;
    if args.state_dir.is_none() {
        ui::note("Without --state-dir nothing that was mended since is archived in Security Hub.");
    }
    rollback::block_on(pushed(args, &options, report))
}

async fn pushed(args: &Scan, options: &SessionOptions, report: &Report) -> Result<(), Error> {
    let session = Session::open(options).await?;
    let mut failed = Vec::new();
    for account in session.accounts() {
        for region in regions(report, account.id()) {
            let target = Target { account: account.id().clone(), region };
            tell(args, account, &target, report, &mut failed).await?;
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::SecurityHub(failed)) }
}

/// Tells of one target; what its hub does not take is no reason not to tell the others.
async fn tell(
    args: &Scan,
    account: &Account,
    target: &Target,
    report: &Report,
    failed: &mut Vec<String>,
) -> Result<(), Error> {
    let report = part(report, target);
    let file = args.state_dir.as_deref().map(|dir| known_file(dir, target));
    let known = file.as_deref().map_or(Ok(Known::default()), known)?;
    let run = fix_runtime::run_id(report.scan.started_at);
    let news = known.compare(&report, &run, report.scan.started_at);
    let location = args.format.iter().find_map(|output| output.file.as_ref()).or(args.output.as_ref());
    let location = location.map_or_else(|| "printed".to_owned(), |file| file.display().to_string());
    let about = About { target, run: &run, location: &location, incomplete: !report.complete() };
    let (_, imported) = match security_hub::import(account, &report, &news, &about).await {
        Ok(imported) => imported,
        Err(ImportError::Hub(error)) => {
            failed.push(error.to_string());
            return Ok(());
        }
        Err(ImportError::Json(error)) => return Err(error.into()),
    };
    ui::note(&format!("Security Hub of {}, {}: {} findings taken", target.account, target.region, imported.accepted));
    failed.extend(imported.failed.iter().map(security_hub::refused));
    // What somebody was not told of stays to be told.
    if let Some(file) = file.filter(|_| imported.failed.is_empty()) {
        let text = String::from_utf8(news.next.to_json().map_err(Error::from)?).unwrap_or_default();
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::WriteFile { path: folder.to_owned(), source })?;
        }
        ui::write(&file, &text)?;
    }
    Ok(())
}

/// The regions of an account of which a report says something: those that were read, and what belongs to none.
fn regions(report: &Report, account: &AccountId) -> BTreeSet<Region> {
    let found = report.findings.iter().filter(|finding| &finding.resource.account_id == account);
    let found: BTreeSet<Region> = found.map(|finding| finding.resource.region.clone()).collect();
    if found.is_empty() { found } else { found.into_iter().chain(report.scan.regions.clone()).collect() }
}

/// What a report says of one account and region.
fn part(report: &Report, target: &Target) -> Report {
    let mut part = report.clone();
    part.findings.retain(|finding| {
        let of = &finding.resource;
        target.holds(&of.account_id, &of.region, &of.arn)
    });
    part
}

fn known_file(dir: &Path, target: &Target) -> PathBuf {
    dir.join("security-hub").join(target.account.as_str()).join(format!("{}.json", target.region))
}

fn known(file: &Path) -> Result<Known, Error> {
    match limits::read_text(file, limits::DOCUMENT) {
        Ok(text) => Ok(Known::from_json(text.as_bytes())?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Known::default()),
        Err(source) => Err(Error::ReadFile { path: file.to_owned(), source }),
    }
}
