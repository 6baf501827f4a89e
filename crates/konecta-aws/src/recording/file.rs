//! A recording as bytes: JSON Lines in zstd, the first line a header with name and version, the last one with their number and SHA-256.
//! Knows nothing of calls.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;

use jiff::Timestamp;
use konecta_base::gap::GapKind;
use konecta_base::id::Action;
use konecta_base::limits;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{Kept, Key};
use crate::classify::Failure;

const FORMAT: &str = "konecta-audit-recording";
const VERSION: u32 = 1;

/// Why bytes are no recording that can be gone on from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It could not be written.
    #[error("the recording could not be written")]
    NotWritten(#[source] io::Error),
    /// The bytes are something else.
    #[error("this is not a recording of konecta-audit: {0}")]
    Foreign(String),
    /// Another version wrote them, and may have understood or hidden less of the answers.
    #[error("the recording was made by konecta-audit {tool} in format {format}")]
    Version {
        /// The version of the program.
        tool: String,
        /// The version of the format.
        format: u32,
    },
    /// The bytes end too early, or are not those that were written.
    #[error("the recording is damaged in line {line}: {reason}")]
    Damaged {
        /// The line, counted from one.
        line: u64,
        /// What does not fit.
        reason: String,
    },
}

impl RecordingError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotWritten(_) => "give the program more memory; without a recording the next scan begins anew",
            Self::Foreign(_) | Self::Version { .. } | Self::Damaged { .. } => {
                "remove it: what it held is then asked again"
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
    tool_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_at: Option<Timestamp>,
}

/// Field by field rather than as an enum: serde buffers enum content, and a buffered `RawValue` cannot be read back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeptLine {
    key: String,
    action: Action,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<FailureLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FailureLine {
    kind: GapKind,
    code: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Trailer {
    lines: u64,
    sha256: String,
}

/// A line after the first: something that was told, or the end.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<KeptLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Trailer>,
}

pub(super) fn write(begun: Option<Timestamp>, kept: &[(Key, Arc<Kept>)]) -> Result<Vec<u8>, RecordingError> {
    write_lines(begun, kept).map_err(RecordingError::NotWritten)
}

fn write_lines(begun_at: Option<Timestamp>, kept: &[(Key, Arc<Kept>)]) -> io::Result<Vec<u8>> {
    let mut out = zstd::Encoder::new(Vec::new(), 3)?;
    let mut digest = Sha256::new();
    let mut lines = 0;
    let mut line = |text: Vec<u8>| {
        digest.update(&text);
        digest.update(b"\n");
        lines += 1;
        out.write_all(&text)?;
        out.write_all(b"\n")
    };
    let tool_version = env!("CARGO_PKG_VERSION").to_owned();
    line(serde_json::to_vec(&Header { format: FORMAT.to_owned(), version: VERSION, tool_version, begun_at })?)?;
    for (key, kept) in kept {
        line(serde_json::to_vec(&Line { told: Some(to_line(key, kept)), end: None })?)?;
    }
    let end = Trailer { lines, sha256: hex::encode(digest.finalize()) };
    serde_json::to_writer(&mut out, &Line { told: None, end: Some(end) })?;
    out.write_all(b"\n")?;
    out.finish()
}

fn to_line(key: &Key, kept: &Kept) -> KeptLine {
    let (answer, failure) = match &kept.outcome {
        Ok(text) => (Some(text.clone()), None),
        Err(Failure { kind, code, message }) => {
            (None, Some(FailureLine { kind: *kind, code: code.clone(), message: message.clone() }))
        }
    };
    KeptLine { key: hex::encode(key.0), action: kept.action.clone(), at: kept.at, answer, failure }
}

fn from_line(line: KeptLine) -> Option<(Key, Arc<Kept>)> {
    let outcome = match (line.answer, line.failure) {
        (Some(text), None) => Ok(text),
        (None, Some(FailureLine { kind, code, message })) => Err(Failure { kind, code, message }),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let kept = Kept { action: line.action, at: line.at, outcome };
    Some((Key(hex::decode(&line.key).ok()?.try_into().ok()?), Arc::new(kept)))
}

type Read = (Option<Timestamp>, BTreeMap<Key, Arc<Kept>>);

pub(super) fn read(bytes: &[u8]) -> Result<Read, RecordingError> {
    let foreign = |reason: &dyn ToString| RecordingError::Foreign(reason.to_string());
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let decoder = limits::unpacked(bytes, size).map_err(|error| foreign(&error))?;
    let mut lines = Lines { reader: BufReader::new(decoder), text: Vec::new(), number: 0 };
    match lines.advance() {
        Ok(true) => {}
        Ok(false) => return Err(foreign(&"it is empty")),
        Err(error) => return Err(foreign(&error)),
    }
    let header = header(&lines.text)?;
    let mut digest = Sha256::new();
    digest.update(&lines.text);
    let mut kept = BTreeMap::new();
    while lines.advance().map_err(|error| lines.damaged(&error))? {
        let line: Line = serde_json::from_slice(&lines.text).map_err(|error| lines.damaged(&error))?;
        match (line.told, line.end) {
            (Some(told), None) => {
                digest.update(&lines.text);
                let (key, one) = from_line(told).ok_or_else(|| lines.damaged(&"it is neither answer nor failure"))?;
                kept.insert(key, one);
            }
            (None, Some(end)) => {
                lines.check_end(&end, &hex::encode(digest.finalize()))?;
                return Ok((header.begun_at, kept));
            }
            (Some(_), Some(_)) | (None, None) => return Err(lines.damaged(&"it is not a line of a recording")),
        }
    }
    Err(lines.damaged(&"it ends before its last line"))
}

/// Name and versions are looked at before the rest, which another version may write otherwise.
fn header(text: &[u8]) -> Result<Header, RecordingError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        format: String,
        version: u32,
        #[serde(default)]
        tool_version: String,
    }
    let no_header = |_| RecordingError::Foreign("its first line is not a header".to_owned());
    let named: Named = serde_json::from_slice(text).map_err(no_header)?;
    if named.format != FORMAT {
        return Err(RecordingError::Foreign(format!("its first line says `{}`", named.format)));
    }
    if named.version != VERSION || named.tool_version != env!("CARGO_PKG_VERSION") {
        return Err(RecordingError::Version { tool: named.tool_version, format: named.version });
    }
    serde_json::from_slice(text).map_err(no_header)
}

struct Lines<R> {
    reader: R,
    text: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn advance(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.number += 1;
        limits::read_line(&mut self.reader, &mut self.text)
    }

    fn check_end(&mut self, end: &Trailer, digest: &str) -> Result<(), RecordingError> {
        if end.sha256 != digest {
            return Err(self.damaged(&"its SHA-256 does not fit its content"));
        }
        if end.lines + 1 != self.number {
            return Err(self.damaged(&"lines are missing"));
        }
        // Goes to the end of the zstd frame too, which can be missing behind a last line that is there.
        match self.advance() {
            Ok(false) => Ok(()),
            Ok(true) => Err(self.damaged(&"something follows its last line")),
            Err(error) => Err(self.damaged(&error)),
        }
    }

    fn damaged(&self, reason: &dyn ToString) -> RecordingError {
        RecordingError::Damaged { line: self.number, reason: reason.to_string() }
    }
}
