//! When a scan from the command line stops asking. Knows the clock, and nothing of what is asked.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;

/// The moment that `--deadline` names, if it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanDeadline(Option<Instant>);

impl ScanDeadline {
    /// So long from now; never without a duration, or where the clock does not reach so far.
    pub(super) fn after(duration: Option<Duration>) -> Self {
        Self(duration.and_then(|duration| Instant::now().checked_add(duration)))
    }

    /// The moment itself.
    pub(super) fn at(self) -> Option<Instant> {
        self.0
    }

    /// Does what has to be done before anything can be asked; late, there is nothing to judge.
    pub(super) async fn within<T, E: Into<Error>>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, Error> {
        match self.0 {
            Some(at) => tokio::time::timeout_at(at, work).await.map_err(|_| Error::Deadline)?.map_err(Into::into),
            None => work.await.map_err(Into::into),
        }
    }

    /// What is left, for the progress line, with a comma behind it.
    pub(super) fn left(self) -> String {
        let Some(at) = self.0 else { return String::new() };
        let seconds = at.saturating_duration_since(Instant::now()).as_secs();
        match (seconds / 60, seconds % 60) {
            (0, seconds) => format!("{seconds}s left, "),
            (minutes, seconds) => format!("{minutes}m {seconds:02}s left, "),
        }
    }
}
