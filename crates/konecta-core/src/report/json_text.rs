//! JSON as text that a person may print to a terminal: pretty, and every acting character as `\uXXXX`.
//! Nothing is lost: whoever parses it gets the very strings back. Knows nothing of what it writes.

use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use konecta_base::text::{acts, has_acting};

/// Bytes that are gathered before they are handed on.
const BUFFER: usize = 64 * 1024;

/// Writes a value as pretty JSON with a newline at its end.
///
/// # Errors
/// When the value cannot be written as JSON, which none of our wire structs can bring about.
pub fn write<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, value)?;
    String::from_utf8(bytes).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// The same, written while it is made.
///
/// # Errors
/// When the value cannot be written as JSON, or what takes it takes no more.
pub fn write_to<T: Serialize>(out: impl io::Write, value: &T) -> Result<(), serde_json::Error> {
    // Pretty JSON is written in pieces of a few bytes: a buffer here takes them without a call through a trait object for each.
    let mut out = io::BufWriter::with_capacity(BUFFER, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Visible(PrettyFormatter::new())))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(serde_json::Error::io)
}

/// Writes a value on one line, without a newline.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn line<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    if !has_acting(&text) {
        return Ok(text);
    }
    // What acts stands in strings only: everywhere else JSON is ASCII.
    Ok(text.chars().fold(String::with_capacity(text.len()), |mut line, character| {
        if acts(character) {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| line.push_str(&format!("\\u{unit:04x}")));
        } else {
            line.push(character);
        }
        line
    }))
}

/// Writes a value on one line, with a newline.
///
/// # Errors
/// As [`line()`], and when what takes it takes no more.
pub fn line_to<T: Serialize>(out: &mut dyn io::Write, value: &T) -> Result<(), serde_json::Error> {
    let text = line(value)?;
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(serde_json::Error::io)
}

struct Visible(PrettyFormatter<'static>);

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if !has_acting(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, acting)) = rest.char_indices().find(|(_, c)| acts(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in acting.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + acting.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn nothing_acts_and_nothing_is_lost() {
        let value = json!({"a\u{9b}": ["\u{1b}[2J", "\u{202e}x", "tag \u{e0041}", "\"\\\n", "👩‍💻"], "e": [], "o": {}});
        let text = super::write(&value).expect("writes");
        assert!(text.chars().all(|c| c == '\n' || !super::acts(c)), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("parses"), value);
        let line = super::line(&value).expect("writes");
        assert!(!line.chars().any(super::acts), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).expect("parses"), value);
        assert!(text.starts_with("{\n  \"a\\u009b\": [\n    \"\\u001b[2J\","), "{text}");
    }
}
