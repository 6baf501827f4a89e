//! How much is read of what comes from outside. A file is data of somebody: one line without an end, or a small archive
//! that unpacks to gigabytes, must not take the machine.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// Bytes of a line of JSON Lines: a resource with everything that AWS lets it hold is a hundredth of it.
pub const LINE: usize = 64 << 20;

/// Bytes of a document that is read as a whole: a plan, a Terraform state, a journal, a status.
pub const DOCUMENT: u64 = 512 << 20;

/// Bytes of a blueprint.
pub const BLUEPRINT: u64 = 1 << 20;

/// How many times its size an archive may unpack to. Our own are 20 to 40 times as large unpacked.
const EXPANSION: u64 = 1_000;

/// What any archive may unpack to, however small it is.
const UNPACKED: u64 = 256 << 20;

/// Reads a file to its end.
///
/// # Errors
/// When it cannot be read, or holds more than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Ceiling::of(File::open(path)?, most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of text to its end.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| invalid("it is not UTF-8 text".to_owned()))
}

/// Appends a line with its end to `line`; whether there was one.
///
/// # Errors
/// When it cannot be read, or is longer than [`LINE`].
pub fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let most = u64::try_from(LINE).unwrap_or(u64::MAX);
    let bytes = from.take(most + 1).read_until(b'\n', line)?;
    match bytes > LINE {
        true => Err(invalid(format!("a line is longer than {} MiB", LINE >> 20))),
        false => Ok(bytes > 0),
    }
}

/// What a zstd archive of so many bytes unpacks to, as a stream that ends with an error where it gets absurd.
///
/// # Errors
/// When the decoder cannot be made.
pub fn unpacked<R: BufRead>(archive: R, bytes: u64) -> io::Result<impl Read> {
    let mut decoder = zstd::Decoder::with_buffer(archive)?;
    // 128 MiB: what zstd itself takes without being told.
    decoder.window_log_max(27)?;
    Ok(Ceiling::of(decoder, bytes.saturating_mul(EXPANSION).max(UNPACKED)))
}

/// A stream that is an error behind so many bytes.
struct Ceiling<R> {
    from: R,
    left: u64,
    most: u64,
}

impl<R> Ceiling<R> {
    fn of(from: R, most: u64) -> Self {
        Self { from, left: most, most }
    }
}

impl<R: Read> Read for Ceiling<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(into)?;
        let counted = u64::try_from(bytes).unwrap_or(u64::MAX);
        match self.left.checked_sub(counted) {
            Some(left) => {
                self.left = left;
                Ok(bytes)
            }
            None => Err(invalid(format!("it holds more than {} MiB", self.most >> 20))),
        }
    }
}

fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write, repeat};

    use super::*;

    #[test]
    fn a_file_of_any_size_is_read_to_its_limit() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "four").expect("file");
        assert_eq!(read_text(&path, 4).expect("fits"), "four");
        assert!(read(&path, 3).is_err());
        assert!(read(Path::new("/dev/zero"), 1 << 20).expect_err("endless").to_string().contains("more than 1 MiB"));
    }

    #[test]
    fn a_line_without_an_end_is_an_error() {
        let mut line = Vec::new();
        assert!(read_line(&mut &b"one\ntwo"[..], &mut line).expect("a line"));
        assert_eq!(line, b"one\n");
        let error = read_line(&mut BufReader::new(repeat(b'x')), &mut line).expect_err("endless");
        assert_eq!(error.to_string(), "a line is longer than 64 MiB");
    }

    #[test]
    fn a_small_archive_does_not_become_a_large_one() {
        let mut packed = zstd::Encoder::new(Vec::new(), 3).expect("encoder");
        let megabyte = vec![b'\n'; 1 << 20];
        for _ in 0..300 {
            packed.write_all(&megabyte).expect("packs");
        }
        let packed = packed.finish().expect("packs");
        assert!(packed.len() < 100_000, "{}", packed.len());
        let size = u64::try_from(packed.len()).expect("size");
        let ended = io::copy(&mut unpacked(packed.as_slice(), size).expect("decoder"), &mut io::sink());
        assert_eq!(ended.expect_err("absurd").to_string(), "it holds more than 256 MiB");
    }
}
