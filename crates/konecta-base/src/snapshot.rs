//! Everything read in one scan, in memory and as a file: JSON Lines in zstd, with a version and a digest.
//! Knows nothing of controls; the file is the border where a scan and its judgement can part in time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::gap::{Gap, ReadRecord};
use crate::id::{AccountId, Region};
use crate::resource::Resource;
use crate::{limits, output_file};

const FORMAT: &str = "konecta-audit-snapshot";
const VERSION: u32 = 1;

/// Who read what, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanInfo {
    /// The version of the program that read.
    pub tool_version: String,
    /// When the first call went out: the `now` of every judgement.
    pub started_at: Timestamp,
    /// When the last answer had come.
    pub finished_at: Timestamp,
    /// The accounts, in order.
    pub accounts: Vec<AccountId>,
    /// The regions asked for, in order, without `global`.
    pub regions: Vec<Region>,
    /// Requests answered, pages counted one by one.
    pub calls: u64,
}

/// Everything read in one scan, held in memory.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Who read what, when.
    pub info: ScanInfo,
    /// The resources, sorted by account, region, type and ARN.
    pub resources: Vec<Resource>,
    /// What was asked.
    pub reads: Vec<ReadRecord>,
    /// What was not answered.
    pub gaps: Vec<Gap>,
}

/// A stream of resources that can be gone through more than once.
pub trait Source {
    /// Who read what, when.
    fn info(&self) -> &ScanInfo;
    /// What was asked.
    fn reads(&self) -> &[ReadRecord];
    /// What was not answered.
    fn gaps(&self) -> &[Gap];
    /// Shows every resource once, in the order of the snapshot.
    ///
    /// # Errors
    /// When the stream cannot be read to its end.
    fn visit(&self, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError>;

    /// Shows every resource of the types that are wanted; the others need not even be parsed.
    ///
    /// # Errors
    /// When the stream cannot be read to its end.
    fn visit_types(&self, wanted: &dyn Fn(&str) -> bool, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError> {
        self.visit(&mut |resource| {
            if wanted(resource.resource_type.as_str()) {
                see(resource);
            }
        })
    }

    /// As [`Source::visit_types`], but hands out what another thread can read.
    ///
    /// # Errors
    /// When the stream cannot be read to its end.
    fn visit_unread(&self, wanted: &dyn Fn(&str) -> bool, take: &mut dyn FnMut(Unread)) -> Result<(), SnapshotError> {
        self.visit_types(wanted, &mut |resource| take(Unread::Resource(Box::new(resource.clone()))))
    }
}

/// A resource of a stream, parsed or not: what is handed to another thread is parsed there.
#[derive(Debug)]
pub enum Unread {
    /// It was in memory.
    Resource(Box<Resource>),
    /// A line of a file, with the file's name and the line's number.
    Line(Arc<Path>, u64, Box<[u8]>),
}

impl Unread {
    /// The resource.
    ///
    /// # Errors
    /// When the line is not one of a resource.
    pub fn read(self) -> Result<Resource, SnapshotError> {
        match self {
            Self::Resource(resource) => Ok(*resource),
            Self::Line(path, number, text) => {
                let damaged = |reason: String| damaged(&path, number, &reason);
                let line: LineIn = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
                line.resource.ok_or_else(|| damaged("it is no resource".to_owned()))
            }
        }
    }
}

/// Whether a file begins as a snapshot does: with zstd's magic number. What is in it is another question.
///
/// # Errors
/// When the file cannot be read.
pub fn is_one(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == [0x28, 0xb5, 0x2f, 0xfd])
}

impl Snapshot {
    /// Puts resources, reads and gaps into the one order in which they are written and judged.
    pub fn sort(&mut self) {
        self.resources.sort_by(|a, b| {
            (&a.account_id, &a.region, &a.resource_type, &a.arn).cmp(&(
                &b.account_id,
                &b.region,
                &b.resource_type,
                &b.arn,
            ))
        });
        self.resources.dedup_by(|a, b| a.arn == b.arn && a.resource_type == b.resource_type);
        self.reads.sort();
        self.gaps.sort();
        self.gaps.dedup();
    }
}

impl Source for Snapshot {
    fn info(&self) -> &ScanInfo {
        &self.info
    }

