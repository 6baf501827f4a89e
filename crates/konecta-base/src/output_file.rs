//! Files that appear whole or not at all, readable by their owner alone.
//! What is no regular file (a device, a pipe, a link) is never replaced: it is written through.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Writes what `make` makes to `path`.
///
/// A regular file, and a name that is free, get the new file by a rename when it is whole and on the disk; its mode is
/// 0600. A link leads to the file that it names, which is replaced in the same way. A device or a pipe is written to
/// as it is: a rename would put a file in the place of `/dev/null`.
///
/// # Errors
/// When the file cannot be written, or `make` fails: then what stood under the name still stands there.
pub fn write(path: &Path, make: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = OutputFile::create(path)?;
    make(&mut file)?;
    file.commit()
}

/// The same for a file that somebody keeps: its mode stays what it is.
///
/// # Errors
/// As [`write()`], and when the file is not there or is no regular file.
pub fn amend(path: &Path, make: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let Target::File(path) = Target::of(path)? else { return Err(ErrorKind::InvalidInput.into()) };
    let mode = fs::metadata(&path)?.permissions();
    let mut file = OutputFile(BufWriter::new(Pending::File(temporary(&path)?, path)));
    make(&mut file)?;
    if let Pending::File(file, _) = file.0.get_ref() {
        file.as_file().set_permissions(mode)?;
    }
    file.commit()
}

/// A file that is written bit by bit. It has its name when it is committed; one that is dropped before leaves nothing behind. On
/// Linux it has no name at all until then, where the file system knows such files, so that a signal leaves nothing either.
#[derive(Debug)]
pub struct OutputFile(BufWriter<Pending>);

#[derive(Debug)]
enum Pending {
    /// Beside the file whose name it will have.
    File(NamedTempFile<File>, PathBuf),
    /// Without a name, in the file system of the one that it will have.
    Nameless(File, PathBuf),
    Device(File),
}

impl OutputFile {
    /// Begins to write to a path as [`write()`] does. That of a pipe waits for its reader.
    ///
    /// # Errors
    /// As [`check`], and when a device or a pipe cannot be opened.
    pub fn create(path: &Path) -> io::Result<Self> {
        let pending = match Target::of(path)? {
            Target::File(path) => match nameless(folder(&path)) {
                Some(file) => Pending::Nameless(file, path),
                None => Pending::File(temporary(&path)?, path),
            },
            Target::Device => Pending::Device(OpenOptions::new().write(true).open(path)?),
        };
        Ok(Self(BufWriter::new(pending)))
    }

    /// Puts what was written on the disk, and under its name.
    ///
    /// # Errors
    /// When that cannot be done; then what stood under the name still stands there.
    pub fn commit(self) -> io::Result<()> {
        match self.0.into_inner().map_err(io::IntoInnerError::into_error)? {
            Pending::File(file, path) => {
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
            Pending::Nameless(file, path) => {
                file.sync_all()?;
                // Only a rename replaces what stands under the name.
                tempfile::Builder::new().make_in(folder(&path), |name| give_name(&file, name))?.persist(path)?;
                Ok(())
            }
            Pending::Device(mut device) => device.flush(),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => file.write(bytes),
            Self::Nameless(file, _) => file.write(bytes),
            Self::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file, _) => file.flush(),
            Self::Nameless(file, _) => file.flush(),
            Self::Device(device) => device.flush(),
        }
    }
}

/// Whether [`write()`] could write there now; leaves nothing behind.
///
/// # Errors
/// Why it could not: there is no such folder, it may not be written to, or the path is a folder.
pub fn check(path: &Path) -> io::Result<()> {
    match Target::of(path)? {
        Target::File(path) => temporary(&path).map(drop),
        // Opening a pipe waits for its reader.
        Target::Device => Ok(()),
    }
}

/// The one name of a path, however it is spelled: what two outputs must not share. `None` of what is no file.
///
/// # Errors
/// As [`check`].
pub fn identity(path: &Path) -> io::Result<Option<PathBuf>> {
    let Target::File(path) = Target::of(path)? else { return Ok(None) };
    let name = path.file_name().ok_or_else(|| io::Error::from(ErrorKind::IsADirectory))?;
    Ok(Some(fs::canonicalize(folder(&path))?.join(name)))
}

