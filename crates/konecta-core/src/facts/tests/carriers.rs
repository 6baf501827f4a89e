//! Who carries a security group, who is a node, and who reaches the database: the cases that are easy to get wrong.

use serde_json::{Value, json};

use super::super::Facts;
use super::{facts_of, snapshot};

pub(super) fn resource(kind: &str, arn: &str, id: &str, configuration: Value) -> Value {
    json!({
        "resourceType": format!("AWS::{kind}"), "resourceId": id, "accountId": "123456789012", "region": "us-east-1", "tags": {},
        "capturedAt": "2026-11-23T12:00:00Z", "arn": format!("arn:aws:{arn}/{id}"), "configuration": configuration,
    })
}

pub(super) fn ec2(kind: &str, id: &str, configuration: Value) -> Value {
    let part = kind.to_ascii_lowercase();
    resource(&format!("EC2::{kind}"), &format!("ec2:us-east-1:123456789012:{part}"), id, configuration)
}

pub(super) fn group(id: &str) -> Value {
    ec2("SecurityGroup", id, json!({"GroupId": id, "VpcId": "vpc-1"}))
}

pub(super) fn instance(id: &str, group: &str, tags: Value) -> Value {
    let mut instance = ec2(
        "Instance",
        id,
        json!({
            "InstanceId": id, "State": {"Name": "running"}, "SecurityGroups": [{"GroupId": group}], "SubnetId": "subnet-1",
            "NetworkInterfaces": [{"NetworkInterfaceId": format!("eni-{id}"), "Groups": [{"GroupId": group}]}],
            "IamInstanceProfile": {"Arn": format!("arn:aws:iam::123456789012:instance-profile/{id}")},
        }),
    );
    instance["tags"] = tags;
    instance
}

pub(super) fn interface(id: &str, group: &str, more: Value) -> Value {
    let mut sent = json!({
        "NetworkInterfaceId": id, "Groups": [{"GroupId": group}], "Status": "in-use", "Description": "", "InterfaceType": "interface",
        "OwnerId": "123456789012",
    });
    sent.as_object_mut().expect("interface").extend(more.as_object().expect("more").clone());
    ec2("NetworkInterface", id, sent)
}

/// A rule of the database's group on its port.
pub(super) fn rule(id: &str, source: Value) -> Value {
    ec2(
        "SecurityGroupRule",
        id,
        json!({
            "SecurityGroupRuleId": id, "GroupId": "sg-db", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
            "ReferencedGroupInfo": source,
        }),
    )
}

pub(super) fn own(group: &str) -> Value {
    json!({"GroupId": group, "UserId": "123456789012"})
}

pub(super) fn cluster(name: &str) -> Value {
    let configuration = json!({
        "name": name, "roleArn": "arn:aws:iam::123456789012:role/cluster", "computeConfig": null,
        "accessConfig": {"authenticationMode": if name == "closed" { "API" } else { "API_AND_CONFIG_MAP" }},
        "identity": {"oidc": {"issuer": format!("https://oidc.eks.us-east-1.amazonaws.com/id/{name}")}},
        "resourcesVpcConfig": {"subnetIds": [], "securityGroupIds": [], "clusterSecurityGroupId": format!("sg-of-{name}")},
    });
    resource("EKS::Cluster", "eks:us-east-1:123456789012:cluster", name, configuration)
}

fn nodegroup(cluster: &str, scaling: &str) -> Value {
    let configuration = json!({
        "nodegroupName": "ng", "clusterName": cluster, "subnets": [], "nodeRole": format!("arn:aws:iam::123456789012:role/{cluster}"),
        "resources": {"autoScalingGroups": [{"name": scaling}], "remoteAccessSecurityGroup": format!("sg-ssh-{cluster}")},
    });
    resource("EKS::Nodegroup", "eks:us-east-1:123456789012:nodegroup", cluster, configuration)
}

fn scaling(name: &str, instances: &[&str], more: Value) -> Value {
    let members: Vec<Value> = instances.iter().map(|id| json!({"InstanceId": id})).collect();
    let mut sent = json!({"AutoScalingGroupName": name, "Instances": members, "Tags": [], "MaxSize": 3,
        "LaunchTemplate": {"LaunchTemplateId": format!("lt-{name}"), "Version": "1"}});
    sent.as_object_mut().expect("group").extend(more.as_object().expect("more").clone());
    resource("AutoScaling::AutoScalingGroup", "autoscaling:us-east-1:123456789012:g", name, sent)
}

