//! A policy document: of a managed policy, inline in a role, as the trust of a role, and as the policy of a repository.
#![no_main]

use konecta_core::facts::{covers, scalar, wildcard};
use konecta_fuzz::world::{derive, nothing, resource};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let document: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    if let Some((one, other)) = text.split_once('\n') {
        let _ = (covers(one, other), scalar(&document), wildcard(&document, Some(one), "123456789012"));
    }
    let arn = "arn:aws:iam::123456789012:policy/one";
    let managed = json!({"PolicyName": "one", "Arn": arn, "DefaultVersionId": "v1", "AttachmentCount": 1,
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]});
    let role = json!({"RoleName": "one", "Arn": "arn:aws:iam::123456789012:role/one", "AssumeRolePolicyDocument": document,
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document}],
        "AttachedManagedPolicies": [{"PolicyName": "one", "PolicyArn": arn}]});
    let repository = json!({"repositoryName": "erp/hr"});
    let policy = json!({"repositoryPolicy": document});
    derive(vec![
        resource("AWS::IAM::ManagedPolicy", "iam", "policy/one", "global", &managed, &nothing()),
        resource("AWS::IAM::Role", "iam", "role/one", "global", &role, &nothing()),
        resource("AWS::ECR::Repository", "ecr", "repository/erp/hr", "us-east-1", &repository, &policy),
    ]);
});
