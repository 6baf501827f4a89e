//! What rules of a web ACL come to, one by one.

use super::*;

const HEADER: &str = "X-Origin-Verify";

fn acl(default: &str, rules: &Value) -> WebAcl {
    WebAcl {
        arn: "arn:acl".to_owned(),
        body: json!({
            "Name": "verify", "DefaultAction": {default: {}}, "Rules": rules,
            "PreProcessFirewallManagerRuleGroups": null, "PostProcessFirewallManagerRuleGroups": null,
        }),
        resources: None,
        groups: Vec::new(),
    }
}

fn matches(name: &str, value: &str) -> Value {
    json!({"ByteMatchStatement": {
        "SearchString": value, "FieldToMatch": {"SingleHeader": {"Name": name}}, "PositionalConstraint": "EXACTLY",
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }})
}

fn key(value: &str) -> Value {
    matches("x-origin-verify", value)
}

fn not(statement: &Value) -> Value {
    json!({"NotStatement": {"Statement": statement}})
}

fn rule(at: u32, action: &str, statement: &Value) -> Value {
    json!({"Name": format!("rule-{at}"), "Priority": at, "Action": {action: {}}, "Statement": statement})
}

fn group(at: u32, statement: &Value) -> Value {
    json!({"Name": format!("rule-{at}"), "Priority": at, "OverrideAction": {"None": {}}, "Statement": statement})
}

fn keyed(exact: &[&str], lowercase: &[&str]) -> Effect {
    let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
    Effect::Keyed(Keys { exact: owned(exact), lowercase: owned(lowercase) })
}

fn of(default: &str, rules: &Value) -> Effect {
    effect(&acl(default, rules), HEADER)
}

fn is_unclear(effect: &Effect) -> bool {
    matches!(effect, Effect::Unclear(why) if why.ends_with("web ACL verify"))
}

#[test]
fn what_is_allowed_by_the_header_alone_is_keyed() {
    let country = json!({"GeoMatchStatement": {"CountryCodes": ["EG"]}});
    let both = json!({"AndStatement": {"Statements": [country, key("sha256:b")]}});
    let either = json!({"OrStatement": {"Statements": [key("sha256:a"), key("sha256:b")]}});
    assert_eq!(of("Block", &json!([rule(0, "Allow", &key("sha256:a"))])), keyed(&["sha256:a"], &[]));
    assert_eq!(of("Block", &json!([rule(0, "Allow", &both)])), keyed(&["sha256:b"], &[]));
    assert_eq!(of("Block", &json!([rule(0, "Allow", &either)])), keyed(&["sha256:a", "sha256:b"], &[]));
    assert_eq!(of("Block", &json!([])), keyed(&[], &[]));
    assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &country)]))));
    let partly = json!({"OrStatement": {"Statements": [key("sha256:a"), country]}});
    assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &partly)]))));
}

#[test]
fn what_blocks_everything_else_is_keyed_from_there_on() {
    let neither = json!({"AndStatement": {"Statements": [not(&key("sha256:a")), not(&key("sha256:b"))]}});
    let country = json!({"GeoMatchStatement": {"CountryCodes": ["EG"]}});
    let block = rule(1, "Block", &not(&key("sha256:a")));
    assert_eq!(of("Allow", &json!([block])), keyed(&["sha256:a"], &[]));
    assert_eq!(of("Allow", &json!([block, rule(2, "Allow", &country)])), keyed(&["sha256:a"], &[]));
    assert_eq!(of("Allow", &json!([rule(1, "Block", &neither)])), keyed(&["sha256:a", "sha256:b"], &[]));
    assert_eq!(of("Allow", &json!([block, rule(0, "Block", &country)])), keyed(&["sha256:a"], &[]));
    assert!(is_unclear(&of("Allow", &json!([block, rule(0, "Allow", &country)]))), "order is by priority");
    let there = json!({"AndStatement": {"Statements": [not(&key("sha256:a")), country]}});
    assert!(is_unclear(&of("Allow", &json!([rule(1, "Block", &there)]))));
    for action in ["Count", "Captcha", "Challenge"] {
        assert!(is_unclear(&of("Allow", &json!([rule(1, action, &not(&key("sha256:a")))]))), "{action}");
    }
}

