//! An error of the SDK → what kind of gap it leaves, under which code, with which words.
//! Knows nothing of which call it was. What leaves here holds neither secrets nor request ids.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use konecta_base::gap::GapKind;

use crate::wire::WireError;

/// Longest message that is kept; some services answer with pages of text.
const MAX_MESSAGE: usize = 400;

/// Our word for a call that is not waited for, and for one that is not made because of others.
const GIVEN_UP: &str = "GivenUp";

/// Why one request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Failure {
    /// What kind of failure it was.
    pub kind: GapKind,
    /// The service's error code, or our own word.
    pub code: String,
    /// What happened, and what to do where we know it.
    pub message: String,
}

impl Failure {
    /// An answer that came and is no answer.
    #[must_use]
    pub fn broken(message: impl Into<String>) -> Self {
        Self { kind: GapKind::BrokenAnswer, code: "BrokenAnswer".to_owned(), message: clean(&message.into()) }
    }

    /// Whether the same question would soon be answered the same: the service itself has said so, by a code of its own, and
    /// neither load, nor the network, nor the credentials, clock or page token of this process had a part in it.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        match self.kind {
            GapKind::Denied | GapKind::Refused => {
                !self.is_given_up() && !is_ours(&self.code) && !is_passing(&self.code)
            }
            GapKind::Throttled
            | GapKind::TimedOut
            | GapKind::Unreachable
            | GapKind::ServerError
            | GapKind::BrokenAnswer
            | GapKind::NotMade => false,
        }
    }

    /// A call that nobody waits for any longer.
    pub(crate) fn given_up() -> Self {
        let message = "no answer in the whole time of an invocation; give the function more time";
        Self::new(GapKind::TimedOut, GIVEN_UP, message)
    }

    /// A call that the deadline of the scan came before.
    pub(crate) fn after_deadline() -> Self {
        Self::new(
            GapKind::TimedOut,
            GIVEN_UP,
            "no answer before the deadline of the scan; give it more time (--deadline)",
        )
    }

    /// A call that is not made, or not waited for, because those before it failed for this reason.
    pub(crate) fn given_up_after(kind: GapKind, why: &str) -> Self {
        Self::new(kind, GIVEN_UP, format!("not asked any more, because {why}; repeat the scan later"))
    }

    /// Whether the service itself has said it, whatever it is.
    pub(crate) fn is_of_the_service(&self) -> bool {
        !self.is_given_up()
            && match self.kind {
                GapKind::Denied | GapKind::Refused => !is_ours(&self.code),
                GapKind::Throttled => true,
                GapKind::TimedOut
                | GapKind::Unreachable
                | GapKind::ServerError
                | GapKind::BrokenAnswer
                | GapKind::NotMade => false,
            }
    }

    /// Whether it was we who ended the call.
    pub(crate) fn is_given_up(&self) -> bool {
        self.code == GIVEN_UP
    }

    pub(crate) fn new(kind: GapKind, code: &str, message: impl AsRef<str>) -> Self {
        Self { kind, code: code.to_owned(), message: clean(message.as_ref()) }
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::broken(error.to_string())
    }
}

/// Classifies an error of any operation.
#[must_use]
pub fn classify<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => match credentials_error(error) {
            Some(failure) => failure,
            None => Failure::new(GapKind::Refused, "RequestNotBuilt", innermost(error)),
        },
        SdkError::TimeoutError(_) => timed_out(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => timed_out(),
        SdkError::DispatchFailure(failure) => match credentials_error(error) {
            Some(failure) => failure,
            None if failure.is_user() => Failure::new(GapKind::Refused, "RequestNotBuilt", innermost(error)),
            None => Failure::new(GapKind::Unreachable, "ConnectionFailed", innermost(error)),
        },
        SdkError::ResponseError(_) => unparsable(),
        // A body that does not parse comes as an error of the service too, with the status of the success it claimed.
        SdkError::ServiceError(service) if service.raw().status().is_success() => unparsable(),
        SdkError::ServiceError(service) => {
            of_service(service.err().code(), service.err().message(), service.raw().status().as_u16())
        }
        other => Failure::new(GapKind::Refused, "Unclassified", innermost(other)),
    }
}

