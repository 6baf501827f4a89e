//! Every way in which the program ends, with its exit code and the next step. The same for every format.

use std::path::PathBuf;
use std::process::ExitCode;

use konecta_core::audit::AuditError;
use konecta_core::control::PolicyError;
use konecta_core::control::catalogue::UnknownName;
use konecta_core::snapshot::SnapshotError;

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
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("cannot write SARIF: {0}")]
    Sarif(String),
    #[error("SARIF needs a place in your repository to point at, and there is no konecta-audit.toml here or above")]
    SarifWithoutConfig,
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
    #[error("the policies from outside took more memory or processor time than they may have ({0})")]
    PolicyLimits(String),
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Config { .. } => "`konecta-audit init` writes a commented example to compare with",
            Self::Exists(_) => "move it away, or name another place with --output",
            Self::NothingSelected(_) => "`konecta-audit controls list` shows ids, layers and severities",
            Self::SarifWithoutConfig => "run `konecta-audit init` in the repository, or name the file with --config",
            Self::NoSuchFinding { .. } => "`konecta-audit scan --show-pass` lists what was judged, with ARNs",
            Self::Session(error) => return Some(error.hint()),
            Self::PolicyLimits(_) => {
                "run `konecta-audit policy test DIR` on fewer files at a time to find the one; look for large ranges and formats"
            }
            Self::ReadFile { .. } | Self::WriteFile { .. } => "check that the path exists and that you may use it",
            Self::Policy(_)
            | Self::Selection(_)
            | Self::Output(_)
            | Self::Runtime(_)
            | Self::Snapshot(_)
            | Self::Audit(_)
            | Self::Sarif(_)
            | Self::Json(_)
            | Self::PolicyTests { .. }
            | Self::Region(_)
            | Self::Child(_)
            | Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PolicyTests { .. } => Exit::Findings,
            Self::Json(_) | Self::Audit(AuditError::World(_)) => Exit::Bug,
            Self::ReadFile { .. }
            | Self::WriteFile { .. }
            | Self::Output(_)
            | Self::Config { .. }
            | Self::Exists(_)
            | Self::Policy(_)
            | Self::Selection(_)
            | Self::NothingSelected(_)
            | Self::Session(_)
            | Self::Runtime(_)
            | Self::Snapshot(_)
            | Self::Audit(_)
            | Self::Sarif(_)
            | Self::SarifWithoutConfig
            | Self::NoSuchFinding { .. }
            | Self::Region(_)
            | Self::Child(_)
            | Self::PolicyLimits(_)
            | Self::Interrupted => Exit::CouldNotRun,
        }
    }
}
