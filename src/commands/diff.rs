//! `konecta-audit diff`: two scans told apart.

use std::path::Path;

use konecta_base::snapshot;
use konecta_core::baseline::{self, Baseline, BaselineState};
use konecta_core::report::Report;
use konecta_core::waivers;

use super::judged;
use crate::cli::past::Diff;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Diff, config: &Config) -> Result<Exit, Error> {
    let (earlier, later) = (scan(&args.from, config)?, scan(&args.to, config)?);
    let baseline = Baseline::of(&earlier, &later);
    if args.json {
        ui::print(&baseline::render(&earlier, &later, &baseline)?)?;
    } else {
        ui::print(&baseline::listing(&earlier, &later, &baseline, ui::screen().width))?;
    }
    Ok(if baseline.count(BaselineState::New) > 0 { Exit::Findings } else { Exit::Clean })
}

/// A report as it is, or what a scan of the snapshot would have reported.
fn scan(path: &Path, config: &Config) -> Result<Report, Error> {
    if !snapshot::is_one(path).map_err(|source| Error::ReadFile { path: path.to_owned(), source })? {
        return judged::report(path);
    }
    let mut report = judged::snapshot(path, config)?;
    waivers::apply(&mut report, &config.waivers, &config.waiver_limits);
    Ok(report)
}
