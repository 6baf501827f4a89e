//! Changes of the good world that no label makes: each takes away the obvious way of a path and leaves one that a careless
//! fix would close, or leaves something to somebody that a fix would take.
//! Knows the good world's names; nothing of what any of them should lead to.

use serde_json::{Value, json};

/// One change of a world.
pub(super) type Mutation = (&'static str, fn(&mut World));

/// Resources as they stand in a snapshot.
pub(super) struct World(pub(super) Vec<Value>);

const VPC: &str = "10.0.0.0/16";

impl World {
    fn kind(&mut self, kind: &str) -> impl Iterator<Item = &mut Value> {
        let kind = kind.to_owned();
        self.0.iter_mut().filter(move |one| one["resourceType"] == kind.as_str())
    }

    fn named(&mut self, kind: &str, name: &str) -> impl Iterator<Item = &mut Value> {
        let name = name.to_owned();
        self.kind(kind).filter(move |one| one["tags"]["Name"].as_str().is_some_and(|one| one.starts_with(&name)))
    }

    fn group(&mut self, name: &str) -> String {
        let found = self.kind("AWS::EC2::SecurityGroup").find(|one| one["configuration"]["GroupName"] == name);
        found.expect("a group")["resourceId"].as_str().expect("text").to_owned()
    }

    fn subnet(&mut self, name: &str) -> String {
        let found = self.named("AWS::EC2::Subnet", name).next();
        found.expect("a subnet")["resourceId"].as_str().expect("text").to_owned()
    }

    /// What stands under `configuration`, of every rule that lets in to a group at a port.
    fn rules<'a>(&'a mut self, group: &str, port: i64) -> impl Iterator<Item = &'a mut Value> {
        let id = self.group(group);
        let fits = move |one: &&mut Value| {
            let rule = &one["configuration"];
            rule["GroupId"] == id.as_str() && rule["IsEgress"] == false && rule["FromPort"] == port
        };
        self.kind("AWS::EC2::SecurityGroupRule").filter(fits).map(|one| &mut one["configuration"])
    }

    /// Lets a range in where another source was let in.
    fn instead(&mut self, group: &str, port: i64, range: &str) {
        for rule in self.rules(group, port) {
            let rule = rule.as_object_mut().expect("object");
            rule.remove("ReferencedGroupInfo");
            rule.remove("PrefixListId");
            rule.insert("CidrIpv4".to_owned(), json!(range));
        }
    }

    fn drop_rules(&mut self, group: &str, port: i64) {
        let id = self.group(group);
        self.0.retain(|one| {
            let rule = &one["configuration"];
            one["resourceType"] != "AWS::EC2::SecurityGroupRule"
                || rule["GroupId"] != id.as_str()
                || rule["IsEgress"] != false
                || rule["FromPort"] != port
        });
    }

    fn add_rule(&mut self, group: &str, id: &str, ports: (i64, i64), source: &Value) {
        let group = self.group(group);
        let mut rule = self.kind("AWS::EC2::SecurityGroupRule").next().expect("a rule").clone();
        rule["resourceId"] = json!(id);
        rule["arn"] = json!(format!("arn:aws:ec2:us-east-1:123456789012:security-group-rule/{id}"));
        rule["tags"] = json!({});
        let protocol = if ports.0 == -1 { "-1" } else { "tcp" };
        rule["configuration"] = json!({
            "SecurityGroupRuleId": id, "GroupId": group, "GroupOwnerId": "123456789012", "IsEgress": false, "Tags": [],
            "IpProtocol": protocol, "FromPort": ports.0, "ToPort": ports.1,
        });
        let rule_body = rule["configuration"].as_object_mut().expect("object");
        rule_body.extend(source.as_object().expect("object").clone());
        self.0.push(rule);
    }

    fn distribution(&mut self) -> impl Iterator<Item = &mut Value> {
        self.kind("AWS::CloudFront::Distribution").map(|one| &mut one["configuration"]["DistributionConfig"])
    }

    fn listener(&mut self, port: u16) -> &mut Value {
        self.kind("AWS::ElasticLoadBalancingV2::Listener")
            .find(|one| one["configuration"]["Port"] == port)
            .expect("a listener")
    }

    fn target_group(&mut self) -> String {
        let found = self.kind("AWS::ElasticLoadBalancingV2::TargetGroup").next();
        found.expect("a target group")["arn"].as_str().expect("text").to_owned()
    }

    fn default_action(&mut self, port: u16, action: &Value) {
        let listener = self.listener(port);
        listener["configuration"]["DefaultActions"] = json!([action]);
        let arn = listener["arn"].clone();
        for rule in self.kind("AWS::ElasticLoadBalancingV2::ListenerRule") {
            if rule["supplement"]["listenerArn"] == arn && rule["configuration"]["Priority"] == "default" {
                rule["configuration"]["Actions"] = json!([action]);
            }
        }
    }

    fn forward_by_default(&mut self, port: u16) {
        let group = self.target_group();
        self.default_action(port, &json!({"Type": "forward", "TargetGroupArn": group}));
    }

    fn acl(&mut self) -> &mut Vec<Value> {
        let vpc = self.named("AWS::EC2::VPC", "konecta").next().expect("the VPC")["resourceId"].clone();
        let acl = self.kind("AWS::EC2::NetworkAcl").find(|one| one["configuration"]["VpcId"] == vpc);
        acl.expect("an ACL")["configuration"]["Entries"].as_array_mut().expect("list")
    }

    fn policy(&mut self, statement: &Value) {
        for repository in self.kind("AWS::ECR::Repository").take(3) {
            repository["supplement"]["repositoryPolicy"] = json!({"Version": "2012-10-17", "Statement": [statement]});
        }
    }

    fn lifecycle(&mut self, rules: &Value) {
        for repository in self.kind("AWS::ECR::Repository").take(4) {
            repository["supplement"]["lifecyclePolicy"] =
                if rules.is_null() { Value::Null } else { json!({ "rules": rules }) };
            repository["supplement"]["latestPushedAt"] = json!("2026-11-20T00:00:00Z");
        }
    }

    fn vpc_config(&mut self) -> &mut Value {
        let cluster = self.kind("AWS::EKS::Cluster").next().expect("a cluster");
        &mut cluster["configuration"]["resourcesVpcConfig"]
    }

    fn database(&mut self) -> &mut Value {
        &mut self.kind("AWS::RDS::DBInstance").next().expect("a database")["configuration"]
    }
}

