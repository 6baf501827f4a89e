//! Journals in S3: one object a run, written anew with every line, so that any machine can go on with a run.
//! Knows nothing of what the lines say.
//!
//! A run of account 123456789012 is kept at `<prefix>/123456789012/<run>.jsonl`, its head beside it at `<run>.head`.
//! Every line goes out as a conditional PUT on the ETag that was last seen, so of two writers one is refused before it
//! does anything on the strength of its line. Needs `s3:GetObject`, `s3:PutObject` and `s3:ListBucket`.
//!
//! ```no_run
//! use konecta_aws::journal::S3Journals;
//! use konecta_aws::s3::Store;
//! use konecta_fix::journal::Journal;
//!
//! # async fn example(sdk: aws_types::SdkConfig) -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::new(&sdk, "s3://konecta-state/audit".parse()?, None);
//! let journals = S3Journals::new(store, "123456789012".parse()?);
//! let (journal, lines) = Journal::open(journals.medium("20261123T120000Z-00c0de")).await?;
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
pub(crate) mod emulated;

use konecta_base::id::AccountId;
use konecta_base::medium::{Kept, Medium, MediumError};

use crate::s3::{Created, Object, Store, StoreError};

const LINES: &str = "application/x-ndjson";
const HEAD: &str = "application/json";

/// The journals of one account.
#[derive(Debug, Clone)]
pub struct S3Journals {
    store: Store,
    account: AccountId,
}

impl S3Journals {
    /// Those of this account, below the store's prefix.
    #[must_use]
    pub fn new(store: Store, account: AccountId) -> Self {
        Self { store, account }
    }

    /// Where they are.
    #[must_use]
    pub fn location(&self) -> String {
        self.store.location(self.account.as_str())
    }

    /// Where the journal of a run is kept, whether it was begun or not.
    #[must_use]
    pub fn medium(&self, run: &str) -> S3Medium {
        S3Medium { store: self.store.clone(), name: format!("{}/{run}", self.account), seen: None, head: None }
    }

    /// The names of all runs, the newest first.
    ///
    /// # Errors
    /// When S3 does not list them.
    pub async fn runs(&self) -> Result<Vec<String>, StoreError> {
        let folder = format!("{}/", self.account);
        let mut runs = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let keys = self.store.keys(&folder, after.as_deref()).await?;
            let Some(last) = keys.last() else { break };
            after = Some(last.clone());
            let names = keys.iter().filter_map(|key| key.strip_prefix(&folder)?.strip_suffix(".jsonl"));
            runs.extend(names.filter(|name| !name.contains('/')).map(str::to_owned));
        }
        runs.reverse();
        Ok(runs)
    }
}

/// One journal, as it was last seen.
#[derive(Debug)]
pub struct S3Medium {
    store: Store,
    /// Its key without the ending.
    name: String,
    seen: Option<Object>,
    head: Option<Vec<u8>>,
}

impl S3Medium {
    fn key(&self) -> String {
        format!("{}.jsonl", self.name)
    }

    fn head_key(&self) -> String {
        format!("{}.head", self.name)
    }

    fn failed(&self, error: StoreError) -> MediumError {
        MediumError::failed(self.location(), error)
    }

    /// Writes the object anew, if it is still the one that was seen.
    async fn replace(&mut self, bytes: Vec<u8>) -> Result<(), MediumError> {
        let seen = self.seen.as_ref().ok_or_else(|| MediumError::Missing(self.location()))?;
        let written = self.store.replace(&self.key(), LINES, bytes.clone(), &seen.etag).await;
        match written.map_err(|error| self.failed(error))? {
            Some(etag) => {
                self.seen = Some(Object { bytes, etag });
                Ok(())
            }
            None => Err(MediumError::Overtaken(self.location())),
        }
    }

    /// Unconditionally: only who has just written a line writes its head, and one that lags behind is still right.
    async fn keep_head(&mut self, head: &str) -> Result<(), MediumError> {
        let bytes = head.as_bytes().to_vec();
        self.store.put(&self.head_key(), HEAD, bytes.clone()).await.map_err(|error| self.failed(error))?;
        self.head = Some(bytes);
        Ok(())
    }
}

impl Medium for S3Medium {
    fn location(&self) -> String {
        self.store.location(&self.key())
    }

    async fn create(&mut self) -> Result<(), MediumError> {
        match self.store.create(&self.key(), LINES, Vec::new()).await.map_err(|error| self.failed(error))? {
            Created::Ours(etag) => {
                self.seen = Some(Object { bytes: Vec::new(), etag });
                Ok(())
            }
            Created::Already => Err(MediumError::Exists(self.location())),
        }
    }

    async fn read(&mut self) -> Result<Kept, MediumError> {
        let head = self.store.get(&self.head_key()).await.map_err(|error| self.failed(error))?;
        self.head = head.map(|head| head.bytes);
        self.seen = self.store.get(&self.key()).await.map_err(|error| self.failed(error))?;
        let seen = self.seen.as_ref().ok_or_else(|| MediumError::Missing(self.location()))?;
        Ok(Kept { lines: seen.bytes.clone(), head: self.head.clone() })
    }

    async fn take_up(&mut self, whole: u64, head: Option<&str>) -> Result<(), MediumError> {
        let seen = self.seen.as_ref().ok_or_else(|| MediumError::Missing(self.location()))?;
        let whole = usize::try_from(whole).unwrap_or(usize::MAX);
        if whole < seen.bytes.len() {
            self.replace(seen.bytes[..whole].to_vec()).await?;
        }
        match head {
            Some(head) if self.head.as_deref() != Some(head.as_bytes()) => self.keep_head(head).await,
            Some(_) | None => Ok(()),
        }
    }

    async fn append(&mut self, line: &str, head: &str) -> Result<(), MediumError> {
        let seen = self.seen.as_ref().ok_or_else(|| MediumError::Missing(self.location()))?;
        let bytes = [seen.bytes.as_slice(), line.as_bytes()].concat();
        self.replace(bytes).await?;
        self.keep_head(head).await
    }
}
