//! `konecta-audit waivers`: how the waivers stand after a scan.

use konecta_core::waivers;

use super::judged::judged;
use crate::cli::waivers::{Waivers, WaiversAction};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Waivers, config: &Config) -> Result<Exit, Error> {
    let WaiversAction::Explain { source } = &args.action;
    let report = judged(source, config)?;
    let assessed = waivers::assess(&report, &config.waivers, &config.waiver_limits);
    ui::print(&waivers::listing(&report, &assessed, ui::screen().width))?;
    Ok(Exit::Clean)
}
