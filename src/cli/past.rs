//! What may be typed about the scans of before: `diff`, and what a scan is held against.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The earlier scan: a report in JSON, or a snapshot, which is judged by the built-in controls
    pub(crate) from: PathBuf,

    /// The later scan, in the same form
    pub(crate) to: PathBuf,

    /// Tell it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The folder that scans were kept in
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: PathBuf,

    /// The last scans, so many of them
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,

    /// Tell it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The earlier scan that a scan is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BaselineChoice {
    /// The last complete one of the same that was kept.
    Last,
    /// A report in JSON.
    File(PathBuf),
}

impl FromStr for BaselineChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "last" { Self::Last } else { Self::File(PathBuf::from(text)) })
    }
}
