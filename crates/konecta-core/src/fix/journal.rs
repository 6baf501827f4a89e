//! The journal of a run: what was meant to be done, written before it is done, and what came of it.
//! Knows how lines are chained and kept; decides nothing, and asks no clock.
//!
//! One JSON object a line, each on the disk before the next thing happens: `{"seq", "at", "previous", "event",
//! "sha256"}`, where `sha256` is over the bytes of the line without it and `previous` is that of the line before. Beside
//! it stands `<run>.head` with the number and hash of the last line, so that lines cut off at the end are missed as well.

mod read;
mod story;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use read::{Book, Problem, read};
pub use story::{Doubt, Settled, Stage, Story};

use super::plan::Plan;
use crate::id::Arn;
use crate::snapshot::hex;

/// What resources are like: the [`state_hash`](super::plan::state_hash) of each, `None` where it is not there.
pub type States = BTreeMap<Arn, Option<String>>;

/// Towards the plan, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As planned.
    Forward,
    /// A rollback.
    Back,
}

/// What came of a change, or of taking it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done, and seen to be done.
    #[strum(to_string = "done")]
    Done,
    /// Not begun: what is there is not what was planned on.
    #[strum(to_string = "refused")]
    Refused,
    /// Not begun: what it needs was not done.
    #[strum(to_string = "skipped")]
    Skipped,
    /// The call, or what was waited for, failed.
    #[strum(to_string = "failed")]
    Failed,
    /// The call was answered with success, and nothing changed.
    #[strum(to_string = "did not take effect")]
    NoEffect,
    /// Done, but not seen to have mended what it should mend.
    #[strum(to_string = "not verified")]
    Unverified,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A run began.
    Begun {
        /// Its name.
        run: String,
        /// Who ran it: the caller's ARN.
        who: String,
        /// The program, with its version.
        tool: String,
        /// What is to be done.
        plan: Box<Plan>,
    },
    /// A run that was stopped goes on.
    Resumed {
        /// Who.
        who: String,
        /// The program, with its version.
        tool: String,
    },
    /// The run is being taken back.
    RollbackBegun {
        /// Who.
        who: String,
        /// The program, with its version.
        tool: String,
    },
    /// A change is about to be made.
    Intent {
        /// Its id in the plan.
        change: String,
        /// Which way.
        way: Way,
        /// What the touched resources are like right before.
        before: States,
        /// Which of the change's waits hold already: they speak of readiness, and must hold again after the way back.
        held: Vec<usize>,
    },
    /// A call was answered with success.
    Called {
        /// The change.
        change: String,
        /// Which way.
        way: Way,
        /// Which of its calls.
        call: usize,
        /// What the touched resources are like after it, where more calls follow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<States>,
    },
    /// What came of a change.
    Outcome {
        /// The change.
        change: String,
        /// Which way.
        way: Way,
        /// What came of it.
        outcome: Outcome,
        /// Why, in words; empty if it is done.
        reason: String,
        /// Whether something was changed that a rollback has to take back.
        applied: bool,
        /// What the touched resources are like now.
        left: States,
    },
    /// Nothing more will be tried.
    Ended {
        /// Which way.
        way: Way,
    },
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The hash of the line before; 64 zeros for the first.
    pub previous: String,
    /// What happened.
    pub event: Event,
}

/// The hash before the first line.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Number and hash of the last line, beside the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    seq: u64,
    sha256: String,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The disk.
    #[error("cannot use the journal {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It was changed, or is something else.
    #[error("the journal {path} cannot be trusted: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first thing that is wrong.
        problem: Problem,
    },
    /// An event cannot be written as JSON.
    #[error("an event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Where a run writes what happens.
pub trait Log {
    /// Writes an event; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When it is not.
    fn write(&mut self, at: Timestamp, event: &Event) -> Result<(), JournalError>;
}

/// A journal open for writing at its end.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    next: u64,
    previous: String,
}

impl Journal {
    /// Begins a journal; the file must not be there yet, its folder must.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(io)?;
        file.sync_all().and_then(|()| sync_folder(path)).map_err(io)?;
        Ok(Self { path: path.to_owned(), file, next: 0, previous: NOTHING.to_owned() })
    }

    /// Opens a journal to go on with it. A last line that was never written to its end is taken away: nothing was
    /// done on the strength of it.
    ///
    /// # Errors
    /// When it is damaged in any other way.
    pub fn open(path: &Path) -> Result<(Self, Vec<Line>), JournalError> {
        let book = read(path)?;
        if let Some(problem) = book.problem.filter(|problem| !problem.is_torn()) {
            return Err(JournalError::Damaged { path: path.to_owned(), problem });
        }
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().write(true).open(path).map_err(io)?;
        file.set_len(book.whole).and_then(|()| file.sync_all()).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let next = book.lines.len() as u64;
        let journal = Self { path: path.to_owned(), file, next, previous: book.last };
        if next > 0 {
            journal.keep_head().map_err(io)?;
        }
        Ok((journal, book.lines))
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.keep_head()
    }

    fn keep_head(&self) -> io::Result<()> {
        let head = Head { seq: self.next.saturating_sub(1), sha256: self.previous.clone() };
        let path = head_path(&self.path);
        let partial = path.with_extension("head-partial");
        let mut file = File::create(&partial)?;
        file.write_all(&serde_json::to_vec(&head)?)?;
        file.sync_all()?;
        // Its folder is not synced: a head that lags behind after a power cut is still right about its own line.
        std::fs::rename(&partial, &path)
    }
}

impl Log for Journal {
    fn write(&mut self, at: Timestamp, event: &Event) -> Result<(), JournalError> {
        let line = Line { seq: self.next, at, previous: self.previous.clone(), event: event.clone() };
        let (text, sha256) = sealed(&serde_json::to_string(&line)?);
        self.next += 1;
        self.previous = sha256;
        self.append(&text).map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }
}

/// The line with its hash at its end, and the hash.
fn sealed(body: &str) -> (String, String) {
    let sha256 = hex(&Sha256::digest(body.as_bytes()));
    let open = body.strip_suffix('}').unwrap_or(body);
    (format!("{open},\"sha256\":\"{sha256}\"}}\n"), sha256)
}

/// What [`sealed`] was made of, and the hash that it carries.
fn unsealed(text: &str) -> Option<(String, &str)> {
    let (open, rest) = text.rsplit_once(",\"sha256\":\"")?;
    let sha256 = rest.strip_suffix("\"}")?;
    Some((format!("{open}}}"), sha256))
}

fn head_path(path: &Path) -> PathBuf {
    path.with_extension("head")
}

/// A new name is on the disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
