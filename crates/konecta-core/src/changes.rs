//! What is new about a target since somebody was last told about it: the findings that began to fail, and those that ceased.
//! Only what was proven is news. Knows reports and what was told before; nothing of how, where and to whom it is told.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::report::Report;
use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::id::ControlId;
use konecta_base::resource::ResourceRef;
use konecta_base::waiver::is_about_a_waiver;

/// The version of the state; one that is not known is not read.
pub const VERSION: u32 = 1;

/// Why what was told before cannot be known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NewsError {
    /// The state is no JSON of the form that it must have.
    #[error("the state of what was told is damaged; take the object away, and everything that fails is new once more")]
    Damaged(#[from] serde_json::Error),
    /// The state was written by a version with another format.
    #[error("the state of what was told has format {found}; this version of konecta-audit reads format {VERSION}")]
    Version {
        /// Its format.
        found: u32,
    },
}

/// What somebody was told about a target: the content of `state/account=A/region=R.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    version: u32,
    /// The run that told it; `None` where nothing was ever told.
    pub run: Option<String>,
    /// What failed or stayed unknown, by fingerprint.
    pub findings: BTreeMap<String, KnownFinding>,
}

/// A finding that somebody was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownFinding {
    /// The control.
    pub control: ControlId,
    /// Its title.
    pub title: String,
    /// How bad a fail is.
    pub severity: Severity,
    /// What was proven last: `fail`, or `unknown` where nothing ever was.
    pub status: Status,
    /// The resource.
    pub resource: ResourceRef,
    /// The time of the run that saw it first.
    pub first_seen: Timestamp,
}

/// The difference between what was told and what is.
#[derive(Debug, Clone, PartialEq)]
pub struct News<'a> {
    /// Whether nothing was ever told about this target, so that everything is new.
    pub first: bool,
    /// What fails and was not told, worst first.
    pub new: Vec<&'a Finding>,
    /// What failed when it was told, and does not any more; worst first.
    pub gone: Vec<Gone>,
    /// What was unknown when it was told, and is now known not to fail.
    pub settled: Vec<Gone>,
    /// How many fail as before.
    pub still: usize,
    /// How many failed when they were told, of which this run can say nothing.
    pub unseen: usize,
    /// What is known after this has been told.
    pub next: Known,
}

/// A finding that is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// What it is known by.
    pub fingerprint: String,
    /// What was told.
    pub finding: KnownFinding,
    /// Why it is gone.
    pub because: Because,
}

/// Why a finding is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The resource is proven to conform.
    Passes,
    /// The control does not speak of the resource any more.
    NotApplicable,
    /// Somebody accepted it: by whom, until when and why.
    Waived(String),
    /// The resource is not there any more.
    Absent,
}

impl Default for Known {
    /// Nothing was ever told.
    fn default() -> Self {
        Self { version: VERSION, run: None, findings: BTreeMap::new() }
    }
}

impl Known {
    /// Reads what [`Known::to_json`] wrote.
    ///
    /// # Errors
    /// When it is damaged or of another version.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NewsError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(bytes)?;
        if version == VERSION { Ok(serde_json::from_slice(bytes)?) } else { Err(NewsError::Version { found: version }) }
    }

    /// What is kept until the next run.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which it always can.
    pub fn to_json(&self) -> Result<Vec<u8>, NewsError> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Whether this run has told already.
    #[must_use]
    pub fn is_of(&self, run: &str) -> bool {
        self.run.as_deref() == Some(run)
    }

    /// Holds a report of the target against what was told. A finding is gone only where that is proven: one that has become
    /// unknown, whose control was not run or broke, or that is missing from an incomplete report keeps its place.
    #[must_use]
    pub fn compare<'a>(&self, report: &'a Report, run: &str, now: Timestamp) -> News<'a> {
        let mut news = News {
            first: self.run.is_none(),
            new: Vec::new(),
            gone: Vec::new(),
            settled: Vec::new(),
            still: 0,
            unseen: 0,
            next: Self { run: Some(run.to_owned()), ..Self::default() },
        };
        let mut before: BTreeMap<&str, &KnownFinding> =
            self.findings.iter().map(|(fingerprint, known)| (fingerprint.as_str(), known)).collect();
        for finding in report.worst_first() {
            let fingerprint = finding.fingerprint();
            let known = before.remove(fingerprint.as_str());
            match (because(finding), known) {
                (None, known) => news.stays(fingerprint, finding, known, now),
                (Some(because), Some(known)) => news.goes(&fingerprint, known, because),
                (Some(_), None) => {}
            }
        }
        for (fingerprint, known) in before {
            if absence_is_proven(report, &known.control) {
                news.goes(fingerprint, known, Because::Absent);
            } else {
                news.keeps(fingerprint, known);
            }
        }
        for gone in [&mut news.gone, &mut news.settled] {
            let place =
                |gone: &Gone| (gone.finding.severity, gone.finding.control.clone(), gone.finding.resource.clone());
            gone.sort_by_key(place);
        }
        news
    }
}

impl<'a> News<'a> {
    /// Fails, or is unknown.
    fn stays(&mut self, fingerprint: String, finding: &'a Finding, known: Option<&KnownFinding>, now: Timestamp) {
        let failed = known.is_some_and(|known| known.status == Status::Fail);
        if let (Status::Unknown, Some(known)) = (finding.status, known) {
            return self.keeps(&fingerprint, known);
        }
        match (finding.status, failed) {
            (Status::Fail, true) => self.still += 1,
            (Status::Fail, false) => self.new.push(finding),
            (Status::Unknown | Status::Waived | Status::Pass | Status::NotApplicable, _) => {}
        }
        let entry = KnownFinding {
            control: finding.control.clone(),
            title: finding.title.to_string(),
            severity: finding.severity,
            status: finding.status,
            resource: ResourceRef::clone(&finding.resource),
            first_seen: known.map_or(now, |known| known.first_seen),
        };
        self.next.findings.insert(fingerprint, entry);
    }

    /// Nothing can be said of it: it stays what it was.
    fn keeps(&mut self, fingerprint: &str, known: &KnownFinding) {
        self.unseen += usize::from(known.status == Status::Fail);
        self.next.findings.insert(fingerprint.to_owned(), known.clone());
    }

    fn goes(&mut self, fingerprint: &str, known: &KnownFinding, because: Because) {
        let gone = Gone { fingerprint: fingerprint.to_owned(), finding: known.clone(), because };
        if known.status == Status::Fail { self.gone.push(gone) } else { self.settled.push(gone) }
    }
}

pub(crate) fn because(finding: &Finding) -> Option<Because> {
    match finding.status {
        Status::Fail | Status::Unknown => None,
        Status::Pass => Some(Because::Passes),
        Status::NotApplicable => Some(Because::NotApplicable),
        // The waiver's own words are the last reason.
        Status::Waived => Some(Because::Waived(finding.reasons.last().cloned().unwrap_or_default())),
    }
}

/// Whether a finding of this control that the report does not have is one that is not there: everything was read, and the
/// control was run on everything. Where there is no waiver any more, nothing is wrong with one.
pub(crate) fn absence_is_proven(report: &Report, control: &ControlId) -> bool {
    let unlisted = |finding: &Finding| {
        &finding.control == control && finding.status == Status::Unknown && finding.resource.arn.as_str().ends_with('*')
    };
    report.complete()
        && (report.rule(control).is_some() || is_about_a_waiver(control))
        && !report.errors.iter().any(|error| &error.control == control)
        && !report.findings.iter().any(unlisted)
}