/// The words of the parser can quote the body, so only the kind of the fault is told.
fn unparsable() -> Failure {
    Failure::broken("the answer broke off or is not in the form that the service promises")
}

fn timed_out() -> Failure {
    Failure::new(GapKind::TimedOut, "TimedOut", "no whole answer within the time allowed, retries included")
}

/// Credentials are fetched anew during a long scan, and can be gone by then.
fn credentials_error(error: &(dyn Error + 'static)) -> Option<Failure> {
    sources(error).any(<dyn Error>::is::<CredentialsError>).then(|| {
        Failure::new(
            GapKind::Refused,
            "CredentialsLost",
            "the credentials could not be renewed during the scan; sign in again and repeat it",
        )
    })
}

pub(crate) fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map_or_else(String::new, ToString::to_string)
}

/// Error codes by what they mean. A code that stands nowhere is judged by its HTTP status.
pub(crate) fn of_service(code: Option<&str>, message: Option<&str>, status: u16) -> Failure {
    let kind = match code {
        Some(code) if is_denied(code) => GapKind::Denied,
        Some(code) if is_throttled(code) => GapKind::Throttled,
        Some(code) if advice(code).is_some() => GapKind::Refused,
        _ if status == 429 => GapKind::Throttled,
        _ if status >= 500 => GapKind::ServerError,
        _ if status == 403 => GapKind::Denied,
        _ => GapKind::Refused,
    };
    let named = code.map_or_else(|| format!("HTTP{status}"), str::to_owned);
    match code.and_then(advice) {
        // AWS's own text is dropped here: for a wrong signature it repeats the signed headers, session token included.
        Some(advice) => Failure::new(kind, &named, advice),
        None => match message {
            Some(message) => Failure::new(kind, &named, message),
            None => Failure::new(kind, &named, format!("the answer is HTTP {status} and gives no reason")),
        },
    }
}

fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "AccessDeniedFault"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "ForbiddenException"
            | "NotAuthorized"
            | "UnauthorizedAccess"
            | "UnauthorizedException"
            | "UnauthorizedOperation"
            | "Client.UnauthorizedOperation"
    )
}

fn is_throttled(code: &str) -> bool {
    code.contains("Throttl")
        || matches!(
            code,
            "BandwidthLimitExceeded"
                | "EC2ThrottledException"
                | "LimitExceededException"
                | "PriorRequestNotComplete"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "SlowDown"
                | "TooManyRequests"
                | "TooManyRequestsException"
                | "TransactionInProgressException"
        )
}

/// Our own words for what no service has said; an answer without a code may be that of something in between.
fn is_ours(code: &str) -> bool {
    ["RequestNotBuilt", "CredentialsLost", "Unclassified"].contains(&code) || code.starts_with("HTTP")
}

/// Refusals that are over with other credentials, a clock that was set, a paging begun anew, or time.
fn is_passing(code: &str) -> bool {
    let is_about_us = advice(code).is_some() && !["OptInRequired", "SubscriptionRequiredException"].contains(&code);
    is_about_us || ["Token", "Timeout", "Internal", "Unavailable"].iter().any(|word| code.contains(word))
}

/// What to do about a refusal that is not about permissions.
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired; sign in again and repeat the scan"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            "AWS does not know this access key; check the profile, or whether the region is enabled for the account"
        }
        "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException" => {
            "AWS refused the signature; check the secret key and the clock of this machine"
        }
        "RequestTimeTooSkewed" => "the clock of this machine is wrong by more than five minutes; set it",
        "OptInRequired" | "SubscriptionRequiredException" => {
            "the account has not enabled this service or region; leave it out with --region, or enable it"
        }
        "AuthFailure" => "AWS could not validate the credentials here; is the region enabled for the account?",
        "MissingAuthenticationToken" | "MissingAuthenticationTokenException" => {
            "the request reached AWS without a signature; check the endpoint and any proxy before it"
        }
        _ => return None,
    })
}

