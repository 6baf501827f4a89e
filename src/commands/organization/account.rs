//! One account of an organization, from the role to its status. An account that cannot be entered is a status as well.
//! Knows nothing of the other accounts.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use konecta_aws::organization::Member;
use konecta_aws::{Base, CollectOptions, Limits, Progress, RegionChoice, Role, Session, collect};
use konecta_core::audit;
use konecta_core::blueprint::Blueprint;
use konecta_core::control::catalogue::Catalogue;
use konecta_core::control::reads::Reads;
use konecta_core::id::{Action, Region};
use konecta_core::report::sarif::Places;
use konecta_core::report::table::{self, TableOptions};
use konecta_core::report::{Report, json_v1};
use konecta_core::rollup::TargetStatus;
use konecta_core::snapshot::Snapshot;
use konecta_core::target::Target;
use konecta_core::waiver::{self, Waiver};

use super::WIDTH;
use super::folder::Folder;
use crate::cli::{Format, Scan};
use crate::commands::outputs::{numbered, sarif_documents};
use crate::config::Config;
use crate::error::Error;
use crate::ui;

/// What all accounts have in common.
pub(super) struct Job {
    pub(super) catalogue: Catalogue,
    blueprint: Blueprint,
    waivers: Vec<Waiver>,
    wanted: BTreeSet<Action>,
    role: Role,
    limits: Limits,
    formats: BTreeSet<Format>,
    places: Option<Places>,
    show_pass: bool,
    sarif_include_waived: bool,
    progress: Arc<Progress>,
    /// By index, the waivers that fitted a finding somewhere.
    used: Mutex<BTreeSet<usize>>,
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
        progress: Arc<Progress>,
    ) -> Self {
        let organization = &args.organization;
        let whole = Limits::default();
        Self {
            catalogue,
            blueprint: config.blueprint.clone(),
            waivers: config.waivers.clone(),
            wanted,
            role: Role { name: organization.role_name.clone(), external_id: args.account.external_id.clone() },
            // This machine's share is divided; what AWS grants, it grants each account.
            limits: Limits { overall: (whole.overall / organization.concurrency).max(whole.per_service), ..whole },
            // The JSON report is what statuses point at.
            formats: args.format.iter().map(|output| output.format).chain([Format::Json]).collect(),
            places,
            show_pass: args.show_pass,
            sarif_include_waived: args.sarif_include_waived,
            progress,
            used: Mutex::default(),
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
        let status = match base.enter(&member.id, &self.role, regions).await {
            Ok(account) => {
                let options = CollectOptions { limits: self.limits, ..CollectOptions::default() };
                let session = Session::of(vec![account]);
                let snapshot = collect(&session, known, &self.wanted, &options, &self.progress).await;
                let (job, target) = (Arc::clone(self), target.clone());
                let judging = tokio::task::spawn_blocking(move || job.judged(&target, &snapshot));
                super::joined(judging.await)?
            }
            Err(error) => TargetStatus::unscanned(&target, &format!("{error}; {}", error.hint())),
        };
        self.folder.status(&TargetStatus { name: member.name.clone(), ..status })?;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn judged(&self, target: &Target, snapshot: &Snapshot) -> Result<TargetStatus, Error> {
        let mut report = audit::audit(snapshot, &self.catalogue, &self.blueprint, env!("CARGO_PKG_VERSION"))?;
        for remark in waiver::apply(&self.fitting(&report), &mut report.findings, report.scan.started_at) {
            ui::note(&format!("warning: {}: {remark}", target.account));
        }
        let mut key = String::new();
        for format in &self.formats {
            match (format, &self.places) {
                (Format::Table, _) => {
                    let options = TableOptions { width: WIDTH, color: false, show_pass: self.show_pass };
                    self.folder.report(&target.account, "report.txt", &table::render(&report, &options))?;
                }
                (Format::Json, _) => {
                    key = self.folder.report(&target.account, "report.json", &json_v1::render(&report)?)?;
                }
                (Format::Sarif, Some(places)) => {
                    for (text, number) in sarif_documents(&report, places, self.sarif_include_waived)?.iter().zip(1..) {
                        let name = numbered(Path::new("report.sarif"), number);
                        self.folder.report(&target.account, &name.to_string_lossy(), text)?;
                    }
                }
                (Format::Sarif, None) => return Err(Error::SarifWithoutConfig),
            }
        }
        Ok(TargetStatus::of(target, &report, key))
    }

    /// The waivers that speak of a fail in this account. One that does not may speak of one in another.
    fn fitting(&self, report: &Report) -> Vec<Waiver> {
        let fitting: Vec<(usize, &Waiver)> = waiver::fitting(&self.waivers, &report.findings).collect();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(fitting.iter().map(|(index, _)| *index));
        fitting.into_iter().map(|(_, waiver)| waiver.clone()).collect()
    }

    /// The waivers that fitted nothing in any account.
    pub(super) fn unused_waivers(&self) -> Vec<Waiver> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = self.waivers.iter().enumerate().filter(|(index, _)| !used.contains(index));
        unused.map(|(_, waiver)| waiver.clone()).collect()
    }
}
