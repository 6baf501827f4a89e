//! The pipeline: snapshot → facts → verdicts → report, one resource at a time.
//! Wires the parts together and decides nothing itself.

#[cfg(test)]
mod followed;
mod parallel;
#[cfg(test)]
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use crate::facts::{self, Facts, FactsAsText, Wanted};
use crate::report::{Report, ReportedGap};
use crate::waivers::{self, Assessed};
use konecta_base::blueprint::Blueprint;
use konecta_base::claim;
use konecta_base::finding::{Finding, Shared, Status};
use konecta_base::gap::{Gap, GapKind, ReadRecord};
use konecta_base::id::{AccountId, Action, Arn, ControlId, Region, ResourceType};
use konecta_base::reads::{ReadScope, Reads, reads};
use konecta_base::resource::{Resource, ResourceRef};
use konecta_base::rule::ControlError;
use konecta_base::snapshot::{SnapshotError, Source, Unread};
use konecta_base::waiver::{Waiver, WaiverLimits, is_about_a_waiver};
use konecta_rego::PolicyError;
use konecta_rego::catalogue::{Catalogue, Control};
use konecta_rego::engine::{Judge, World};

/// Why an audit has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The snapshot could not be read to its end.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A policy could not be made ready.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Facts could not be handed to the engine.
    #[error("the facts could not be written as JSON")]
    World(#[from] serde_json::Error),
}

/// Which resources are judged: account, region and ARN of each are shown. The others still are what facts are derived from.
pub type Subjects<'a> = &'a dyn Fn(&AccountId, &Region, &Arn) -> bool;

/// What is judged by, once for all that asks for verdicts.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    /// The controls.
    pub catalogue: &'a Catalogue,
    /// What the stack should be.
    pub blueprint: &'a Blueprint,
    /// What somebody accepted.
    pub waivers: &'a [Waiver],
    /// What a waiver may be at most.
    pub waiver_limits: WaiverLimits,
    /// The program's version, as reports name it.
    pub tool_version: &'a str,
}

/// What commands that act on verdicts look at.
#[derive(Debug)]
pub struct Audited<'a> {
    /// The verdicts, worst first; accepted fails are waived.
    pub report: Report,
    /// What was derived to reach them.
    pub facts: Facts,
    /// How each waiver stands.
    pub waivers: Vec<Assessed<'a>>,
}

impl<'a> Audit<'a> {
    /// Without waivers.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, blueprint: &'a Blueprint, tool_version: &'a str) -> Self {
        Self { catalogue, blueprint, waivers: &[], waiver_limits: WaiverLimits::default(), tool_version }
    }

    /// The verdicts as they are, whatever was accepted, worst first.
    ///
    /// # Errors
    /// When the snapshot cannot be read or a policy cannot be made ready.
    pub fn verdicts(&self, source: &dyn Source) -> Result<Report, AuditError> {
        self.told_verdicts(source, &mut |_| {})
    }

    /// As [`Self::verdicts`], of some of the resources only, on one thread.
    ///
    /// # Errors
    /// As for [`Self::verdicts`].
    pub fn verdicts_of(&self, source: &dyn Source, subjects: Subjects<'_>) -> Result<Report, AuditError> {
        let mut findings = Vec::new();
        let errors =
            judge_some(source, self.catalogue, self.blueprint, subjects, &mut |finding| findings.push(finding))?;
        Ok(report(source, self.catalogue, self.tool_version, (findings, errors)))
    }

    /// The verdicts with accepted fails waived, and a finding for each waiver that has rotted.
    ///
    /// # Errors
    /// As for [`Self::verdicts`].
    pub fn run(&self, source: &dyn Source) -> Result<Report, AuditError> {
        self.run_followed(source, &mut ())
    }

    /// As [`Self::run`]; the follower is told each finding once, as soon as it is known how it will stand in the report.
    /// What a waiver speaks of is known last: how many findings it fits decides whether it holds.
    ///
    /// # Errors
    /// As for [`Self::verdicts`].
    pub fn run_followed(&self, source: &dyn Source, follower: &mut dyn Follower) -> Result<Report, AuditError> {
        let gaps = reported_gaps(source, self.catalogue, reads(), &[]);
        follower.begins(&opening(source, self.catalogue, self.tool_version, gaps));
        let is_spoken_of = |finding: &Finding| {
            matches!(finding.status, Status::Fail | Status::Waived)
                && self.waivers.iter().any(|waiver| waiver.fits(finding))
        };
        let mut report = self.told_verdicts(source, &mut |finding| {
            if !is_spoken_of(finding) {
                follower.finds(finding);
            }
        })?;
        waivers::apply(&mut report, self.waivers, &self.waiver_limits);
        let is_late = |finding: &&Finding| is_spoken_of(finding) || is_about_a_waiver(&finding.control);
        report.findings.iter().filter(is_late).for_each(|finding| follower.finds(finding));
        Ok(report)
    }

    /// The verdicts with accepted fails waived, and all facts, derived once: for commands that act on verdicts.
    ///
    /// # Errors
    /// As for [`Self::verdicts`].
    pub fn accepting(&self, source: &dyn Source) -> Result<Audited<'a>, AuditError> {
        let texts = facts::texts(source, self.blueprint, Wanted::All)?;
        let facts = Facts::of(&texts);
        let mut report = self.judged(source, &surroundings(source, self.blueprint, texts)?, &mut |_| {})?;
        let waivers = waivers::accept(&mut report, self.waivers, &self.waiver_limits);
        Ok(Audited { report, facts, waivers })
    }

    /// The verdicts as they are, each told as soon as it is there.
    fn told_verdicts(&self, source: &dyn Source, find: &mut dyn FnMut(&Finding)) -> Result<Report, AuditError> {
        let texts = facts::texts(source, self.blueprint, wanted(self.catalogue))?;
        self.judged(source, &surroundings(source, self.blueprint, texts)?, find)
    }

    fn judged(
        &self,
        source: &dyn Source,
        surroundings: &Surroundings,
        find: &mut dyn FnMut(&Finding),
    ) -> Result<Report, AuditError> {
        let mut findings = Vec::new();
        let errors = judge_within(parallel::available(), source, self.catalogue, surroundings, &mut |finding| {
            find(&finding);
            findings.push(finding);
        })?;
        Ok(report(source, self.catalogue, self.tool_version, (findings, errors)))
    }
}

