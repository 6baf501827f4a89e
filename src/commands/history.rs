//! `konecta-audit history`: the scans of before as a trend.

use crate::cli::past::HistoryArgs;
use crate::error::{Error, Exit};
use crate::history::{self, History};
use crate::ui;

pub(super) fn run(args: &HistoryArgs) -> Result<Exit, Error> {
    let entries = History::existing(&args.state_dir)?.entries(args.limit)?;
    let text = if args.json { history::as_json(&entries)? } else { history::as_table(&entries, ui::screen().width) };
    ui::print(&text)?;
    Ok(Exit::Clean)
}
