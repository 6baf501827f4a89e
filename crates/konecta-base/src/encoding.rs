//! Text of files that others wrote: UTF-8, or what Windows writes where a shell redirects output, UTF-16 with a mark.
//! Knows nothing of what the text says.

/// The text of these bytes, without a byte order mark; `None` where they are no text.
#[must_use]
pub fn text(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        plain => std::str::from_utf8(plain).ok().map(str::to_owned),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn every_way_of_writing_is_the_same_text() {
        let said = "{\"name\": \"كونيكتا 𝕂\"}";
        let wide = |order: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(said.encode_utf16().flat_map(order)).collect()
        };
        assert_eq!(text(said.as_bytes()).as_deref(), Some(said));
        assert_eq!(text(&[&[0xEF, 0xBB, 0xBF], said.as_bytes()].concat()).as_deref(), Some(said));
        assert_eq!(text(&wide(u16::to_le_bytes, [0xFF, 0xFE])).as_deref(), Some(said));
        assert_eq!(text(&wide(u16::to_be_bytes, [0xFE, 0xFF])).as_deref(), Some(said));
        assert_eq!(text(b"\xFF\xFE\x00"), None);
        assert_eq!(text(b"\x80\x81"), None);
    }
}
