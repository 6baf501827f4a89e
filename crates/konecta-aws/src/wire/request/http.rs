//! What of a request travels beside the body: path, query, header fields.
//! Knows nothing of bodies.

use serde_json::Value;

use super::scalar::{percent, text};
use super::{EncodeError, Member, MemberLocation};

type Beside = (String, Vec<(String, String)>);

/// Path with query, and header fields.
pub(super) fn beside(template: &str, sent: &[(&Member, &Value)]) -> Result<Beside, EncodeError> {
    let mut uri = template.to_owned();
    let mut query = String::new();
    let mut headers = Vec::new();
    for (member, value) in sent {
        let text = text(&member.kind, value).map_err(|error| error.within(&member.name))?;
        let name = member.wire_name();
        match member.place {
            MemberLocation::Uri => {
                // An empty part would make another path, and so another operation.
                if text.is_empty() {
                    return Err(EncodeError::wrong("text that is not empty", "empty text").within(&member.name));
                }
                uri = uri.replace(&format!("{{{name}}}"), &percent(&text, b""));
            }
            MemberLocation::Query => {
                query.push_str(if query.is_empty() { "" } else { "&" });
                query.push_str(&format!("{}={}", percent(name, b""), percent(&text, b"")));
            }
            MemberLocation::Header if text.chars().any(char::is_control) => {
                return Err(EncodeError::wrong("one line of text", "control characters").within(&member.name));
            }
            MemberLocation::Header => headers.push((name.to_ascii_lowercase(), text)),
            MemberLocation::Body => {}
        }
    }
    if !query.is_empty() {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str(&query);
    }
    Ok((uri, headers))
}
