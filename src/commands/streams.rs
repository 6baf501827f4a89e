//! Outputs that are written while the account is judged: JSON Lines, to standard output or to files.
//! One that fails ends alone; the others, the scan and its error are as if they were written at the end.

use std::io::{self, Write};
use std::path::PathBuf;

use konecta_base::finding::Finding;
use konecta_base::output_file::OutputFile;
use konecta_core::audit::Follower;
use konecta_core::baseline::EarlierFails;
use konecta_core::report::{Report, jsonl};

use super::past::Past;
use crate::error::Error;
use crate::ui;

/// The outputs, and what their findings are held against.
pub(super) struct Streams<'a> {
    names: Vec<Option<PathBuf>>,
    open: Vec<Stream>,
    past: &'a mut Past,
    /// What was known before anything was judged.
    opening: Option<Report>,
    earlier: Option<Report>,
    fails: Option<EarlierFails>,
    /// Why there is no earlier scan to hold findings against.
    no_past: Option<Error>,
    failed: Vec<Error>,
}

enum Stream {
    StandardOutput,
    File(PathBuf, OutputFile),
}

impl<'a> Streams<'a> {
    /// `names` are the files; `None` is standard output.
    pub(super) fn new(names: Vec<Option<PathBuf>>, past: &'a mut Past) -> Self {
        Self {
            names,
            open: Vec::new(),
            past,
            opening: None,
            earlier: None,
            fails: None,
            no_past: None,
            failed: Vec::new(),
        }
    }

    /// The scan that the findings were held against.
    pub(super) fn earlier(&mut self) -> Result<Option<Report>, Error> {
        self.no_past.take().map_or_else(|| Ok(self.earlier.take()), Err)
    }

    /// Writes what comes after the findings; files have their names from here on.
    pub(super) fn end(mut self, report: &Report) -> Result<(), Error> {
        self.write(&mut |out| jsonl::end(report, out));
        for stream in self.open {
            if let Stream::File(path, file) = stream
                && let Err(source) = file.commit()
            {
                self.failed.push(Error::WriteFile { path, source });
            }
        }
        ui::first_of(self.failed)
    }

    /// Writes to all that are open; one that takes no more is closed.
    fn write(&mut self, make: &mut dyn FnMut(&mut dyn Write) -> Result<(), serde_json::Error>) {
        let mut failed = Vec::new();
        self.open.retain_mut(|stream| match stream.write(make) {
            Ok(goes_on) => goes_on,
            Err(error) => {
                failed.push(error);
                false
            }
        });
        self.failed.append(&mut failed);
    }
}

impl Stream {
    fn begin(name: Option<PathBuf>) -> Result<Self, Error> {
        let Some(path) = name else { return Ok(Self::StandardOutput) };
        match OutputFile::create(&path) {
            Ok(file) => Ok(Self::File(path, file)),
            Err(source) => Err(Error::WriteFile { path, source }),
        }
    }

    /// Whether it takes more: a reader of standard output that has gone away is no fault.
    fn write(&mut self, make: &mut dyn FnMut(&mut dyn Write) -> Result<(), serde_json::Error>) -> Result<bool, Error> {
        match self {
            // It is flushed at the end of each line.
            Self::StandardOutput => match make(&mut io::stdout().lock()).map_err(io::Error::from) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
                Err(error) => Err(Error::Output(error)),
                Ok(()) => Ok(true),
            },
            Self::File(path, file) => {
                let written = make(file).map_err(io::Error::from);
                written.map(|()| true).map_err(|source| Error::WriteFile { path: path.clone(), source })
            }
        }
    }
}

impl Follower for Streams<'_> {
    fn begins(&mut self, report: &Report) {
        match self.past.earlier(report) {
            Ok(earlier) => self.earlier = earlier,
            Err(error) => self.no_past = Some(error),
        }
        if self.names.is_empty() || self.no_past.is_some() {
            return;
        }
        self.fails = self.earlier.as_ref().map(EarlierFails::of);
        for name in std::mem::take(&mut self.names) {
            match Stream::begin(name) {
                Ok(stream) => self.open.push(stream),
                Err(error) => self.failed.push(error),
            }
        }
        self.write(&mut |out| jsonl::begin(report, out));
        self.opening = Some(report.clone());
    }

    fn finds(&mut self, finding: &Finding) {
        let Some(opening) = self.opening.take() else { return };
        let state = self.fails.as_ref().and_then(|fails| fails.state(finding));
        self.write(&mut |out| jsonl::finding(&opening, finding, state, out));
        self.opening = Some(opening);
    }
}
