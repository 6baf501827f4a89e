//! `konecta-audit waive`: one finding of a scan, accepted in the state in which it was found.

use konecta_base::finding::{Finding, Status};
use konecta_base::waiver::{AcceptedState, is_about_a_waiver};
use konecta_core::report::{Report, sentence};

use super::judged::judged;
use crate::cli::waivers::Waive;
use crate::config::waiver_file::{self, NewWaiver, WaiverFileError, Written};
use crate::config::{self, Config};
use crate::error::{Error, Exit};
use crate::{fix_runtime, ui};

/// How many findings that a word fits are told.
const TOLD: usize = 5;

/// What a fingerprint's beginning must hold: with less, it fits a finding by chance.
const SHORTEST: usize = 4;

/// Why a finding is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WaiveError {
    #[error("no finding is called `{0}`")]
    NoFinding(String),
    #[error("`{name}` is the beginning of {count} fingerprints: {told}")]
    Ambiguous { name: String, count: usize, told: String },
    #[error("{control} on {arn} is {status}: there is nothing to accept")]
    NoFail { control: String, arn: String, status: String },
    #[error("{0} is about a waiver, and cannot be accepted itself")]
    AboutAWaiver(String),
    #[error("{expires} is over: today is {today}")]
    Past { expires: jiff::civil::Date, today: jiff::civil::Date },
    #[error("{expires} is farther away than {days} days (max_waiver_days)")]
    TooLong { expires: jiff::civil::Date, days: u32, latest: jiff::civil::Date },
    #[error("nobody is named who accepts it, and the user who is logged in is not known")]
    NoOwner,
    #[error("there is no konecta-audit.toml here or above to write the waiver into")]
    NoFile,
    #[error(transparent)]
    File(#[from] WaiverFileError),
}

impl WaiveError {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoFinding(_) => "name a fingerprint of the JSON report, or CONTROL@ARN",
            Self::Ambiguous { .. } => "write more of the fingerprint, or CONTROL@ARN",
            Self::NoFail { .. } => "only what fails can be accepted",
            Self::AboutAWaiver(_) => "mend the waiver that it names",
            Self::Past { .. } => "name a day that is to come",
            Self::TooLong { latest, .. } => return Some(format!("the latest day is {latest}")),
            Self::NoOwner => "name somebody with --owner",
            Self::NoFile => "run `konecta-audit init`, or name the file with --config",
            Self::File(error) => return error.hint().map(str::to_owned),
        };
        Some(hint.to_owned())
    }
}

pub(super) fn run(args: &Waive, config: &Config) -> Result<Exit, Error> {
    let file = config.file.as_ref().ok_or(WaiveError::NoFile)?;
    check_day(args, config)?;
    let owner = args.owner.clone().or_else(config::user).ok_or(WaiveError::NoOwner)?;
    let report = judged(&args.source, config)?;
    let finding = named(&report, &args.finding)?;
    let new = NewWaiver {
        control: finding.control.as_str(),
        resource: finding.resource.arn.as_str(),
        reason: &args.reason,
        owner: &owner,
        expires: args.expires,
        ticket: args.ticket.as_deref(),
        state: &AcceptedState::of(&finding.violations),
    };
    let written = waiver_file::write(&file.path, &new).map_err(WaiveError::from)?;
    let verb = match written {
        Written::New => "accepted",
        Written::Renewed => "accepted anew",
    };
    ui::print(&format!(
        "{verb} until {}: {} ({})\nwritten to {}\n",
        args.expires,
        sentence::verdict(finding),
        finding.resource.arn,
        file.path.display()
    ))?;
    Ok(Exit::Clean)
}

fn check_day(args: &Waive, config: &Config) -> Result<(), WaiveError> {
    let today = jiff::tz::Offset::UTC.to_datetime(fix_runtime::now()).date();
    let latest = config.waiver_limits.latest(today);
    let days = config.waiver_limits.max_waiver_days.get();
    let expires = args.expires;
    match expires {
        _ if expires < today => Err(WaiveError::Past { expires, today }),
        _ if expires > latest => Err(WaiveError::TooLong { expires, days, latest }),
        _ => Ok(()),
    }
}

/// The one fail that is meant.
fn named<'r>(report: &'r Report, name: &str) -> Result<&'r Finding, WaiveError> {
    let by_place = name.split_once('@');
    let is_it = |finding: &&Finding| match by_place {
        Some((control, arn)) => {
            (finding.control.as_str() == control || &*finding.name == control) && finding.resource.arn.as_str() == arn
        }
        None => name.len() >= SHORTEST && finding.fingerprint().starts_with(name),
    };
    let found: Vec<&Finding> = report.findings.iter().filter(is_it).collect();
    let finding = match found.as_slice() {
        [] => return Err(WaiveError::NoFinding(name.to_owned())),
        [one] => *one,
        several => {
            let told = several.iter().take(TOLD);
            let told: Vec<String> = told
                .map(|one| format!("{} ({} on {})", one.fingerprint(), one.control, sentence::name(&one.resource)))
                .collect();
            let told = told.join(", ");
            return Err(WaiveError::Ambiguous { name: name.to_owned(), count: several.len(), told });
        }
    };
    let (control, arn) = (finding.control.to_string(), finding.resource.arn.to_string());
    match finding.status {
        _ if is_about_a_waiver(&finding.control) => Err(WaiveError::AboutAWaiver(control)),
        Status::Fail | Status::Waived => Ok(finding),
        Status::Unknown | Status::Pass | Status::NotApplicable => {
            let status = finding.status.to_string().replace('_', " ");
            Err(WaiveError::NoFail { control, arn, status })
        }
    }
}
