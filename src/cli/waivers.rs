//! What may be typed about accepted findings: `waive` and `waivers`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

#[derive(Debug, Args)]
pub(crate) struct Waive {
    /// The finding: its fingerprint, the beginning of it, or CONTROL@ARN
    pub(crate) finding: String,

    /// Why it is accepted
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub(crate) reason: String,

    /// The last day on which it is accepted, as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) expires: Date,

    /// Who accepts it [default: the user who is logged in]
    #[arg(long, value_name = "NAME", value_parser = filled)]
    pub(crate) owner: Option<String>,

    /// Where the decision is written down
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub(crate) ticket: Option<String>,

    #[command(flatten)]
    pub(crate) source: JudgedArgs,
}

/// Where findings come from that were made before.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct JudgedArgs {
    /// A report of a scan in JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// A snapshot, which is judged by the built-in controls
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Waivers {
    #[command(subcommand)]
    pub(crate) action: WaiversAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WaiversAction {
    /// Hold each waiver against a scan: active, expired, too long, unmatched, state changed, over-broad or not seen
    Explain {
        #[command(flatten)]
        source: JudgedArgs,
    },
}

fn filled(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must say something".to_owned()) } else { Ok(text.to_owned()) }
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is not a day (as in 2027-01-31)"))
}
