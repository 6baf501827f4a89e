//! The statuses of a run put together, from a folder or from S3, for the command line and for what AWS starts.
//! Reads one account's statuses at a time; what is told of single targets goes through a file. Decides nothing.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use konecta_aws::s3::{Store, StoreError};
use konecta_base::finding::Severity;
use konecta_base::id::AccountId;
use konecta_base::limits;
use konecta_base::target::Target;
use konecta_core::report::rollup::{self as told, RollupAbout};
use konecta_core::rollup::{Elements, Narrowed, Rollup, RollupError, Summary, Suspended, TargetStatus, elements};
use tokio::task::JoinSet;

use crate::error::Exit;

/// The targets of a run, as a JSON array sorted by account and region.
pub(crate) const TARGETS: &str = "targets.json";

/// The same, sorted by region and account: what the Distributed Map reads, so that neighbours in it are of several accounts.
/// The state machine's role may read this object and no other of the run (`deploy/`).
pub(crate) const ORDER: &str = "order.json";

/// The accounts that are not entered, as a JSON array; may be missing.
pub(crate) const SUSPENDED: &str = "suspended.json";

/// What is known of the run besides: what it was narrowed to.
pub(crate) const RUN: &str = "run.json";

/// Where the statuses are: `status/ACCOUNT/REGION.json`.
pub(crate) const STATUS: &str = "status";

/// Statuses that are fetched from S3 at once.
const AT_ONCE: usize = 32;

/// Why a run cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RollupIoError {
    #[error("there is no run at {location}: it has no {TARGETS}")]
    NoRun { location: String },
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot keep the lists of the roll-up in a temporary file")]
    Temporary(#[source] io::Error),
    #[error("{location} cannot be read: {reason}")]
    Run { location: String, reason: String },
    #[error("the accounts that are not entered cannot be read")]
    Suspended(#[source] io::Error),
    #[error(transparent)]
    Rollup(#[from] RollupError),
}

impl RollupIoError {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoRun { .. } => {
                Some("name the folder of one run, as in s3://bucket/prefix/runs/RUN, or the --output-dir of a scan")
            }
            Self::Read { .. } => Some("check that the path exists and that you may use it"),
            Self::Temporary(_) => Some("make room in the folder for temporary files, or name another with TMPDIR"),
            Self::Store(_) | Self::Run { .. } | Self::Suspended(_) | Self::Rollup(_) => None,
        }
    }
}

/// A run in one document.
pub(crate) struct Rolled {
    /// The totals.
    pub(crate) summary: Summary,
    /// What it was narrowed to, as the run itself says.
    pub(crate) narrowed: Narrowed,
    lists: BufReader<File>,
}

impl Rolled {
    /// Writes it as JSON.
    pub(crate) fn json(&mut self, about: &RollupAbout<'_>, out: &mut dyn Write) -> io::Result<()> {
        told::json(about, &self.summary, &mut self.lists, out).map_err(io::Error::from)
    }

    /// Writes it for people.
    pub(crate) fn text(&mut self, about: &RollupAbout<'_>, out: &mut dyn Write, width: usize) -> io::Result<()> {
        told::text(about, &self.summary, &mut self.lists, out, width)
    }

    /// Writes it as a page; `page` says which page a report has beside it, by the report's key.
    pub(crate) fn html(
        &mut self,
        about: &RollupAbout<'_>,
        page: &dyn Fn(&str) -> Option<String>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        told::html(about, &self.summary, &mut self.lists, page, out)
    }

    /// The one place where a roll-up becomes an exit code; the rules are those of a scan.
    pub(crate) fn exit(&self, fail_on: Severity) -> Exit {
        if self.summary.errors > 0 {
            Exit::CouldNotRun
        } else if self.summary.fails(fail_on) > 0 {
            Exit::Findings
        } else if !self.summary.is_whole() {
            Exit::Incomplete
        } else {
            Exit::Clean
        }
    }
}

/// The page that the run of this folder has beside a report in JSON.
pub(crate) fn page_beside(folder: &Path, key: &str) -> Option<String> {
    let page = format!("{}.html", key.strip_suffix(".json")?);
    folder.join(&page).is_file().then_some(page)
}

/// A run in S3; `folder` is where it is below the store's own place, and ends with a slash where it is not empty.
pub(crate) async fn of_store(store: &Store, folder: &str) -> Result<Rolled, RollupIoError> {
    let key = |name: &str| format!("{folder}{name}");
    let Some(targets) = fetched(store, &key(TARGETS)).await? else {
        return Err(RollupIoError::NoRun { location: store.location(folder) });
    };
    let mut making = Making::begin(targets, fetched(store, &key(SUSPENDED)).await?)?;
    making.narrowed = narrowed(&key(RUN), store.get(&key(RUN)).await?.map(|object| object.bytes))?;
    let prefix = key(&format!("{STATUS}/"));
    let mut after = None;
    loop {
        let page = store.keys(&prefix, after.as_deref()).await?;
        let Some(last) = page.last().cloned() else { return making.end() };
        let statuses: Vec<(Target, String)> =
            page.into_iter().filter_map(|key| Some((target_of(key.strip_prefix(&prefix)?)?, key))).collect();
        for some in statuses.chunks(AT_ONCE) {
            for status in statuses_of(store, some).await? {
                making.see(status)?;
            }
        }
        after = Some(last);
    }
}

