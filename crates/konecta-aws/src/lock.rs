//! One run at a time on an account, wherever it runs: an object in S3 that only one can create.
//! Knows nothing of runs.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use jiff::Timestamp;
use konecta_core::id::AccountId;
use serde_json::{Value, json};

use crate::classify::classify;
use crate::s3::{S3Place, StoreError, client, is_refused};

/// Why there is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// What was given is no place in S3.
    #[error(transparent)]
    Place(#[from] StoreError),
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
    /// S3 does not say.
    #[error("the lock {location} cannot be {deed}: {reason}")]
    Failed {
        /// The object.
        location: String,
        /// What was tried.
        deed: &'static str,
        /// What S3 says.
        reason: String,
    },
    /// The machine has no random bytes to give.
    #[error("this machine has no random numbers to give")]
    Random,
}

/// A lock that is held until it is released. One that is not released stays, as after a run that was killed.
#[derive(Debug)]
pub struct S3Lock {
    client: Client,
    bucket: String,
    key: String,
    tag: String,
}

impl S3Lock {
    /// Takes the lock of an account below `s3://bucket/prefix`.
    ///
    /// # Errors
    /// [`LockError::Held`] when somebody has it; otherwise what went wrong.
    pub async fn acquire(
        sdk: &SdkConfig,
        state: &str,
        account: &AccountId,
        holder: &str,
        now: Timestamp,
    ) -> Result<Self, LockError> {
        let S3Place { bucket, prefix } = state.parse()?;
        let key = if prefix.is_empty() { format!("{account}/lock") } else { format!("{prefix}/{account}/lock") };
        let client = client(sdk);
        // Two locks of one holder in one second must differ: their ETags are hashes of what they hold.
        let mut nonce = [0_u8; 8];
        getrandom::fill(&mut nonce).map_err(|_| LockError::Random)?;
        let mark = u64::from_be_bytes(nonce).to_string();
        let body = json!({"holder": holder, "since": now.to_string(), "mark": mark}).to_string();
        let sent = client
            .put_object()
            .bucket(&bucket)
            .key(&key)
            .if_none_match("*")
            .content_type("application/json")
            .body(ByteStream::from(body.clone().into_bytes()))
            .send()
            .await;
        let mut lock = Self { client, bucket, key, tag: String::new() };
        match sent {
            Ok(answer) => {
                lock.tag = answer.e_tag().unwrap_or_default().to_owned();
                Ok(lock)
            }
            // After a lost answer the SDK asks again, and then finds its own object; so whoever is refused looks whose it is.
            Err(error) => match lock.read().await {
                Ok((found, tag)) if found == body => {
                    lock.tag = tag;
                    Ok(lock)
                }
                Ok((found, _)) if is_refused(&error) => {
                    let found: Value = serde_json::from_str(&found).unwrap_or(Value::Null);
                    let told = |key: &str| found[key].as_str().unwrap_or("an unknown time or name").to_owned();
                    Err(LockError::Held { holder: told("holder"), since: told("since"), location: lock.location() })
                }
                Ok(_) | Err(_) => Err(lock.failed("taken", &error)),
            },
        }
    }

    /// Gives it back, if it is still ours.
    ///
    /// # Errors
    /// [`LockError::Lost`] when it is not; otherwise what went wrong.
    pub async fn release(self) -> Result<(), LockError> {
        let sent = self.client.delete_object().bucket(&self.bucket).key(&self.key).if_match(&self.tag).send().await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) || error.code() == Some("NoSuchKey") => {
                Err(LockError::Lost(self.location()))
            }
            Err(error) => Err(self.failed("given back", &error)),
        }
    }

    /// Where the object is.
    #[must_use]
    pub fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    async fn read(&self) -> Result<(String, String), ()> {
        let answer = self.client.get_object().bucket(&self.bucket).key(&self.key).send().await.map_err(|_| ())?;
        let tag = answer.e_tag().unwrap_or_default().to_owned();
        let bytes = answer.body.collect().await.map_err(|_| ())?.into_bytes();
        Ok((String::from_utf8_lossy(&bytes).into_owned(), tag))
    }

    fn failed<E>(&self, deed: &'static str, error: &SdkError<E, HttpResponse>) -> LockError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        LockError::Failed { location: self.location(), deed, reason: classify(error).to_string() }
    }
}
