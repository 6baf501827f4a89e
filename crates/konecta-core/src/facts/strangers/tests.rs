//! Whom policies of repositories let in, condition by condition.

use serde_json::{Value, json};

use super::super::trust::Organizations;
use super::*;
use konecta_base::blueprint::Stack;

const REPOSITORY: &str = "arn:aws:ecr:us-east-1:123456789012:repository/konecta-erp/hr-service";

fn stack() -> Stack {
    Stack {
        trusted_accounts: vec!["210987654321".parse().expect("account")],
        trusted_organizations: vec!["o-ours123456".to_owned()],
        trusted_vpcs: vec!["vpc-0a1b2c3d".to_owned()],
        trusted_endpoints: vec!["vpce-0a1b2c3d".to_owned()],
        ..Stack::default()
    }
}

fn both(repository: &Value, registry: &Value) -> Vec<String> {
    within(&Organizations::default(), repository, registry)
}

/// As `both`, where it is known to which organizations the accounts of the scan belong.
fn within(organizations: &Organizations, repository: &Value, registry: &Value) -> Vec<String> {
    let (stack, vpcs) = (stack(), BTreeSet::from(["vpc-5ee05ee0".to_owned()]));
    let trust = Trust { account: "123456789012", stack: &stack, vpcs: &vpcs, organizations };
    let policy = |statements: &Value| match statements {
        Value::Null => Policy::None,
        statements @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            Policy::of(Some(&json!({"Statement": statements})))
        }
    };
    let found = strangers(REPOSITORY, &policy(repository), &policy(registry), &trust);
    let told = |item: &Value| match item["kind"].as_str() {
        Some("stranger") => item["path"].as_str().expect("path").to_owned(),
        _ => format!("? {}", item["path"].as_str().expect("path")),
    };
    found.as_array().expect("list").iter().map(told).collect()
}

fn of(statements: Value) -> Vec<String> {
    both(&statements, &Value::Null)
        .into_iter()
        .map(|path| path.replace("repositoryPolicy.Statement[0].", "").replace("repositoryPolicy.Statement[0]", ""))
        .collect()
}

fn allow(principal: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]})
}

fn on(condition: Value) -> Vec<String> {
    let mut statement = allow(json!("*"));
    statement["Condition"] = condition;
    of(json!(statement))
}

fn fenced(denial: Value) -> Vec<String> {
    let mut deny = json!({"Effect": "Deny", "Principal": "*", "Action": "ecr:*"});
    deny.as_object_mut().expect("object").extend(denial.as_object().expect("object").clone());
    of(json!([allow(json!("*")), deny]))
}

const NOBODY: [&str; 0] = [];
const EVERYBODY: [&str; 1] = ["Principal[*]"];
const OPEN: [&str; 1] = ["? "];

#[test]
fn accounts_are_ours_or_strange() {
    for ours in
        ["123456789012", "arn:aws:iam::210987654321:role/ci/push", "arn:aws:sts::123456789012:assumed-role/ci/x"]
    {
        assert_eq!(of(allow(json!({"AWS": [ours], "Service": "lambda.amazonaws.com"}))), NOBODY, "{ours}");
    }
    assert_eq!(of(allow(json!({"AWS": 123_456_789_012_u64}))), NOBODY);
    assert_eq!(of(allow(json!({"AWS": ["123456789012", 999_999_999_999_u64]}))), ["Principal[999999999999]"]);
    assert_eq!(of(allow(json!({"AWS": ["123456789012", "*"]}))), EVERYBODY);
    assert_eq!(of(allow(json!("*"))), EVERYBODY);
    assert_eq!(of(json!([allow(json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}))])), ["? Principal[AIDACKCEVSQ6C2EXAMPLE]"]);
    for open in [
        json!({"Federated": "cognito-identity.amazonaws.com"}),
        json!({"Service": "*"}),
        json!({"CanonicalUser": "79a5"}),
    ] {
        assert!(of(allow(open.clone()))[0].starts_with("? "), "{open}");
    }
    let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "ecr:*"});
    assert_eq!(of(but), ["NotPrincipal"]);
}