fn template(scaling: &str, group: &str) -> Value {
    let id = format!("lt-{scaling}");
    let data = json!({"NetworkInterfaces": [{"Groups": [group]}]});
    ec2("LaunchTemplateVersion", &id, json!({"LaunchTemplateId": id, "VersionNumber": 1, "LaunchTemplateData": data}))
}

pub(super) fn role(name: &str, trust: Value) -> Value {
    let profile = json!({"Arn": format!("arn:aws:iam::123456789012:instance-profile/{name}")});
    let mut role = resource(
        "IAM::Role",
        "iam::123456789012:role",
        name,
        json!({"RoleName": name, "InstanceProfileList": [profile], "AssumeRolePolicyDocument": {"Statement": {"Principal": trust}}}),
    );
    role["region"] = json!("global");
    role
}

fn database(id: &str, cluster: Value) -> Value {
    let configuration = json!({
        "DBInstanceIdentifier": id, "DBClusterIdentifier": cluster, "ReadReplicaSourceDBInstanceIdentifier": null,
        "Endpoint": {"Port": 5432}, "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db"}],
    });
    let mut database = resource("RDS::DBInstance", "rds:us-east-1:123456789012:db", id, configuration);
    database["arn"] = json!(format!("arn:aws:rds:us-east-1:123456789012:db:{id}"));
    database
}

pub(super) fn facts(resources: Vec<Value>) -> Facts {
    facts_of(&snapshot(serde_json::from_value(json!(resources)).expect("world")))
}

/// The carriers of a group, without their names.
pub(super) fn carriers(resources: Vec<Value>, group: &str) -> Vec<(String, Value)> {
    let facts = facts(resources);
    let found = facts.index["group_carriers"][group].as_array().expect("carriers").clone();
    found.iter().map(|one| (one["kind"].as_str().expect("kind").to_owned(), one["roles"].clone())).collect()
}

pub(super) fn only(kind: &str, roles: Value) -> Vec<(String, Value)> {
    vec![(kind.to_owned(), roles)]
}

#[test]
fn what_opens_no_connection_is_idle() {
    for more in [
        json!({"Status": "available", "Description": "aws-K8S-i-1"}),
        json!({"InterfaceType": "vpc_endpoint", "Attachment": {"InstanceOwnerId": "amazon-aws"}}),
    ] {
        let found = carriers(vec![group("sg-1"), interface("eni-1", "sg-1", more.clone())], "sg-1");
        assert_eq!(found, only("idle", json!(["idle"])), "{more}");
    }
}

#[test]
fn a_branch_interface_is_a_pods_if_its_trunk_hangs_on_a_node() {
    let pod = |trunk: &str| {
        let tags = json!([{"Key": "vpcresources.k8s.aws/trunk-eni-id", "Value": trunk}]);
        interface(
            "eni-pod",
            "sg-1",
            json!({"InterfaceType": "branch", "Description": "aws-k8s-branch-eni", "TagSet": tags}),
        )
    };
    let on = |holder: &str, id: &str| {
        let more =
            json!({"InterfaceType": "trunk", "Attachment": {"InstanceId": holder, "InstanceOwnerId": "123456789012"}});
        interface(id, "sg-2", more)
    };
    let world = |trunk: &str| {
        vec![
            cluster("erp"),
            group("sg-1"),
            instance("i-n", "sg-2", json!({"aws:eks:cluster-name": "erp"})),
            instance("i-x", "sg-2", json!({})),
            on("i-n", "eni-node"),
            on("i-x", "eni-other"),
            pod(trunk),
        ]
    };
    assert_eq!(carriers(world("eni-node"), "sg-1"), only("pod", json!(["pod/erp"])));
    assert_eq!(carriers(world("eni-other"), "sg-1"), only("other", json!([])));
    assert_eq!(carriers(world("eni-unseen"), "sg-1"), only("unknown", Value::Null));
}

