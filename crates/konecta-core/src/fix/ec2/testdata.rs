//! Security groups and their rules, as `describe` shows them, for the tests of these remedies.

use serde_json::{Value, json};

/// A resource of EC2 with its id and configuration.
pub(in crate::fix) fn resource(kind: &str, part: &str, id: &str, configuration: Value) -> Value {
    json!({
        "resourceType": format!("AWS::EC2::{kind}"), "resourceId": id, "region": "us-east-1", "tags": {},
        "arn": format!("arn:aws:ec2:us-east-1:123456789012:{part}/{id}"), "configuration": configuration,
    })
}

/// A security group.
pub(in crate::fix) fn group(id: &str) -> Value {
    let configuration = json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1", "OwnerId": "123456789012"});
    resource("SecurityGroup", "security-group", id, configuration)
}

/// An ingress rule on TCP ports; `peer` is `{"CidrIpv4": …}` or any other.
pub(in crate::fix) fn rule(id: &str, group: &str, ports: (i32, i32), peer: Value) -> Value {
    let mut configuration = json!({
        "SecurityGroupRuleId": id, "GroupId": group, "GroupOwnerId": "123456789012", "IsEgress": false, "IpProtocol": "tcp",
        "FromPort": ports.0, "ToPort": ports.1, "Description": format!("why {id}"), "Tags": [],
    });
    if let (Some(into), Value::Object(peer)) = (configuration.as_object_mut(), peer) {
        into.extend(peer);
    }
    resource("SecurityGroupRule", "security-group-rule", id, configuration)
}

/// From an IPv4 range.
pub(in crate::fix) fn cidr(range: &str) -> Value {
    json!({"CidrIpv4": range})
}

/// From a security group of the account.
pub(in crate::fix) fn member(group: &str) -> Value {
    json!({"ReferencedGroupInfo": {"GroupId": group, "UserId": "123456789012"}})
}
