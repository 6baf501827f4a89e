//! The folder of one run over an organization, laid out as a run in S3 is: `konecta-audit rollup` reads both.
//! Knows nothing of what is in a report.

use std::path::{Path, PathBuf};

use konecta_aws::organization::Member;
use konecta_base::id::{AccountId, Region};
use konecta_base::target::Target;
use konecta_core::report::format::Rendered;
use konecta_core::rollup::{Narrowed, Suspended, TargetStatus};
use serde::Serialize;

use crate::error::Error;
use crate::rollup_io::{RUN, STATUS, SUSPENDED, TARGETS};
use crate::ui;

/// A folder that was empty of runs.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is not there. What an earlier run left would be taken for this one's.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        for name in [TARGETS, STATUS] {
            let left = dir.join(name);
            if left.exists() {
                return Err(Error::Exists(left));
            }
        }
        made(dir)?;
        Ok(Self(dir.to_owned()))
    }

    /// Writes down which accounts are to be scanned and which are not, before the first is entered. Both are sorted.
    pub(super) fn expected(&self, entered: &[Member], suspended: &[Member]) -> Result<(), Error> {
        let target = |member: &Member| Target { account: member.id.clone(), region: Region::all() };
        let targets: Vec<Target> = entered.iter().map(target).collect();
        let closed = |member: &Member| {
            let state = member.suspended()?.to_owned();
            Some(Suspended { account: member.id.clone(), name: member.name.clone(), state })
        };
        self.write(SUSPENDED, &suspended.iter().filter_map(closed).collect::<Vec<_>>())?;
        self.write(TARGETS, &targets)
    }

    /// Writes down what the run was narrowed to.
    pub(super) fn narrowed(&self, narrowed: &Narrowed) -> Result<(), Error> {
        self.write(RUN, narrowed)
    }

    /// Writes a report under a file name, and says where, as seen from the folder.
    pub(super) fn report(&self, account: &AccountId, name: &str, report: &Rendered<'_>) -> Result<String, Error> {
        let folder = format!("account={account}");
        made(&self.0.join(&folder))?;
        let key = format!("{folder}/{name}");
        ui::write_by(&self.0.join(&key), &mut |out| report.write(out))?;
        Ok(key)
    }

    /// Writes what came of an account; its being there means that all its reports are.
    pub(super) fn status(&self, status: &TargetStatus) -> Result<(), Error> {
        let folder = format!("{STATUS}/{}", status.account);
        made(&self.0.join(&folder))?;
        self.write(&format!("{folder}/{}.json", status.region), status)
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        ui::write(&self.0.join(name), &format!("{}\n", serde_json::to_string(value)?))
    }
}

fn made(dir: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(dir).map_err(|source| Error::WriteFile { path: dir.to_owned(), source })
}