#[test]
fn a_tag_that_anybody_may_set_makes_no_node() {
    let joined = json!({"kubernetes.io/cluster/erp": "owned"});
    let bastion = json!({"kubernetes.io/cluster/erp": "owned", "Role": "bastion"});
    let world = |tags: &Value, more: Vec<Value>| {
        [vec![cluster("erp"), cluster("closed"), group("sg-1"), instance("i-1", "sg-1", tags.clone())], more].concat()
    };
    let ec2 = || role("i-1", json!({"Service": "ec2.amazonaws.com"}));
    let entry = |kind: &str, cluster: &str| {
        let sent = json!({"clusterName": cluster, "principalArn": "arn:aws:iam::123456789012:role/i-1", "type": kind});
        resource("EKS::AccessEntry", "eks:us-east-1:123456789012:access-entry", cluster, sent)
    };
    assert_eq!(carriers(world(&joined, vec![]), "sg-1"), only("unknown", Value::Null));
    assert_eq!(carriers(world(&bastion, vec![]), "sg-1"), only("bastion", json!(["bastion"])));
    assert_eq!(carriers(world(&joined, vec![ec2(), entry("STANDARD", "erp")]), "sg-1"), only("unknown", Value::Null));
    for kind in ["EC2", "EC2_LINUX", "EC2_WINDOWS", "HYBRID_LINUX", "HYPERPOD_LINUX", "FARGATE_LINUX"] {
        let found = carriers(world(&joined, vec![ec2(), entry(kind, "erp")]), "sg-1");
        assert_eq!(found, only("node", json!(["node/erp"])), "{kind}");
    }
    let closed = json!({"kubernetes.io/cluster/closed": "owned"});
    assert_eq!(carriers(world(&closed, vec![ec2()]), "sg-1"), only("other", json!([])), "no access entry lets it in");
    assert_eq!(carriers(world(&json!({}), vec![ec2(), entry("EC2", "erp")]), "sg-1"), only("other", json!([])));
}

#[test]
fn what_will_be_launched_carries_its_groups_already() {
    let world = |more: Vec<Value>| [vec![cluster("erp"), group("sg-1")], more].concat();
    let asleep = |more: Value| scaling("asg", &[], more);
    let of_nodes = vec![nodegroup("erp", "asg"), asleep(json!({})), template("asg", "sg-1")];
    assert_eq!(carriers(world(of_nodes), "sg-1"), only("node", json!(["node/erp"])));
    let of_strangers = vec![asleep(json!({})), template("asg", "sg-1")];
    assert_eq!(carriers(world(of_strangers), "sg-1"), only("other", json!([])));
    assert_eq!(carriers(world(vec![asleep(json!({"MaxSize": 0})), template("asg", "sg-1")]), "sg-1"), vec![]);
    let facts = facts(world(vec![asleep(json!({"LaunchTemplate": null, "LaunchConfigurationName": "lc"}))]));
    let found = &facts.index["group_carriers"]["sg-1"][0];
    assert_eq!((&found["kind"], &found["launches"]), (&json!("unknown"), &json!(true)));
    let tagged = json!({"Tags": [{"Key": "kubernetes.io/cluster/erp", "Value": "owned"}]});
    assert_eq!(carriers(world(vec![asleep(tagged), template("asg", "sg-1")]), "sg-1"), only("unknown", Value::Null));
    let ssh = world(vec![group("sg-ssh-erp"), nodegroup("erp", "asg")]);
    assert_eq!(carriers(ssh, "sg-ssh-erp"), only("node", json!(["node/erp"])), "remote access");
}

#[test]
fn a_load_balancer_is_of_the_cluster_to_which_it_forwards() {
    let balancer = |name: &str| {
        let arn = format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/{name}");
        let sent = json!({"LoadBalancerArn": arn, "LoadBalancerName": name, "Type": "application", "SecurityGroups": [format!("sg-{name}")]});
        let target = json!({"TargetType": "instance", "Port": 30080, "LoadBalancerArns": [arn]});
        let place = "elasticloadbalancing:us-east-1:123456789012";
        vec![
            group(&format!("sg-{name}")),
            resource("ElasticLoadBalancingV2::LoadBalancer", &format!("{place}:loadbalancer/app"), name, sent),
            resource("ElasticLoadBalancingV2::TargetGroup", &format!("{place}:targetgroup"), name, target),
        ]
    };
    let target = json!(["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/erp"]);
    let nodes = vec![
        cluster("erp"),
        nodegroup("erp", "asg"),
        group("sg-nodes"),
        instance("i-1", "sg-nodes", json!({})),
        scaling("asg", &["i-1"], json!({"TargetGroupARNs": target})),
        template("asg", "sg-nodes"),
    ];
    let both = [nodes.clone(), balancer("erp"), balancer("other")].concat();
    assert_eq!(carriers(both.clone(), "sg-erp"), only("alb", json!(["alb/erp"])));
    assert_eq!(carriers(both.clone(), "sg-other"), only("unknown", Value::Null));

    let admits = |port: u16| {
        let mut rule = rule("sgr-alb", own("sg-erp"));
        rule["configuration"]["GroupId"] = json!("sg-nodes");
        rule["configuration"]["FromPort"] = json!(port);
        rule["configuration"]["ToPort"] = json!(port);
        rule
    };
    let way = |more: Vec<Value>| facts([both.clone(), more].concat()).get("/sg-nodes", "balancer_way");
    assert_eq!(way(vec![admits(30080)]), json!({"open": true, "closed": []}));
    let closed = json!({"open": false, "closed": ["erp on port 30080"]});
    assert_eq!(way(vec![admits(30081)]), closed);
    assert_eq!(way(vec![]), closed);
}

