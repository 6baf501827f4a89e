//! Findings into Security Hub, in batches that it takes. What is in a finding was written by others and goes as it is.
//! Knows the limits of `BatchImportFindings`; nothing of findings beyond their ids.

#[cfg(test)]
mod tests;

use aws_sdk_securityhub::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use konecta_base::id::Region;
use serde::Deserialize;
use serde_json::Value;

use crate::apply::envelope::Envelope;
use crate::classify::{classify, clean};
use crate::session::Account;
use crate::wire::Tap;
use crate::wire::request::Encoded;

/// Security Hub takes so many findings at once.
const MOST_FINDINGS: usize = 100;
/// A batch may have 6 MB; what the format puts around it is small.
const LARGEST_BATCH: usize = 5_900_000;
/// A finding may have 240 KB.
const LARGEST_FINDING: usize = 240_000;

/// Why Security Hub has not got the findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// There is no hub in this account and region.
    #[error("Security Hub is not enabled in {place}")]
    NotEnabled {
        /// Account and region.
        place: String,
    },
    /// A batch was not taken; those before it were.
    #[error("Security Hub in {place} does not take the findings ({accepted} were taken before): {reason}")]
    Failed {
        /// Account and region.
        place: String,
        /// How many were taken before.
        accepted: usize,
        /// What Security Hub says.
        reason: String,
    },
}

impl HubError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotEnabled { .. } => {
                "enable it there (aws securityhub enable-security-hub), or unset KONECTA_SECURITY_HUB"
            }
            Self::Failed { .. } => {
                "allow securityhub:BatchImportFindings on the product konecta-audit sends as (product/ACCOUNT/default); what \
                 was not taken is sent again by the next run"
            }
        }
    }
}

/// What became of the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many were taken.
    pub accepted: usize,
    /// Those that were not, one by one.
    pub failed: Vec<Refused>,
}

/// A finding that Security Hub did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// Security Hub's word for it, or `TooLarge` where it was not sent.
    pub code: String,
    /// What it says.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    success_count: usize,
    #[serde(default)]
    failed_findings: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    id: String,
    error_code: String,
    error_message: String,
}

/// Imports findings into the hub of an account and region; of what belongs to no region into that of its home.
///
/// A finding that was imported before is brought up to date, so that doing it twice is doing it once.
///
/// # Errors
/// Where there is no hub, or a batch as a whole is not taken.
pub async fn import_findings(account: &Account, region: &Region, findings: &[Value]) -> Result<Imported, HubError> {
    import(&account.sdk(region), account.id().as_str(), findings).await
}

async fn import(sdk: &SdkConfig, account: &str, findings: &[Value]) -> Result<Imported, HubError> {
    let place = format!("{account}, {}", sdk.region().map_or("no region", |region| region.as_ref()));
    let client = Client::new(sdk);
    let mut imported = Imported::default();
    for batch in batches(findings, &mut imported.failed) {
        let accepted = imported.accepted;
        let failed = |reason: String| HubError::Failed { place: place.clone(), accepted, reason };
        let body = [b"{\"Findings\":[".as_slice(), batch.join(",").as_bytes(), b"]}"].concat();
        let encoded =
            Encoded { uri: "/findings/import".to_owned(), headers: Vec::new(), body: Some(("application/json", body)) };
        let tap = Tap::default();
        let call = client.batch_import_findings().customize().interceptor(Envelope(encoded)).interceptor(tap.clone());
        match call.send().await {
            Ok(_) => {}
            Err(error) if error.code().is_some_and(is_no_hub) => return Err(HubError::NotEnabled { place }),
            Err(error) => return Err(failed(classify(&error).to_string())),
        }
        // The SDK's own output says 0 where the answer says nothing.
        let heard = tap.take().ok_or_else(|| failed("the answer has no body".to_owned()))?;
        let answer: Answer = serde_json::from_slice(&heard.body)
            .map_err(|_| failed("the answer does not say what became of the findings".to_owned()))?;
        imported.accepted += answer.success_count;
        imported.failed.extend(answer.failed_findings.into_iter().map(|finding| Refused {
            id: finding.id,
            code: finding.error_code,
            message: clean(&finding.error_message),
        }));
    }
    // A hub that is not enabled also answers so: nothing as a whole, and every finding by itself.
    let none = imported.accepted == 0 && !imported.failed.is_empty();
    if none && imported.failed.iter().all(|finding| is_no_hub(&finding.code)) {
        return Err(HubError::NotEnabled { place });
    }
    Ok(imported)
}

fn is_no_hub(code: &str) -> bool {
    matches!(code, "InvalidAccessException" | "InvalidAccess")
}

/// The findings as JSON, in order, in as few batches as the limits allow; those that are too large in none of them.
fn batches(findings: &[Value], too_large: &mut Vec<Refused>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut size = 0;
    for finding in findings {
        let text = finding.to_string();
        if text.len() > LARGEST_FINDING {
            too_large.push(Refused {
                id: finding["Id"].as_str().unwrap_or_default().to_owned(),
                code: "TooLarge".to_owned(),
                message: format!("it has {} bytes; Security Hub takes {LARGEST_FINDING}", text.len()),
            });
            continue;
        }
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_FINDINGS && size + text.len() < LARGEST_BATCH => {
                size += text.len() + 1;
                batch.push(text);
            }
            Some(_) | None => {
                size = text.len() + 1;
                batches.push(vec![text]);
            }
        }
    }
    batches
}
