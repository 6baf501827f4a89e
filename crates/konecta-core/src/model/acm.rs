//! What facts read of Certificate Manager.
//! Knows nothing of who uses a certificate.

use serde::Deserialize;

/// A certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Certificate {
    /// The first name.
    pub domain_name: Option<String>,
    /// All names; the first is among them. Without them, there may be more.
    pub subject_alternative_names: Option<Vec<String>>,
    /// Only `ISSUED` proves anything.
    pub status: Option<String>,
    /// Where it comes from: `AMAZON_ISSUED` is publicly trusted, `PRIVATE` is of a private CA, `IMPORTED` may be anything.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// Who signed it.
    pub issuer: Option<String>,
    /// Whom it was made for.
    pub subject: Option<String>,
    /// When it begins.
    pub not_before: Option<jiff::Timestamp>,
    /// When it ends.
    pub not_after: Option<jiff::Timestamp>,
}

/// A certificate as it was imported, in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CertificatePem {
    /// The certificate itself.
    pub certificate: Option<String>,
    /// Those that lead from it to a root; without it, none was imported.
    pub certificate_chain: Option<String>,
}
