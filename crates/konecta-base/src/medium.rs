//! Where a journal is kept: lines, one behind the other, and apart from them the head. Knows nothing of what they say.

use std::error::Error;
use std::future::Future;

/// A journal as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The lines.
    pub lines: Vec<u8>,
    /// The head; none before the first line was written to its end.
    pub head: Option<Vec<u8>>,
}

/// Keeps one journal. Only one may write at a time: a medium that can tell says so when somebody else has written.
pub trait Medium {
    /// Where it is, as a person finds it.
    fn location(&self) -> String;

    /// Begins an empty journal.
    ///
    /// # Errors
    /// When there is one already, or it cannot be kept.
    fn create(&mut self) -> impl Future<Output = Result<(), MediumError>>;

    /// Reads all of it. The head is read before the lines: it is written after its line, so it is never ahead of them.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&mut self) -> impl Future<Output = Result<Kept, MediumError>>;

    /// Goes on writing behind the first `whole` bytes of what was read last; what follows them is taken away, and the
    /// head, which may lag behind after a kill, becomes this one.
    ///
    /// # Errors
    /// When that cannot be done.
    fn take_up(&mut self, whole: u64, head: Option<&str>) -> impl Future<Output = Result<(), MediumError>>;

    /// Writes a line and then its head. When this returns, the line outlasts the process and the machine's power.
    ///
    /// # Errors
    /// When it is not known to.
    fn append(&mut self, line: &str, head: &str) -> impl Future<Output = Result<(), MediumError>>;
}

/// Why a journal is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediumError {
    /// It does not work.
    #[error("cannot use the journal {location}")]
    Failed {
        /// Where it is.
        location: String,
        /// What the disk or the service says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A journal is never begun over another.
    #[error("there is a journal {0} already")]
    Exists(String),
    /// There is none.
    #[error("there is no journal {0}")]
    Missing(String),
    /// Two are going on with one run.
    #[error(
        "somebody else has written to the journal {0} since it was read here: another process goes on with this run"
    )]
    Overtaken(String),
}

impl MediumError {
    /// It does not work, for this reason.
    pub fn failed(location: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed { location, source: source.into() }
    }
}