/// A run in a folder of the same layout. The names of its statuses are in memory, their contents are not.
pub(crate) fn of_folder(folder: &Path) -> Result<Rolled, RollupIoError> {
    let Some(targets) = opened(&folder.join(TARGETS))? else {
        return Err(RollupIoError::NoRun { location: folder.display().to_string() });
    };
    let mut making = Making::begin(targets, opened(&folder.join(SUSPENDED))?)?;
    let run = folder.join(RUN);
    if run.exists() {
        let bytes = limits::read(&run, limits::DOCUMENT);
        let bytes = bytes.map_err(|source| RollupIoError::Read { path: run.clone(), source })?;
        making.narrowed = narrowed(&run.display().to_string(), Some(bytes))?;
    }
    let statuses = folder.join(STATUS);
    for account in names(&statuses)?.into_iter().filter(|name| name.parse::<AccountId>().is_ok()) {
        for region in names(&statuses.join(&account))? {
            let Some(target) = target_of(&format!("{account}/{region}")) else { continue };
            let path = statuses.join(&account).join(&region);
            let bytes = limits::read(&path, limits::DOCUMENT).map_err(|source| RollupIoError::Read { path, source })?;
            making.see(status_of(&target, Some(&bytes)))?;
        }
    }
    making.end()
}

/// Out of `run.json`, which says more than this. One that is not there, or of an older version, narrows nothing.
fn narrowed(location: &str, bytes: Option<Vec<u8>>) -> Result<Narrowed, RollupIoError> {
    let broken =
        |error: serde_json::Error| RollupIoError::Run { location: location.to_owned(), reason: error.to_string() };
    bytes.map_or(Ok(Narrowed::default()), |bytes| serde_json::from_slice(&bytes).map_err(broken))
}

struct Making {
    narrowed: Narrowed,
    rollup: Rollup<Elements<BufReader<File>, Target>, BufWriter<File>>,
    /// The statuses of one account: names with their ending are not sorted as the regions themselves are.
    account: Vec<TargetStatus>,
}

impl Making {
    fn begin(targets: File, suspended: Option<File>) -> Result<Self, RollupIoError> {
        let lists = tempfile::tempfile().map_err(RollupIoError::Temporary)?;
        let mut rollup = Rollup::new(elements(BufReader::new(targets)), BufWriter::new(lists));
        for account in suspended.into_iter().flat_map(|file| elements::<_, Suspended>(BufReader::new(file))) {
            rollup.suspended(account.map_err(RollupIoError::Suspended)?)?;
        }
        Ok(Self { narrowed: Narrowed::default(), rollup, account: Vec::new() })
    }

    fn see(&mut self, status: TargetStatus) -> Result<(), RollupIoError> {
        if self.account.last().is_some_and(|last| last.account != status.account) {
            self.account_ends()?;
        }
        self.account.push(status);
        Ok(())
    }

    fn account_ends(&mut self) -> Result<(), RollupIoError> {
        self.account.sort_by(|a, b| a.region.cmp(&b.region));
        self.account.drain(..).try_for_each(|status| self.rollup.see(status)).map_err(RollupIoError::from)
    }

    fn end(mut self) -> Result<Rolled, RollupIoError> {
        self.account_ends()?;
        let (summary, lists) = self.rollup.finish()?;
        let lists = lists.into_inner().map_err(|error| RollupIoError::Temporary(error.into_error()))?;
        Ok(Rolled { summary, narrowed: self.narrowed, lists: BufReader::new(lists) })
    }
}

/// The target that a status is about, by the end of its name: `ACCOUNT/REGION.json`. What else lies there is nobody's status.
fn target_of(name: &str) -> Option<Target> {
    let (account, region) = name.strip_suffix(".json")?.split_once('/')?;
    Some(Target { account: account.parse().ok()?, region: region.parse().ok()? })
}

/// A status that cannot be read is not seen, and the roll-up goes on.
fn status_of(target: &Target, bytes: Option<&[u8]>) -> TargetStatus {
    let Some(bytes) = bytes else { return TargetStatus::unscanned(target, "its status was taken away") };
    match serde_json::from_slice::<TargetStatus>(bytes) {
        Ok(status) if &status.target() == target => status,
        Ok(other) => {
            let reason = format!("its status is that of {} {}", other.account, other.region);
            TargetStatus::unscanned(target, &reason)
        }
        Err(error) => TargetStatus::unscanned(target, &format!("its status cannot be read: {error}")),
    }
}

/// Several statuses at once, in their order.
async fn statuses_of(store: &Store, some: &[(Target, String)]) -> Result<Vec<TargetStatus>, RollupIoError> {
    let mut tasks = JoinSet::new();
    for (target, key) in some {
        let (store, target, key) = (store.clone(), target.clone(), key.clone());
        tasks.spawn(async move {
            let object = store.get(&key).await?;
            Ok::<_, StoreError>(status_of(&target, object.as_ref().map(|object| object.bytes.as_slice())))
        });
    }
    let mut statuses = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    statuses.sort_by_key(TargetStatus::target);
    Ok(statuses)
}

async fn fetched(store: &Store, key: &str) -> Result<Option<File>, RollupIoError> {
    let mut file = tempfile::tempfile().map_err(RollupIoError::Temporary)?;
    if !store.copy(key, &mut file).await? {
        return Ok(None);
    }
    file.rewind().map_err(RollupIoError::Temporary)?;
    Ok(Some(file))
}

fn opened(path: &Path) -> Result<Option<File>, RollupIoError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RollupIoError::Read { path: path.to_owned(), source }),
    }
}

/// The names in a folder, sorted; of a folder that is not there, none.
fn names(folder: &Path) -> Result<Vec<String>, RollupIoError> {
    let failed = |source| RollupIoError::Read { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let name =
        |entry: io::Result<std::fs::DirEntry>| entry.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names = entries.map(name).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    names.sort();
    Ok(names)
}
