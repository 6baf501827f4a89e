//! Why a scan cannot begin, and what to do about it.
//! Knows nothing of how a session is opened beyond the SDK's errors.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use konecta_base::gap::GapKind;
use konecta_base::id::AccountId;

use crate::classify::{Failure, classify, clean, sources};

/// Why a scan cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The shared configuration files cannot be read.
    #[error("the AWS configuration files cannot be read")]
    ConfigFile {
        /// What is wrong with them.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The profile is in none of the files.
    #[error("there is no AWS profile `{profile}`")]
    UnknownProfile {
        /// The name asked for.
        profile: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Nothing in the chain of providers has credentials.
    #[error("no AWS credentials were found")]
    NoCredentials,
    /// There is a provider, and it failed.
    #[error("the AWS credentials could not be fetched: {reason}")]
    Credentials {
        /// What the provider said.
        reason: String,
    },
    /// AWS refuses the credentials.
    #[error("AWS refuses these credentials ({code})")]
    InvalidCredentials {
        /// AWS's word for it.
        code: String,
        /// What it means.
        reason: String,
    },
    /// Nobody answers, or not in the language of AWS.
    #[error("{endpoint} cannot be reached: {reason}")]
    Unreachable {
        /// Where was asked.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// STS answers, and refuses for load or fails.
    #[error("STS at {endpoint} did not say whose credentials these are: {code}: {reason}")]
    Busy {
        /// Where was asked.
        endpoint: String,
        /// The code of its last answer.
        code: String,
        /// What it said.
        reason: String,
    },
    /// A role could not be assumed.
    #[error("the role {role} cannot be assumed: {reason}")]
    AssumeRole {
        /// The role.
        role: String,
        /// What STS said.
        reason: String,
    },
    /// What was given is no ARN of a role.
    #[error("`{role}` is not an ARN of an IAM role")]
    BadRole {
        /// What was given.
        role: String,
    },
    /// Who answers is not the account that the role names.
    #[error("the role {role} leads into account {account}")]
    WrongAccount {
        /// The role.
        role: String,
        /// The account that answers.
        account: AccountId,
    },
    /// Two roles lead into one account.
    #[error("{first} and {second} are both of account {account}")]
    AccountTwice {
        /// The account.
        account: AccountId,
        /// The role that came first.
        first: String,
        /// The role that came after it.
        second: String,
    },
    /// Neither option, environment nor profile names a region.
    #[error("no AWS region was given")]
    NoRegion,
    /// The name cannot be a region's.
    #[error("`{region}` is not an AWS region")]
    UnknownRegion {
        /// The name.
        region: String,
    },
    /// The regions of the account could not be listed.
    #[error("the regions of the account could not be listed: {reason}")]
    Regions {
        /// What EC2 said.
        reason: String,
    },
    /// The endpoint is no URL.
    #[error("`{endpoint}` is not an endpoint URL")]
    BadEndpoint {
        /// The text.
        endpoint: String,
    },
}

impl SessionError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::ConfigFile { .. } => "mend ~/.aws/config or ~/.aws/credentials at the place named above".to_owned(),
            Self::UnknownProfile { known, .. } if known.is_empty() => {
                "there are no profiles at all; create one with `aws configure`".to_owned()
            }
            Self::UnknownProfile { known, .. } => format!("the profiles there are: {}", known.join(", ")),
            Self::NoCredentials => {
                "sign in (`aws sso login`, `aws configure`), name a --profile, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY"
                    .to_owned()
            }
            Self::Credentials { .. } => "sign in again (`aws sso login`) or name another --profile".to_owned(),
            Self::InvalidCredentials { reason, .. } => reason.clone(),
            Self::Unreachable { .. } => {
                "check the network, the spelling of the region, --endpoint-url and AWS_ENDPOINT_URL".to_owned()
            }
            Self::Busy { .. } => "STS is busy or fails; repeat the scan later, or raise --max-attempts".to_owned(),
            Self::AssumeRole { .. } => {
                "the role must exist, trust this identity, and get the --external-id that it demands".to_owned()
            }
            Self::BadRole { .. } => "a role looks like arn:aws:iam::123456789012:role/name".to_owned(),
            Self::WrongAccount { .. } => {
                "what answers is not the account that the role names; check --role-arn and the endpoint".to_owned()
            }
            Self::AccountTwice { .. } => "name one role for each account".to_owned(),
            Self::NoRegion => "name one with --region, or set AWS_REGION".to_owned(),
            Self::UnknownRegion { .. } => {
                "region names look like us-east-1; `all` means all that are enabled".to_owned()
            }
            Self::Regions { .. } => "allow ec2:DescribeRegions, or name the regions with --region".to_owned(),
            Self::BadEndpoint { .. } => "an endpoint looks like https://host:port".to_owned(),
        }
    }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    sources(error).find_map(<dyn Error>::downcast_ref)
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = sources(error).last();
    last.map_or_else(String::new, |error| clean(&error.to_string()))
}

pub(crate) fn identity_failure<E>(error: &SdkError<E, HttpResponse>, role: Option<&str>, endpoint: &str) -> SessionError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(credentials) = find::<CredentialsError>(error) {
        return match role {
            Some(role) => SessionError::AssumeRole { role: role.to_owned(), reason: role_refusal(credentials) },
            None if matches!(credentials, CredentialsError::CredentialsNotLoaded(_)) => SessionError::NoCredentials,
            None => SessionError::Credentials { reason: innermost(credentials) },
        };
    }
    let Failure { kind, code, message } = classify(error);
    match kind {
        GapKind::Refused | GapKind::Denied if error.as_service_error().is_some() => {
            SessionError::InvalidCredentials { code, reason: message }
        }
        GapKind::Throttled | GapKind::ServerError => {
            SessionError::Busy { endpoint: endpoint.to_owned(), code, reason: message }
        }
        GapKind::Refused
        | GapKind::Denied
        | GapKind::TimedOut
        | GapKind::Unreachable
        | GapKind::BrokenAnswer
        | GapKind::NotMade => SessionError::Unreachable { endpoint: endpoint.to_owned(), reason: message },
    }
}

fn role_refusal(error: &CredentialsError) -> String {
    match find::<AssumeRoleError>(error) {
        Some(refused) => {
            let code = refused.meta().code().unwrap_or("no code");
            clean(&format!("{} ({code})", refused.meta().message().unwrap_or("STS gave no reason")))
        }
        None => innermost(error),
    }
}

pub(crate) fn regions_failure<E>(error: &SdkError<E, HttpResponse>) -> SessionError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Failure { code, message, .. } = classify(error);
    SessionError::Regions { reason: format!("{code}: {message}") }
}
