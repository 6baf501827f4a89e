//! The only place that prints: results to standard output, everything else to standard error.

use std::error::Error as _;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use konecta_base::output_file;
use konecta_base::text;

use crate::config;
use crate::error::Error;

/// A pipe has no width: wide enough that a row stays a line for grep.
const PIPE_WIDTH: usize = 200;

/// What the reader of standard output can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    pub(crate) colour: bool,
}

/// Asks the terminal, if there is one.
pub(crate) fn screen() -> Screen {
    let terminal = io::stdout().is_terminal();
    let width = terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
    Screen { width: width.unwrap_or(PIPE_WIDTH), colour: terminal && !config::colour_refused() }
}

/// Whether somebody watches standard error.
pub(crate) fn watched() -> bool {
    io::stderr().is_terminal()
}

/// Asks; whether the answer is yes. `None` where nobody can be asked.
pub(crate) fn agreed(question: &str) -> Option<bool> {
    if !can_ask() {
        return None;
    }
    let mut out = io::stderr().lock();
    let _ = write!(out, "{question} Only \"yes\" is accepted: ");
    let _ = out.flush();
    let mut answer = String::new();
    let _ = io::stdin().read_line(&mut answer);
    Some(answer.trim() == "yes")
}

/// Whether somebody is there to be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Prints a result; a reader that has gone away is no fault.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    print_by(&mut |out| out.write_all(text.as_bytes()))
}

/// Writes a result to a file; the file appears under its name only when it is whole.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    write_by(path, &mut |out| out.write_all(text.as_bytes()))
}

/// Prints a result while it is made; a reader that has gone away is no fault.
pub(crate) fn print_by(make: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match make(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a result to a file while it is made; the file appears under its name only when it is whole.
pub(crate) fn write_by(path: &Path, make: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    if is_standard_output(path) {
        return print_by(make);
    }
    output_file::write(path, make).map_err(|source| Error::WriteFile { path: path.to_owned(), source })
}

/// Whether a file's name stands for standard output, however it is spelled: that is then not opened a second time.
pub(crate) fn is_standard_output(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
        || is_where_output_goes(path).unwrap_or_default()
}

/// Whether a path leads to the very pipe, socket or file that is open as standard output. A terminal may be written to twice, and
/// the null device by everybody.
fn is_where_output_goes(path: &Path) -> io::Result<bool> {
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()?;
    let there = std::fs::metadata(path)?;
    Ok((output.dev(), output.ino()) == (there.dev(), there.ino()) && !there.file_type().is_char_device())
}

/// A remark that is no result. Text from AWS can be in it: nothing of it acts on the terminal.
pub(crate) fn note(text: &str) {
    let lines: Vec<String> = text.lines().map(text::visible).collect();
    let _ = writeln!(io::stderr().lock(), "{}", lines.join("\n"));
}

/// The first of some errors; the others are told.
pub(crate) fn first_of(errors: Vec<Error>) -> Result<(), Error> {
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else { return Ok(()) };
    errors.for_each(|error| complain(&error));
    Err(first)
}

/// An error, what caused it, and the next step.
pub(crate) fn complain(error: &Error) {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(&format!("\n  because: {inner_text}"));
        }
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n  hint: {hint}"));
    }
    note(&text);
}