/// Who looks on while an account is judged.
pub trait Follower {
    /// Nothing is judged yet: this report has neither findings nor claims nor errors.
    fn begins(&mut self, report: &Report);
    /// A finding as it will stand in the report.
    fn finds(&mut self, finding: &Finding);
}

/// Nobody.
impl Follower for () {
    fn begins(&mut self, _: &Report) {}
    fn finds(&mut self, _: &Finding) {}
}

fn report(
    source: &dyn Source,
    catalogue: &Catalogue,
    tool_version: &str,
    (mut findings, mut errors): (Vec<Finding>, Vec<ControlError>),
) -> Report {
    findings.sort_by(|a, b| {
        (a.severity, a.status, &a.control, &a.resource).cmp(&(b.severity, b.status, &b.control, &b.resource))
    });
    errors.sort();
    let claims =
        claim::judge(catalogue.claims(), catalogue.deciders(), &findings, errors.iter().map(|error| &error.control));
    let gaps = reported_gaps(source, catalogue, reads(), &findings);
    Report { findings, errors, claims, ..opening(source, catalogue, tool_version, gaps) }
}

/// What is known before anything is judged.
fn opening(source: &dyn Source, catalogue: &Catalogue, tool_version: &str, gaps: Vec<ReportedGap>) -> Report {
    Report {
        tool_version: tool_version.to_owned(),
        scan: source.info().clone(),
        rules: catalogue.rules(),
        gaps,
        findings: Vec::new(),
        claims: Vec::new(),
        errors: Vec::new(),
        baseline: None,
    }
}

/// Judges a snapshot and hands out the findings one by one; memory does not grow with their number.
///
/// # Errors
/// When the snapshot cannot be read or a policy cannot be made ready.
pub fn judge(
    source: &dyn Source,
    catalogue: &Catalogue,
    blueprint: &Blueprint,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    judge_some(source, catalogue, blueprint, &|_, _, _| true, take)
}

/// As [`judge`], on so many threads besides the one that reads. What is found, and in which order, is the same.
///
/// # Errors
/// When the snapshot cannot be read or a policy cannot be made ready.
pub fn judge_on(
    threads: usize,
    source: &dyn Source,
    catalogue: &Catalogue,
    blueprint: &Blueprint,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    let texts = facts::texts(source, blueprint, wanted(catalogue))?;
    judge_within(threads, source, catalogue, &surroundings(source, blueprint, texts)?, take)
}

