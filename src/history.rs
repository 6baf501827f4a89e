//! The scans of before, in SQLite: a row a scan with its numbers, and the JSON report beside it, compressed.
//! A scan is kept whole or not at all: it is one transaction, and SQLite takes back what a killed process began.
//! Knows reports; decides nothing about them.

mod schema;
#[cfg(test)]
mod tests;
mod trend;

use std::fs::{DirBuilder, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use konecta_base::finding::{Severity, Status};
use konecta_base::limits;
use konecta_core::report::{Report, json_v1};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde::Serialize;
use strum::IntoEnumIterator as _;

pub(crate) use self::trend::{as_json, as_table};

/// Below the state directory, beside the folders of accounts that hold journals.
const FOLDER: &str = "history";
const FILE: &str = "scans.db";

/// How long another scan may hold the database.
const PATIENCE: Duration = Duration::from_secs(30);

/// zstd's own middle: a report is text that repeats itself.
const LEVEL: i32 = 3;

/// Why the history cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("cannot make {path}")]
    Make {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no history in {0}")]
    None(PathBuf),
    #[error("cannot use the history {path}")]
    Database {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("the history {path} has version {found}; this version of konecta-audit knows version {known}")]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("a report cannot be packed or unpacked")]
    Packing(#[source] std::io::Error),
    #[error("a report of the history cannot be read")]
    Report(#[from] json_v1::ReadError),
    #[error("a report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl HistoryError {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Make { .. } => "check that the path exists and that you may use it",
            Self::None(_) => "`konecta-audit scan --state-dir DIR` begins one",
            Self::Newer { .. } => "use the newer konecta-audit, or another --state-dir",
            Self::Database { path, .. } => {
                return Some(format!("if it is damaged, move {} away: the next scan begins anew", path.display()));
            }
            Self::Packing(_) | Self::Report(_) | Self::Json(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// One scan in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) started_at: Timestamp,
    /// As they are told: sorted, with commas.
    pub(crate) accounts: String,
    pub(crate) regions: String,
    /// What the scan was narrowed to; empty for a whole one.
    pub(crate) selection: String,
    pub(crate) complete: bool,
    pub(crate) controls: u32,
    /// Fails by severity, the worst first.
    pub(crate) fails: [u32; 5],
    pub(crate) unknown: u32,
    pub(crate) waived: u32,
    pub(crate) pass: u32,
    pub(crate) gaps: u32,
}

impl Entry {
    fn of(report: &Report, selection: &str) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let fails =
            |severity| report.findings.iter().filter(|f| f.status == Status::Fail && f.severity == severity).count();
        let mut by_severity = [0; 5];
        for (slot, severity) in by_severity.iter_mut().zip(Severity::iter()) {
            *slot = number(fails(severity));
        }
        let (accounts, regions) = place(report);
        Self {
            started_at: report.scan.started_at,
            accounts,
            regions,
            selection: selection.to_owned(),
            complete: report.complete() && report.errors.is_empty(),
            controls: number(report.rules.len()),
            fails: by_severity,
            unknown: number(report.count(Status::Unknown)),
            waived: number(report.count(Status::Waived)),
            pass: number(report.count(Status::Pass)),
            gaps: number(report.gaps.len()),
        }
    }

    /// All fails.
    pub(crate) fn failing(&self) -> u32 {
        self.fails.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether another scan looked at the same.
    pub(crate) fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.accounts, &self.regions, &self.selection) == (&other.accounts, &other.regions, &other.selection)
    }
}

/// What was scanned, in the one spelling in which it is looked up.
fn place(report: &Report) -> (String, String) {
    let sorted = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.join(",")
    };
    (
        sorted(report.scan.accounts.iter().map(|account| account.as_str()).collect()),
        sorted(report.scan.regions.iter().map(|region| region.as_str()).collect()),
    )
}

/// The scans below one state directory.
pub(crate) struct History {
    path: PathBuf,
    database: Connection,
}

