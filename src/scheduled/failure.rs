//! Why an invocation fails as a whole, so that the alarm rings: nothing could be done, or nothing could be kept. What fails
//! for one target is its status instead.

use konecta_aws::s3::StoreError;
use konecta_aws::session::SessionError;
use konecta_base::snapshot::SnapshotError;
use konecta_rego::PolicyError;
use konecta_rego::catalogue::UnknownName;
use lambda_runtime::Diagnostic;

use super::event::EventError;
use super::run::RunError;
use crate::config::scheduled::SettingError;
use crate::rollup_io::RollupIoError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Event(#[from] EventError),
    #[error("the function is set up wrongly: {0}")]
    Setting(#[from] SettingError),
    #[error("{0}; {hint}", hint = .0.hint())]
    Session(#[from] SessionError),
    #[error("{0}; does the bucket exist, and may the function's role use it?")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("the blueprint {location} cannot be used: {reason}")]
    Blueprint { location: String, reason: String },
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Selection(#[from] UnknownName),
    #[error("the snapshot {location} cannot be used: {reason}")]
    Snapshot { location: String, reason: String },
    #[error(transparent)]
    Rolling(#[from] RollupIoError),
    #[error("the organization cannot be listed: {0}")]
    Organization(String),
    #[error("{0}")]
    Foreign(String),
    #[error("what was answered cannot be kept: {0}")]
    Recording(String),
    #[error("something that was made here cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Format(#[from] konecta_core::report::format::FormatError),
    #[error("no scratch file can be made")]
    Scratch(#[from] std::io::Error),
}

impl Failure {
    pub(super) fn of_snapshot(location: &str, error: &SnapshotError) -> Self {
        Self::Snapshot { location: location.to_owned(), reason: error.to_string() }
    }

    /// The name by which the runtime and a state machine tell failures apart.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Event(_) => "InvalidEvent",
            Self::Setting(_) | Self::Blueprint { .. } | Self::Policy(_) | Self::Selection(_) => "InvalidConfiguration",
            Self::Session(_) => "NoCredentials",
            Self::Store(_) | Self::Scratch(_) => "StoreUnavailable",
            Self::Run(RunError::None { .. }) => "NoSuchRun",
            Self::Run(RunError::Other { .. }) => "OtherRun",
            Self::Rolling(RollupIoError::NoRun { .. }) => "NoSuchRun",
            Self::Run(_) | Self::Snapshot { .. } | Self::Rolling(_) => "Unreadable",
            Self::Organization(_) => "OrganizationUnavailable",
            Self::Foreign(_) => "ForeignAccount",
            Self::Json(_) | Self::Format(_) | Self::Recording(_) => "Bug",
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.name().to_owned(), error_message: failure.to_string() }
    }
}