fn judge_within(
    threads: usize,
    source: &dyn Source,
    catalogue: &Catalogue,
    (world, stacks): &Surroundings,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    if threads <= 1 {
        let mut judge = Judge::new(catalogue, world, reads(), source.gaps())?;
        return judge_all(&mut judge, source, catalogue, stacks, &|_, _, _| true, take);
    }
    let types = types(catalogue);
    let read = |see: &mut dyn FnMut(Unread)| {
        source.visit_unread(&|kind| types.contains(kind), see)?;
        stacks.iter().for_each(|stack| see(Unread::Resource(Box::new(stack.clone()))));
        Ok(())
    };
    let input = parallel::JudgeInput { catalogue, world, gaps: source.gaps() };
    let errors = parallel::judge(threads, input, read, take)?;
    unseen(source, catalogue, reads()).into_iter().for_each(take);
    Ok(errors)
}

/// The facts and indexes that some control may look at.
fn wanted(catalogue: &Catalogue) -> Wanted {
    Wanted::of(catalogue.facts())
}

/// The types that some control speaks of.
fn types(catalogue: &Catalogue) -> BTreeSet<&str> {
    catalogue.controls().flat_map(|control| control.metadata.subjects()).collect()
}

fn judge_some(
    source: &dyn Source,
    catalogue: &Catalogue,
    blueprint: &Blueprint,
    subjects: Subjects<'_>,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    let texts = facts::texts(source, blueprint, wanted(catalogue))?;
    let (world, stacks) = surroundings(source, blueprint, texts)?;
    let mut judge = Judge::new(catalogue, &world, reads(), source.gaps())?;
    judge_all(&mut judge, source, catalogue, &stacks, subjects, take)
}

/// What a judge whose policies are compiled already says of another snapshot, in the order of [`Audit::verdicts`].
///
/// # Errors
/// When the snapshot cannot be read to its end.
pub fn again(
    judge: &mut Judge<'_>,
    source: &dyn Source,
    catalogue: &Catalogue,
    blueprint: &Blueprint,
) -> Result<Vec<Finding>, AuditError> {
    let texts = facts::texts(source, blueprint, wanted(catalogue))?;
    let (world, stacks) = surroundings(source, blueprint, texts)?;
    judge.change_world(&world)?;
    let mut findings = Vec::new();
    let mut take = |finding| findings.push(finding);
    judge_all(judge, source, catalogue, &stacks, &|_, _, _| true, &mut take)?;
    findings.sort_by(|a, b| {
        (a.severity, a.status, &a.control, &a.resource).cmp(&(b.severity, b.status, &b.control, &b.resource))
    });
    Ok(findings)
}

/// What is around the resources of a snapshot, and the stacks, which are judged like resources.
type Surroundings = (World, Vec<Resource>);

fn surroundings(source: &dyn Source, blueprint: &Blueprint, facts: FactsAsText) -> Result<Surroundings, AuditError> {
    let stacks = facts.stacks.clone();
    Ok((world(facts, blueprint, source.info().started_at)?, stacks))
}

/// Everything that policies may look at besides the resource; `now` is when the scan began.
///
/// # Errors
/// When a fact is not JSON.
pub fn world(facts: FactsAsText, blueprint: &Blueprint, now: Timestamp) -> Result<World, serde_json::Error> {
    let parts = json!({"blueprint": blueprint, "lifecycle": facts.lifecycle, "now": now});
    World::gathered(&parts, facts.index.into_iter(), facts.by_arn.into_iter())
}

/// Shows a judge everything that there is to judge, and tells what could not be seen.
fn judge_all(
    judge: &mut Judge<'_>,
    source: &dyn Source,
    catalogue: &Catalogue,
    stacks: &[Resource],
    subjects: Subjects<'_>,
    take: &mut dyn FnMut(Finding),
) -> Result<Vec<ControlError>, AuditError> {
    let mut errors = Vec::new();
    let mut found = Vec::new();
    let types = types(catalogue);
    let mut see = |resource: &Resource| {
        if !subjects(&resource.account_id, &resource.region, &resource.arn) {
            return;
        }
        judge.judge(resource, &mut found, &mut errors);
        found.drain(..).for_each(&mut *take);
    };
    source.visit_types(&|kind| types.contains(kind), &mut see)?;
    stacks.iter().for_each(see);
    let unseen = unseen(source, catalogue, reads()).into_iter();
    let wanted = |finding: &Finding| {
        let resource = &finding.resource;
        subjects(&resource.account_id, &resource.region, &resource.arn)
    };
    unseen.filter(wanted).for_each(take);
    Ok(errors)
}

