//! One account of an organization, from the role to its status. An account that cannot be entered is a status as well.
//! Knows nothing of the other accounts.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use konecta_aws::organization::Member;
use konecta_aws::{Base, CollectOptions, Limits, Progress, RegionChoice, Role, Session, collect};
use konecta_base::id::{Action, Region};
use konecta_base::reads::Reads;
use konecta_base::snapshot::Snapshot;
use konecta_base::target::Target;
use konecta_core::report::format::{Format, FormatOptions};
use konecta_core::report::sarif::Places;
use konecta_core::rollup::TargetStatus;
use konecta_rego::catalogue::Catalogue;

use super::WIDTH;
use super::folder::Folder;
use crate::cli::Scan;
use crate::commands::outputs::{documents, numbered};
use crate::commands::scan_deadline::ScanDeadline;
use crate::config::Config;
use crate::error::Error;

/// Why an account has no report that was not entered in time.
const LATE: &str = "not entered before the deadline of the scan; give it more time (--deadline)";

/// What all accounts have in common.
pub(super) struct Job {
    pub(super) catalogue: Catalogue,
    config: Config,
    no_waivers: bool,
    wanted: BTreeSet<Action>,
    role: Role,
    limits: Limits,
    formats: BTreeSet<Format>,
    places: Option<Places>,
    show_pass: bool,
    sarif_include_waived: bool,
    pub(super) deadline: ScanDeadline,
    progress: Arc<Progress>,
    pub(super) folder: Folder,
    /// Accounts to be entered.
    pub(super) accounts: AtomicUsize,
    /// Those that have a status.
    pub(super) done: AtomicUsize,
}

impl Job {
    pub(super) fn new(
        args: &Scan,
        config: &Config,
        catalogue: Catalogue,
        places: Option<Places>,
        wanted: BTreeSet<Action>,
        folder: Folder,
        (deadline, progress): (ScanDeadline, Arc<Progress>),
    ) -> Self {
        let organization = &args.organization;
        let whole = Limits::default();
        Self {
            catalogue,
            config: config.clone(),
            no_waivers: args.no_waivers,
            wanted,
            role: Role { name: organization.role_name.clone(), external_id: args.account.external_id.clone() },
            // This machine's share is divided; what AWS grants, it grants each account.
            limits: Limits { overall: (whole.overall / organization.concurrency).max(whole.per_service), ..whole },
            // The JSON report is what statuses point at.
            formats: args.format.iter().map(|output| output.format).chain([Format::Json]).collect(),
            places,
            show_pass: args.show_pass,
            sarif_include_waived: args.sarif_include_waived,
            deadline,
            progress,
            folder,
            accounts: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        }
    }

    /// Enters, reads, judges, writes. Only what would end every other account as well is an error.
    pub(super) async fn account(
        self: &Arc<Self>,
        base: &Base,
        known: &Reads,
        regions: &RegionChoice,
        member: &Member,
    ) -> Result<(), Error> {
        let target = Target { account: member.id.clone(), region: Region::all() };
        let status = match self.deadline.within(base.enter(&member.id, &self.role, regions)).await {
            Ok(account) => {
                let deadline = self.deadline.at();
                let options = CollectOptions { limits: self.limits, deadline, ..CollectOptions::default() };
                let session = Session::of(vec![account]);
                let snapshot = collect(&session, known, &self.wanted, &options, &self.progress).await;
                let (job, target) = (Arc::clone(self), target.clone());
                let judging = tokio::task::spawn_blocking(move || job.judged(&target, &snapshot));
                super::joined(judging.await)?
            }
            Err(Error::Deadline) => TargetStatus::unscanned(&target, LATE),
            Err(error) => TargetStatus::unscanned(&target, &format!("{error}; {}", error.hint().unwrap_or_default())),
        };
        self.folder.status(&TargetStatus { name: member.name.clone(), ..status })?;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn judged(&self, target: &Target, snapshot: &Snapshot) -> Result<TargetStatus, Error> {
        let audit = self.config.audit(&self.catalogue);
        let report = if self.no_waivers { audit.verdicts(snapshot)? } else { audit.run(snapshot)? };
        let mut key = String::new();
        let options = FormatOptions {
            width: WIDTH,
            color: false,
            show_pass: self.show_pass,
            places: self.places.as_ref(),
            include_waived: self.sarif_include_waived,
        };
        for format in &self.formats {
            for (document, number) in documents(*format, &report, &options)?.iter().zip(1..) {
                let name = format!("report.{}", format.ending());
                let name = numbered(Path::new(&name), number);
                let written = self.folder.report(&target.account, &name.to_string_lossy(), document)?;
                if *format == Format::Json {
                    key = written;
                }
            }
        }
        Ok(TargetStatus::of(target, &report, key))
    }
}