    fn reads(&self) -> &[ReadRecord] {
        &self.reads
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn visit(&self, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError> {
        self.resources.iter().for_each(see);
        Ok(())
    }
}

/// Why a snapshot file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file could not be opened, read or written.
    #[error("cannot use the snapshot {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("{path} is not a konecta-audit snapshot: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The file was written by a version with another format.
    #[error("{path} has snapshot format {found}; this version of konecta-audit reads format {VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The file ends before its trailer, or its content is not what was written.
    #[error("{path} is damaged: {reason}; take a new snapshot with `konecta-audit scan --save-snapshot`")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
    scan: ScanInfo,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Trailer {
    lines: u64,
    sha256: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum LineOut<'a> {
    Read(&'a ReadRecord),
    Gap(&'a Gap),
    Resource(&'a Resource),
    End(Trailer),
}

/// Written field by field rather than as an enum: serde buffers enum content, and a buffered
/// `RawValue` cannot be read back.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LineIn {
    read: Option<ReadRecord>,
    gap: Option<Gap>,
    resource: Option<Resource>,
    end: Option<Trailer>,
}

/// Writes a snapshot; the file appears under its name only when it is whole.
///
/// # Errors
/// [`SnapshotError::Io`] when the disk does not take it.
pub fn save(snapshot: &Snapshot, path: &Path) -> Result<(), SnapshotError> {
    output_file::write(path, &mut |out| {
        let mut out = zstd::Encoder::new(out, 3)?;
        write_lines(snapshot, &mut out)?;
        out.finish().map(drop)
    })
    .map_err(|source| SnapshotError::Io { path: path.to_owned(), source })
}

fn write_lines(snapshot: &Snapshot, out: &mut impl Write) -> io::Result<()> {
    let mut writer = DigestWriter { out, digest: Sha256::new(), lines: 0 };
    writer.line(&Header { format: FORMAT.to_owned(), version: VERSION, scan: snapshot.info.clone() })?;
    for read in &snapshot.reads {
        writer.line(&LineOut::Read(read))?;
    }
    for gap in &snapshot.gaps {
        writer.line(&LineOut::Gap(gap))?;
    }
    for resource in &snapshot.resources {
        writer.line(&LineOut::Resource(resource))?;
    }
    let trailer = Trailer { lines: writer.lines, sha256: hex::encode(writer.digest.clone().finalize()) };
    writer.line(&LineOut::End(trailer))
}

struct DigestWriter<'a, W> {
    out: &'a mut W,
    digest: Sha256,
    lines: u64,
}

impl<W: Write> DigestWriter<'_, W> {
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        self.digest.update(&text);
        self.lines += 1;
        self.out.write_all(&text)
    }
}

/// A snapshot on disk: checked whole when it is opened, then streamed resource by resource.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    info: ScanInfo,
    reads: Vec<ReadRecord>,
    gaps: Vec<Gap>,
}

impl SnapshotFile {
    /// Opens a snapshot and checks its version, its digest and its end.
    ///
    /// # Errors
    /// Every [`SnapshotError`], each naming the file.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let mut lines = Lines::open(path)?;
        let mut header: Header = lines.header()?;
        // What is said of each account is said once.
        let (mut accounts, mut regions) = (BTreeSet::new(), BTreeSet::new());
        header.scan.accounts.retain(|account| accounts.insert(account.clone()));
        header.scan.regions.retain(|region| regions.insert(region.clone()));
        let mut digest = Sha256::new();
        digest.update(&lines.buffer);
        let (mut reads, mut gaps) = (Vec::new(), Vec::new());
        while lines.advance()? {
            // The digest vouches for resources; they are parsed when somebody looks at them.
            if lines.resource_type().is_some() {
                digest.update(&lines.buffer);
                continue;
            }
            let line: LineIn = lines.parse()?;
            if let Some(end) = line.end {
                lines.check_end(&end, &hex::encode(digest.finalize()))?;
                return Ok(Self { path: path.to_owned(), info: header.scan, reads, gaps });
            }
            digest.update(&lines.buffer);
            reads.extend(line.read);
            gaps.extend(line.gap);
        }
        Err(lines.damaged("it ends before its last line"))
    }

    /// Reads the whole file into memory.
    ///
    /// # Errors
    /// When the file has changed since it was opened.
    pub fn load(&self) -> Result<Snapshot, SnapshotError> {
        let mut resources = Vec::new();
        self.visit(&mut |resource| resources.push(resource.clone()))?;
        Ok(Snapshot { info: self.info.clone(), resources, reads: self.reads.clone(), gaps: self.gaps.clone() })
    }
}

impl Source for SnapshotFile {
    fn info(&self) -> &ScanInfo {
        &self.info
    }