/// One line, of bounded length, without request ids and encoded blobs.
pub(crate) fn clean(message: &str) -> String {
    let words = message.split_whitespace();
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        // EC2 appends an encoded explanation of several hundred characters.
        if word.len() > 200 {
            continue;
        }
        if is_request_id(word) {
            drop_label(&mut kept);
            continue;
        }
        kept.push(word);
    }
    let line = kept.join(" ");
    let line = line.trim_end_matches([' ', ':', ',', '(']);
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

fn is_request_id(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_hexdigit());
    let groups: Vec<&str> = word.split('-').collect();
    groups.len() == 5
        && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Takes back `(Request ID:` and its like, where the id itself was dropped.
fn drop_label(kept: &mut Vec<&str>) {
    while let Some(last) = kept.last() {
        let bare = last.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_lowercase();
        if !["request", "id", "requestid"].contains(&bare.as_str()) {
            break;
        }
        kept.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_more_than_the_status() {
        for (code, status, kind) in [
            (Some("AccessDeniedException"), 400, GapKind::Denied),
            (Some("UnauthorizedOperation"), 403, GapKind::Denied),
            (Some("AuthorizationError"), 403, GapKind::Denied),
            (Some("ThrottlingException"), 400, GapKind::Throttled),
            (Some("Throttling"), 400, GapKind::Throttled),
            (Some("RequestLimitExceeded"), 503, GapKind::Throttled),
            (Some("TooManyRequestsException"), 429, GapKind::Throttled),
            (Some("ExpiredToken"), 403, GapKind::Refused),
            (Some("OptInRequired"), 403, GapKind::Refused),
            (Some("NoSuchDistribution"), 404, GapKind::Refused),
            (Some("InternalFailure"), 500, GapKind::ServerError),
            (None, 502, GapKind::ServerError),
            (None, 403, GapKind::Denied),
            (None, 404, GapKind::Refused),
        ] {
            assert_eq!(of_service(code, None, status).kind, kind, "{code:?} {status}");
        }
        assert_eq!(of_service(None, None, 404).code, "HTTP404");
    }

    #[test]
    fn only_what_the_service_said_of_the_question_is_definite() {
        for (code, status, definite) in [
            (Some("AccessDenied"), 403, true),
            (Some("UnauthorizedOperation"), 403, true),
            (Some("LifecyclePolicyNotFoundException"), 400, true),
            (Some("OptInRequired"), 403, true),
            (Some("ExpiredToken"), 403, false),
            (Some("UnrecognizedClientException"), 400, false),
            (Some("SignatureDoesNotMatch"), 403, false),
            (Some("InvalidNextToken"), 400, false),
            (Some("RequestTimeout"), 400, false),
            (Some("ThrottlingException"), 400, false),
            (Some("InternalFailure"), 500, false),
            (None, 403, false),
            (None, 404, false),
            (None, 502, false),
        ] {
            assert_eq!(of_service(code, None, status).is_definite(), definite, "{code:?} {status}");
        }
        assert!(!timed_out().is_definite());
        assert!(!Failure::broken("cut short").is_definite());
        assert!(!Failure::new(GapKind::Refused, "CredentialsLost", "").is_definite());
    }

    #[test]
    fn a_wrong_signature_does_not_repeat_what_was_signed() {
        let said = "The Canonical String should have been 'x-amz-security-token:SECRET'";
        let failure = of_service(Some("SignatureDoesNotMatch"), Some(said), 403);
        assert!(!failure.message.contains("SECRET"), "{failure}");
        assert!(failure.message.contains("clock"), "{failure}");
    }

    #[test]
    fn messages_lose_request_ids_and_encoded_blobs() {
        let blob = "a".repeat(300);
        assert_eq!(
            clean(&format!("You are not\n authorized. Encoded authorization failure message: {blob}")),
            "You are not authorized. Encoded authorization failure message"
        );
        assert_eq!(clean("Rate exceeded (Request ID: 7a62c49f-347e-4fc4-9331-6e8e7a96aa73)"), "Rate exceeded");
        assert!(clean(&"wört ".repeat(200)).ends_with('…'));
    }
}
