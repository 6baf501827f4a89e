//! The report as one page that opens offline: coverage first, then the request path as a drawing, the document claim by
//! claim, and the findings with filters. The page holds the JSON report; a script of its own shows it.
//!
//! Nothing is fetched: a content security policy allows only the style and the script that are in the page, by their
//! hashes. Text from AWS is data to the script, and is put on the page as text.

mod path;

use data_encoding::BASE64;
use konecta_base::text::prose;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::json_v1::Document;
use super::{Report, json_text};

const PAGE: &str = include_str!("html/page.html");
pub(super) const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Writes the report.
///
/// # Errors
/// When a value cannot be written as JSON, which none of ours can.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let accounts: Vec<&str> = report.scan.accounts.iter().map(|account| account.as_str()).collect();
    let title = format!("konecta-audit: {}", accounts.join(", "));
    let data = embedded(&Document::of(report))?;
    Ok(filled(
        PAGE,
        &[
            ("title", escape(&title)),
            ("style-hash", hash(STYLE)),
            ("script-hash", hash(SCRIPT)),
            ("style", STYLE.to_owned()),
            ("script", SCRIPT.to_owned()),
            ("path", path::drawing(report)),
            ("data", data),
        ],
    ))
}

/// The page with each `{{name}}` replaced. What is put in is not looked at again: it may hold `{{` of its own.
pub(super) fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        page.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.extend(parts.iter().filter(|(part, _)| *part == name).map(|(_, text)| text.as_str()));
        rest = after;
    }
    page.push_str(rest);
    page
}

/// JSON that may stand in a script element: nothing in it can end the element or begin a comment.
fn embedded<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let line = json_text::line(value)?;
    Ok(line.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// Text in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let text = prose(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// As a content security policy names what it allows.
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::report::{json_v1, testdata};

    fn data(page: &str) -> Value {
        let after = page.split_once("<script type=\"application/json\" id=\"report\">").expect("the data").1;
        serde_json::from_str(after.split_once("</script>").expect("its end").0).expect("JSON")
    }

    #[test]
    fn the_page_holds_the_json_report() {
        for report in [testdata::report(), testdata::hostile(), testdata::empty()] {
            let page = render(&report).expect("renders");
            let whole: Value = serde_json::from_str(&json_v1::render(&report).expect("renders")).expect("JSON");
            assert_eq!(data(&page), whole);
            assert_eq!(page.matches("<script").count(), 2, "the data and our own");
            assert!(!page.contains("{{style") && !page.contains("{{data"));
            assert!(!page.contains(" style=") && !page.contains(" onclick="), "the policy would not allow it");
        }
    }

    #[test]
    fn nothing_is_fetched() {
        let page = render(&testdata::empty()).expect("renders");
        let before = page.split_once("<script type=\"application/json\"").expect("the data").0;
        let outside: Vec<&str> =
            before.match_indices("://").map(|(at, _)| &before[at.saturating_sub(20)..at]).collect();
        // The name of SVG's namespace is not an address.
        assert!(outside.iter().all(|text| text.contains("xmlns=")), "{outside:?}");
        assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    }

    proptest! {
        #[test]
        fn what_is_embedded_cannot_leave_its_element(text in "(</script>|<!--|\\PC|[<>&\"'{}]){0,30}") {
            let embedded = embedded(&json!({"a": text})).expect("JSON");
            prop_assert!(!embedded.contains('<') && !embedded.contains('>'));
            prop_assert_eq!(serde_json::from_str::<Value>(&embedded).expect("JSON"), json!({"a": text}));
        }
    }
}
