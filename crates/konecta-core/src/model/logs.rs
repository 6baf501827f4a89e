//! What facts read of CloudWatch Logs.
//! Knows nothing of what the logs say.

use serde::Deserialize;

/// What sends logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliverySource {
    /// Its name, by which deliveries refer to it.
    pub name: Option<String>,
    /// The resources whose logs it sends.
    pub resource_arns: Option<Vec<String>>,
    /// Which of their logs.
    pub log_type: Option<String>,
    /// `ACTIVE` or `INACTIVE`; sent for some types of logs only.
    pub status: Option<String>,
}

/// A source of logs, tied to a destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delivery {
    /// Its id.
    pub id: Option<String>,
    /// The name of the source.
    pub delivery_source_name: Option<String>,
    /// Where it delivers to.
    pub delivery_destination_arn: Option<String>,
    /// `S3`, `CWL` or `FH`.
    pub delivery_destination_type: Option<String>,
}
