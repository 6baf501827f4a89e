//! Security groups and their rules, as `describe` shows them, for the tests of these remedies.

use serde_json::{Value, json};

/// A resource of EC2 with its id and configuration.
pub(crate) fn resource(kind: &str, part: &str, id: &str, configuration: Value) -> Value {
    json!({
        "resourceType": format!("AWS::EC2::{kind}"), "resourceId": id, "region": "us-east-1", "tags": {},
        "arn": format!("arn:aws:ec2:us-east-1:123456789012:{part}/{id}"), "configuration": configuration,
    })
}

/// A security group.
pub(crate) fn group(id: &str) -> Value {
    let configuration = json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1", "OwnerId": "123456789012"});
    resource("SecurityGroup", "security-group", id, configuration)
}

/// An ingress rule on TCP ports; `peer` is `{"CidrIpv4": …}` or any other.
pub(crate) fn rule(id: &str, group: &str, ports: (i32, i32), peer: Value) -> Value {
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
pub(crate) fn cidr(range: &str) -> Value {
    json!({"CidrIpv4": range})
}

/// From a security group of the account.
pub(crate) fn member(group: &str) -> Value {
    json!({"ReferencedGroupInfo": {"GroupId": group, "UserId": "123456789012"}})
}

/// The cluster that the blueprint names by default.
const CLUSTER: &str = "konecta-erp-prod";

/// A cluster with a node that carries `sg-nodes`, so that the group is a node's.
pub(crate) fn cluster_stack() -> Vec<Value> {
    let mut node = instance("i-node", "subnet-1", "sg-nodes");
    node["tags"] =
        json!({"aws:autoscaling:groupName": "asg-1", "aws:eks:cluster-name": CLUSTER, "eks:cluster-name": CLUSTER});
    let cluster = json!({
        "resourceType": "AWS::EKS::Cluster", "resourceId": CLUSTER, "region": "us-east-1", "tags": {},
        "arn": format!("arn:aws:eks:us-east-1:123456789012:cluster/{CLUSTER}"),
        "configuration": {"name": CLUSTER, "resourcesVpcConfig": {
            "subnetIds": ["subnet-1"], "securityGroupIds": [], "clusterSecurityGroupId": "sg-cluster", "vpcId": "vpc-1",
        }},
    });
    vec![cluster, group("sg-cluster"), group("sg-nodes"), node, interface_of("eni-node", "sg-nodes", Some("i-node"))]
}

/// A load balancer that forwards to port 30080 of the nodes, with its group.
pub(crate) fn load_balancer(group_id: &str) -> Vec<Value> {
    let place = "arn:aws:elasticloadbalancing:us-east-1:123456789012";
    let arn = format!("{place}:loadbalancer/app/erp/1");
    let of = |kind: &str, arn: &str, configuration: Value| {
        json!({
            "resourceType": format!("AWS::ElasticLoadBalancingV2::{kind}"), "resourceId": "erp", "region": "us-east-1", "tags": {},
            "arn": arn, "configuration": configuration,
        })
    };
    let balancer = json!({"LoadBalancerArn": arn, "LoadBalancerName": "erp", "Type": "application", "Scheme": "internal",
        "VpcId": "vpc-1", "SecurityGroups": [group_id]});
    let target = json!({"TargetType": "instance", "Port": 30080, "LoadBalancerArns": [arn]});
    vec![
        group(group_id),
        of("LoadBalancer", &arn, balancer),
        of("TargetGroup", &format!("{place}:targetgroup/erp/5"), target),
        json!({
            "resourceType": "AWS::AutoScaling::AutoScalingGroup", "resourceId": "erp", "region": "us-east-1", "tags": {},
            "arn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/erp",
            "configuration": {
                "AutoScalingGroupName": "erp", "MaxSize": 0, "Tags": [], "Instances": [{"InstanceId": "i-node"}],
                "TargetGroupARNs": [format!("{place}:targetgroup/erp/5")],
            },
        }),
    ]
}

/// A database behind a group.
pub(crate) fn database(id: &str, group: &str) -> Value {
    json!({
        "resourceType": "AWS::RDS::DBInstance", "resourceId": id, "region": "us-east-1", "tags": {},
        "arn": format!("arn:aws:rds:us-east-1:123456789012:db:{id}"),
        "configuration": {
            "DBInstanceIdentifier": id, "Endpoint": {"Address": "db.example.com", "Port": 5432},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": group, "Status": "active"}],
            "DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": "subnet-1"}]},
        },
    })
}

/// A running instance.
pub(crate) fn instance(id: &str, subnet: &str, group: &str) -> Value {
    resource(
        "Instance",
        "instance",
        id,
        json!({
            "InstanceId": id, "SubnetId": subnet, "State": {"Name": "running"}, "SecurityGroups": [{"GroupId": group}],
            "NetworkInterfaces": [{"NetworkInterfaceId": format!("eni-{id}"), "Groups": [{"GroupId": group}]}],
            "IamInstanceProfile": null,
        }),
    )
}

/// An interface of a function that carries a group.
pub(crate) fn interface(id: &str, group: &str) -> Value {
    let mut interface = interface_of(id, group, None);
    let configuration = &mut interface["configuration"];
    configuration["Status"] = json!("in-use");
    configuration["InterfaceType"] = json!("lambda");
    configuration["Attachment"] = json!({"InstanceOwnerId": "amazon-aws"});
    interface
}

fn interface_of(id: &str, group: &str, holder: Option<&str>) -> Value {
    let mut configuration = json!({
        "NetworkInterfaceId": id, "Groups": [{"GroupId": group}], "Status": "available", "Description": "", "RequesterManaged": false,
    });
    if let Some(holder) = holder {
        configuration["Status"] = json!("in-use");
        configuration["Attachment"] = json!({"InstanceId": holder, "InstanceOwnerId": "123456789012"});
    }
    resource("NetworkInterface", "network-interface", id, configuration)
}

/// `subnet-1` in `vpc-1`, whose main table leads to the internet.
pub(crate) fn public_subnet() -> Vec<Value> {
    let route = |to: &str, by: &str| json!({"DestinationCidrBlock": to, "GatewayId": by, "Origin": "CreateRoute", "State": "active"});
    vec![
        resource(
            "Subnet",
            "subnet",
            "subnet-1",
            json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"}),
        ),
        resource(
            "InternetGateway",
            "internet-gateway",
            "igw-1",
            json!({"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}),
        ),
        resource(
            "RouteTable",
            "route-table",
            "rtb-1",
            json!({
                "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true, "RouteTableId": "rtb-1"}],
                "Routes": [route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-1")],
            }),
        ),
    ]
}
