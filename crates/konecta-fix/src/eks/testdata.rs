//! A cluster and a node group for the tests beside it. Knows no control.

use serde_json::{Value, json};

/// A cluster of this configuration.
pub(crate) fn cluster(configuration: Value) -> Value {
    let mut configuration = configuration;
    configuration["name"] = json!("erp");
    json!({
        "resourceType": "AWS::EKS::Cluster", "resourceId": "erp", "region": "us-east-1",
        "arn": "arn:aws:eks:us-east-1:123456789012:cluster/erp", "configuration": configuration,
    })
}

/// A node group of these sizes.
pub(crate) fn node_group(sizes: &Value) -> Value {
    json!({
        "resourceType": "AWS::EKS::Nodegroup", "resourceId": "erp/nodes", "region": "us-east-1",
        "arn": "arn:aws:eks:us-east-1:123456789012:nodegroup/erp/nodes/1a2b",
        "configuration": {
            "clusterName": "erp", "nodegroupName": "nodes", "scalingConfig": sizes,
            "resources": {"autoScalingGroups": [{"name": "eks-nodes"}]},
        },
    })
}

/// The Auto Scaling group of the node group, which the Cluster Autoscaler finds or not.
pub(crate) fn scaling_group(tagged: bool) -> Value {
    let tag = |key: &str| json!({"Key": key, "Value": "true", "ResourceId": "eks-nodes"});
    let tags = [tag("k8s.io/cluster-autoscaler/enabled"), tag("k8s.io/cluster-autoscaler/erp")];
    json!({
        "resourceType": "AWS::AutoScaling::AutoScalingGroup", "resourceId": "eks-nodes", "region": "us-east-1",
        "arn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/eks-nodes",
        "tags": {"k8s.io/cluster-autoscaler/enabled": "true", "k8s.io/cluster-autoscaler/erp": "true"},
        "configuration": {"AutoScalingGroupName": "eks-nodes", "Tags": if tagged { json!(tags) } else { json!([]) }},
    })
}

/// The VPC `vpc-1` with these DHCP options.
pub(crate) fn vpc(options: &str) -> Value {
    json!({
        "resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1", "region": "us-east-1", "tags": {},
        "arn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1",
        "configuration": {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "DhcpOptionsId": options},
    })
}
