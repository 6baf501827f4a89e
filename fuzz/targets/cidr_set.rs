//! Ranges of addresses in security groups, network ACLs, prefix lists and clusters: one a line.
#![no_main]

use konecta_core::facts::is_most_of_the_internet;
use konecta_fuzz::world::{derive, nothing, resource};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn rule(number: usize, range: &str) -> Value {
    let family = if range.contains(':') { "CidrIpv6" } else { "CidrIpv4" };
    json!({"SecurityGroupRuleId": format!("sgr-{number}"), "GroupId": "sg-1", "IsEgress": number % 3 == 0,
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, family: range})
}

fuzz_target!(|text: &str| {
    let ranges: Vec<String> = text.lines().take(64).map(str::to_owned).collect();
    let _ = is_most_of_the_internet(&ranges);
    let ec2 = |kind: &str, name: &str, configuration: &Value| {
        resource(&format!("AWS::EC2::{kind}"), "ec2", name, "us-east-1", configuration, &nothing())
    };
    let mut all = vec![ec2("SecurityGroup", "security-group/sg-1", &json!({"GroupId": "sg-1", "VpcId": "vpc-1"}))];
    all.extend(ranges.iter().enumerate().map(|(number, range)| {
        ec2("SecurityGroupRule", &format!("security-group-rule/sgr-{number}"), &rule(number, range))
    }));
    let entries: Vec<Value> = ranges.iter().enumerate().map(|(number, range)| {
        json!({"CidrBlock": range, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": number})
    }).collect();
    all.push(ec2("NetworkAcl", "network-acl/acl-1", &json!({"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Entries": entries})));
    let vpc = json!({"VpcId": "vpc-1", "CidrBlock": ranges.first(), "CidrBlockAssociationSet": []});
    all.push(ec2("VPC", "vpc/vpc-1", &vpc));
    let network = json!({"endpointPublicAccess": true, "publicAccessCidrs": ranges});
    let cluster = json!({"name": "erp", "resourcesVpcConfig": network});
    all.push(resource("AWS::EKS::Cluster", "eks", "cluster/erp", "us-east-1", &cluster, &nothing()));
    derive(all);
});