/// The clients of the database, by kind and id.
pub(super) fn clients(resources: Vec<Value>) -> Vec<(Value, Value)> {
    let world = [vec![cluster("erp"), group("sg-db"), database("db", Value::Null)], resources].concat();
    let clients = facts(world).get(":db:db", "database_clients");
    clients.as_array().expect("clients").iter().map(|one| (one["kind"].clone(), one["id"].clone())).collect()
}

#[test]
fn whose_a_group_is_decides_over_the_database() {
    let foreign = |status: &str| json!({"GroupId": "sg-x", "UserId": "999999999999", "PeeringStatus": status});
    let found = |more: Vec<Value>| clients(more);
    assert_eq!(found(vec![rule("sgr-1", foreign("active"))]), [(json!("security_group"), json!("sg-x"))]);
    assert_eq!(found(vec![rule("sgr-1", foreign("deleted"))]), []);
    assert_eq!(found(vec![rule("sgr-1", own("sg-unlisted"))]), [(json!("unknown"), json!("sg-unlisted"))]);
    assert_eq!(found(vec![group("sg-e"), rule("sgr-1", own("sg-e"))]), [(json!("security_group"), json!("sg-e"))]);
}

#[test]
fn nodes_of_another_cluster_are_strangers() {
    let node = |cluster: &str| {
        let tags = json!({"aws:eks:cluster-name": cluster});
        vec![group("sg-1"), instance("i-1", "sg-1", tags), rule("sgr-1", own("sg-1"))]
    };
    assert_eq!(clients(node("erp")), [(json!("node"), json!("i-1"))]);
    assert_eq!(clients([vec![cluster("sandbox")], node("sandbox")].concat()), [(json!("interface"), json!("i-1"))]);
}

#[test]
fn a_cluster_of_databases_may_speak_among_itself() {
    let world = |other: &str| {
        let one = database("db", json!("aurora"));
        let facts = facts(vec![
            cluster("erp"),
            group("sg-db"),
            one,
            database("db-2", json!(other)),
            rule("sgr-1", own("sg-db")),
        ]);
        facts.get(":db:db", "database_clients")
    };
    assert_eq!(world("aurora"), json!([]));
    assert_eq!(world("reporting")[0]["kind"], json!("interface"));
}

#[test]
fn one_unknown_thing_leaves_the_proven_stranger_proven() {
    let world = vec![rule("sgr-1", own("sg-unlisted")), {
        let mut open = rule("sgr-2", Value::Null);
        open["configuration"]["CidrIpv4"] = json!("0.0.0.0/0");
        open
    }];
    let kinds: Vec<Value> = clients(world).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [json!("cidr"), json!("unknown")]);
}

#[test]
fn an_interface_of_a_foreign_account_in_a_shared_vpc_is_a_strangers() {
    let attached =
        json!({"OwnerId": "999999999999", "Attachment": {"InstanceId": "i-9", "InstanceOwnerId": "999999999999"}});
    assert_eq!(carriers(vec![group("sg-1"), interface("eni-1", "sg-1", attached)], "sg-1"), only("other", json!([])));
    let unseen = json!({"Attachment": {"InstanceId": "i-9", "InstanceOwnerId": "123456789012"}});
    assert_eq!(carriers(vec![group("sg-1"), interface("eni-1", "sg-1", unseen)], "sg-1"), only("unknown", Value::Null));
}

#[test]
fn roles_of_machines_and_of_pods_are_roles_of_a_stack() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id";
    let facts = facts(vec![
        cluster("erp"),
        instance("i-1", "sg-1", json!({"karpenter.sh/nodepool": "default", "kubernetes.io/cluster/erp": "owned"})),
        role("i-1", json!({"Service": "ec2.amazonaws.com"})),
        role("irsa", json!({"Federated": format!("{provider}/erp")})),
        role("elsewhere", json!({"Federated": [format!("{provider}/foreign")]})),
        role("identity", json!({"Service": "pods.eks.amazonaws.com"})),
    ]);
    for (name, parts) in
        [("i-1", json!(["node"])), ("irsa", json!(["pod"])), ("elsewhere", json!([])), ("identity", json!(["pod"]))]
    {
        assert_eq!(facts.get(&format!("role/{name}"), "parts"), parts, "{name}");
    }
}
