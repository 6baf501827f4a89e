//! Planted secrets in the answers of each service, and in the form of every answer that is read.

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
    listener_rules(&mut rule);
    web_acl_rules(&mut waf);
    let first = origin.pointer("/Items/0/HeaderValue").expect("kept").clone();
    assert!(first.as_str().is_some_and(|text| text.starts_with("sha256:") && text.len() == 136), "{first}");
    assert_eq!(rule.pointer("/Conditions/0/HttpHeaderConfig/Values/0"), Some(&first));
    assert_eq!(waf.pointer("/ByteMatchStatement/SearchString"), Some(&first));
    assert!(![origin, rule, waf].iter().any(|value| value.to_string().contains("s3cr3t")));
}

#[test]
fn whatever_waf_searches_for_is_hidden() {
    let mut rules = json!([
        {"FieldToMatch": {"Cookies": {}}, "SearchString": "czNjcjN0"},
        {"FieldToMatch": {"SingleHeader": {"Name": "x-key"}}, "RegexString": "^s3cr3t$"},
        {"InsertHeaders": [{"Name": "x-key", "Value": "s3cr3t"}]},
        {"FieldToMatch": {"UriPath": {}}, "SearchString": "Lw=="},
        {"FieldToMatch": {"UriPath": {}}, "SearchString": "czNjcjN0"},
        {"FieldToMatch": {"SingleQueryArgument": {"Name": "key"}}, "RegexString": "^s3cr3t"},
        {"SearchString": "czNjcjN0"},
        {"ResponseHeaders": [{"Name": "x-key", "Value": "s3cr3t"}]},
    ]);
    web_acl_rules(&mut rules);
    let text = rules.to_string();
    assert!(!text.contains("czNjcjN0") && !text.contains("s3cr3t"), "{text}");
    assert_eq!(rules.pointer("/3/SearchString"), Some(&json!("Lw==")));
    assert_ne!(
        rules.pointer("/4/SearchString"),
        rules.pointer("/6/SearchString"),
        "each field has stand-ins of its own"
    );
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
    listener_rules(&mut rule);
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
    listener_rules(&mut rule);
    web_acl_rules(&mut waf);
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

#[test]
fn what_no_control_needs_is_left_out_where_it_may_be_a_secret() {
    let mut rule = json!({"Conditions": [{"QueryStringConfig": {"Values": [{"Key": "token", "Value": "s3cr3t*"}]}}],
    "Actions": [
        {"RedirectConfig": {"Query": "#{query}&key=s3cr3t"}}, {"RedirectConfig": {"Query": "#{query}"}},
        {"AuthenticateOidcConfig": {"AuthenticationRequestExtraParams": {"login_hint": "s3cr3t"}}},
    ]});
    answer(&"elasticloadbalancing:DescribeRules".parse().expect("action"), &mut rule);
    assert_eq!(rule["Actions"][1]["RedirectConfig"]["Query"], "#{query}");
    let value = rule.pointer("/Conditions/0/QueryStringConfig/Values/0/Value").and_then(Value::as_str);
    assert!(value.is_some_and(|text| text.ends_with(":wildcard")), "{rule}");
    let trust = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Condition": {
        "StringEquals": {"sts:externalid": ["s3cr3t", "s3cr3t"], "aws:SourceAccount": "1"},
        "StringLike": {"aws:Referer": "s3cr3t"}}}]});
    let mut roles = json!({"RoleDetailList": [{"AssumeRolePolicyDocument": trust.clone()}]});
    answer(&"iam:GetAccountAuthorizationDetails".parse().expect("action"), &mut roles);
    let kept = roles.pointer("/RoleDetailList/0/AssumeRolePolicyDocument/Statement/0/Condition").expect("kept");
    assert_eq!(kept["StringEquals"], json!({"sts:externalid": [REDACTED, REDACTED], "aws:SourceAccount": "1"}));
    let mut zone = json!({"ResourceRecordSets": [
        {"Name": "a.", "Type": "TXT", "ResourceRecords": [{"Value": "\"s3cr3t\""}]},
        {"Name": "b.", "Type": "CNAME", "ResourceRecords": [{"Value": "c.example.com"}]}]});
    answer(&"route53:ListResourceRecordSets".parse().expect("action"), &mut zone);
    assert_eq!(zone["ResourceRecordSets"][1]["ResourceRecords"][0]["Value"], "c.example.com");
    let mut pod = json!({"association": {"externalId": "s3cr3t"}});
    answer(&"eks:DescribePodIdentityAssociation".parse().expect("action"), &mut pod);
    let text = trust.to_string();
    let mut policy = json!({"policyText": text, "other": {"policyText": "{ \"Statement\": [] }"}});
    answer(&"ecr:GetRepositoryPolicy".parse().expect("action"), &mut policy);
    assert_eq!(policy["other"]["policyText"], "{ \"Statement\": [] }");
    assert!(policy["policyText"].as_str().is_some_and(|text| text.contains(REDACTED)), "{policy}");
    for value in [rule, roles, zone, pod, policy] {
        assert!(!value.to_string().contains("s3cr3t"), "{value}");
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
            let suspicious = [
                "password",
                "secret",
                "userdata",
                "credential",
                "headervalue",
                "searchstring",
                "regexstring",
                "privatekey",
                "externalid",
            ];
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
    for (action, _) in konecta_base::reads::reads().iter() {
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
