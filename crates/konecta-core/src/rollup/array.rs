//! A JSON array of objects, read one element at a time: `targets.json` may hold a million.
//! Knows nothing of what the elements are.

use std::io::{self, BufRead};
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

/// The elements of an array; ends with the first error.
#[derive(Debug)]
pub struct Elements<R, T> {
    reader: R,
    state: State,
    element: PhantomData<fn() -> T>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    First,
    Inside,
    Ended,
}

/// Reads the elements of one JSON array; what comes after it is an error.
pub fn elements<R: BufRead, T: DeserializeOwned>(reader: R) -> Elements<R, T> {
    Elements { reader, state: State::Before, element: PhantomData }
}

impl<R: BufRead, T: DeserializeOwned> Elements<R, T> {
    fn advance(&mut self) -> io::Result<Option<T>> {
        if self.state == State::Before {
            self.expect(b'[')?;
            self.state = State::First;
        }
        match (self.peek()?, self.state) {
            (Some(b']'), _) => {
                self.reader.consume(1);
                match self.peek()? {
                    None => return Ok(None),
                    Some(byte) => return Err(broken(Some(byte), "the end")),
                }
            }
            (_, State::First) => {}
            (_, _) => self.expect(b',')?,
        }
        self.state = State::Inside;
        // An object ends with its own brace: nothing beyond it is read.
        match self.peek()? {
            Some(b'{') => {
                let mut parser = serde_json::Deserializer::from_reader(&mut self.reader);
                Ok(Some(T::deserialize(&mut parser)?))
            }
            other => Err(broken(other, "`{`")),
        }
    }

    /// The next byte that is no white space, left where it is.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf()?.first().copied() {
                Some(byte) if byte.is_ascii_whitespace() => self.reader.consume(1),
                found => return Ok(found),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> io::Result<()> {
        match self.peek()? {
            Some(found) if found == wanted => {
                self.reader.consume(1);
                Ok(())
            }
            other => Err(broken(other, &format!("`{}`", char::from(wanted)))),
        }
    }
}

fn broken(found: Option<u8>, wanted: &str) -> io::Error {
    match found {
        None => {
            io::Error::new(io::ErrorKind::UnexpectedEof, format!("the array breaks off where {wanted} is expected"))
        }
        Some(byte) => {
            let found = char::from(byte).escape_default();
            io::Error::new(io::ErrorKind::InvalidData, format!("the array has `{found}` where {wanted} is expected"))
        }
    }
}

impl<R: BufRead, T: DeserializeOwned> Iterator for Elements<R, T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<io::Result<T>> {
        if self.state == State::Ended {
            return None;
        }
        let advanced = self.advance().transpose();
        if !matches!(advanced, Some(Ok(_))) {
            self.state = State::Ended;
        }
        advanced
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;
    use konecta_base::target::Target;

    /// With a buffer of three bytes, so that every element lies across its border.
    fn read(text: &str) -> Vec<Result<String, String>> {
        let reader = BufReader::with_capacity(3, text.as_bytes());
        let targets = elements::<_, Target>(reader);
        targets.map(|target| target.map(|t| t.region.to_string()).map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn what_serde_writes_is_read_back() {
        let target = |region: &str| Target {
            account: "123456789012".parse().expect("account"),
            region: region.parse().expect("region"),
        };
        let targets = vec![target("eu-west-1"), target("global"), target("us-east-1")];
        let names = || targets.iter().map(|target| Ok(target.region.to_string())).collect::<Vec<_>>();
        assert_eq!(read(&serde_json::to_string(&targets).expect("JSON")), names());
        assert_eq!(read(&(serde_json::to_string_pretty(&targets).expect("JSON") + "\n")), names());
        assert_eq!(read(" [ ] "), Vec::new());
    }

    #[test]
    fn what_breaks_off_or_is_no_such_array_is_an_error_and_the_end() {
        let one = r#"{"account":"123456789012","region":"global"}"#;
        for (text, seen, words) in [
            ("", 0, "breaks off"),
            ("[", 0, "breaks off"),
            (&format!("[{one}"), 1, "breaks off"),
            (&format!("[{one},"), 1, "breaks off"),
            (&format!("[{one},]"), 1, "`]` where `{`"),
            (&format!("[{one}]["), 1, "`[` where the end"),
            (&format!("[{one}{one}]"), 1, "`{` where `,`"),
            (one, 0, "`{` where `[`"),
            ("[1]", 0, "`1` where `{`"),
            (r#"[{"account":"12","region":"global"}]"#, 0, "`12` is not an AWS account id"),
            (r#"[{"account":"12345678"#, 0, "EOF"),
        ] {
            let found = read(text);
            assert_eq!(found.iter().filter(|element| element.is_ok()).count(), seen, "{text}");
            let last = found.last().expect("an error").as_ref().expect_err(text);
            assert!(last.contains(words), "{text}: {last}");
            assert_eq!(found.len(), seen + 1, "{text}");
        }
    }
}