fn reported_gaps(source: &dyn Source, catalogue: &Catalogue, reads: &Reads, findings: &[Finding]) -> Vec<ReportedGap> {
    let open = findings.iter().filter(|finding| finding.status == Status::Unknown);
    let open: BTreeSet<&ControlId> = open.map(|finding| &finding.control).collect();
    let wanted: Vec<(&Control, BTreeSet<Action>)> =
        catalogue.controls().map(|control| (control, control.reads(reads))).collect();
    let report = |gap: &Gap| {
        let on_it = wanted.iter().filter(|(_, actions)| actions.contains(&gap.action));
        let controls: Vec<ControlId> = on_it.map(|(control, _)| control.id().clone()).collect();
        let optional = reads.get(&gap.action).is_some_and(|read| read.optional);
        let needed = !optional || controls.iter().any(|control| open.contains(control));
        ReportedGap { gap: gap.clone(), controls, needed }
    };
    source.gaps().iter().map(report).collect()
}

/// One unknown for every control whose resources were not listed to the end somewhere: what was never seen cannot
/// be judged, and must not be missing from the report either.
fn unseen(source: &dyn Source, catalogue: &Catalogue, reads: &Reads) -> Vec<Finding> {
    let records: BTreeMap<(&Action, &AccountId, &Region), &ReadRecord> =
        source.reads().iter().map(|record| ((&record.action, &record.account_id, &record.region), record)).collect();
    let mut findings = Vec::new();
    let subjects = catalogue
        .controls()
        .flat_map(|control| control.metadata.custom.resource.iter().map(move |subject| (control, subject)));
    for (control, subject) in subjects {
        let Some((action, read)) = reads.lister(subject) else { continue };
        for account in &source.info().accounts {
            for region in places(read.scope, &source.info().regions) {
                let record = records.get(&(action, account, &region));
                if record.is_some_and(|record| record.complete) {
                    continue;
                }
                let mut reasons = causes(source, &reads.closure([action]), account, &region);
                if reasons.is_empty() {
                    reasons.push(match record {
                        Some(_) => format!("{action} was not answered to its end"),
                        None => format!("{action} was not called in this scan"),
                    });
                }
                let partition = source.info().regions.first().map_or("aws", Region::partition);
                findings.extend(unseen_finding(control, subject, partition, account, &region, reasons));
            }
        }
    }
    findings
}

/// Why a listing is not whole: the gaps of it and of what must be asked before it. That a call was not made says
/// nothing where the gap that kept it from being made is known.
fn causes(source: &dyn Source, actions: &BTreeSet<Action>, account: &AccountId, region: &Region) -> Vec<String> {
    let here = |gap: &&Gap| {
        actions.contains(&gap.action) && &gap.account_id == account && (&gap.region == region || gap.region.is_global())
    };
    let (consequences, causes): (Vec<&Gap>, Vec<&Gap>) =
        source.gaps().iter().filter(here).partition(|gap| gap.kind == GapKind::NotMade);
    let told = if causes.is_empty() { consequences } else { causes };
    let reasons: BTreeSet<String> = told.into_iter().map(Gap::reason).collect();
    reasons.into_iter().collect()
}

fn places(scope: ReadScope, regions: &[Region]) -> Vec<Region> {
    match scope {
        ReadScope::Global => vec![Region::global()],
        ReadScope::Regional => regions.to_vec(),
        ReadScope::Both => regions.iter().cloned().chain([Region::global()]).collect(),
    }
}

fn unseen_finding(
    control: &Control,
    subject: &ResourceType,
    partition: &str,
    account: &AccountId,
    region: &Region,
    reasons: Vec<String>,
) -> Option<Finding> {
    let service = subject.as_str().split("::").nth(1).unwrap_or_default().to_lowercase();
    let place = if region.is_global() { "" } else { region.as_str() };
    let arn = format!("arn:{partition}:{service}:{place}:{account}:*").parse().ok()?;
    let resource =
        ResourceRef { arn, resource_type: subject.clone(), account_id: account.clone(), region: region.clone() };
    Some(Finding {
        control: control.id().clone(),
        name: control.name().into(),
        title: control.metadata.title.as_str().into(),
        severity: control.metadata.custom.severity,
        status: Status::Unknown,
        violations: Shared::default(),
        reasons: reasons.into(),
        evidence: Shared::default(),
        unattainable: false,
        resource: resource.into(),
    })
}
