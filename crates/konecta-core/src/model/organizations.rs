//! What facts read of Organizations.
//! Knows nothing of who is let in where.

use serde::Deserialize;

/// The organization to which an account belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Organization {
    /// Its id, such as `o-a1b2c3d4e5`.
    pub id: Option<String>,
}
