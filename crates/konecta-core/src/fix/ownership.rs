//! Whose a resource is: what a tool made, that tool puts back or loses track of when somebody else changes it.
//! Knows tags and names (`ownership.toml`) and Terraform's state; decides nothing about what to do with it.

use serde::{Deserialize, Serialize};

/// Who keeps a resource as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The tool or service, as in `CloudFormation`.
    pub by: String,
    /// What it calls the resource or the group it belongs to, as in `stack konecta-network`.
    pub name: String,
}
