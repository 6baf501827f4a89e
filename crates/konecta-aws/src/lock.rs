//! One run at a time on an account, wherever it runs: an object in S3 that only one can create.
//! Knows nothing of runs.

use jiff::Timestamp;
use konecta_base::id::AccountId;
use serde::{Deserialize, Serialize};

use crate::s3::{Created, Store, StoreError};

const JSON: &str = "application/json";

/// Why there is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody else has it.
    #[error(
        "{holder} is changing this account since {since}; wait for it, or, if it is surely dead: aws s3 rm {location}"
    )]
    Held {
        /// Who.
        holder: String,
        /// Since when.
        since: String,
        /// The object.
        location: String,
    },
    /// The object is not ours any more: somebody broke the lock.
    #[error("the lock {0} was broken by somebody: it is not this run's any more")]
    Lost(String),
    /// S3 does not do it.
    #[error("the account cannot be locked: {0}")]
    Store(#[from] StoreError),
    /// A lock cannot be written as JSON.
    #[error("the account cannot be locked: {0}")]
    Json(String),
}

/// What stands in a lock.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    holder: String,
    since: String,
    /// When the holder is dead for certain: a function of AWS lives no longer than it may. `None`: nobody but a person knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// The run that it is held for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// What only its holder knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// For which run a lock is taken, and what proves that the one that left it behind is dead.
#[derive(Debug, Clone, Default)]
pub struct LockClaim {
    /// The run.
    pub run: Option<String>,
    /// What the new holder alone knows.
    pub token: Option<String>,
    /// What holders knew of which it is certain that they are dead. Their lock is taken over by the run that it was held for.
    pub dead: Vec<String>,
}

/// A lock that is held until it is released. One that is not released stays, as after a run that was killed, or until
/// the time that it names.
#[derive(Debug)]
pub struct S3Lock {
    store: Store,
    key: String,
    tag: String,
}

impl S3Lock {
    /// Takes the lock of an account; one whose time is over is taken from whoever left it, and one that the same run left
    /// behind from its own dead process.
    ///
    /// # Errors
    /// [`LockError::Held`] when somebody has it; otherwise what went wrong.
    pub async fn acquire(
        store: Store,
        account: &AccountId,
        holder: &str,
        now: Timestamp,
        until: Option<Timestamp>,
        claim: LockClaim,
    ) -> Result<Self, LockError> {
        let key = format!("{account}/lock");
        let LockClaim { run, token, dead } = claim;
        let (holder, since) = (holder.to_owned(), now.to_string());
        let mark = Mark { holder, since, until, run: run.clone(), token };
        let bytes = serde_json::to_vec(&mark).map_err(|error| LockError::Json(error.to_string()))?;
        let location = store.location(&key);
        if let Created::Ours(tag) = store.create(&key, JSON, bytes.clone()).await? {
            return Ok(Self { store, key, tag });
        }
        // Between two questions it may have been given back: then whoever asks next gets it.
        let (found, left) = match store.get(&key).await? {
            Some(object) => (serde_json::from_slice::<Mark>(&object.bytes).ok(), Some(object.etag)),
            None => (None, None),
        };
        let over = found.as_ref().and_then(|mark| mark.until).is_some_and(|until| until < now);
        let is_own = found.as_ref().is_some_and(|mark| {
            mark.run.is_some() && mark.run == run && mark.token.as_ref().is_some_and(|token| dead.contains(token))
        });
        if let (true, Some(left)) = (over || is_own, left)
            && let Some(tag) = store.replace(&key, JSON, bytes, &left).await?
        {
            return Ok(Self { store, key, tag });
        }
        let unknown = || "an unknown time or name".to_owned();
        let (holder, since) = found.map_or_else(|| (unknown(), unknown()), |mark| (mark.holder, mark.since));
        Err(LockError::Held { holder, since, location })
    }

    /// Gives it back, if it is still ours.
    ///
    /// # Errors
    /// [`LockError::Lost`] when it is not; otherwise what went wrong.
    pub async fn release(self) -> Result<(), LockError> {
        match self.store.delete_version(&self.key, &self.tag).await? {
            true => Ok(()),
            false => Err(LockError::Lost(self.location())),
        }
    }

    /// Where the object is.
    #[must_use]
    pub fn location(&self) -> String {
        self.store.location(&self.key)
    }
}
