//! The journal of a run: what was meant to be done, written before it is done, and what came of it.
//! Knows how lines are chained and kept; decides nothing, and asks no clock.
//!
//! One JSON object a line, each kept for good before the next thing happens: `{"seq", "at", "previous", "event",
//! "sha256"}`, where `sha256` is over the bytes of the line without it and `previous` is that of the line before. Beside
//! it stands the head with the number and hash of the last line, so that lines cut off at the end are missed as well.
//! Where both are kept is the [`Medium`]'s affair: a file here, an object in S3 in konecta-aws.

mod file;
mod read;
mod run_state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use file::FileMedium;
pub use konecta_base::medium::{Kept, Medium, MediumError};
pub use read::{Book, Problem, read};
pub use run_state::{InFlight, RunState, Settled, Stage};

use super::plan::Plan;
use konecta_base::id::Arn;

/// What resources are like: the [`state_hash`](super::plan::state_hash) of each, `None` where it is not there.
pub type States = BTreeMap<Arn, Option<String>>;

/// What resources are like, whole: `configuration`, `supplement` and `tags` as in a snapshot, which holds no secret.
pub type Images = BTreeMap<Arn, Value>;

/// The version of the journal's lines. Of version 1, which held no images, no marks and nothing of what was made, a run can
/// still be shown, gone on with and taken back; one of a later version is refused by its name.
pub const VERSION: u32 = 2;

/// Something that a change made, by the name that AWS gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// What the plan calls it; AWS may have chosen another ARN.
    pub planned: Arn,
    /// What the API calls it: an ARN, or the id of a rule, web ACL or flow log.
    pub id: Value,
    /// What it was like once it was made, as a hash; `None` where the API describes it only as a part of something else.
    pub sha256: Option<String>,
    /// Which resources spoke of it then.
    pub users: Vec<Arn>,
    /// What it was like then, without what changes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Value>,
}

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
    /// Done, but not seen to have mended what it should mend, or something else has changed as well.
    #[strum(to_string = "not verified")]
    Unverified,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A run began.
    Begun {
        /// The version of the lines that follow.
        #[serde(default = "first")]
        version: u32,
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
        /// The changes that are taken back; all of them if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<String>,
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
        /// What the waits named then that must see something change, by their numbers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        marks: Vec<(usize, Value)>,
        /// What the touched resources are, whole, right before.
        #[serde(default, skip_serializing_if = "Images::is_empty")]
        images: Images,
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
        /// What they are now, whole.
        #[serde(default, skip_serializing_if = "Images::is_empty")]
        images: Images,
        /// What was made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        made: Vec<Made>,
    },
    /// Nothing more will be tried.
    Ended {
        /// Which way.
        way: Way,
    },
}

/// The version of a journal that names none.
fn first() -> u32 {
    1
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

/// Number and hash of the last line.
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
    /// Where it is kept.
    #[error(transparent)]
    Medium(#[from] MediumError),
    /// It was changed, or is something else.
    #[error("the journal {location} cannot be trusted: {problem}")]
    Damaged {
        /// Where it is.
        location: String,
        /// The first thing that is wrong.
        problem: Problem,
    },
    /// An event cannot be written as JSON.
    #[error("an event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Where a run writes what happens.
pub trait Log {
    /// Writes an event; when this returns, it is kept for good.
    ///
    /// # Errors
    /// When it is not.
    fn write(&mut self, at: Timestamp, event: &Event) -> impl Future<Output = Result<(), JournalError>>;
}

/// A journal open for writing at its end.
#[derive(Debug)]
pub struct Journal<M> {
    medium: M,
    next: u64,
    previous: String,
}

impl<M: Medium> Journal<M> {
    /// Begins a journal; there must be none yet.
    ///
    /// # Errors
    /// When there is, or it cannot be kept.
    pub async fn create(mut medium: M) -> Result<Self, JournalError> {
        medium.create().await?;
        Ok(Self { medium, next: 0, previous: NOTHING.to_owned() })
    }

    /// Opens a journal to go on with it. A last line that was never written to its end is taken away: nothing was
    /// done on the strength of it.
    ///
    /// # Errors
    /// When it is damaged in any other way.
    pub async fn open(mut medium: M) -> Result<(Self, Vec<Line>), JournalError> {
        let book = read(&mut medium).await?;
        if let Some(problem) = book.problem.filter(|problem| !problem.is_torn()) {
            return Err(JournalError::Damaged { location: medium.location(), problem });
        }
        let mut journal = Self { medium, next: book.lines.len() as u64, previous: book.last };
        let head = if journal.next > 0 { Some(journal.head()?) } else { None };
        journal.medium.take_up(book.whole, head.as_deref()).await?;
        Ok((journal, book.lines))
    }

    fn head(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Head { seq: self.next.saturating_sub(1), sha256: self.previous.clone() })
    }
}

impl<M: Medium> Log for Journal<M> {
    async fn write(&mut self, at: Timestamp, event: &Event) -> Result<(), JournalError> {
        let line = Line { seq: self.next, at, previous: self.previous.clone(), event: event.clone() };
        let (text, sha256) = sealed(&serde_json::to_string(&line)?);
        self.next += 1;
        self.previous = sha256;
        let head = self.head()?;
        Ok(self.medium.append(&text, &head).await?)
    }
}

/// The line with its hash at its end, and the hash.
fn sealed(body: &str) -> (String, String) {
    let sha256 = hex::encode(Sha256::digest(body.as_bytes()));
    let open = body.strip_suffix('}').unwrap_or(body);
    (format!("{open},\"sha256\":\"{sha256}\"}}\n"), sha256)
}

/// What [`sealed`] was made of, and the hash that it carries.
fn unsealed(text: &str) -> Option<(String, &str)> {
    let (open, rest) = text.rsplit_once(",\"sha256\":\"")?;
    let sha256 = rest.strip_suffix("\"}")?;
    Some((format!("{open}}}"), sha256))
}
