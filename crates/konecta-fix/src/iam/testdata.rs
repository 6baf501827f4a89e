//! Roles, policies and what makes a role a node's, for the tests beside it. Knows no control.

use serde_json::{Value, json};

/// A role with these policies.
pub(super) fn role(name: &str, attached: &[&str], inline: &[(&str, Value)]) -> Value {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let attached: Vec<Value> = attached.iter().map(|arn| json!({"PolicyName": last(arn), "PolicyArn": arn})).collect();
    let inline: Vec<Value> =
        inline.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect();
    json!({
        "resourceType": "AWS::IAM::Role", "resourceId": name, "region": "global",
        "arn": format!("arn:aws:iam::123456789012:role/{name}"),
        "configuration": {
            "RoleName": name, "Path": "/", "Arn": format!("arn:aws:iam::123456789012:role/{name}"),
            "InstanceProfileList": [], "AttachedManagedPolicies": attached, "RolePolicyList": inline, "PermissionsBoundary": null,
        },
    })
}

/// A managed policy with one version.
pub(super) fn managed(arn: &str, attachments: u64, document: &Value) -> Value {
    json!({
        "resourceType": "AWS::IAM::ManagedPolicy", "resourceId": arn.rsplit('/').next(), "region": "global", "arn": arn,
        "configuration": {
            "Arn": arn, "DefaultVersionId": "v1", "AttachmentCount": attachments,
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}],
        },
    })
}

/// A node group whose nodes act as this role.
pub(super) fn node_group(role: &str) -> Value {
    json!({
        "resourceType": "AWS::EKS::Nodegroup", "resourceId": format!("erp/{role}"), "region": "us-east-1",
        "arn": format!("arn:aws:eks:us-east-1:123456789012:nodegroup/erp/{role}/1a2b"),
        "configuration": {
            "clusterName": "erp", "nodegroupName": role, "nodeRole": format!("arn:aws:iam::123456789012:role/{role}"),
        },
    })
}
