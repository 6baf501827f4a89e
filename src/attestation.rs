//! What a signed report says of itself: an in-toto statement (v1) in a DSSE envelope (v1), in `FILE.intoto.json`.
//! The subject is the report by its SHA-256; the predicate names the scan, the snapshot and the report before.
//! Knows nothing of what is in a report.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use konecta_base::limits;
use konecta_core::report::Report;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::signature::{SigningKey, VerifyingKey, with_suffix};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://github.com/konecta/konecta-audit/report/v1";
const PAYLOAD: &str = "application/vnd.in-toto+json";

/// Why a report is not taken for what it seems to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttestationError {
    #[error("{path} cannot be read")]
    Missing {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a statement about a report of konecta-audit: {reason}")]
    Foreign { path: PathBuf, reason: String },
    #[error("the statement {0} is not signed by this key")]
    Unsigned(PathBuf),
    #[error("{path} is not the {what} that the statement names")]
    Another { path: PathBuf, what: &'static str },
    #[error("the statement names no {0}")]
    NotNamed(&'static str),
    #[error("a signature needs a report in a file")]
    NoReport,
}

impl AttestationError {
    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "`konecta-audit scan --format json=FILE --sign-key KEY` writes it beside the report"
            }
            Self::Foreign { .. } | Self::Unsigned(_) | Self::Another { .. } => {
                "do not rely on it: it was edited, or somebody else wrote it, or this is another file or key"
            }
            Self::NotNamed(_) => "leave the option out: the scan was made without it",
            Self::NoReport => "write one with --format json=FILE",
        }
    }
}

/// A file by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    name: String,
    digest: DigestSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DigestSet {
    sha256: String,
}

impl Subject {
    /// A file that is there.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::ReadFile { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                count => hash.update(buffer.get(..count).unwrap_or_default()),
            }
        }
        Ok(Self::new(path, hash))
    }

    /// A file whose content was read already.
    fn of_bytes(path: &Path, bytes: &[u8]) -> Self {
        Self::new(path, Sha256::new_with_prefix(bytes))
    }

    fn new(path: &Path, hash: Sha256) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self { name, digest: DigestSet { sha256: hex::encode(hash.finalize()) } }
    }
}

/// What the report was made of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Predicate {
    pub(crate) tool: String,
    pub(crate) scanned_at: String,
    pub(crate) accounts: Vec<String>,
    pub(crate) regions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Subject>,
}

impl Predicate {
    /// Of a report, with the files that it was made of and held against.
    pub(crate) fn of(report: &Report, snapshot: Option<&Path>, previous: Option<&Path>) -> Result<Self, Error> {
        Ok(Self {
            tool: format!("konecta-audit {}", report.tool_version),
            scanned_at: report.scan.started_at.to_string(),
            accounts: report.scan.accounts.iter().map(ToString::to_string).collect(),
            regions: report.scan.regions.iter().map(ToString::to_string).collect(),
            snapshot: snapshot.map(Subject::of).transpose()?,
            previous: previous.map(Subject::of).transpose()?,
        })
    }

    /// Whether this is the snapshot that is named.
    pub(crate) fn names_snapshot(&self, path: &Path) -> Result<(), Error> {
        named(self.snapshot.as_ref(), &Subject::of(path)?, path, "snapshot")
    }

    /// Whether this is the report before that is named.
    pub(crate) fn names_previous(&self, path: &Path) -> Result<(), Error> {
        named(self.previous.as_ref(), &Subject::of(path)?, path, "report before")
    }
}

/// Whether what is named has the content that was found, whatever the file is called.
fn named(named: Option<&Subject>, found: &Subject, path: &Path, what: &'static str) -> Result<(), Error> {
    let named = named.ok_or(AttestationError::NotNamed(what))?;
    let another = || AttestationError::Another { path: path.to_owned(), what };
    if named.digest == found.digest { Ok(()) } else { Err(another().into()) }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

/// Where the statement about a report is: `FILE.intoto.json`.
pub(crate) fn beside(report: &Path) -> PathBuf {
    with_suffix(report, ".intoto.json")
}

/// The envelope about a report that was written with these bytes, as JSON.
pub(crate) fn envelope(report: &Path, bytes: &[u8], predicate: Predicate, key: &SigningKey) -> Result<String, Error> {
    let statement = Statement {
        kind: STATEMENT.to_owned(),
        subject: vec![Subject::of_bytes(report, bytes)],
        predicate_type: PREDICATE.to_owned(),
        predicate,
    };
    let payload = serde_json::to_vec(&statement)?;
    let sig = STANDARD.encode(key.signature(&encoding(&payload)));
    let envelope = Envelope {
        payload_type: PAYLOAD.to_owned(),
        payload: STANDARD.encode(&payload),
        signatures: vec![EnvelopeSignature { sig }],
    };
    Ok(serde_json::to_string_pretty(&envelope)? + "\n")
}

/// What the statement beside a report says of it, if this key has signed it and it is about these bytes.
pub(crate) fn opened(report: &Path, bytes: &[u8], key: &VerifyingKey) -> Result<Predicate, Error> {
    let path = beside(report);
    let foreign = |reason: String| AttestationError::Foreign { path: path.clone(), reason };
    let text = limits::read_text(&path, limits::DOCUMENT)
        .map_err(|source| AttestationError::Missing { path: path.clone(), source })?;
    let envelope: Envelope = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
    if envelope.payload_type != PAYLOAD {
        return Err(foreign(format!("its payload is of the type {}", envelope.payload_type)).into());
    }
    let decoded = |text: &str| STANDARD.decode(text).map_err(|error| foreign(error.to_string()));
    let payload = decoded(&envelope.payload)?;
    let signed = encoding(&payload);
    let signatures = envelope.signatures.iter().map(|signature| decoded(&signature.sig));
    let signatures = signatures.collect::<Result<Vec<_>, _>>()?;
    if !signatures.iter().any(|signature| key.has_signed(&signed, signature)) {
        return Err(AttestationError::Unsigned(path).into());
    }
    let statement: Statement = serde_json::from_slice(&payload).map_err(|error| foreign(error.to_string()))?;
    if statement.kind != STATEMENT || statement.predicate_type != PREDICATE {
        return Err(foreign(format!("it is a {} of {}", statement.kind, statement.predicate_type)).into());
    }
    named(statement.subject.first(), &Subject::of_bytes(report, bytes), report, "report")?;
    Ok(statement.predicate)
}

/// DSSE's pre-authentication encoding: type and payload with their lengths, so that neither can be taken for the other.
fn encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD} {} ", PAYLOAD.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the DSSE specification has this form, for its own type and payload.
    #[test]
    fn what_is_signed_begins_with_lengths() {
        assert_eq!(encoding(b"{}"), b"DSSEv1 28 application/vnd.in-toto+json 2 {}");
    }
}
