//! One live object, in the envelope of AWS Config's configuration item.
//! Knows nothing of how it was read nor of what will be asked of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id::{AccountId, Arn, Region, ResourceType};

/// A live AWS object.
///
/// The answers of the API are kept as the JSON text they became when they were decoded. Three readers want three
/// different things of that text (facts want typed structs, the policy engine wants its own values, a snapshot
/// wants the text), so nothing is parsed for a reader that does not come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resource {
    /// The type in CloudFormation's spelling.
    pub resource_type: ResourceType,
    /// The ARN; built from the documented pattern where the API does not send one.
    pub arn: Arn,
    /// What AWS calls the object: a name or an id.
    pub resource_id: String,
    /// The account that holds the object.
    pub account_id: AccountId,
    /// The region, or `global`.
    pub region: Region,
    /// Tags by key; `None` where tags were not read, empty where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// When the answer was received.
    pub captured_at: Timestamp,
    /// The describe answer, in the API's own casing.
    pub configuration: Box<RawValue>,
    /// Answers of further calls about the same object, each under one key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supplement: BTreeMap<String, Box<RawValue>>,
}

impl Resource {
    /// The describe answer as a typed struct.
    ///
    /// # Errors
    /// When the text does not have the struct's shape; callers treat that as *not known*.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.configuration.get())
    }

    /// One supplement as a typed struct; `None` where that call was not made or failed.
    ///
    /// # Errors
    /// When the text does not have the struct's shape; callers treat that as *not known*.
    pub fn read_supplement<T: DeserializeOwned>(&self, key: &str) -> Option<Result<T, serde_json::Error>> {
        self.supplement.get(key).map(|text| serde_json::from_str(text.get()))
    }

    /// How findings and messages refer to this object.
    #[must_use]
    pub fn reference(&self) -> ResourceRef {
        ResourceRef {
            arn: self.arn.clone(),
            resource_type: self.resource_type.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

/// The name of a resource without its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRef {
    /// The ARN, ending in `*` where a whole type is meant.
    pub arn: Arn,
    /// The type in CloudFormation's spelling.
    pub resource_type: ResourceType,
    /// The account that holds the object.
    pub account_id: AccountId,
    /// The region, or `global`.
    pub region: Region,
}