fn entry(number: u64, action: &str, egress: bool, range: &str, ports: Option<(u64, u64)>) -> Value {
    let mut entry = json!({
        "RuleNumber": number, "RuleAction": action, "Egress": egress, "CidrBlock": range,
        "Protocol": if ports.is_some() { "6" } else { "-1" },
    });
    if let Some((from, to)) = ports {
        entry["PortRange"] = json!({"From": from, "To": to});
    }
    entry
}

fn expiring(number: u64, count: u64, tags: &Value) -> Value {
    let mut selection = json!({"countType": "imageCountMoreThan", "countNumber": count});
    selection.as_object_mut().expect("object").extend(tags.as_object().expect("object").clone());
    json!({"rulePriority": number, "selection": selection, "action": {"type": "expire"}})
}

/// All of them.
pub(super) const MUTATIONS: &[Mutation] = &[
    ("load balancer let in by everybody's range only", |world| {
        world.instead("konecta-erp-alb", 443, "0.0.0.0/0");
        world.instead("konecta-erp-alb", 80, "0.0.0.0/0");
    }),
    ("load balancer let in on every port", |world| {
        world.drop_rules("konecta-erp-alb", 443);
        world.drop_rules("konecta-erp-alb", 80);
        world.add_rule("konecta-erp-alb", "sgr-chaos-all", (-1, -1), &json!({"CidrIpv4": "0.0.0.0/0"}));
    }),
    ("load balancer let in by halves", |world| {
        world.drop_rules("konecta-erp-alb", 443);
        world.add_rule("konecta-erp-alb", "sgr-chaos-low", (443, 443), &json!({"CidrIpv4": "0.0.0.0/1"}));
        world.add_rule("konecta-erp-alb", "sgr-chaos-high", (443, 443), &json!({"CidrIpv4": "128.0.0.0/1"}));
    }),
    ("NodePorts by the VPC's range", |world| world.instead("konecta-erp-nodes", 30080, VPC)),
    ("NodePorts for everybody", |world| world.instead("konecta-erp-nodes", 30080, "0.0.0.0/0")),
    ("NodePorts by the public subnets' ranges", |world| {
        world.instead("konecta-erp-nodes", 30080, "10.0.0.0/24");
        world.add_rule("konecta-erp-nodes", "sgr-chaos-np", (30000, 32767), &json!({"CidrIpv4": "10.0.1.0/24"}));
    }),
    ("nodes let in on everything", |world| {
        world.drop_rules("konecta-erp-nodes", 30080);
        world.drop_rules("konecta-erp-nodes", 22);
        world.add_rule("konecta-erp-nodes", "sgr-chaos-nodes", (0, 65535), &json!({"CidrIpv4": "0.0.0.0/0"}));
    }),
    ("database by the VPC's range", |world| world.instead("konecta-erp-db", 5432, VPC)),
    ("database for everybody", |world| world.instead("konecta-erp-db", 5432, "0.0.0.0/0")),
    ("database by one private subnet each", |world| {
        world.instead("konecta-erp-db", 5432, "10.0.10.0/24");
        world.add_rule("konecta-erp-db", "sgr-chaos-db", (5432, 5432), &json!({"CidrIpv4": "10.0.11.0/24"}));
    }),
    ("database by the cluster's group, which the nodes carry", |world| {
        let cluster = world.group("eks-cluster-sg-konecta-erp-prod");
        world.drop_rules("konecta-erp-db", 5432);
        let source = json!({"ReferencedGroupInfo": {"GroupId": cluster, "UserId": "123456789012"}});
        world.add_rule("konecta-erp-db", "sgr-chaos-cl", (5432, 5432), &source);
        carry(world, "eks-cluster-sg-konecta-erp-prod");
    }),
    ("database by all ports from the nodes", |world| {
        let nodes = world.group("konecta-erp-nodes");
        world.drop_rules("konecta-erp-db", 5432);
        let source = json!({"ReferencedGroupInfo": {"GroupId": nodes, "UserId": "123456789012"}});
        world.add_rule("konecta-erp-db", "sgr-chaos-dball", (-1, -1), &source);
    }),
    ("database by the default group, which the nodes carry", |world| {
        let default = world.group("default");
        carry(world, "default");
        world.drop_rules("konecta-erp-db", 5432);
        let source = json!({"ReferencedGroupInfo": {"GroupId": default, "UserId": "123456789012"}});
        world.add_rule("konecta-erp-db", "sgr-chaos-def", (5432, 5432), &source);
    }),
    ("database itself in the default group", |world| {
        let default = world.group("default");
        carry(world, "default");
        world.database()["VpcSecurityGroups"] = json!([{"VpcSecurityGroupId": default, "Status": "active"}]);
        let source = json!({"ReferencedGroupInfo": {"GroupId": default, "UserId": "123456789012"}});
        world.add_rule("default", "sgr-chaos-self", (-1, -1), &source);
    }),
    ("database in public", |world| {
        world.database()["PubliclyAccessible"] = json!(true);
        world.add_rule("konecta-erp-db", "sgr-chaos-pub", (5432, 5432), &json!({"CidrIpv4": "198.51.100.0/24"}));
        let gateway = world.kind("AWS::EC2::InternetGateway").next().expect("one")["resourceId"].clone();
        for table in world.named("AWS::EC2::RouteTable", "konecta-erp-database") {
            let routes = table["configuration"]["Routes"].as_array_mut().expect("list");
            routes.push(json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "State": "active", "Origin": "CreateRoute"}));
        }
    }),
    ("database without backups", |world| world.database()["BackupRetentionPeriod"] = json!(0)),
    ("bastion for everybody only", |world| world.instead("konecta-erp-bastion", 22, "0.0.0.0/0")),
    ("bastion for everybody beside the office", |world| {
        world.add_rule("konecta-erp-bastion", "sgr-chaos-ssh", (22, 22), &json!({"CidrIpv4": "0.0.0.0/0"}));
    }),
    ("bastion by halves", |world| {
        world.drop_rules("konecta-erp-bastion", 22);
        world.add_rule("konecta-erp-bastion", "sgr-chaos-b0", (22, 22), &json!({"CidrIpv4": "0.0.0.0/1"}));
        world.add_rule("konecta-erp-bastion", "sgr-chaos-b1", (22, 22), &json!({"CidrIpv4": "128.0.0.0/1"}));
    }),
    ("bastion by a range of ports", |world| {
        world.drop_rules("konecta-erp-bastion", 22);
        world.add_rule("konecta-erp-bastion", "sgr-chaos-bp", (0, 1024), &json!({"CidrIpv4": "0.0.0.0/0"}));
    }),
    ("nodes' SSH by the VPC's range", |world| world.instead("konecta-erp-nodes", 22, VPC)),
    ("nodes' SSH for everybody", |world| world.instead("konecta-erp-nodes", 22, "0.0.0.0/0")),
    ("nodes' SSH by the bastion's address", |world| world.instead("konecta-erp-nodes", 22, "10.0.0.4/32")),
    ("cluster's API by the VPC's range", |world| {
        world.drop_rules("eks-cluster-sg-konecta-erp-prod", 443);
        world.add_rule("eks-cluster-sg-konecta-erp-prod", "sgr-chaos-api", (443, 443), &json!({"CidrIpv4": VPC}));
    }),
    ("cluster's API by everybody's range", |world| {
        world.drop_rules("eks-cluster-sg-konecta-erp-prod", 443);
        world.add_rule(
            "eks-cluster-sg-konecta-erp-prod",
            "sgr-chaos-api0",
            (443, 443),
            &json!({"CidrIpv4": "0.0.0.0/0"}),
        );
    }),
    ("cluster's API closed from inside", |world| world.drop_rules("eks-cluster-sg-konecta-erp-prod", 443)),
    ("cluster's API in public only", |world| {
        let config = world.vpc_config();
        config["endpointPrivateAccess"] = json!(false);
        config["publicAccessCidrs"] = json!(["0.0.0.0/0"]);
    }),
    ("cluster's API for everybody", |world| world.vpc_config()["publicAccessCidrs"] = json!(["0.0.0.0/0"])),
    ("VPC without DNS names, cluster for everybody", |world| {
        world.vpc_config()["publicAccessCidrs"] = json!(["0.0.0.0/0"]);
        for vpc in world.kind("AWS::EC2::VPC") {
            vpc["supplement"]["enableDnsHostnames"] = json!(false);
        }
    }),
    ("VPC with a resolver of its own, cluster in public only", |world| {
        let config = world.vpc_config();
        config["endpointPrivateAccess"] = json!(false);
        config["publicAccessCidrs"] = json!(["0.0.0.0/0"]);
        for vpc in world.kind("AWS::EC2::VPC") {
            vpc["configuration"]["DhcpOptionsId"] = json!("dopt-chaos");
            vpc["supplement"]["amazonProvidedDns"] = json!(false);
        }
    }),
    ("cluster for everybody, closed from inside", |world| {
        world.drop_rules("eks-cluster-sg-konecta-erp-prod", 443);
        let config = world.vpc_config();
        config["endpointPrivateAccess"] = json!(false);
        config["publicAccessCidrs"] = json!(["0.0.0.0/0"]);
    }),
    ("ACL lets SSH in from everywhere first", |world| {
        world.acl().push(entry(40, "allow", false, "0.0.0.0/0", Some((22, 22))))
    }),
    ("ACL lets in by a range around SSH alone", |world| {
        let acl = world.acl();
        acl.retain(|one| one["Egress"] == true || one["RuleNumber"] == 32767);
        acl.push(entry(30, "allow", false, "0.0.0.0/0", Some((20, 65535))));
    }),
    ("ACL lets everything in before it denies", |world| {
        let acl = world.acl();
        acl.retain(|one| one["RuleNumber"] != 100 || one["Egress"] == true);
        acl.push(entry(20, "allow", false, "0.0.0.0/0", None));
    }),
    ("ACL with one entry a port", |world| {
        let acl = world.acl();
        acl.retain(|one| one["Egress"] == true || one["RuleNumber"] == 32767);
        for (number, port) in [(50, (22, 22)), (60, (80, 80)), (70, (443, 443)), (80, (1024, 65535))] {
            acl.push(entry(number, "allow", false, "0.0.0.0/0", Some(port)));
        }
    }),
    ("ACL whose return traffic holds RDP", |world| {
        let acl = world.acl();
        acl.retain(|one| one["Egress"] == true || one["RuleNumber"] == 32767);
        acl.push(entry(10, "allow", false, VPC, None));
        acl.push(entry(20, "allow", false, "0.0.0.0/0", Some((443, 443))));
        acl.push(entry(21, "allow", false, "203.0.113.0/24", Some((22, 22))));
        acl.push(entry(30, "allow", false, "0.0.0.0/0", Some((1024, 65535))));
    }),
    ("private subnets give public addresses", |world| {
        for subnet in world.named("AWS::EC2::Subnet", "konecta-erp-private") {
            subnet["configuration"]["MapPublicIpOnLaunch"] = json!(true);
        }
    }),
    ("nodes in public subnets", |world| {
        let subnets: Vec<String> =
            ["a", "b"].iter().map(|zone| world.subnet(&format!("konecta-erp-public-{zone}"))).collect();
        for subnet in world.named("AWS::EC2::Subnet", "konecta-erp-public") {
            subnet["configuration"]["MapPublicIpOnLaunch"] = json!(true);
        }
        for group in world.kind("AWS::EKS::Nodegroup") {
            group["configuration"]["subnets"] = json!(subnets);
        }
        for group in world.kind("AWS::AutoScaling::AutoScalingGroup") {
            group["configuration"]["VPCZoneIdentifier"] = json!(subnets.join(","));
        }
    }),
    ("repositories for another account", |world| {
        world.policy(
            &json!({"Sid": "partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}),
        );
    }),
    ("repositories for everybody", |world| {
        world.policy(&json!({"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}));
    }),
    ("repositories for our own account and another", |world| {
        world.policy(&json!({"Effect": "Allow", "Action": "ecr:BatchGetImage",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:role/pull"]}}));
    }),
    ("nodes pull by an administrator's policy alone", |world| {
        for role in world.named("AWS::IAM::Role", "konecta-erp-node") {
            let policies = role["configuration"]["AttachedManagedPolicies"].as_array_mut().expect("list");
            policies.retain(|one| one["PolicyName"] != "AmazonEC2ContainerRegistryReadOnly");
            policies.push(json!({"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}));
        }
        let mut policy = world.kind("AWS::IAM::ManagedPolicy").next().expect("one").clone();
        policy["arn"] = json!("arn:aws:iam::aws:policy/AdministratorAccess");
        policy["resourceId"] = json!("AdministratorAccess");
        policy["configuration"]["PolicyName"] = json!("AdministratorAccess");
        policy["configuration"]["Arn"] = policy["arn"].clone();
        for version in policy["configuration"]["PolicyVersionList"].as_array_mut().into_iter().flatten() {
            version["Document"] =
                json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        }
        world.0.push(policy);
    }),
    ("nodes pull by an inline policy of everything", |world| {
        for role in world.named("AWS::IAM::Role", "konecta-erp-node") {
            let policies = role["configuration"]["AttachedManagedPolicies"].as_array_mut().expect("list");
            policies.retain(|one| one["PolicyName"] != "AmazonEC2ContainerRegistryReadOnly");
            role["configuration"]["RolePolicyList"] = json!([{"PolicyName": "all", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]);
        }
    }),
    ("lifecycle keeps everything", |world| world.lifecycle(&Value::Null)),
    ("lifecycle keeps thirty", |world| world.lifecycle(&json!([expiring(1, 30, &json!({"tagStatus": "any"}))]))),
    ("lifecycle keeps three", |world| world.lifecycle(&json!([expiring(1, 3, &json!({"tagStatus": "any"}))]))),
    ("lifecycle expires the untagged only", |world| {
        world.lifecycle(&json!([expiring(1, 3, &json!({"tagStatus": "untagged"}))]));
    }),
    ("lifecycle protects releases by an early rule", |world| {
        let tagged = json!({"tagStatus": "tagged", "tagPatternList": ["v*"]});
        world.lifecycle(&json!([expiring(1, 1000, &tagged), expiring(2, 5, &json!({"tagStatus": "any"}))]));
    }),
    ("lifecycle by age", |world| {
        world.lifecycle(&json!([{"rulePriority": 5, "action": {"type": "expire"},
            "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 90}}]));
    }),
    ("listener speaks old TLS", |world| {
        world.listener(443)["configuration"]["SslPolicy"] = json!("ELBSecurityPolicy-2016-08");
    }),
    ("CloudFront speaks old TLS to an old listener", |world| {
        world.listener(443)["configuration"]["SslPolicy"] = json!("ELBSecurityPolicy-2016-08");
        for config in world.distribution() {
            config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginSslProtocols"] =
                json!({"Quantity": 2, "Items": ["TLSv1", "TLSv1.1"]});
        }
    }),
    ("listener speaks TLS 1.3 only", |world| {
        world.listener(443)["configuration"]["SslPolicy"] = json!("ELBSecurityPolicy-TLS13-1-3-2021-06");
    }),
    ("everything by HTTP: origin and listener", |world| {
        world.forward_by_default(80);
        for config in world.distribution() {
            config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] = json!("http-only");
        }
    }),
    ("everything by the viewer's protocol", |world| {
        world.forward_by_default(80);
        for config in world.distribution() {
            config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] = json!("match-viewer");
            config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = json!("allow-all");
        }
    }),
    ("default action serves what the rule does not", |world| {
        world.forward_by_default(443);
        for config in world.distribution() {
            config["Origins"]["Items"][0]["CustomHeaders"] = json!({"Quantity": 0});
        }
    }),
    ("the listener asks for another secret by a second rule", |world| {
        let group = world.target_group();
        let rules = world.kind("AWS::ElasticLoadBalancingV2::ListenerRule");
        let found = rules.into_iter().find(|one| one["configuration"]["Priority"] == "10");
        let mut rule = found.expect("a rule").clone();
        let arn = format!("{}0", rule["arn"].as_str().expect("text"));
        rule["arn"] = json!(arn);
        rule["resourceId"] = json!("chaos");
        rule["configuration"]["RuleArn"] = json!(arn);
        rule["configuration"]["Priority"] = json!("20");
        rule["configuration"]["Conditions"] =
            json!([{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]);
        rule["configuration"]["Actions"] = json!([{"Type": "forward", "TargetGroupArn": group}]);
        world.0.push(rule);
    }),
    ("no distribution shows the secret, a rule forwards by path", |world| {
        for config in world.distribution() {
            config["Origins"]["Items"][0]["CustomHeaders"] = json!({"Quantity": 0});
        }
        for rule in world.kind("AWS::ElasticLoadBalancingV2::ListenerRule") {
            if rule["configuration"]["Priority"] == "10" {
                rule["configuration"]["Conditions"] =
                    json!([{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]);
            }
        }
    }),
    ("a distribution without a web ACL", |world| {
        for config in world.distribution() {
            config["WebACLId"] = json!("");
        }
    }),
    ("errors of the API are seen", |world| {
        for config in world.distribution() {
            config["CustomErrorResponses"] = json!({"Quantity": 0});
        }
    }),
    ("IMDSv1 on the nodes", |world| {
        for node in world.kind("AWS::EC2::Instance") {
            node["configuration"]["MetadataOptions"]["HttpTokens"] = json!("optional");
            node["configuration"]["MetadataOptions"]["HttpPutResponseHopLimit"] = json!(2);
        }
    }),
    ("a health check at another port", |world| {
        for group in world.kind("AWS::ElasticLoadBalancingV2::TargetGroup") {
            group["configuration"]["HealthCheckPort"] = json!("30081");
            for health in group["supplement"]["targetHealth"].as_array_mut().into_iter().flatten() {
                health["HealthCheckPort"] = json!("30081");
            }
        }
        world.add_rule("konecta-erp-nodes", "sgr-chaos-check", (30081, 30081), &json!({"CidrIpv4": "0.0.0.0/0"}));
    }),
    ("node group larger than its limit allows", |world| {
        for group in world.kind("AWS::EKS::Nodegroup") {
            group["configuration"]["scalingConfig"] = json!({"minSize": 8, "maxSize": 20, "desiredSize": 12});
        }
    }),
];

/// Lets the nodes carry one group more.
fn carry(world: &mut World, group: &str) {
    let id = world.group(group);
    for node in world.named("AWS::EC2::Instance", "konecta-erp-node") {
        let added = json!({"GroupId": id, "GroupName": group});
        for interface in node["configuration"]["NetworkInterfaces"].as_array_mut().expect("list") {
            interface["Groups"].as_array_mut().expect("list").push(added.clone());
        }
    }
    let nodes = world.group("konecta-erp-nodes");
    for interface in world.kind("AWS::EC2::NetworkInterface") {
        let groups = interface["configuration"]["Groups"].as_array_mut().expect("list");
        if groups.iter().any(|one| one["GroupId"] == nodes.as_str()) {
            groups.push(json!({"GroupId": id, "GroupName": group}));
        }
    }
}
