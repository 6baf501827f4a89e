//! What facts read of Route 53.
//! Knows nothing of what a name leads to.

use serde::Deserialize;

/// A hosted zone; its record sets are a supplement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostedZone {
    /// Its name; without it, any name could be in it.
    pub name: Option<String>,
    /// Its settings.
    pub config: Option<ZoneConfig>,
}

/// A zone's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ZoneConfig {
    /// Whether only VPCs ask it; the edge asks public zones.
    pub private_zone: Option<bool>,
}

/// A record set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RecordSet {
    /// Its name; without it, it could be any of its zone.
    pub name: Option<String>,
    /// `A`, `AAAA`, `CNAME`, `NS` and so on; without it, it could be any.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// What an alias leads to.
    pub alias_target: Option<AliasTarget>,
    /// What other records hold.
    pub resource_records: Option<Vec<ResourceRecord>>,
    /// Of several records of one name and type, how often it is given; AWS sends it only for those.
    pub weight: Option<i64>,
    /// The health check without which it is always given.
    pub health_check_id: Option<String>,
}

/// What an alias leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AliasTarget {
    /// The name.
    #[serde(rename = "DNSName")]
    pub dns_name: Option<String>,
    /// Whether it is given only while what it leads to is healthy.
    pub evaluate_target_health: Option<bool>,
}

/// One value of a record set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceRecord {
    /// The value.
    pub value: Option<String>,
}
