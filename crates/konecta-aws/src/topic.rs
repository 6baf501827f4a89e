//! One message to an SNS topic, in the topic's own region.
//! Knows the rules of topics; nothing of what the message says.

#[cfg(test)]
mod tests;

use aws_sdk_sns::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;
use konecta_base::target::Target;
use sha2::{Digest, Sha256};

use crate::classify::classify;

/// Why a topic has not got the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// What was given is no ARN of a topic.
    #[error("`{0}` is not an ARN of an SNS topic")]
    NotATopic(String),
    /// There is no such topic.
    #[error("there is no topic {0}")]
    NotFound(String),
    /// The topic does not take it.
    #[error("the topic {topic} does not take the message: {reason}")]
    Failed {
        /// The topic.
        topic: String,
        /// What SNS says.
        reason: String,
    },
}

impl TopicError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotATopic(_) => "a topic looks like arn:aws:sns:us-east-1:123456789012:name; see KONECTA_TOPIC",
            Self::NotFound(_) => "create it, or name another in KONECTA_TOPIC",
            Self::Failed { .. } => {
                "allow sns:Publish on the topic, and kms:GenerateDataKey and kms:Decrypt on its key if it has one"
            }
        }
    }
}

/// What is published.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// Which run tells it.
    pub run: &'a str,
    /// What it is about.
    pub target: &'a Target,
    /// One line.
    pub subject: &'a str,
    /// The message.
    pub body: &'a str,
}

/// Publishes a message and answers its id. In a FIFO topic the messages about a target keep their order, and a message that
/// is sent again for the same run is one message.
///
/// # Errors
/// Every [`TopicError`]; each has a hint.
pub async fn publish(sdk: &SdkConfig, topic: &str, notice: &Notice<'_>) -> Result<String, TopicError> {
    let region = region_of(topic).ok_or_else(|| TopicError::NotATopic(topic.to_owned()))?;
    let sdk = sdk.to_builder().region(SdkRegion::new(region.to_owned())).build();
    let mut call = Client::new(&sdk).publish().topic_arn(topic).subject(notice.subject).message(notice.body);
    if topic.ends_with(".fifo") {
        let Target { account, region } = notice.target;
        let whole = format!("{} {account} {region}", notice.run);
        let token: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
        call = call.message_group_id(format!("{account}/{region}")).message_deduplication_id(token);
    }
    let failed = |reason: String| TopicError::Failed { topic: topic.to_owned(), reason };
    match call.send().await {
        Ok(answer) => answer.message_id().map(str::to_owned).ok_or_else(|| failed("the answer has no id".to_owned())),
        Err(error) if matches!(error.code(), Some("NotFound" | "NotFoundException")) => {
            Err(TopicError::NotFound(topic.to_owned()))
        }
        Err(error) => Err(failed(classify(&error).to_string())),
    }
}

/// The region in the ARN of a topic.
fn region_of(topic: &str) -> Option<&str> {
    let parts: Vec<&str> = topic.split(':').collect();
    match parts[..] {
        ["arn", partition, "sns", region, account, name]
            if ![partition, region, account, name].iter().any(|part| part.is_empty()) =>
        {
            Some(region)
        }
        _ => None,
    }
}
