//! The report as SARIF 2.1.0, as GitHub's code scanning takes it; shared knowledge of what it rejects is kept in [`preflight`].
//! One run for each account and region, so that a scan of one never closes the alerts of another;
//! a run without results is written too: it closes what has been mended.
//! Knows where the user's file declares a layer because it is told; reads no file itself.

mod invocation;
pub mod preflight;
mod results;
mod rules;
mod states;
mod uri;

use std::collections::BTreeSet;

use serde_sarif::sarif::{Run, RunAutomationDetails, Sarif, Tool};

pub use super::places::{FileLocation, Places, Spot};
use super::{Report, json_text};
use konecta_base::id::{AccountId, ControlId, Region};
use preflight::SarifProblem;
pub use uri::uri_of;

/// The schema that GitHub names in its documentation.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What else to put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SarifOptions {
    /// Whether waived findings are results with a suppression; GitHub shows those as open alerts.
    pub include_waived: bool,
}

/// Why there is no SARIF file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SarifError {
    /// GitHub takes 20 runs a file, and each account and region needs its own.
    #[error(
        "{runs} account-region pairs do not fit into one SARIF document, GitHub takes {limit}: name a file, and several are written, or scan fewer regions or accounts"
    )]
    TooManyRuns {
        /// How many runs the report needs.
        runs: usize,
        /// How many fit.
        limit: usize,
    },
    /// A finding names a control that is not among the rules of the report.
    #[error("{control} has a finding but is not among the controls that were run")]
    UnknownControl {
        /// The control.
        control: ControlId,
    },
    /// GitHub would reject the file.
    #[error("GitHub would reject the file: {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rejected {
        /// Every reason for it.
        problems: Vec<SarifProblem>,
    },
    /// The document could not be written as JSON.
    #[error("the SARIF document could not be written")]
    Write(#[from] serde_json::Error),
}

/// A SARIF document that GitHub takes.
#[derive(Debug)]
pub struct SarifText {
    /// The document.
    pub text: String,
    /// What GitHub takes and cuts off.
    pub cut: Vec<SarifProblem>,
}

/// Writes the report as one SARIF document and checks what was written.
///
/// # Errors
/// When the report does not fit into one document or GitHub would reject it.
pub fn render(report: &Report, places: &Places, options: &SarifOptions) -> Result<SarifText, SarifError> {
    let pairs = pairs(report);
    if pairs.len() > preflight::RUNS {
        return Err(SarifError::TooManyRuns { runs: pairs.len(), limit: preflight::RUNS });
    }
    document(report, &pairs, &pairs.iter().collect::<Vec<_>>(), places, options)
}

/// Writes the report as SARIF documents of at most [`preflight::RUNS`] runs each, in the order of accounts and regions.
///
/// A run's category is its account and region whatever document it stands in, so that an alert stays the same alert
/// when more regions are scanned. There is at least one document.
///
/// # Errors
/// When GitHub would reject one of them.
pub fn render_several(report: &Report, places: &Places, options: &SarifOptions) -> Result<Vec<SarifText>, SarifError> {
    let pairs = pairs(report);
    let all: Vec<_> = pairs.iter().collect();
    all.chunks(preflight::RUNS).map(|some| document(report, &pairs, some, places, options)).collect()
}

/// `pairs` are the runs of the report, `some` those of this document.
fn document(
    report: &Report,
    pairs: &Pairs<'_>,
    some: &[&(&AccountId, Region)],
    places: &Places,
    options: &SarifOptions,
) -> Result<SarifText, SarifError> {
    let mut runs = Vec::with_capacity(some.len());
    for (account, region) in some {
        runs.push(run(report, pairs, account, region, places, options)?);
    }
    let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(runs).build();
    let text = json_text::write(&log)?;
    let (problems, cut): (Vec<_>, Vec<_>) = preflight::check(&log, &text).into_iter().partition(SarifProblem::rejects);
    if problems.is_empty() { Ok(SarifText { text, cut }) } else { Err(SarifError::Rejected { problems }) }
}

/// The account and region of every run.
type Pairs<'a> = BTreeSet<(&'a AccountId, Region)>;

/// Every account with every region and its global services, and whatever else a finding or a gap names.
fn pairs(report: &Report) -> Pairs<'_> {
    let scan = &report.scan;
    let regions = || scan.regions.iter().cloned().chain([Region::global()]);
    let asked = scan.accounts.iter().flat_map(|account| regions().map(move |region| (account, region)));
    let found = report.findings.iter().map(|f| (&f.resource.account_id, f.resource.region.clone()));
    let unseen = report.gaps.iter().map(|gap| (&gap.gap.account_id, gap.gap.region.clone()));
    asked.chain(found).chain(unseen).collect()
}

fn run(
    report: &Report,
    pairs: &Pairs<'_>,
    account: &AccountId,
    region: &Region,
    places: &Places,
    options: &SarifOptions,
) -> Result<Run, SarifError> {
    let found = results::results(report, account, region, places, options)?;
    Ok(Run::builder()
        .tool(Tool::builder().driver(rules::driver(report)).build())
        .automation_details(RunAutomationDetails::builder().id(format!("konecta-audit/{account}/{region}/")).build())
        .invocations(vec![invocation::invocation(report, pairs, account, region, found.left_out)])
        .results(found.results)
        .column_kind("utf16CodeUnits")
        .build())
}

#[cfg(test)]
pub(crate) mod tests;