impl History {
    /// Opens the history, or begins it.
    pub(crate) fn open(dir: &Path) -> Result<Self, HistoryError> {
        let folder = dir.join(FOLDER);
        let path = folder.join(FILE);
        let failed = |source| HistoryError::Make { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        // SQLite would make it readable by everybody; its journals take the mode of the database.
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        Self::connect(path)
    }

    /// Opens the history of before; there must be one.
    pub(crate) fn existing(dir: &Path) -> Result<Self, HistoryError> {
        let path = dir.join(FOLDER).join(FILE);
        if path.is_file() { Self::connect(path) } else { Err(HistoryError::None(dir.to_owned())) }
    }

    fn connect(path: PathBuf) -> Result<Self, HistoryError> {
        let failed = |source| HistoryError::Database { path: path.clone(), source };
        let mut database = Connection::open(&path).map_err(failed)?;
        database.busy_timeout(PATIENCE).map_err(failed)?;
        schema::migrate(&mut database, &path)?;
        Ok(Self { path, database })
    }

    /// Keeps a scan.
    pub(crate) fn keep(&mut self, report: &Report, selection: &str) -> Result<(), HistoryError> {
        let entry = Entry::of(report, selection);
        let text = json_v1::render(report)?;
        let packed = zstd::encode_all(text.as_bytes(), LEVEL).map_err(HistoryError::Packing)?;
        let path = self.path.clone();
        let mut insert = || {
            let transaction = self.database.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let [critical, high, medium, low, info] = entry.fails;
            transaction.execute(
                "INSERT INTO scan (started_at, accounts, regions, selection, complete, controls, critical, high, \
                 medium, low, info, unknown, waived, pass, gaps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    entry.started_at.as_millisecond(),
                    entry.accounts,
                    entry.regions,
                    entry.selection,
                    entry.complete,
                    entry.controls,
                    critical,
                    high,
                    medium,
                    low,
                    info,
                    entry.unknown,
                    entry.waived,
                    entry.pass,
                    entry.gaps
                ],
            )?;
            let scan = transaction.last_insert_rowid();
            transaction.execute("INSERT INTO report (scan, json) VALUES (?, ?)", params![scan, packed])?;
            transaction.commit()
        };
        insert().map_err(|source| HistoryError::Database { path, source })
    }

    /// The last complete scan of the same accounts and regions, narrowed to the same.
    pub(crate) fn last(&self, report: &Report, selection: &str) -> Result<Option<Report>, HistoryError> {
        let (accounts, regions) = place(report);
        let find = "SELECT json FROM report JOIN scan ON report.scan = scan.id WHERE accounts = ? AND regions = ? \
                    AND selection = ? AND complete ORDER BY started_at DESC, id DESC LIMIT 1";
        let packed: Option<Vec<u8>> = self
            .database
            .query_row(find, params![accounts, regions, selection], |row| row.get(0))
            .optional()
            .map_err(|source| self.failed(source))?;
        packed.map(|packed| unpacked(&packed)).transpose()
    }

    /// The last scans in numbers, the oldest first.
    pub(crate) fn entries(&self, most: u32) -> Result<Vec<Entry>, HistoryError> {
        let select = "SELECT started_at, accounts, regions, selection, complete, controls, critical, high, medium, low, \
                      info, unknown, waived, pass, gaps FROM scan ORDER BY started_at DESC, id DESC LIMIT ?";
        let read = || {
            let mut statement = self.database.prepare(select)?;
            let rows = statement.query_map([most], |row| {
                Ok(Entry {
                    started_at: Timestamp::from_millisecond(row.get(0)?).unwrap_or(Timestamp::UNIX_EPOCH),
                    accounts: row.get(1)?,
                    regions: row.get(2)?,
                    selection: row.get(3)?,
                    complete: row.get(4)?,
                    controls: row.get(5)?,
                    fails: [row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?],
                    unknown: row.get(11)?,
                    waived: row.get(12)?,
                    pass: row.get(13)?,
                    gaps: row.get(14)?,
                })
            })?;
            rows.collect::<Result<Vec<Entry>, rusqlite::Error>>()
        };
        let mut entries = read().map_err(|source| self.failed(source))?;
        entries.reverse();
        Ok(entries)
    }

    fn failed(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::Database { path: self.path.clone(), source }
    }
}

fn unpacked(packed: &[u8]) -> Result<Report, HistoryError> {
    let size = u64::try_from(packed.len()).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    let mut reader = limits::unpacked(packed, size).map_err(HistoryError::Packing)?;
    reader.read_to_end(&mut text).map_err(HistoryError::Packing)?;
    Ok(json_v1::read(&text)?)
}
