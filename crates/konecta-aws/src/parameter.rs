//! One parameter of the Systems Manager, decrypted.
//! Knows nothing of what is in it, and never shows it.

#[cfg(test)]
mod tests;

use aws_sdk_ssm::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;

use crate::classify::classify;

/// Why a parameter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// There is none of this name.
    #[error("there is no parameter {0} in the Systems Manager")]
    NotFound(String),
    /// It is not given.
    #[error("the parameter {name} cannot be read: {reason}")]
    Failed {
        /// Its name.
        name: String,
        /// What the Systems Manager says.
        reason: String,
    },
}

impl ParameterError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "create it in the account and region of the function, or name another",
            Self::Failed { .. } => "allow ssm:GetParameter on it, and kms:Decrypt on its key if it is a SecureString",
        }
    }
}

/// The value of a parameter.
///
/// # Errors
/// When there is none, or it is not given.
pub async fn parameter(sdk: &SdkConfig, name: &str) -> Result<String, ParameterError> {
    let failed = |reason: String| ParameterError::Failed { name: name.to_owned(), reason };
    match Client::new(sdk).get_parameter().name(name).with_decryption(true).send().await {
        Ok(answer) => {
            let value = answer.parameter().and_then(|parameter| parameter.value());
            value.map(str::to_owned).ok_or_else(|| failed("the answer has no value".to_owned()))
        }
        Err(error) if matches!(error.code(), Some("ParameterNotFound" | "ParameterVersionNotFound")) => {
            Err(ParameterError::NotFound(name.to_owned()))
        }
        Err(error) => Err(failed(classify(&error).to_string())),
    }
}