#[test]
fn a_condition_on_what_is_ours_lets_in_no_stranger() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours123456"}}),
        json!({"StringEquals": {"AWS:PRINCIPALACCOUNT": ["123456789012", 210_987_654_321_u64]}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-ours123456/*/ou-ab12-cdef/*"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
        json!({"StringEquals": {"aws:SourceVpc": ["vpc-0a1b2c3d", "vpc-5ee05ee0"]}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}),
        json!({"StringLike": {"aws:SourceArn": "arn:aws:lambda:*:123456789012:function:*"}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours123456"}, "Null": {"aws:PrincipalOrgID": false}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "999999999999", "aws:PrincipalOrgID": "o-ours123456"}}),
    ] {
        assert_eq!(on(condition.clone()), NOBODY, "{condition}");
    }
}

#[test]
fn a_condition_on_what_nobody_declared_decides_nothing() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-attacker000"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": ["o-ours123456", "o-attacker000"]}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-attacker000/*"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-0bad0bad"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-0bad0bad"}}),
        json!({"StringEquals": {"aws:SourceOrgID": "o-attacker000"}}),
        json!({"StringLike": {"aws:userId": "AROADBQP57FF2AEXAMPLE:*"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": true}}),
    ] {
        assert_eq!(on(condition.clone()), OPEN, "{condition}");
    }
}

#[test]
fn a_condition_that_pins_nobody_leaves_it_open() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "*"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "o-ours*"}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours123456"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-ours123456"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": []}}),
        json!({"StringEquals": {"aws:ResourceOrgID": "o-ours123456"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "erp"}}),
        json!({}),
    ] {
        assert_eq!(on(condition.clone()), EVERYBODY, "{condition}");
    }
    let foreign = json!({"StringEquals": {"aws:PrincipalAccount": [123_456_789_012_u64, 999_999_999_999_u64]}});
    assert_eq!(on(foreign), ["Condition[999999999999]"]);
}

#[test]
fn a_denial_upon_all_others_is_a_fence() {
    for denial in [
        json!({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours123456"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}),
        json!({"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours123456"}, "BoolIfExists": {"aws:PrincipalIsAWSService": false}}}),
        json!({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": 123_456_789_012_u64}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::210987654321:role/*"}}}),
        json!({"Action": ["ecr:Batch*", "ecr:Get*"], "Condition": {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-ours123456/*"}}}),
        json!({"Action": "*", "Resource": "*"}),
    ] {
        assert_eq!(fenced(denial.clone()), NOBODY, "{denial}");
    }
    let but = json!({"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:root"]}, "Action": "*"});
    assert_eq!(of(json!([allow(json!("*")), but])), NOBODY);
    assert_eq!(fenced(json!({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-attacker000"}}})), OPEN);
}

#[test]
fn a_denial_that_is_narrower_is_none() {
    let org = json!({"aws:PrincipalOrgID": "o-ours123456"});
    for denial in [
        json!({"Condition": {"StringNotEquals": org, "Bool": {"aws:PrincipalIsAWSService": "true"}}}),
        json!({"Condition": {"StringNotEquals": org, "Bool": {"aws:PrincipalIsAWSService": true}}}),
        json!({"Condition": {"StringNotEquals": org, "NumericLessThan": {"aws:MultiFactorAuthAge": 10}}}),
        json!({"Condition": {"StringNotEquals": org, "Bool": {"aws:SecureTransport": false}}}),
        json!({"Condition": {"StringNotEquals": org, "StringNotLike": {"aws:PrincipalTag/exempt": "*"}}}),
        json!({"Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-ours123456/*"}}}),
        json!({"Condition": {"StringEquals": org}}),
        json!({"Action": "ecr:DeleteRepository", "Condition": {"StringNotEquals": org}}),
        json!({"Action": "ecr:BatchGetImage", "Condition": {"StringNotEquals": org}}),
        json!({"NotResource": "*", "Condition": {"StringNotEquals": org}}),
        json!({"Resource": "arn:aws:ecr:us-east-1:123456789012:repository/other", "Condition": {"StringNotEquals": org}}),
        json!({"Principal": {"AWS": "999999999999"}, "Condition": {"StringNotEquals": org}}),
    ] {
        assert_eq!(fenced(denial.clone()), EVERYBODY, "{denial}");
    }
}

#[test]
fn the_registry_opens_the_repositories_that_it_names() {
    let with = |resource: Value| {
        let mut statement = allow(json!({"AWS": "arn:aws:iam::999999999999:root"}));
        statement["Resource"] = resource;
        both(&Value::Null, &json!([statement]))
    };
    let open = ["registryPolicy.Statement[0].Principal[arn:aws:iam::999999999999:root]"];
    assert_eq!(with(json!("arn:aws:ecr:us-east-1:123456789012:repository/*")), open);
    assert_eq!(with(json!(["arn:aws:ecr:us-east-1:123456789012:repository/konecta-erp/*", "x"])), open);
    assert_eq!(with(json!("arn:aws:ecr:us-east-1:123456789012:repository/other/*")), NOBODY);
    let fence = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}});
    let everybody = allow(json!("*"));
    assert_eq!(both(&json!([everybody]), &json!([fence])), ["repositoryPolicy.Statement[0].Principal[*]"]);
    assert_eq!(both(&json!([fence]), &json!([everybody])), NOBODY);
    assert_eq!(both(&Value::Null, &json!([everybody, fence])), NOBODY);
    assert_eq!(both(&json!([{"Effect": "Allow"}]), &json!(7)), ["? registryPolicy", "? repositoryPolicy.Statement[0]"]);
}

#[test]
fn an_organization_is_foreign_where_our_own_is_known() {
    let of = |ids: &[&str], whole| Organizations { known: ids.iter().map(|&id| id.to_owned()).collect(), whole };
    let on = |organizations: &Organizations, condition: Value| {
        let mut statement = allow(json!("*"));
        statement["Condition"] = condition;
        let found = within(organizations, &json!(statement), &Value::Null);
        found.into_iter().map(|path| path.replace("repositoryPolicy.Statement[0]", "")).collect::<Vec<_>>()
    };
    let own = json!({"StringEquals": {"aws:PrincipalOrgID": "o-own1234567"}});
    let paths = json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-own1234567/r-ab12/*"}});
    let declared = json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours123456"}});
    let foreign = json!({"StringEquals": {"aws:PrincipalOrgID": ["o-attacker000"]}});
    let mixed = json!({"StringEquals": {"aws:PrincipalOrgID": ["o-own1234567", "o-attacker000"]}});
    let any = json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}});

    let member = of(&["o-own1234567"], true);
    for ours in [&own, &paths, &declared] {
        assert_eq!(on(&member, ours.clone()), NOBODY, "{ours}");
    }
    assert_eq!(on(&member, foreign.clone()), [".Condition[o-attacker000]"]);
    assert_eq!(on(&member, mixed.clone()), [".Condition[o-attacker000]"]);
    assert_eq!(on(&member, any.clone()), [".Principal[*]"], "a pattern names nobody");

    let alone = of(&[], true);
    assert_eq!(on(&alone, foreign.clone()), [".Condition[o-attacker000]"], "of an account in no organization");
    assert_eq!(on(&alone, declared.clone()), NOBODY);

    // Denied, or denied in one of two accounts: another may be ours, what is known to be ours is.
    let untold = of(&["o-own1234567"], false);
    assert_eq!(on(&untold, own), NOBODY);
    assert_eq!(on(&untold, foreign), OPEN);
    assert_eq!(on(&untold, mixed), OPEN);
}

#[test]
fn a_service_comes_on_somebodys_behalf() {
    let by = |condition: Value| {
        let service = json!({"Service": "lambda.amazonaws.com"});
        of(json!({"Effect": "Allow", "Principal": service, "Action": "ecr:*", "Condition": condition}))
    };
    let of_function =
        |account: &str| json!({"StringLike": {"aws:SourceArn": format!("arn:aws:lambda:*:{account}:function:*")}});
    assert_eq!(by(json!({})), NOBODY);
    assert_eq!(by(of_function("123456789012")), NOBODY);
    assert_eq!(by(of_function("999999999999")), ["Condition[999999999999]"]);
    assert_eq!(
        by(json!({"StringEquals": {"aws:SourceAccount": ["123456789012", "999999999999"]}})),
        ["Condition[999999999999]"]
    );
    assert_eq!(by(json!({"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3dff"}})), OPEN);
}
