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
//! No header is left in clear for its name: any of them may be the one that a distribution adds.
//! Every answer goes through [`answer`] once, as soon as it is decoded: what collectors, recordings and snapshots see holds
//! no secret. A second time would make the fingerprint of a fingerprint.
//! Knows nothing of how an answer was got.

use hmac::{Hmac, KeyInit, Mac};
use konecta_core::id::Action;
use serde_json::Value;
use sha2::Sha256;

/// What stands where nothing about a secret is kept.
pub const REDACTED: &str = "<redacted>";

const CONTEXT: &[u8] = b"konecta-audit header fingerprint v2";

/// What may hide in the answers of a service.
enum Secret {
    /// Headers that CloudFront adds to requests to an origin.
    OriginHeaders,
    /// Headers that a listener rule demands.
    RuleHeaders,
    /// What a web ACL searches for in headers, and what it adds to requests.
    WafHeaders,
    /// Members of these names, at every depth.
    Members(&'static [&'static str]),
}

/// By the service of the action, for all its operations: distributions and their origins come in listings too, and an operation
/// that is added later is not forgotten here.
const SECRETS: &[(&str, &[Secret])] = &[
    ("cloudfront", &[Secret::OriginHeaders]),
    ("ec2", &[Secret::Members(&["UserData"])]),
    // No secret, but nobody's business here.
    ("organizations", &[Secret::Members(&["MasterAccountEmail"])]),
    ("elasticloadbalancing", &[Secret::RuleHeaders, Secret::Members(&["ClientSecret"])]),
    ("rds", &[Secret::Members(&["MasterUserPassword", "TdeCredentialPassword"])]),
    ("wafv2", &[Secret::WafHeaders]),
];

/// Replaces every secret in the answer of an action.
pub fn answer(action: &Action, value: &mut Value) {
    let all = SECRETS.iter().filter(|(service, _)| *service == action.service()).flat_map(|(_, secrets)| *secrets);
    for secret in all {
        match secret {
            Secret::OriginHeaders => origin_headers(value),
            Secret::RuleHeaders => rule_headers(value),
            Secret::WafHeaders => waf_headers(value),
            Secret::Members(names) => members(value, names),
        }
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
        let hidden = secret.as_str().map(|text| stand_in(&name, text.as_bytes()));
        *secret = Value::String(hidden.unwrap_or_else(|| REDACTED.to_owned()));
    }
    each_child(value, &mut origin_headers);
}

/// Replaces the values that a listener rule demands of a header: `{HttpHeaderName, Values, RegexValues}`.
fn rule_headers(value: &mut Value) {
    let name = value.get("HttpHeaderName").and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = name {
        for key in ["Values", "RegexValues"] {
            if let Some(Value::Array(secrets)) = value.get_mut(key) {
                for secret in secrets {
                    let hidden = secret.as_str().map(|text| demanded(&name, text, key));
                    *secret = Value::String(hidden.unwrap_or_else(|| REDACTED.to_owned()));
                }
            }
        }
    }
    each_child(value, &mut rule_headers);
}

