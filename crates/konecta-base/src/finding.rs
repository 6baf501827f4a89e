//! The verdict of one control on one resource, and what it rests on.
//! Knows nothing of Rego nor of how a finding is shown.

mod shared;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use self::shared::Shared;
use crate::id::{Action, ControlId};
use crate::resource::ResourceRef;

/// How bad it is when a control does not hold, worst first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// The data or the account is open to anybody.
    Critical,
    /// A promise of the architecture is broken in a way that can be used.
    High,
    /// A layer of defence is missing.
    Medium,
    /// A promise is broken without direct harm.
    Low,
    /// Worth knowing.
    Info,
}

/// What a control says of a resource, worst first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Proven not to conform.
    Fail,
    /// Neither proven: something was not seen.
    Unknown,
    /// Proven not to conform, and accepted by somebody until a date.
    Waived,
    /// Proven to conform.
    Pass,
    /// The control does not speak of this resource.
    NotApplicable,
}

/// One place where a resource is not as promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Where, as a path from `configuration`, `supplement` or the stack.
    pub path: String,
    /// What is there.
    pub actual: Value,
    /// What was promised.
    pub expected: Value,
    /// The hops, for a control that joins several resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<String>,
}

/// A call whose answer a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// The IAM action of the call.
    pub action: Action,
    /// When its answer was captured.
    pub captured_at: Timestamp,
}

/// One control on one resource. There are millions of them in a big account, and few differ in more than the resource:
/// what is the same is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The control.
    pub control: ControlId,
    /// Its readable name, such as `ecr.lifecycle_keeps_ten`.
    pub name: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
    /// How bad a fail is.
    pub severity: Severity,
    /// The verdict.
    pub status: Status,
    /// The resource.
    pub resource: Arc<ResourceRef>,
    /// Where it is not as promised; filled for fail and waived.
    pub violations: Shared<Violation>,
    /// Why it is unknown or not applicable, or what AWS cannot give.
    pub reasons: Shared<String>,
    /// The calls it rests on.
    pub evidence: Shared<Evidence>,
    /// Whether AWS cannot satisfy the promise as it is written.
    pub unattainable: bool,
}

impl Finding {
    /// Whether another scan, or another state, found about the same.
    #[must_use]
    pub fn is_again(&self, other: &Self) -> bool {
        self.control == other.control && self.resource.arn == other.resource.arn
    }

    /// Survives a re-scan: made of control and ARN.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.control, self.resource.arn.as_str(), "")
    }
}

/// The fingerprint of a finding (`path` empty) or of one of its violations.
#[must_use]
pub fn fingerprint(control: &ControlId, arn: &str, path: &str) -> String {
    let mut digest = Sha256::new();
    for part in [control.as_str(), arn, path] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    hex::encode(&digest.finalize()[..8])
}
