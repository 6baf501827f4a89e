//! What was not seen: a call that was denied, throttled to death, failed or answered nonsense.
//! Knows nothing of the SDK; `konecta-aws` classifies its errors into these.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Action, Arn, Region};

/// One call whose answer is missing from the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gap {
    /// The IAM action that would have allowed the call: the name of the read.
    pub action: Action,
    /// The account that was asked.
    pub account_id: AccountId,
    /// The region that was asked, or `global`.
    pub region: Region,
    /// The one resource the call was about; absent for a listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arn>,
    /// What kind of failure it was.
    pub kind: GapKind,
    /// The service's error code, such as `AccessDeniedException`, or our own word for a broken answer.
    pub error: String,
    /// The message, without secrets and request ids.
    pub message: String,
}

impl Gap {
    /// The gap as the reason of an unknown.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{} was not answered ({}): {}", self.action, self.kind, self.error)
    }
}

/// Why a call has no answer.
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
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum GapKind {
    /// The identity may not make this call.
    Denied,
    /// The service kept refusing for load until the budget was used up.
    Throttled,
    /// No answer within the time allowed.
    TimedOut,
    /// The connection could not be made or broke off.
    Unreachable,
    /// The service answered with an error of its own.
    ServerError,
    /// The request was refused for another reason, such as an expired token or a disabled region.
    Refused,
    /// The answer was cut short, could not be parsed, or its paging never ends.
    BrokenAnswer,
    /// The call was not made, because a call that it depends on has no answer.
    NotMade,
}

/// A read that was carried out: the proof that an absence was looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadRecord {
    /// The IAM action.
    pub action: Action,
    /// The account that was asked.
    pub account_id: AccountId,
    /// The region that was asked, or `global`.
    pub region: Region,
    /// How many requests were answered, pages counted one by one; 0 where there was nothing to ask about.
    pub calls: u64,
    /// Whether every answer came, to its last page.
    pub complete: bool,
}
