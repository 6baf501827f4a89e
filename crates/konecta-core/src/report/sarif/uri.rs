//! What may stand where SARIF wants a URI: a repository-relative path for places, a web address for help.
//! Knows nothing of files.

use super::preflight::UriFault;

/// A path of the repository as the URI that SARIF wants: `/` between folders, everything unusual as `%XX`.
#[must_use]
pub fn uri_of(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/@+,=".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
        uri
    })
}

/// What GitHub would refuse in the uri of a place.
pub(super) fn fault(uri: &str) -> Option<UriFault> {
    let first = uri.split('/').next().unwrap_or_default();
    if uri.is_empty() {
        Some(UriFault::Empty)
    } else if uri.contains('\\') {
        Some(UriFault::Backslash)
    } else if uri.starts_with('/') {
        Some(UriFault::Absolute)
    } else if first.contains(':') {
        Some(UriFault::Scheme)
    } else if uri.contains(char::is_whitespace) {
        Some(UriFault::Space)
    } else if uri.split('/').any(|part| part == ".." || part == "." || part.is_empty()) {
        Some(UriFault::Dots)
    } else if !is_of_uri_characters(uri) || uri.contains(['?', '#']) {
        Some(UriFault::Junk)
    } else {
        None
    }
}

/// Whether a text is an address that a reader may be sent to.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        named && is_of_uri_characters(rest) && rest.matches('#').count() < 2
    })
}

fn is_of_uri_characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=".contains(byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_kind_becomes_a_uri_that_passes() {
        for (path, uri) in [
            ("konecta-audit.toml", "konecta-audit.toml"),
            ("./infra/my audit.toml", "infra/my%20audit.toml"),
            (r"infra\prod\audit.toml", "infra/prod/audit.toml"),
            ("c:d.toml", "c%3Ad.toml"),
            ("إعداد.toml", "%D8%A5%D8%B9%D8%AF%D8%A7%D8%AF.toml"),
        ] {
            assert_eq!(uri_of(path), uri);
            assert_eq!(fault(uri), None, "{uri}");
        }
    }

    #[test]
    fn an_address_is_one_that_leads_somewhere() {
        assert!(is_web_address("https://docs.aws.amazon.com/a/b.html#c"));
        for bad in
            ["", "https://", "javascript:alert(1)", "https://a b", "https://a/(x)", "https://a/%zz", "https://a/#b#c"]
        {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