enum Target {
    /// To be replaced as a whole; not there, or a regular file.
    File(PathBuf),
    /// To be written through.
    Device,
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        let kind = match fs::symlink_metadata(path) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::File(path.to_owned())),
            Err(error) => return Err(error),
        };
        // The links in /dev and /proc are open files of this process: to replace what they name would not reach its reader.
        let open_file = path.starts_with("/dev") || path.starts_with("/proc");
        if kind.is_symlink() && !open_file {
            let led_to = fs::canonicalize(path)?;
            return Self::of(&led_to);
        }
        match kind.is_dir() {
            true => Err(ErrorKind::IsADirectory.into()),
            false if kind.is_file() => Ok(Self::File(path.to_owned())),
            false => Ok(Self::Device),
        }
    }
}

/// In the same folder, so that the rename stays in one file system; its name cannot be foreseen, its mode is 0600.
fn temporary(path: &Path) -> io::Result<NamedTempFile<File>> {
    NamedTempFile::new_in(folder(path))
}

/// Where a file without a name can be given one: by what is open in this process.
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";

/// A file without a name, with mode 0600; `None` where there are none.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = Path::new(OPEN_FILES).is_dir().then(|| openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR));
    Some(File::from(file?.ok()?))
}

#[cfg(not(target_os = "linux"))]
fn nameless(_folder: &Path) -> Option<File> {
    None
}

/// Gives a file without a name one that is free.
#[cfg(target_os = "linux")]
fn give_name(file: &File, name: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, linkat};

    let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
    Ok(linkat(CWD, open, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn give_name(_file: &File, _name: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn put(path: &Path, text: &str) -> io::Result<()> {
        write(path, &mut |out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("report.json");
        put(&path, "one").expect("writes");
        let failed = write(&path, &mut |out| {
            out.write_all(b"tw")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).expect("reads"), "one");
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing half-made is left");
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_committed() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("findings.jsonl");
        let mut file = OutputFile::create(&path).expect("begins");
        file.write_all(b"one\n").expect("takes");
        file.flush().expect("flushes");
        assert!(!path.exists(), "half of a report is no report");
        file.commit().expect("commits");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "one\n");
        let mut dropped = OutputFile::create(&path).expect("begins");
        dropped.write_all(b"two\n").expect("takes");
        dropped.flush().expect("flushes");
        // Who is killed here leaves nothing behind: it has no name yet.
        #[cfg(target_os = "linux")]
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1);
        drop(dropped);
        assert_eq!(fs::read_to_string(&path).expect("reads"), "one\n");
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing half-made is left");
    }

    #[test]
    fn a_file_that_is_amended_keeps_its_mode() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("konecta-audit.toml");
        assert!(amend(&path, &mut |out| out.write_all(b"x")).is_err(), "there is nothing to amend");
        fs::write(&path, "one").expect("file");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("mode");
        amend(&path, &mut |out| out.write_all(b"two")).expect("writes");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "two");
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o644);
    }

    #[test]
    fn a_link_leads_to_its_file_and_stays_a_link() {
        let folder = tempfile::tempdir().expect("folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("file");
        symlink(&file, &link).expect("link");
        put(&link, "new").expect("writes");
        assert_eq!(fs::read_to_string(&file).expect("reads"), "new");
        assert!(fs::symlink_metadata(&link).expect("link").file_type().is_symlink());
        assert_eq!(identity(&link).expect("identity"), identity(&file).expect("identity"));
        symlink(folder.path().join("gone"), folder.path().join("dangling")).expect("link");
        assert!(put(&folder.path().join("dangling"), "x").is_err());
    }

    #[test]
    fn what_is_no_file_is_never_replaced() {
        put(Path::new("/dev/null"), "text").expect("a device takes it");
        assert!(fs::metadata("/dev/null").expect("metadata").file_type().is_char_device());
        assert_eq!(identity(Path::new("/dev/null")).expect("identity"), None);
        let folder = tempfile::tempdir().expect("folder");
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).expect("socket");
        assert!(put(&socket, "x").is_err());
        assert!(fs::metadata(&socket).expect("metadata").file_type().is_socket());
        assert!(check(folder.path()).is_err(), "a folder is not a file");
        assert!(check(&folder.path().join("no/such")).is_err());
        check(&folder.path().join("new")).expect("a free name");
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1);
    }
}
