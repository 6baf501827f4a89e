//! Where the journals of runs are: in the state directory, or in S3. Knows nothing of what they say.

use konecta_aws::journal::{S3Journals, S3Medium};
use konecta_aws::{Session, SessionOptions};
use konecta_base::id::AccountId;
use konecta_fix::journal::{FileMedium, Kept, Medium, MediumError};

use super::StateDir;
use super::state::store;
use crate::cli::StateArgs;
use crate::error::Error;

/// All journals that can be reached.
pub(crate) enum Journals {
    /// On this machine, of every account.
    Here(StateDir),
    /// In S3, of one account.
    InS3(S3Journals),
}

/// Where one journal is kept.
#[derive(Debug)]
pub(crate) enum JournalMedium {
    /// A file.
    File(FileMedium),
    /// An object.
    Object(S3Medium),
}

impl Journals {
    /// Where the arguments say; asks whose the credentials are only where that is S3.
    pub(crate) async fn open(args: &StateArgs, options: &SessionOptions) -> Result<Self, Error> {
        if args.state.is_none() {
            return Ok(Self::Here(StateDir::of(args.state_dir.as_deref())?));
        }
        let session = Session::open(options).await?;
        match session.accounts() {
            [account] => Self::of(args, account).await,
            several => Err(Error::SeveralAccounts(several.len())),
        }
    }

    /// The same for an account that was entered already.
    pub(crate) async fn of(args: &StateArgs, account: &konecta_aws::Account) -> Result<Self, Error> {
        match store(args, account).await? {
            Some(store) => Ok(Self::InS3(S3Journals::new(store, account.id().clone()))),
            None => Ok(Self::Here(StateDir::of(args.state_dir.as_deref())?)),
        }
    }

    /// The journal of a run that begins.
    pub(crate) fn begin(&self, account: &AccountId, run: &str) -> Result<JournalMedium, Error> {
        match self {
            Self::Here(state) => Ok(JournalMedium::File(FileMedium::new(state.journal(account, run)?))),
            Self::InS3(journals) => Ok(JournalMedium::Object(journals.medium(run))),
        }
    }

    /// The journal of a run that was begun; in S3 only reading it tells whether there is one.
    pub(crate) fn find(&self, run: &str) -> Result<JournalMedium, Error> {
        match self {
            Self::Here(state) => Ok(JournalMedium::File(FileMedium::new(state.find(run)?))),
            Self::InS3(journals) => Ok(JournalMedium::Object(journals.medium(run))),
        }
    }

    /// All runs with their journals, the newest first.
    pub(crate) async fn runs(&self) -> Result<Vec<(String, JournalMedium)>, Error> {
        match self {
            Self::Here(state) => {
                let runs = state.runs()?.into_iter();
                Ok(runs.map(|(run, path)| (run, JournalMedium::File(FileMedium::new(path)))).collect())
            }
            Self::InS3(journals) => {
                let runs = journals.runs().await?.into_iter();
                Ok(runs
                    .map(|run| (journals.medium(&run), run))
                    .map(|(at, run)| (run, JournalMedium::Object(at)))
                    .collect())
            }
        }
    }

    /// Where they are.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::Here(state) => state.path().display().to_string(),
            Self::InS3(journals) => journals.location(),
        }
    }
}

impl Medium for JournalMedium {
    fn location(&self) -> String {
        match self {
            Self::File(file) => file.location(),
            Self::Object(object) => object.location(),
        }
    }

    async fn create(&mut self) -> Result<(), MediumError> {
        match self {
            Self::File(file) => file.create().await,
            Self::Object(object) => object.create().await,
        }
    }

    async fn read(&mut self) -> Result<Kept, MediumError> {
        match self {
            Self::File(file) => file.read().await,
            Self::Object(object) => object.read().await,
        }
    }

    async fn take_up(&mut self, whole: u64, head: Option<&str>) -> Result<(), MediumError> {
        match self {
            Self::File(file) => file.take_up(whole, head).await,
            Self::Object(object) => object.take_up(whole, head).await,
        }
    }

    async fn append(&mut self, line: &str, head: &str) -> Result<(), MediumError> {
        match self {
            Self::File(file) => file.append(line, head).await,
            Self::Object(object) => object.append(line, head).await,
        }
    }
}
