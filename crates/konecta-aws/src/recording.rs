//! What was told so far: the answers of calls, each by what was asked. A scan that is cut off goes on from it, and asks nothing
//! twice.
//!
//! It holds what a snapshot may hold and no more: answers come here with their secrets replaced, and of the failures only those
//! that would be the same again ([`Failure::is_definite`]), or that whoever keeps it will not wait for any longer
//! ([`Recording::give_up`]). Answers are kept as text; as trees they would take several times the memory.
//! Knows nothing of what is asked, nor of where it is kept; [`file`] is its form outside this process.

mod file;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use konecta_base::id::Action;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

pub use self::file::RecordingError;
use crate::call::CallOutcome;
use crate::classify::Failure;
use crate::clock;
use crate::ledger::Scope;
use crate::wire::Fingerprint;

/// What was asked: SHA-256 of account, region, action and request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn of(place: &Scope, action: &Action, request: &Fingerprint) -> Self {
        let mut digest = Sha256::new();
        for part in [place.account.as_str(), place.region.as_str(), action.as_str()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(request);
        Self(digest.finalize().into())
    }
}

/// One thing that was told.
struct Kept {
    action: Action,
    at: Timestamp,
    outcome: Result<Box<RawValue>, Failure>,
}

/// Answers of calls by what was asked. Shared by all tasks of a scan; it may be written out while the scan goes on.
#[derive(Default)]
pub struct Recording {
    begun: OnceLock<Timestamp>,
    kept: Mutex<BTreeMap<Key, Arc<Kept>>>,
    /// What was sent and is not answered; stays where the scan that asked is dropped.
    asked: Mutex<BTreeMap<Key, Action>>,
}

// Written by hand: what an account looks like belongs into no log.
impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("answers", &self.len()).finish_non_exhaustive()
    }
}

impl Recording {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls have been answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|kept| kept.len())
    }

    /// Whether nothing was told yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As bytes, to be kept: what was told until now.
    ///
    /// # Errors
    /// [`RecordingError::NotWritten`], which memory alone can be the cause of.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordingError> {
        // Only the list is copied under the lock; the scan need not wait for the compression.
        let kept: Vec<(Key, Arc<Kept>)> =
            self.with(|kept| kept.iter().map(|(key, one)| (*key, Arc::clone(one))).collect());
        file::write(self.begun.get().copied(), &kept)
    }

    /// From the bytes of [`Self::to_bytes`].
    ///
    /// # Errors
    /// When they are something else, were written by another version, or are not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordingError> {
        let (begun, kept) = file::read(bytes)?;
        let recording = Self { kept: Mutex::new(kept), ..Self::default() };
        if let Some(begun) = begun {
            recording.begun(begun);
        }
        Ok(recording)
    }

    /// When the scan began that this records: the first time that was said.
    pub(crate) fn begun(&self, now: Timestamp) -> Timestamp {
        *self.begun.get_or_init(|| now)
    }

    /// What was told when this was asked, and when that was.
    pub(crate) fn recorded(&self, key: &Key) -> Option<CallOutcome> {
        let kept = self.with(|kept| kept.get(key).cloned())?;
        let outcome = match &kept.outcome {
            // Nothing that cannot be read back is of use: it is then asked again.
            Ok(text) => Ok(serde_json::from_str(text.get()).ok()?),
            Err(failure) => Err(failure.clone()),
        };
        Some(CallOutcome { at: kept.at, outcome })
    }

    /// From now on, somebody waits for an answer.
    pub(crate) fn asked(&self, key: Key, action: &Action) {
        self.waiting(|asked| asked.insert(key, action.clone()));
    }

    /// Lets a scan that goes on from this do without the calls that were sent and not answered: each becomes a failure that is
    /// told like any other, and so a gap. Returns how many there were.
    ///
    /// For a scan that was dropped, when waiting for them again would be in vain.
    pub fn give_up(&self) -> usize {
        let asked = self.waiting(std::mem::take);
        let (at, count) = (clock::now(), asked.len());
        for (key, action) in asked {
            let kept = Arc::new(Kept { action, at, outcome: Err(Failure::given_up()) });
            self.with(|all| all.insert(key, kept));
        }
        count
    }

    /// Keeps what was told, unless it could be another thing the next time.
    pub(crate) fn note(&self, key: Key, action: &Action, told: &CallOutcome) {
        self.waiting(|asked| asked.remove(&key));
        let outcome = match &told.outcome {
            Ok(value) => match to_raw_value(value) {
                Ok(text) => Ok(text),
                Err(_) => return,
            },
            Err(failure) if failure.is_definite() => Err(failure.clone()),
            Err(_) => return,
        };
        let kept = Arc::new(Kept { action: action.clone(), at: told.at, outcome });
        self.with(|all| all.insert(key, kept));
    }

    fn waiting<T>(&self, work: impl FnOnce(&mut BTreeMap<Key, Action>) -> T) -> T {
        work(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Key, Arc<Kept>>) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