    fn reads(&self) -> &[ReadRecord] {
        &self.reads
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn visit(&self, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError> {
        self.visit_types(&|_| true, see)
    }

    fn visit_types(&self, wanted: &dyn Fn(&str) -> bool, see: &mut dyn FnMut(&Resource)) -> Result<(), SnapshotError> {
        self.visit_lines(wanted, &mut |lines| {
            let line: LineIn = lines.parse()?;
            if let Some(resource) = line.resource.filter(|one| wanted(one.resource_type.as_str())) {
                see(&resource);
            }
            Ok(line.end.is_some())
        })
    }

    fn visit_unread(&self, wanted: &dyn Fn(&str) -> bool, take: &mut dyn FnMut(Unread)) -> Result<(), SnapshotError> {
        let path: Arc<Path> = self.path.as_path().into();
        self.visit_lines(wanted, &mut |lines| {
            if lines.resource_type().is_some() {
                take(Unread::Line(path.clone(), lines.number, lines.buffer.as_slice().into()));
                return Ok(false);
            }
            let line: LineIn = lines.parse()?;
            if let Some(resource) = line.resource.filter(|one| wanted(one.resource_type.as_str())) {
                take(Unread::Resource(Box::new(resource)));
            }
            Ok(line.end.is_some())
        })
    }
}

/// Looks at one line; answers whether it was the last.
type See<'s> = &'s mut dyn FnMut(&Lines<'_>) -> Result<bool, SnapshotError>;

impl SnapshotFile {
    /// Shows every line but those of resources of other types.
    fn visit_lines(&self, wanted: &dyn Fn(&str) -> bool, see: See<'_>) -> Result<(), SnapshotError> {
        let mut lines = Lines::open(&self.path)?;
        lines.header()?;
        while lines.advance()? {
            if lines.resource_type().is_some_and(|found| !wanted(found)) {
                continue;
            }
            if see(&lines)? {
                return Ok(());
            }
        }
        Err(lines.damaged("it ends before its last line"))
    }
}

struct Lines<'a> {
    path: &'a Path,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, SnapshotError> {
        let io = |source| SnapshotError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let unpacked = limits::unpacked(BufReader::new(file), size).map_err(io)?;
        let reader = Box::new(BufReader::with_capacity(1 << 16, unpacked));
        Ok(Self { path, reader, buffer: Vec::new(), number: 0 })
    }

    fn advance(&mut self) -> Result<bool, SnapshotError> {
        self.buffer.clear();
        self.number += 1;
        let read = limits::read_line(&mut self.reader, &mut self.buffer);
        read.map_err(|error| match self.number {
            1 => SnapshotError::Foreign { path: self.path.to_owned(), reason: error.to_string() },
            _ => self.damaged(&error.to_string()),
        })
    }

    /// The type at the beginning of a resource's line, where [`save`] puts it; `None` for every other line.
    fn resource_type(&self) -> Option<&str> {
        let rest = self.buffer.strip_prefix(br#"{"resource":{"resourceType":""#)?;
        let name = &rest[..rest.iter().position(|&byte| byte == b'"')?];
        // A name with an escape in it is left to the parser.
        std::str::from_utf8(name).ok().filter(|name| !name.contains('\\'))
    }

    fn header(&mut self) -> Result<Header, SnapshotError> {
        #[derive(Deserialize)]
        struct Named {
            format: String,
            version: u32,
        }
        let foreign = |reason: String| SnapshotError::Foreign { path: self.path.to_owned(), reason };
        if !self.advance()? {
            return Err(SnapshotError::Foreign { path: self.path.to_owned(), reason: "it is empty".to_owned() });
        }
        let named: Named = serde_json::from_slice(&self.buffer)
            .map_err(|_| foreign("its first line is not a snapshot header".to_owned()))?;
        if named.format != FORMAT {
            return Err(foreign(format!("its first line says `{}`", named.format)));
        }
        if named.version != VERSION {
            return Err(SnapshotError::Version { path: self.path.to_owned(), found: named.version });
        }
        self.parse()
    }

    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, SnapshotError> {
        serde_json::from_slice(&self.buffer).map_err(|error| self.damaged(&error.to_string()))
    }

    fn check_end(&mut self, end: &Trailer, digest: &str) -> Result<(), SnapshotError> {
        if end.sha256 != digest {
            return Err(self.damaged("its SHA-256 does not fit its content"));
        }
        if end.lines + 1 != self.number {
            return Err(self.damaged("lines are missing"));
        }
        if self.advance()? {
            return Err(self.damaged("something follows its last line"));
        }
        Ok(())
    }

    fn damaged(&self, reason: &str) -> SnapshotError {
        damaged(self.path, self.number, reason)
    }
}

fn damaged(path: &Path, number: u64, reason: &str) -> SnapshotError {
    SnapshotError::Damaged { path: path.to_owned(), reason: format!("line {number}: {reason}") }
}

/// The SHA-256 of a text, in lower-case hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
