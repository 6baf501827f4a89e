//! What stands in for a secret in a snapshot.
//!
//! A header that the CDN adds and the load balancer demands is a shared secret, and a control has to compare the
//! two ends of it. So a value becomes `sha256:<exact>:<folded>`: its HMAC-SHA-256 and that of the value in small letters,
//! keyed by a constant and the header's name. A load balancer compares without regard to case, a web ACL with it. At a
//! condition of a listener rule marks may follow: `:wildcard` where the value holds `*` or `?`, which stand for other characters
//! there, `:regex` for a pattern, and `:anything` where that fits every value (or every one of a certain length).
//!
//! Equal values of one header have equal stand-ins, in every account and every scan, and so can be compared across services,
//! across the accounts of one scan however many invocations it takes, and across time (a plan is held against what is read
//! again). A key of each scan's own would have to be carried to all of these and would protect nothing more: it would stand
//! beside the snapshot. This protects a random value (nobody finds 128 random bits from their hash) and keeps
//! every value out of snapshots, reports and logs. It does not protect a guessable one: whoever holds the
//! snapshot can try a list of words, and the key is no secret.
//!
//! No header is left in clear for its name: any of them may be the one that a distribution adds, `Referer` and `User-Agent` too.
//! What may be a secret and is compared by no control (text records, external ids) leaves no hash behind.
//! Every answer goes through [`answer`] once, as soon as it is decoded: what collectors, recordings and snapshots see holds
//! no secret. A second time would make the fingerprint of a fingerprint.
//! Knows nothing of how an answer was got.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use konecta_base::id::Action;
use konecta_base::resource_table;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// What stands where nothing about a secret is kept.
pub const REDACTED: &str = "<redacted>";

const CONTEXT: &[u8] = b"konecta-audit header fingerprint v2";

/// What may hide in the answers of a service, besides members that are secrets by their name.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Secret {
    /// Headers that CloudFront adds to requests to an origin.
    OriginHeaders,
    /// Headers and query strings that a listener rule demands, and the query string that a redirect adds.
    ListenerRules,
    /// What a web ACL searches for, and what it adds to requests and answers.
    WebAclRules,
    /// Conditions of policies on what only the caller knows.
    Conditions,
    /// Text records, in which services hide tokens that prove who owns a domain.
    TextRecords,
}

/// What is replaced in the answers of a service, for all its calls: distributions and their origins come in listings too, and a
/// call that is added later is not forgotten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secrets {
    #[serde(default)]
    kinds: Vec<Secret>,
    /// Members of these names, at every depth.
    #[serde(default)]
    members: Vec<String>,
}

static SECRETS: LazyLock<BTreeMap<String, Secrets>> = LazyLock::new(resource_table::secrets);

/// Condition keys whose values may be shared secrets: the external id, and what a request says of itself.
const SECRET_CONDITIONS: [&str; 3] = ["sts:externalid", "aws:referer", "aws:useragent"];

/// Replaces every secret in the answer of an action.
pub fn answer(action: &Action, value: &mut Value) {
    let Some(secrets) = SECRETS.get(action.service()) else { return };
    for secret in &secrets.kinds {
        match secret {
            Secret::OriginHeaders => origin_headers(value),
            Secret::ListenerRules => listener_rules(value),
            Secret::WebAclRules => web_acl_rules(value),
            Secret::Conditions => conditions(value),
            Secret::TextRecords => text_records(value),
        }
    }
    if !secrets.members.is_empty() {
        members(value, &secrets.members);
    }
}

/// The stand-in for the value of a header: of the value as it is, and of the value in small letters.
#[must_use]
pub fn stand_in(header: &str, value: &[u8]) -> String {
    match (hashed(header, value), hashed(header, &value.to_ascii_lowercase())) {
        (Some(exact), Some(folded)) => format!("sha256:{exact}:{folded}"),
        (None, _) | (_, None) => REDACTED.to_owned(),
    }
}

/// HMAC takes keys of every length, so this cannot fail; a value is withheld rather than shown if it did.
fn hashed(header: &str, value: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(CONTEXT).ok()?;
    for part in [header.to_ascii_lowercase().as_bytes(), value] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let nibbles = mac.finalize().into_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Some(nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect())
}

/// The stand-in for what a listener rule compares a header with, and what the value is besides a value.
fn demanded(header: &str, value: &str, key: &str) -> String {
    let mut text = stand_in(header, value.as_bytes());
    let is_regex = key == "RegexValues";
    if is_regex {
        text.push_str(":regex");
    } else if value.contains(['*', '?']) {
        text.push_str(":wildcard");
    }
    let fits_all = if is_regex {
        let bare = value.strip_prefix('^').unwrap_or(value);
        [".*", ".+"].contains(&bare.strip_suffix('$').unwrap_or(bare))
    } else {
        !value.is_empty() && value.chars().all(|one| matches!(one, '*' | '?'))
    };
    if fits_all {
        text.push_str(":anything");
    }
    text
}

/// Replaces the values of the headers that CloudFront adds to requests to an origin: `{HeaderName, HeaderValue}`. Any header may
/// hold the shared secret; only the two words that tell how the viewer came stay, and those only where they say just that.
fn origin_headers(value: &mut Value) {
    let name = value.get("HeaderName").and_then(Value::as_str).map(str::to_owned);
    let tells_scheme =
        |name: &str, text: &str| name.eq_ignore_ascii_case("x-forwarded-proto") && ["http", "https"].contains(&text);
    if let (Some(name), Some(secret)) = (name, value.get_mut("HeaderValue"))
        && !secret.as_str().is_some_and(|text| tells_scheme(&name, text))
    {
        hide(secret, |text| stand_in(&name, text.as_bytes()));
    }
    each_child(value, &mut origin_headers);
}

