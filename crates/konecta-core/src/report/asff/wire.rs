//! The members of a finding as `BatchImportFindings` names them: the wire format and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// One finding, as Security Hub takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityHubFinding {
    pub(super) schema_version: &'static str,
    /// The same from run to run: Security Hub knows the finding by it.
    pub id: String,
    pub(super) product_arn: String,
    pub(super) product_name: &'static str,
    pub(super) company_name: &'static str,
    pub(super) generator_id: String,
    pub(super) aws_account_id: String,
    pub(super) types: [&'static str; 1],
    pub(super) severity: Label,
    /// What Security Hub keeps of ours where a person has set another severity.
    pub(super) finding_provider_fields: Provided,
    pub(super) first_observed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_observed_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) title: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remediation: Option<Remediation>,
    pub(super) product_fields: BTreeMap<&'static str, String>,
    pub(super) resources: [Subject; 1],
    pub(super) compliance: Compliance,
    pub(super) record_state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Label {
    pub(super) label: &'static str,
    pub(super) original: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Provided {
    pub(super) severity: Label,
    pub(super) types: [&'static str; 1],
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Remediation {
    pub(super) recommendation: Recommendation,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Recommendation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Subject {
    pub(super) r#type: &'static str,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partition: Option<&'static str>,
    pub(super) region: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Compliance {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_requirements: Vec<String>,
}
