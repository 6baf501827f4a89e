//! A journal on this machine's disk: `<run>.jsonl`, every line synced, and `<run>.head` beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use konecta_base::medium::{Kept, Medium, MediumError};
use konecta_base::{limits, output_file};

/// Keeps a journal in a file; its folder must be there.
#[derive(Debug)]
pub struct FileMedium {
    path: PathBuf,
    file: Option<File>,
}

impl FileMedium {
    /// At this path, which ends in `.jsonl`.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn failed(&self, source: io::Error) -> MediumError {
        MediumError::failed(self.location(), source)
    }

    fn keep_head(&self, head: &str) -> io::Result<()> {
        // Its folder is not synced: a head that lags behind after a power cut is still right about its own line.
        output_file::write(&head_path(&self.path), &mut |out| out.write_all(head.as_bytes()))
    }

    fn begin(&mut self) -> io::Result<()> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&self.path)?;
        file.sync_all()?;
        sync_folder(&self.path)?;
        self.file = Some(file);
        Ok(())
    }

    fn cut(&mut self, whole: u64, head: Option<&str>) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.set_len(whole)?;
        file.sync_all()?;
        file.seek(SeekFrom::End(0))?;
        self.file = Some(file);
        head.map_or(Ok(()), |head| self.keep_head(head))
    }

    fn write(&mut self, line: &str, head: &str) -> io::Result<()> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("it was not opened for writing"))?;
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        self.keep_head(head)
    }
}

impl Medium for FileMedium {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    async fn create(&mut self) -> Result<(), MediumError> {
        let is_there = |source: &io::Error| source.kind() == ErrorKind::AlreadyExists;
        self.begin().map_err(|source| match is_there(&source) {
            true => MediumError::Exists(self.location()),
            false => self.failed(source),
        })
    }

    async fn read(&mut self) -> Result<Kept, MediumError> {
        let head = fs::read(head_path(&self.path)).ok();
        let is_missing = |source: &io::Error| source.kind() == ErrorKind::NotFound;
        let lines = limits::read(&self.path, limits::DOCUMENT).map_err(|source| match is_missing(&source) {
            true => MediumError::Missing(self.location()),
            false => self.failed(source),
        })?;
        Ok(Kept { lines, head })
    }

    async fn take_up(&mut self, whole: u64, head: Option<&str>) -> Result<(), MediumError> {
        self.cut(whole, head).map_err(|source| self.failed(source))
    }

    async fn append(&mut self, line: &str, head: &str) -> Result<(), MediumError> {
        self.write(line, head).map_err(|source| self.failed(source))
    }
}

fn head_path(path: &Path) -> PathBuf {
    path.with_extension("head")
}

/// A new name is on the disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
