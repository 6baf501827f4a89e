//! The state directory: a folder an account, in it a journal a run, and the lock that keeps two runs apart.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use konecta_aws::lock::{LockClaim, S3Lock};
use konecta_aws::s3::{self, S3Place, Store};
use konecta_base::id::AccountId;

use super::now;
use crate::cli::StateArgs;
use crate::error::Error;
use crate::ui;

/// The options that say where a run is kept, as they are typed behind a command.
pub(crate) fn place_of(args: &StateArgs) -> String {
    let here = args.state_dir.as_ref().map(|folder| format!(" --state-dir {}", folder.display()));
    let there = args.state.as_ref().map(|state| format!(" --state {state}"));
    there.or(here).unwrap_or_default()
}

/// How many holders of a lock are remembered.
const REMEMBERED: usize = 20;

/// Where runs are kept.
#[derive(Debug, Clone)]
pub(crate) struct StateDir(PathBuf);

impl StateDir {
    /// The named one, or the XDG default.
    pub(crate) fn of(named: Option<&Path>) -> Result<Self, Error> {
        if let Some(named) = named {
            return Ok(Self(named.to_owned()));
        }
        let base = etcetera::base_strategy::Xdg::new().map_err(|_| Error::NoStateDir)?;
        Ok(Self(base.state_dir().unwrap_or_else(|| base.data_dir()).join("konecta-audit")))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The journal of a run that begins.
    pub(crate) fn journal(&self, account: &AccountId, run: &str) -> Result<PathBuf, Error> {
        let folder = self.folder(account)?;
        Ok(folder.join(format!("{run}.jsonl")))
    }

    fn folder(&self, account: &AccountId) -> Result<PathBuf, Error> {
        let folder = self.0.join(account.as_str());
        std::fs::create_dir_all(&folder).map_err(|source| Error::WriteFile { path: folder.clone(), source })?;
        Ok(folder)
    }

    /// The journal of a run that was begun.
    pub(crate) fn find(&self, run: &str) -> Result<PathBuf, Error> {
        let named = |(name, _): &(String, PathBuf)| name == run;
        let found = self.runs()?.into_iter().find(named);
        found
            .map(|(_, path)| path)
            .ok_or_else(|| Error::NoSuchRun { run: run.to_owned(), place: self.0.display().to_string() })
    }

    /// All runs with their journals, the newest first.
    pub(crate) fn runs(&self) -> Result<Vec<(String, PathBuf)>, Error> {
        let mut runs = Vec::new();
        for account in entries(&self.0)? {
            for path in entries(&account)? {
                let name = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
                if let (Some(name), Some("jsonl")) = (name, path.extension().and_then(|end| end.to_str())) {
                    runs.push((name, path));
                }
            }
        }
        runs.sort_by(|a, b| b.cmp(a));
        Ok(runs)
    }

    /// Takes the lock of an account on this machine.
    pub(crate) fn lock(&self, account: &AccountId, holder: &str) -> Result<Held, Error> {
        let path = self.folder(account)?.join("lock");
        let failed = |source| Error::WriteFile { path: path.clone(), source };
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = open.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = holder.lines().next().unwrap_or_default().to_owned();
                return Err(Error::Locked { path, holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Whoever held it last is dead, or done: this file cannot be locked by two. What it wrote here and in S3 tells that a
        // lock there is its own.
        let mut before = String::new();
        file.read_to_string(&mut before).map_err(failed)?;
        let dead: Vec<String> = before.lines().skip(1).take(REMEMBERED).map(str::to_owned).collect();
        let token = super::account::token();
        let mut text = format!("{holder}, process {} since {:.0}\n", std::process::id(), now());
        // One that then did not get the lock in S3 must not make the one forgotten that left it there.
        for known in token.iter().chain(&dead) {
            text.push_str(&format!("{known}\n"));
        }
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(Held { _file: file, token, dead, remote: None })
    }
}

/// What is in a folder; nothing where there is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::ReadFile { path: folder.to_owned(), source };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

/// The place in S3 that was named for locks and journals, if one was.
pub(super) async fn store(args: &StateArgs, account: &konecta_aws::Account) -> Result<Option<Store>, Error> {
    let (Some(state), Some(region)) = (&args.state, account.regions().first()) else { return Ok(None) };
    let place: S3Place = state.parse()?;
    let sdk = s3::at_home(&account.sdk(region), &place).await;
    Ok(Some(Store::new(&sdk, place, args.state_kms_key.clone())))
}

/// The locks of a run. The file's is free again when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
    /// What only the holder of this file's lock knows.
    token: Option<String>,
    /// The same of those who held it before.
    dead: Vec<String>,
    remote: Option<S3Lock>,
}

impl Held {
    /// Takes the lock in S3 as well, if one is wanted.
    pub(crate) async fn and_remote(
        mut self,
        args: &StateArgs,
        account: &konecta_aws::Account,
        run: &str,
        holder: &str,
    ) -> Result<Self, Error> {
        if let Some(store) = store(args, account).await? {
            let claim = LockClaim { run: Some(run.to_owned()), token: self.token.clone(), dead: self.dead.clone() };
            self.remote = Some(S3Lock::acquire(store, account.id(), holder, now(), None, claim).await?);
        }
        Ok(self)
    }

    /// Gives them back.
    pub(crate) async fn release(self) {
        if let Some(lock) = self.remote
            && let Err(error) = lock.release().await
        {
            ui::note(&format!("warning: {error}"));
        }
    }
}