/// Replaces the values that a listener rule demands of a header, `{HttpHeaderName, Values, RegexValues}`, and of the query
/// string, `{QueryStringConfig: {Values: [{Key, Value}]}}`; and the query string of a redirect, `{RedirectConfig: {Query}}`.
fn listener_rules(value: &mut Value) {
    let name = value.get("HttpHeaderName").and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = name {
        for key in ["Values", "RegexValues"] {
            if let Some(Value::Array(secrets)) = value.get_mut(key) {
                for secret in secrets {
                    hide(secret, |text| demanded(&name, text, key));
                }
            }
        }
    }
    for pair in value.pointer_mut("/QueryStringConfig/Values").and_then(Value::as_array_mut).into_iter().flatten() {
        let key = pair.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(secret) = pair.get_mut("Value") {
            hide(secret, |text| demanded(&key, text, "Values"));
        }
    }
    if let Some(query) = value.pointer_mut("/RedirectConfig/Query")
        && !query.as_str().is_some_and(|text| ["", "#{query}"].contains(&text))
    {
        hide(query, |text| stand_in("query", text.as_bytes()));
    }
    each_child(value, &mut listener_rules);
}

/// Replaces what a WAF rule searches for, `{FieldToMatch: {SingleHeader: {Name}}, SearchString}`, in headers and elsewhere;
/// and the headers that it adds to requests and answers, `{InsertHeaders: [{Name, Value}]}`. A single byte is no secret, and
/// a rule on every path (`/`) has to be known as one.
fn web_acl_rules(value: &mut Value) {
    let field = value.get("FieldToMatch").and_then(Value::as_object);
    let header = field.and_then(|field| field.get("SingleHeader")?.get("Name")?.as_str()).map(str::to_owned);
    let many = field.is_some_and(|field| field.contains_key("Headers") || field.contains_key("Cookies"));
    let place = field.and_then(|field| field.keys().next().cloned()).unwrap_or_default();
    for key in ["SearchString", "RegexString"] {
        let Some(secret) = value.get_mut(key) else { continue };
        let bytes = searched(key, secret);
        let hidden = match &header {
            Some(name) => stand_in(name, &bytes),
            None if many => REDACTED.to_owned(),
            None if bytes.len() <= 1 => continue,
            None => stand_in(&place, &bytes),
        };
        *secret = Value::String(hidden);
    }
    for list in ["InsertHeaders", "ResponseHeaders"] {
        for header in value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = header.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(secret) = header.get_mut("Value") {
                hide(secret, |text| stand_in(&name, text.as_bytes()));
            }
        }
    }
    each_child(value, &mut web_acl_rules);
}

/// Leaves out what policies demand of [`SECRET_CONDITIONS`]: `{Condition: {OPERATOR: {KEY: VALUE or [VALUE]}}}`.
fn conditions(value: &mut Value) {
    let operators = value.get_mut("Condition").and_then(Value::as_object_mut);
    for (key, demanded) in
        operators.into_iter().flat_map(|map| map.values_mut()).filter_map(Value::as_object_mut).flatten()
    {
        if SECRET_CONDITIONS.iter().any(|secret| key.eq_ignore_ascii_case(secret)) {
            blot(demanded);
        }
    }
    // ECR sends its documents as text; one in which there is nothing to hide stays as it was written.
    if let Some(text) = value.get_mut("policyText")
        && let Some(document) = text.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        let mut hidden = document.clone();
        conditions(&mut hidden);
        if hidden != document {
            *text = Value::String(hidden.to_string());
        }
    }
    each_child(value, &mut conditions);
}

/// Leaves out what text records say: `{Type: TXT, ResourceRecords: [{Value}]}`.
fn text_records(value: &mut Value) {
    if value.get("Type").and_then(Value::as_str).is_some_and(|kind| ["TXT", "SPF"].contains(&kind))
        && let Some(records) = value.get_mut("ResourceRecords")
    {
        members(records, &["Value"]);
    }
    each_child(value, &mut text_records);
}

/// Puts a stand-in in the place of a text, and withholds what is none.
fn hide(secret: &mut Value, stand_in: impl FnOnce(&str) -> String) {
    let hidden = secret.as_str().map(stand_in);
    *secret = Value::String(hidden.unwrap_or_else(|| REDACTED.to_owned()));
}

/// Withholds every text of a value; how many there are, and under which names, stays.
fn blot(value: &mut Value) {
    match value {
        Value::Array(_) | Value::Object(_) => each_child(value, &mut blot),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = Value::String(REDACTED.to_owned()),
    }
}

/// A search string is bytes, in base64; the bytes are what an origin header would hold.
fn searched(key: &str, secret: &Value) -> Vec<u8> {
    let text = secret.as_str().unwrap_or(REDACTED);
    match aws_smithy_types::base64::decode(text) {
        Ok(bytes) if key == "SearchString" => bytes,
        Ok(_) | Err(_) => text.as_bytes().to_vec(),
    }
}

/// Blots out every member of one of these names, at every depth.
fn members<N: AsRef<str>>(value: &mut Value, names: &[N]) {
    if let Value::Object(object) = value {
        for name in names {
            if let Some(secret) = object.get_mut(name.as_ref()) {
                blot(secret);
            }
        }
    }
    each_child(value, &mut |child| members(child, names));
}

fn each_child(value: &mut Value, work: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(work),
        Value::Object(object) => object.values_mut().for_each(work),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
