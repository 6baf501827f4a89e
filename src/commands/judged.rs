//! Findings that were made before: out of a JSON report, or of a snapshot that is judged again.
//! Applies no waivers: what a report calls waived stays waived, and a snapshot knows nothing of them.

use std::path::Path;

use konecta_base::limits;
use konecta_base::snapshot::SnapshotFile;
use konecta_core::report::{Report, json_v1};
use konecta_rego::catalogue::Catalogue;

use crate::cli::waivers::JudgedArgs;
use crate::config::Config;
use crate::error::Error;

pub(super) fn judged(source: &JudgedArgs, config: &Config) -> Result<Report, Error> {
    match (&source.report, &source.snapshot) {
        (Some(path), _) => report(path),
        (None, Some(path)) => snapshot(path, config),
        (None, None) => Err(Error::NothingJudged),
    }
}

/// Reads a JSON report.
pub(super) fn report(path: &Path) -> Result<Report, Error> {
    let bytes =
        limits::read(path, limits::DOCUMENT).map_err(|source| Error::ReadFile { path: path.to_owned(), source })?;
    parsed(path, &bytes)
}

/// A JSON report of which the bytes were read already.
pub(super) fn parsed(path: &Path, bytes: &[u8]) -> Result<Report, Error> {
    json_v1::read(bytes).map_err(|source| Error::ReadReport { path: path.to_owned(), source })
}

/// Judges a snapshot by the built-in controls.
pub(super) fn snapshot(path: &Path, config: &Config) -> Result<Report, Error> {
    let catalogue = Catalogue::built_in()?;
    Ok(config.audit(&catalogue).verdicts(&SnapshotFile::open(path)?)?)
}
