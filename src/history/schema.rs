//! The tables of the history, and how an older file becomes one of today. The version is SQLite's `user_version`.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::HistoryError;

/// What makes a file of each version one of the next. A step is never changed once it was released.
pub(super) const STEPS: [&str; 2] = [
    "CREATE TABLE scan (
        id INTEGER PRIMARY KEY,
        started_at INTEGER NOT NULL,  -- milliseconds since 1970
        accounts TEXT NOT NULL,
        regions TEXT NOT NULL,
        complete INTEGER NOT NULL,
        controls INTEGER NOT NULL,
        critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL,
        low INTEGER NOT NULL, info INTEGER NOT NULL,
        unknown INTEGER NOT NULL, waived INTEGER NOT NULL, pass INTEGER NOT NULL,
        gaps INTEGER NOT NULL
    );
    -- Apart from the numbers, so that a list of scans does not read past the reports.
    CREATE TABLE report (
        scan INTEGER PRIMARY KEY REFERENCES scan (id),
        json BLOB NOT NULL  -- zstd
    );",
    "ALTER TABLE scan ADD COLUMN selection TEXT NOT NULL DEFAULT '';
     CREATE INDEX scan_of ON scan (accounts, regions, selection, started_at);",
];

/// The version of this program.
const VERSION: i64 = STEPS.len() as i64;

/// Brings a file to the version of this program, in one transaction.
pub(super) fn migrate(database: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failed = |source| HistoryError::Database { path: path.to_owned(), source };
    let found = version(database).map_err(failed)?;
    if found == VERSION {
        return Ok(());
    }
    if found > VERSION {
        return Err(HistoryError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let mut step_up = || {
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have done it while this one waited.
        let found = usize::try_from(version(&transaction)?).unwrap_or_default();
        for step in STEPS.iter().skip(found) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    };
    step_up().map_err(failed)
}

fn version(database: &Connection) -> Result<i64, rusqlite::Error> {
    database.pragma_query_value(None, "user_version", |row| row.get(0))
}
