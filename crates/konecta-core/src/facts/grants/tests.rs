//! What policies, boundaries and denials leave of a role's wildcards.

use serde_json::{Value, json};

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/konecta-erp-bastion";
const OWN: &str = "arn:aws:iam::123456789012:policy/konecta";
const BORDER: &str = "arn:aws:iam::123456789012:policy/border";

fn managed(arn: &str, statement: &Value) -> Item<ManagedPolicy> {
    let body = json!({"PolicyVersionList": [
        {"IsDefaultVersion": false, "Document": {"Statement": []}},
        {"IsDefaultVersion": true, "Document": {"Statement": statement}},
    ]});
    item(arn, body)
}

fn item<T: serde::de::DeserializeOwned>(arn: &str, body: Value) -> Item<T> {
    let body = serde_json::from_value(body).expect("body");
    Item { arn: arn.to_owned(), resource_id: String::new(), tags: None, body }
}

fn grants(role: Value, policies: Vec<Item<ManagedPolicy>>) -> Vec<Value> {
    let global = Regional { managed_policies: policies, ..Regional::default() };
    let grants = Policies::of(&global).grants(&item(ROLE, role));
    grants.as_array().expect("list").clone()
}

fn allow(action: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": "*"})
}

fn all_but(effect: &str, action: &str) -> Value {
    json!({"Effect": effect, "NotAction": action, "Resource": "*"})
}

fn deny(action: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*"})
}

/// What is left of an inline policy, within a boundary or without one.
fn left(inline: Value, boundary: Option<Value>) -> Value {
    let bounded = boundary.as_ref().map(|_| json!({"PermissionsBoundaryArn": BORDER}));
    let role = json!({
        "AttachedManagedPolicies": [], "PermissionsBoundary": bounded,
        "RolePolicyList": [{"PolicyName": "extra", "PolicyDocument": {"Statement": inline}}],
    });
    let policies = boundary.iter().map(|statement| managed(BORDER, statement)).collect();
    let mut items = grants(role, policies);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)["left"].take()
}

#[test]
fn a_boundary_leaves_what_it_allows_too() {
    assert_eq!(left(allow("*"), None), json!(["*"]));
    assert_eq!(left(allow("*"), Some(allow("s3:GetObject"))), json!([]));
    assert_eq!(left(allow("iam:*"), Some(allow("s3:*"))), json!([]));
    assert_eq!(left(allow("*"), Some(json!([allow("s3:*"), allow("ec2:Run*")]))), json!(["s3:*"]));
    assert_eq!(left(allow("*"), Some(all_but("Allow", "iam:*"))), json!(["all that NotAction does not name"]));
    assert_eq!(left(allow("iam:*"), Some(all_but("Allow", "iam:*"))), json!([]));
    assert_eq!(left(allow("s3:*"), Some(all_but("Allow", "iam:*"))), json!(["s3:*"]));
    assert_eq!(left(all_but("Allow", "s3:*"), Some(allow("s3:*"))), json!([]));
}

#[test]
fn a_denial_takes_away_what_it_denies_everywhere_and_always() {
    assert_eq!(left(json!([allow("iam:*"), deny("*")]), None), json!([]));
    assert_eq!(left(json!([allow("iam:*")]), Some(json!([allow("*"), deny("iam:*")]))), json!([]));
    assert_eq!(left(json!([allow("*"), all_but("Deny", "s3:GetObject")]), None), json!([]));
    assert_eq!(left(json!([allow("*"), all_but("Deny", "s3:*")]), None), json!(["s3:*"]));
    for narrow in [
        json!({"NotResource": ["arn:aws:iam::123456789012:*", "arn:aws:s3:::*"]}),
        json!({"Resource": "arn:aws:iam::123456789012:role/x"}),
        json!({"Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}),
        json!({"Resource": "*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}}),
        json!({"Resource": "*", "Condition": null}),
    ] {
        let mut denial = json!({"Effect": "Deny", "Action": "*"});
        denial.as_object_mut().expect("object").extend(narrow.as_object().expect("object").clone());
        let role = json!({
            "AttachedManagedPolicies": [], "PermissionsBoundary": null,
            "RolePolicyList": [{"PolicyName": "extra", "PolicyDocument": {"Statement": [allow("*"), denial]}}],
        });
        assert_eq!(grants(role, Vec::new())[0]["left"], json!(["*"]), "{narrow}");
    }
}

#[test]
fn what_was_not_read_is_told_and_the_rest_stays() {
    let role = json!({
        "AttachedManagedPolicies": [{"PolicyArn": OWN}, {"PolicyArn": "arn:aws:iam::aws:policy/X"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": BORDER},
    });
    let items = grants(role, vec![managed(OWN, &json!([allow("*"), {"Effect": "Allow"}]))]);
    let told: Vec<(&Value, &Value)> = items.iter().map(|item| (&item["kind"], &item["path"])).collect();
    let own = json!(format!("AttachedManagedPolicies[{OWN}]"));
    assert_eq!(
        told,
        [
            (&json!("unknown"), &json!("RolePolicyList")),
            (&json!("unknown"), &json!("PermissionsBoundary")),
            (&json!("policy"), &own),
            (&json!("unknown"), &own),
            (&json!("unknown"), &json!("AttachedManagedPolicies[arn:aws:iam::aws:policy/X]")),
        ]
    );
    assert_eq!(items[2]["everywhere"], json!(["*"]));
    assert_eq!(items[2].get("left"), None);
}

#[test]
fn a_service_may_be_spelled_out_over_several_statements() {
    let letters =
        |all: std::ops::RangeInclusive<char>| -> Vec<String> { all.map(|sign| format!("iam:{sign}*")).collect() };
    let role = |second: Value| {
        let first = json!({"Effect": "Allow", "Action": letters('A'..='M'), "Resource": "*"});
        json!({
            "AttachedManagedPolicies": [], "PermissionsBoundary": null,
            "RolePolicyList": [{"PolicyName": "extra", "PolicyDocument": {"Statement": [first, second]}}],
        })
    };
    let rest = |resource: &str| json!({"Effect": "Allow", "Action": letters('N'..='Z'), "Resource": resource});
    let whole = grants(role(rest("*")), Vec::new());
    assert_eq!((&whole[0]["left"], &whole[0]["everywhere"]), (&json!(["iam:*"]), &json!(["iam:*"])));
    let named = grants(role(rest("arn:aws:iam::123456789012:role/x")), Vec::new());
    assert_eq!((&named[0]["left"], &named[0]["everywhere"]), (&json!(["iam:*"]), &json!([])));
}