#[test]
fn what_looks_at_no_such_header_is_open() {
    let agent = not(&matches("user-agent", "sha256:a"));
    let managed = json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "Common"}});
    assert_eq!(of("Allow", &json!([])), Effect::Open);
    assert_eq!(of("Allow", &json!([rule(0, "Block", &agent), group(1, &managed)])), Effect::Open);
    let all = json!({"ByteMatchStatement": {"FieldToMatch": {"Headers": {}}}});
    assert!(is_unclear(&of("Allow", &json!([rule(0, "Block", &all)]))));
}

#[test]
fn a_search_in_part_of_the_header_is_no_key() {
    let mut change = key("sha256:a");
    change["ByteMatchStatement"]["PositionalConstraint"] = json!("CONTAINS");
    assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &change)]))));
    let mut lower = key("sha256:a");
    lower["ByteMatchStatement"]["TextTransformations"] = json!([{"Type": "NONE"}, {"Type": "LOWERCASE"}]);
    assert_eq!(of("Block", &json!([rule(0, "Allow", &lower)])), keyed(&[], &["sha256:a"]));
    for kinds in [json!([{"Type": "BASE64_DECODE"}]), json!([{}]), json!(null)] {
        lower["ByteMatchStatement"]["TextTransformations"] = kinds;
        assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &lower)]))));
    }
    assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &key("<redacted>"))]))));
    let mut parsed = key("sha256:a");
    parsed["ByteMatchStatement"]["PreParseTextTransformations"] = json!([]);
    assert!(is_unclear(&of("Block", &json!([rule(0, "Allow", &parsed)]))));
}

#[test]
fn rule_groups_count_as_far_as_they_are_known() {
    let managed = |change: Value| {
        let mut statement = json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "Common"}});
        for (name, value) in change.as_object().expect("object") {
            statement["ManagedRuleGroupStatement"][name] = value.clone();
        }
        of("Block", &json!([group(0, &statement), rule(1, "Allow", &key("sha256:a"))]))
    };
    assert_eq!(managed(json!({})), keyed(&["sha256:a"], &[]));
    let overridden = |action: &str| json!({"RuleActionOverrides": [{"Name": "a", "ActionToUse": {action: {}}}]});
    assert_eq!(managed(overridden("Count")), keyed(&["sha256:a"], &[]));
    assert!(is_unclear(&managed(overridden("Allow"))));
    assert!(is_unclear(&managed(json!({"VendorName": "Other"}))));

    let own = |change: Value| json!({"RuleGroupReferenceStatement": change});
    let plain = own(json!({"ARN": "rg"}));
    let mut acl = acl("Allow", &json!([group(0, &plain)]));
    assert!(is_unclear(&effect(&acl, HEADER)), "not read");
    acl.groups = vec![json!({"ARN": "rg", "Rules": [rule(0, "Block", &not(&key("sha256:a")))]})];
    assert_eq!(effect(&acl, HEADER), keyed(&["sha256:a"], &[]));
    acl.body["Rules"][0]["Statement"] = own(json!({"ARN": "rg", "ExcludedRules": [{"Name": "rule-0"}]}));
    assert!(is_unclear(&effect(&acl, HEADER)));
    acl.body["Rules"][0]["Statement"] = plain;
    acl.body["Rules"][0]["OverrideAction"] = json!({"Count": {}});
    assert_eq!(effect(&acl, HEADER), Effect::Open, "it only counts");
    acl.body["Rules"][0]["OverrideAction"] = json!({"Other": {}});
    assert!(is_unclear(&effect(&acl, HEADER)));
}

#[test]
fn what_was_not_sent_is_unclear() {
    let whole = acl("Block", &json!([rule(0, "Allow", &key("sha256:a"))]));
    for cut in ["Rules", "DefaultAction", "PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"]
    {
        let mut less = acl("Block", &whole.body["Rules"]);
        less.body.as_object_mut().expect("object").remove(cut);
        assert!(is_unclear(&effect(&less, HEADER)), "{cut}");
    }
    for cut in ["Priority", "Statement", "Action"] {
        let mut less = acl("Block", &whole.body["Rules"]);
        less.body["Rules"][0].as_object_mut().expect("object").remove(cut);
        assert!(is_unclear(&effect(&less, HEADER)), "{cut}");
    }
}
