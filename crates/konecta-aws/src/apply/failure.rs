//! Why a call of a change came to nothing, or may have come to something.
//! Knows nothing of what is done about it. What leaves here holds no value of a parameter.

use std::error::Error;
use std::io::ErrorKind;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use konecta_base::gap::GapKind;
use serde_json::Value;

use crate::classify::{Failure, classify, sources};
use crate::wire::WireError;
use crate::wire::request::EncodeError;

/// What a failure says about the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFailureKind {
    /// The request could not be written: a mistake of ours. Nothing was sent.
    Invalid,
    /// Nothing was sent: no connection, no credentials.
    NotSent,
    /// Refused for want of a permission. Nothing was done.
    Denied,
    /// Refused for the rate of requests, to the last attempt. Nothing was done.
    Throttled,
    /// Refused by the service: validation, conflict, a precondition that does not hold. Nothing was done.
    Refused,
    /// What was read cannot go back whole. Nothing was done.
    Lossy,
    /// Sent, and the answer did not come, broke off, or says that the service failed: whether it was done must be looked up.
    OutcomeUnknown,
}

/// A call that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CallFailure {
    /// What it says about the account.
    pub kind: CallFailureKind,
    /// The service's error code, or our own word.
    pub code: String,
    /// What happened; no value of a parameter is in it.
    pub message: String,
}

impl CallFailure {
    pub(super) fn new(kind: CallFailureKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), message: message.into() }
    }

    /// Whether a precondition or lock did not hold: someone else changed the object in the meantime.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self.code.as_str(), "PreconditionFailed" | "InvalidIfMatchVersion" | "WAFOptimisticLockException")
    }

    /// Takes the values of the parameters out of the message: services like to repeat what they do not like, and a secret
    /// header is among them. Names, ids and ARNs stay.
    pub(super) fn without_values(mut self, parameters: &Value) -> Self {
        let mut values = Vec::new();
        collect("", parameters, &mut values);
        // The longest first, so that no rest of one stays where another is a part of it.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            self.message = self.message.replace(value, "‹value›");
        }
        self
    }
}

/// Shorter texts are words such as `80` or `tcp`, which would tear holes into every message.
const SHORTEST_VALUE: usize = 4;

fn collect<'a>(key: &str, value: &'a Value, values: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(key, value, values)),
        Value::Array(list) => list.iter().for_each(|value| collect(key, value, values)),
        Value::String(text) if text.len() >= SHORTEST_VALUE && !is_name(key) => values.push(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_name(key: &str) -> bool {
    ["Id", "Ids", "Arn", "Arns", "ARN", "Name", "name", "Identifier", "Resource", "Scope"]
        .iter()
        .any(|end| key.ends_with(end))
}

impl From<EncodeError> for CallFailure {
    fn from(error: EncodeError) -> Self {
        Self::new(CallFailureKind::Invalid, "InvalidParameters", error.to_string())
    }
}

impl From<WireError> for CallFailure {
    fn from(error: WireError) -> Self {
        Self::new(CallFailureKind::OutcomeUnknown, "BrokenAnswer", error.to_string())
    }
}

/// For a read the same kinds hold; that its outcome is unknown matters to nobody.
impl From<Failure> for CallFailure {
    fn from(failure: Failure) -> Self {
        Self { kind: kind_of(failure.kind), code: failure.code, message: failure.message }
    }
}

fn kind_of(kind: GapKind) -> CallFailureKind {
    match kind {
        GapKind::Denied => CallFailureKind::Denied,
        GapKind::Throttled => CallFailureKind::Throttled,
        GapKind::Refused => CallFailureKind::Refused,
        GapKind::NotMade => CallFailureKind::NotSent,
        GapKind::TimedOut | GapKind::Unreachable | GapKind::ServerError | GapKind::BrokenAnswer => {
            CallFailureKind::OutcomeUnknown
        }
    }
}

/// Classifies an error of any operation. What is not known for certain is unknown.
pub(super) fn of_sdk<E>(error: &SdkError<E, HttpResponse>) -> CallFailure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Failure { kind, code, message } = classify(error);
    let kind = match error {
        SdkError::ConstructionFailure(_) => CallFailureKind::NotSent,
        SdkError::DispatchFailure(failure) if failure.is_user() || was_not_sent(error) => CallFailureKind::NotSent,
        SdkError::DispatchFailure(_) if code == "CredentialsLost" => CallFailureKind::NotSent,
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            CallFailureKind::OutcomeUnknown
        }
        SdkError::ServiceError(_) => kind_of(kind),
        _ => CallFailureKind::OutcomeUnknown,
    };
    CallFailure { kind, code, message }
}

/// Whether there was no connection to send over. The HTTP client's own error types are not ours to name; what they
/// print for a connection that did not come about is tested against a real closed port.
fn was_not_sent(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|source| {
        let refused = source.downcast_ref::<std::io::Error>().is_some_and(|io| {
            matches!(
                io.kind(),
                ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
            )
        });
        let text = source.to_string();
        refused || text.starts_with("client error (Connect)") || text.starts_with("HTTP connect timeout")
    })
}
