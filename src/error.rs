//! Every way in which the program ends, with its exit code and the next step. The same for every format.

use std::path::PathBuf;
use std::process::ExitCode;

use konecta_base::snapshot::SnapshotError;
use konecta_core::audit::AuditError;
use konecta_fix::journal::{JournalError, MediumError};
use konecta_fix::plan::PlanError;
use konecta_fix::planning::PlanningError;
use konecta_fix::run::RunError;
use konecta_rego::PolicyError;
use konecta_rego::catalogue::UnknownName;

use crate::attestation::AttestationError;
use crate::commands::WaiveError;
use crate::history::HistoryError;
use crate::signature::SignatureError;

/// The exit codes, documented in the README and in `konecta-audit help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing at or above `--fail-on`, and everything was seen.
    Clean = 0,
    /// Findings at or above `--fail-on`.
    Findings = 1,
    /// The command could not run.
    CouldNotRun = 2,
    /// Something was not seen, and nothing worse was found.
    Incomplete = 3,
    /// A fix or a rollback failed, was refused, or could not be verified.
    NotFixed = 4,
    /// A fault of this program.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended without a result, by stage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {path}")]
    ReadFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot write {path}")]
    WriteFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot write to standard output")]
    Output(#[source] std::io::Error),
    #[error("{path}:{line}: {reason}")]
    Config { path: PathBuf, line: usize, reason: String },
    #[error("{0} exists already")]
    Exists(PathBuf),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Selection(#[from] UnknownName),
    #[error("no control is left by {0}")]
    NothingSelected(String),
    #[error(transparent)]
    Session(#[from] konecta_aws::session::SessionError),
    #[error(transparent)]
    Organization(#[from] konecta_aws::organization::OrganizationError),
    #[error("not in the organization, or not in the part of it that was named: {0}")]
    NotMembers(String),
    #[error("the organization, or the part of it that was named, has no account to be scanned")]
    NoMembers,
    #[error("{0} is one file, and there is a report for every account")]
    OneFile(PathBuf),
    #[error("two outputs go to {0}")]
    TwoOutputs(String),
    #[error(transparent)]
    Rolling(#[from] crate::rollup_io::RollupIoError),
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Format(#[from] konecta_core::report::format::FormatError),
    #[error("SARIF needs a place in your repository to point at, and there is no konecta-audit.toml here or above")]
    SarifWithoutConfig,
    #[error("cannot use the report {path}")]
    ReadReport {
        path: PathBuf,
        #[source]
        source: konecta_core::report::json_v1::ReadError,
    },
    #[error("neither a report nor a snapshot is named")]
    NothingJudged,
    #[error(transparent)]
    Waive(#[from] WaiveError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("{path} is not a plan of Terraform: {reason}")]
    TerraformPlan { path: PathBuf, reason: String },
    #[error("Security Hub has not got all findings: {}", .0.join("; "))]
    SecurityHub(Vec<String>),
    #[error(transparent)]
    KnownFindings(#[from] konecta_core::changes::NewsError),
    #[error("`--baseline last` needs the folder in which scans are kept")]
    NoHistory,
    #[error("cannot write the report as JSON")]
    Json(#[from] serde_json::Error),
    #[error("there is no finding of {control} on {arn}")]
    NoSuchFinding { control: String, arn: String },
    #[error("{count} of the policy tests failed, are missing or leave lines untested")]
    PolicyTests { count: usize },
    #[error("{0}")]
    Region(String),
    #[error("cannot start the process in which policies from outside are evaluated")]
    Child(#[source] std::io::Error),
    #[error("the process that asked for policies from outside is gone")]
    Orphan,
    #[error("the policies from outside took more memory or processor time than they may have ({0})")]
    PolicyLimits(String),
    #[error("{path} is not taken as a policy: {reason}")]
    PolicyFolder { path: PathBuf, reason: String },
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    #[error("interrupted")]
    Interrupted,
    #[error("the deadline of the scan came before the first account was entered")]
    Deadline,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Planning(#[from] PlanningError),
    #[error("{place}: {reason}")]
    Tfstate { place: String, reason: String },
    #[error("{dir}: {reason}")]
    Terraform { dir: PathBuf, reason: String },
    #[error("{path}: {reason}; nothing was written")]
    TerraformFile { path: PathBuf, reason: &'static str },
    #[error("`{0}` is not an ARN")]
    Arn(String),
    #[error("{0} accounts were named; a run changes one")]
    SeveralAccounts(usize),
    #[error("nobody is there to say yes to the plan: standard input is not a terminal")]
    NobodyToAsk,
    #[error("there is no place for the journal: the home directory is not known")]
    NoStateDir,
    #[error("there is no run `{run}` in {place}")]
    NoSuchRun { run: String, place: String },
    #[error("{run} belongs to account {planned}, but the credentials are those of {found}")]
    OtherAccount { run: String, planned: String, found: String },
    #[error("{run} came to its end: there is nothing to resume")]
    NothingToResume { run: String },
    #[error("{run} changed nothing as {change} that could be taken back")]
    NoSuchChange { run: String, change: String },
    #[error("a signal cannot be caught")]
    Signal(#[source] std::io::Error),
    #[error("another run holds the lock {path}: {holder}")]
    Locked { path: PathBuf, holder: String },
    #[error(transparent)]
    Lock(#[from] konecta_aws::lock::LockError),
    #[error(transparent)]
    Store(#[from] konecta_aws::s3::StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{source}")]
    Stopped {
        run: String,
        /// The options that say where its journal is.
        place: String,
        #[source]
        source: RunError,
    },
    #[error("no failed finding of {control} has a procedure{place}")]
    NoProcedure { control: String, place: String },
    #[error("a step of the procedure failed: {0}")]
    Procedure(String),
}

impl Error {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Config { .. } => "`konecta-audit init` writes a commented example to compare with",
            Self::Exists(_) => "move it away, or name another place",
            Self::Organization(error) => return Some(error.hint()),
            Self::NotMembers(_) => {
                "an account that is not ours is not entered; look at --account, --ou and --exclude-ou"
            }
            Self::OneFile(_) => {
                "name only the formats; the reports of each account are in a folder of its own in --output-dir"
            }
            Self::TwoOutputs(_) => "give each format a file of its own, as in --format table --format json=report.json",
            Self::NoMembers => "look at --ou and --exclude-ou",
            Self::Rolling(error) => return error.hint().map(str::to_owned),
            Self::Signature(error) => error.hint(),
            Self::Attestation(error) => error.hint(),
            Self::Waive(error) => return error.hint(),
            Self::History(error) => return error.hint(),
            Self::NoHistory => "name it with --state-dir",
            Self::TerraformPlan { .. } => {
                "`terraform plan -out tfplan` and `terraform show -json tfplan > tfplan.json` write one"
            }
            Self::SecurityHub(_) => {
                "enable Security Hub there (aws securityhub enable-security-hub) and allow securityhub:BatchImportFindings; the next scan sends again what was not taken"
            }
            Self::KnownFindings(_) => "it is below security-hub in --state-dir",
            Self::ReadReport { .. } => "`konecta-audit scan --format json=FILE` writes one",
            Self::NothingJudged => "name one with --report or --snapshot",
            Self::Deadline => "give the scan more time (--deadline), or look at what answers so late",
            Self::NothingSelected(_) => "`konecta-audit controls list` shows ids, layers and severities",
            Self::Terraform { .. } => {
                "name a folder with --terraform in which `terraform plan` is run, or one above it"
            }
            Self::TerraformFile { .. } => "run the command again; it reads the files as they are now",
            Self::SarifWithoutConfig => "run `konecta-audit init` in the repository, or name the file with --config",
            Self::NoSuchFinding { .. } => "`konecta-audit scan --show-pass` lists what was judged, with ARNs",
            Self::Session(error) => return Some(error.hint()),
            Self::Arn(_) => "`konecta-audit scan --format json` shows the ARN of every finding",
            Self::SeveralAccounts(_) => "name one --role-arn at a time",
            Self::NobodyToAsk => "look at the plan with --dry-run, then allow it with --yes",
            Self::NoStateDir => "name a directory with --state-dir",
            Self::NoSuchRun { .. } => {
                "`konecta-audit runs` lists what there is; --state-dir and --state look elsewhere"
            }
            Self::OtherAccount { planned, .. } => return Some(format!("use the credentials of {planned}")),
            Self::NothingToResume { run } => {
                return Some(format!("`konecta-audit runs show {run}` says what came of it; `fix` plans anew"));
            }
            Self::Locked { .. } => "wait for it to end; a lock of a process that died is free by itself",
            Self::Journal(JournalError::Damaged { .. }) => {
                "`konecta-audit runs verify RUN` names the first line that is wrong"
            }
            Self::Journal(JournalError::Medium(MediumError::Overtaken(_))) => {
                "leave it to the other one; `konecta-audit runs show RUN` says how far it is"
            }
            Self::NoSuchChange { run, .. } => {
                return Some(format!("`konecta-audit runs show {run}` lists its changes"));
            }
            Self::Stopped { run, place, .. } => {
                return Some(format!(
                    "go on with `konecta-audit fix --resume {run}{place}`, or take it back with `konecta-audit rollback {run}{place}`"
                ));
            }
            Self::NoProcedure { .. } => "`konecta-audit fix --dry-run` says what can be done about each finding",
            Self::PolicyFolder { .. } => "name the folder that holds the policies alone",
            Self::PolicyLimits(_) => {
                "run `konecta-audit policy test DIR` on fewer files at a time to find the one; look for large ranges and formats"
            }
            Self::ReadFile { .. } | Self::WriteFile { .. } => "check that the path exists and that you may use it",
            Self::Policy(_)
            | Self::Selection(_)
            | Self::Output(_)
            | Self::Runtime(_)
            | Self::Signal(_)
            | Self::Snapshot(_)
            | Self::Audit(_)
            | Self::Format(_)
            | Self::Json(_)
            | Self::PolicyTests { .. }
            | Self::Region(_)
            | Self::Child(_)
            | Self::Orphan
            | Self::Plan(_)
            | Self::Planning(_)
            | Self::Tfstate { .. }
            | Self::Lock(_)
            | Self::Store(_)
            | Self::Journal(_)
            | Self::Procedure(_)
            | Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PolicyTests { .. } => Exit::Findings,
            Self::Stopped { .. } | Self::Procedure(_) => Exit::NotFixed,
            Self::Plan(PlanError::Bug(_) | PlanError::Json(_))
            | Self::Planning(PlanningError::Plan(PlanError::Bug(_) | PlanError::Json(_))) => Exit::Bug,
            Self::Json(_) | Self::Audit(AuditError::World(_)) => Exit::Bug,
            Self::ReadFile { .. }
            | Self::WriteFile { .. }
            | Self::Output(_)
            | Self::Config { .. }
            | Self::Exists(_)
            | Self::Policy(_)
            | Self::Selection(_)
            | Self::NothingSelected(_)
            | Self::Deadline
            | Self::Signature(_)
            | Self::Attestation(_)
            | Self::Waive(_)
            | Self::History(_)
            | Self::NoHistory
            | Self::TerraformPlan { .. }
            | Self::SecurityHub(_)
            | Self::KnownFindings(_)
            | Self::ReadReport { .. }
            | Self::NothingJudged
            | Self::Session(_)
            | Self::Organization(_)
            | Self::NotMembers(_)
            | Self::NoMembers
            | Self::OneFile(_)
            | Self::TwoOutputs(_)
            | Self::Rolling(_)
            | Self::Runtime(_)
            | Self::Snapshot(_)
            | Self::Audit(_)
            | Self::Format(_)
            | Self::SarifWithoutConfig
            | Self::NoSuchFinding { .. }
            | Self::Region(_)
            | Self::Child(_)
            | Self::Orphan
            | Self::PolicyLimits(_)
            | Self::PolicyFolder { .. }
            | Self::Plan(_)
            | Self::Planning(_)
            | Self::Tfstate { .. }
            | Self::Terraform { .. }
            | Self::TerraformFile { .. }
            | Self::Arn(_)
            | Self::SeveralAccounts(_)
            | Self::NobodyToAsk
            | Self::NoStateDir
            | Self::NoSuchRun { .. }
            | Self::OtherAccount { .. }
            | Self::NothingToResume { .. }
            | Self::NoSuchChange { .. }
            | Self::Signal(_)
            | Self::Locked { .. }
            | Self::Lock(_)
            | Self::Store(_)
            | Self::Journal(_)
            | Self::NoProcedure { .. }
            | Self::Interrupted => Exit::CouldNotRun,
        }
    }
}