/// Replaces what a WAF rule searches for in headers and cookies, and what it adds to requests:
/// `{FieldToMatch: {SingleHeader: {Name}}, SearchString}` and `{InsertHeaders: [{Name, Value}]}`.
fn waf_headers(value: &mut Value) {
    let field = value.get("FieldToMatch");
    let name = field.and_then(|field| field.pointer("/SingleHeader/Name")?.as_str()).map(str::to_owned);
    let many = field.is_some_and(|field| field.get("Headers").is_some() || field.get("Cookies").is_some());
    for key in ["SearchString", "RegexString"] {
        let Some(secret) = value.get_mut(key) else { continue };
        let hidden = match &name {
            Some(name) => stand_in(name, &searched(key, secret)),
            None if many => REDACTED.to_owned(),
            None => continue,
        };
        *secret = Value::String(hidden);
    }
    for header in value.get_mut("InsertHeaders").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = header.get("Name").and_then(Value::as_str).map(str::to_owned);
        if let Some(secret) = header.get_mut("Value") {
            let text = secret.as_str().unwrap_or(REDACTED);
            *secret = Value::String(name.map_or_else(|| REDACTED.to_owned(), |name| stand_in(&name, text.as_bytes())));
        }
    }
    each_child(value, &mut waf_headers);
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
fn members(value: &mut Value, names: &[&str]) {
    if let Value::Object(object) = value {
        for name in names {
            if let Some(secret) = object.get_mut(*name) {
                *secret = Value::String(REDACTED.to_owned());
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_three_ends_of_one_secret_have_one_fingerprint() {
        let mut origin = json!({"Items": [{"HeaderName": "X-Origin-Verify", "HeaderValue": "s3cr3t"}]});
        let mut rule =
            json!({"Conditions": [{"HttpHeaderConfig": {"HttpHeaderName": "x-origin-verify", "Values": ["s3cr3t"]}}]});
        let mut waf = json!({"ByteMatchStatement": {
            "SearchString": "czNjcjN0", "FieldToMatch": {"SingleHeader": {"Name": "x-origin-verify"}}}});
        origin_headers(&mut origin);
        rule_headers(&mut rule);
        waf_headers(&mut waf);
        let first = origin.pointer("/Items/0/HeaderValue").expect("kept").clone();
        assert!(first.as_str().is_some_and(|text| text.starts_with("sha256:") && text.len() == 136), "{first}");
        assert_eq!(rule.pointer("/Conditions/0/HttpHeaderConfig/Values/0"), Some(&first));
        assert_eq!(waf.pointer("/ByteMatchStatement/SearchString"), Some(&first));
        assert!(![origin, rule, waf].iter().any(|value| value.to_string().contains("s3cr3t")));
    }

    #[test]
    fn whatever_waf_holds_of_headers_is_hidden() {
        let mut rules = json!([
            {"FieldToMatch": {"Cookies": {}}, "SearchString": "czNjcjN0"},
            {"FieldToMatch": {"SingleHeader": {"Name": "x-key"}}, "RegexString": "^s3cr3t$"},
            {"InsertHeaders": [{"Name": "x-key", "Value": "s3cr3t"}]},
            {"FieldToMatch": {"UriPath": {}}, "SearchString": "L2FkbWlu"},
        ]);
        waf_headers(&mut rules);
        let text = rules.to_string();
        assert!(!text.contains("czNjcjN0") && !text.contains("s3cr3t"), "{text}");
        assert_eq!(rules.pointer("/3/SearchString"), Some(&json!("L2FkbWlu")));
    }

    #[test]
    fn headers_have_fingerprints_of_their_own_and_letters_of_any_case_one() {
        let parts = |header: &str, value: &str| {
            let text = stand_in(header, value.as_bytes());
            let (exact, folded) = text.strip_prefix("sha256:").and_then(|rest| rest.split_once(':')).expect("two");
            (exact.to_owned(), folded.to_owned())
        };
        let one = parts("X-A", "Kq3");
        assert_eq!(one, parts("x-a", "Kq3"));
        assert_ne!(one.0, one.1);
        assert_ne!(one.0, parts("X-B", "Kq3").0);
        let other = parts("X-A", "kq3");
        assert_eq!((other.0.as_str(), &other.1), (one.1.as_str(), &one.1));
    }

    #[test]
    fn what_is_more_than_a_value_at_a_rule_is_marked() {
        let mut rule = json!({
            "HttpHeaderName": "x-key", "Values": ["s3cr3t", "s3*", "s?", "*", "**"], "RegexValues": ["^s3.*$", "^.+$", ".*"],
        });
        rule_headers(&mut rule);
        let marks = |key: &str| -> Vec<String> {
            let values = rule[key].as_array().expect("values").iter().filter_map(Value::as_str);
            values.map(|text| text.split(':').skip(3).collect::<Vec<_>>().join(" ")).collect()
        };
        assert_eq!(marks("Values"), ["", "wildcard", "wildcard", "wildcard anything", "wildcard anything"]);
        assert_eq!(marks("RegexValues"), ["regex", "regex anything", "regex anything"]);
        assert!(!rule.to_string().contains("s3"), "{rule}");
    }

    #[test]
    fn no_header_is_in_clear_for_its_name() {
        let mut rule = json!({"HttpHeaderName": "Referer", "Values": ["s3cr3t"]});
        let mut waf = json!({"FieldToMatch": {"SingleHeader": {"Name": "referer"}}, "SearchString": "czNjcjN0"});
        let mut origin = json!({"HeaderName": "Referer", "HeaderValue": "s3cr3t"});
        rule_headers(&mut rule);
        waf_headers(&mut waf);
        origin_headers(&mut origin);
        assert_eq!(rule["Values"][0], origin["HeaderValue"]);
        assert_eq!(waf["SearchString"], origin["HeaderValue"]);
        assert!(origin["HeaderValue"].as_str().is_some_and(|text| text.starts_with("sha256:")));
        for (value, stays) in [("https", true), ("s3cr3t", false)] {
            let mut scheme = json!({"HeaderName": "X-Forwarded-Proto", "HeaderValue": value});
            origin_headers(&mut scheme);
            assert_eq!(scheme["HeaderValue"] == value, stays);
        }
    }

    /// A value of an answer's form, with a secret for each text of it. A shape that holds itself (a statement of WAF) does
    /// so once.
    fn filled(table: &Value, name: &str, path: &str, around: &[&str]) -> Value {
        let shape = &table["shapes"][name];
        let around = &[around, &[name]].concat();
        let of = |kind: &Value, path: &str| {
            let kind = kind.get("t").unwrap_or(kind).as_str().expect("a type");
            match kind {
                "string" | "blob" => json!(format!("s3cr3t {path}")),
                "boolean" => json!(true),
                "integer" | "float" => json!(1),
                "timestamp" | "document" | "policy" | "nothing" => Value::Null,
                named if around.iter().filter(|name| **name == named).count() > 1 => Value::Null,
                named => filled(table, named, path, around),
            }
        };
        if let Some(members) = shape["structure"].as_object() {
            return members.iter().map(|(name, kind)| (name.clone(), of(kind, &format!("{path}.{name}")))).collect();
        }
        match (shape.get("list"), shape.get("map")) {
            (Some(element), _) => json!([of(element, path)]),
            (None, Some(value)) => json!({"key": of(value, path)}),
            (None, None) => panic!("there is no shape {name}"),
        }
    }

    fn shapes_of(service: &str) -> Value {
        let file = match service {
            "elasticloadbalancing" => "elbv2",
            other => other,
        };
        let path = format!("{}/shapes/{file}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect("JSON")
    }

    /// Texts that are as they were, in members whose names speak of secrets.
    fn left(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                let suspicious =
                    ["password", "secret", "userdata", "credential", "headervalue", "searchstring", "privatekey"];
                let last = text.rsplit('.').next().unwrap_or_default().to_lowercase();
                if text.starts_with("s3cr3t ") && suspicious.iter().any(|word| last.contains(word)) {
                    found.push(text.clone());
                }
            }
            Value::Array(list) => list.iter().for_each(|value| left(value, found)),
            Value::Object(members) => members.values().for_each(|value| left(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Names of where a secret lies, and of its state; the secret itself lies elsewhere.
    const NO_SECRETS: [&str; 4] = ["AuthSecretArn", "SecretArn", "SecretStatus", "TdeCredentialArn"];

    #[test]
    fn no_answer_of_any_read_keeps_what_its_names_call_a_secret() {
        let mut hidden = 0;
        for (action, _) in konecta_core::control::reads::reads().expect("reads.toml").iter() {
            let table = shapes_of(action.service());
            let output = table["operations"][action.operation()]["output"].as_str().expect("an output");
            let mut value = filled(&table, output, "", &[]);
            let mut before = Vec::new();
            left(&value, &mut before);
            answer(action, &mut value);
            let mut after = Vec::new();
            left(&value, &mut after);
            hidden += before.len() - after.len();
            after.retain(|path| !NO_SECRETS.iter().any(|name| path.ends_with(&format!(".{name}"))));
            assert_eq!(after, [""; 0], "{action}");
        }
        assert!(hidden >= 7, "{hidden} secrets in all answers");
    }

    #[test]
    fn distributions_are_redacted_in_listings_too() {
        let headers = json!({"Quantity": 1, "Items": [{"HeaderName": "x-verify", "HeaderValue": "s3cr3t"}]});
        let origins = json!({"Items": [{"Id": "o", "CustomHeaders": headers}]});
        let mut list = json!({"DistributionList": {"Items": [{"Origins": origins}]}});
        let mut one = json!({"ETag": "E1", "Distribution": {"DistributionConfig": {"Origins": origins}}});
        answer(&"cloudfront:ListDistributions".parse().expect("action"), &mut list);
        answer(&"cloudfront:GetDistribution".parse().expect("action"), &mut one);
        let at = "/Origins/Items/0/CustomHeaders/Items/0/HeaderValue";
        let expected = json!(stand_in("x-verify", b"s3cr3t"));
        assert_eq!(list.pointer(&format!("/DistributionList/Items/0{at}")), Some(&expected));
        assert_eq!(one.pointer(&format!("/Distribution/DistributionConfig{at}")), Some(&expected));
        assert_eq!(one["ETag"], "E1");
    }

    #[test]
    fn named_members_are_blotted_out_at_every_depth() {
        let mut value = json!({"A": [{"UserData": "c2VjcmV0", "B": 1}]});
        members(&mut value, &["UserData"]);
        assert_eq!(value, json!({"A": [{"UserData": "<redacted>", "B": 1}]}));
    }
}
