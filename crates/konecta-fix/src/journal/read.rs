//! A journal read back and checked line by line. Changes nothing.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Head, JournalError, Kept, Line, Medium, NOTHING, VERSION, unsealed};

/// A journal as far as it can be trusted.
#[derive(Debug)]
pub struct Book {
    /// The lines before the first problem.
    pub lines: Vec<Line>,
    /// The first problem, if there is one.
    pub problem: Option<Problem>,
    /// How many bytes the good lines have.
    pub(super) whole: u64,
    /// The hash of the last good line.
    pub(super) last: String,
}

/// The first thing that is wrong with a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// Its content is not what was written.
    Edited,
    /// A line before it is missing, or it stands in the wrong place.
    Misplaced,
    /// It was not written to its end, as a kill leaves it.
    Torn,
    /// This many lines were cut off after it.
    Cut(u64),
    /// It is of a later version than this program knows.
    Newer(u64),
    /// What tells how long the journal is has gone, or is another's.
    Head,
}

impl Problem {
    /// Whether it is what a kill leaves behind.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.what == Wrong::Torn
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what } = self;
        match what {
            Wrong::Edited => write!(f, "line {line} was edited: its hash does not fit its content"),
            Wrong::Misplaced => write!(f, "line {line} does not follow the one before: a line was dropped or moved"),
            Wrong::Torn => write!(f, "line {line} was not written to its end, as a kill leaves it"),
            Wrong::Newer(version) => write!(
                f,
                "it is of version {version}, and this program knows up to {VERSION}: use the one that began the run, or a later one"
            ),
            Wrong::Cut(count) => write!(f, "the journal ends after line {line}, and {count} more were written"),
            Wrong::Head => write!(f, "line {line} is the last, and the .head beside it does not say so"),
        }
    }
}

/// Reads a journal and says what is wrong with it first, if anything is.
///
/// # Errors
/// When it cannot be read at all.
pub async fn read(medium: &mut impl Medium) -> Result<Book, JournalError> {
    Ok(gone_through(&medium.read().await?))
}

fn gone_through(kept: &Kept) -> Book {
    let mut book = Book { lines: Vec::new(), problem: None, whole: 0, last: NOTHING.to_owned() };
    let mut hashes = Vec::new();
    for (number, text) in kept.lines.split_inclusive(|&byte| byte == b'\n').enumerate() {
        match checked(text, &book) {
            Ok((line, sha256)) => {
                book.lines.push(line);
                book.whole += text.len() as u64;
                hashes.push(sha256.clone());
                book.last = sha256;
            }
            Err(what) => {
                book.problem = Some(Problem { line: number + 1, what });
                break;
            }
        }
    }
    // A head that does not fit weighs more than a torn line: what was cut off inside a line looks torn.
    if book.problem.as_ref().is_none_or(Problem::is_torn)
        && let Some(what) = against_head(kept.head.as_deref(), &hashes)
    {
        book.problem = Some(Problem { line: hashes.len(), what });
    }
    book
}

fn checked(text: &[u8], book: &Book) -> Result<(Line, String), Wrong> {
    let text = text.strip_suffix(b"\n").ok_or(Wrong::Torn)?;
    let text = std::str::from_utf8(text).map_err(|_| Wrong::Edited)?;
    let (body, sha256) = unsealed(text).ok_or(Wrong::Edited)?;
    if hex::encode(Sha256::digest(body.as_bytes())) != sha256 {
        return Err(Wrong::Edited);
    }
    if book.lines.is_empty()
        && let Some(version) = later(&body)
    {
        return Err(Wrong::Newer(version));
    }
    let line: Line = serde_json::from_str(&body).map_err(|_| Wrong::Edited)?;
    if line.seq != book.lines.len() as u64 || line.previous != book.last {
        return Err(Wrong::Misplaced);
    }
    Ok((line, sha256.to_owned()))
}

/// The version that a first line names, if it is later than ours.
fn later(body: &str) -> Option<u64> {
    let line: Value = serde_json::from_str(body).ok()?;
    line.pointer("/event/version")?.as_u64().filter(|&version| version > u64::from(VERSION))
}

/// The head is written after its line, so it may lag behind, and is never ahead.
fn against_head(head: Option<&[u8]>, hashes: &[String]) -> Option<Wrong> {
    let head = head.and_then(|bytes| serde_json::from_slice::<Head>(bytes).ok());
    let Some(head) = head else { return (hashes.len() > 1).then_some(Wrong::Head) };
    let written = head.seq.saturating_add(1);
    match usize::try_from(head.seq).ok().and_then(|at| hashes.get(at)) {
        Some(hash) => (hash != &head.sha256).then_some(Wrong::Head),
        None => Some(Wrong::Cut(written - hashes.len() as u64)),
    }
}
