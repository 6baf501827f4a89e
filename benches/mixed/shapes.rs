//! The resources of the mixed account, one function a type.
//! Knows which member of an answer names what; how many there are of each is said above.

use serde_json::{Value, json};

use super::{ACCOUNT, Account, NOW, REGION, Type, hex};

fn cidr(number: usize) -> String {
    format!("{}.{}.{}.0/24", 10 + number % 200, number / 200 % 256, number / 51_200 % 256)
}

fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number / 65_536 % 256, number / 256 % 256, number % 256)
}

fn tags(at: usize) -> Value {
    json!({
        "Name": format!("n-{at}"), "Team": format!("team-{:02}", at % 23), "Environment": (["prod", "stage", "dev"][at % 3]),
        "CostCenter": (1000 + at % 40).to_string(),
    })
}

/// The same as most services send them.
fn listed(tags: &Value) -> Value {
    let members = tags.as_object().into_iter().flatten();
    members.map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Puts members in the place of others.
fn with(mut object: Value, members: Value) -> Value {
    if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
        object.extend(members);
    }
    object
}

fn envelope(kind: &str, arn: String, id: &str, configuration: Value) -> Value {
    let region = if arn.split(':').nth(3) == Some("") { "global" } else { REGION };
    json!({
        "resourceType": kind, "arn": arn, "resourceId": id, "accountId": ACCOUNT, "region": region, "capturedAt": NOW,
        "configuration": configuration,
    })
}

fn ec2(kind: &str, name: &str, id: &str, configuration: Value) -> Value {
    envelope(&format!("AWS::EC2::{kind}"), format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{name}/{id}"), id, configuration)
}

fn supplement(template: &Value) -> Value {
    template.get("supplement").cloned().unwrap_or_else(|| json!({}))
}

impl Account {
    pub(super) fn distribution(&self, at: usize) -> Value {
        let (kind, name) = (self.variant(Type::Distribution, at), hex(at)[..13].to_owned());
        let (id, template) = (format!("E{}", name.to_uppercase()), &self.templates.distribution);
        let arn = format!("arn:aws:cloudfront::{ACCOUNT}:distribution/{id}");
        let mut sent = with(
            template["configuration"].clone(),
            json!({"Id": id, "ARN": arn, "DomainName": format!("d{name}.cloudfront.net")}),
        );
        let config = &mut sent["DistributionConfig"];
        config["CallerReference"] = json!(format!("r{at}"));
        config["Origins"]["Items"][0]["DomainName"] = json!(format!("origin-{kind}.example.com"));
        config["Comment"] = json!(format!("c{at}"));
        let policy = if kind.is_multiple_of(9) { "allow-all" } else { "redirect-to-https" };
        config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = json!(policy);
        config["Aliases"] = json!({"Quantity": 1, "Items": [format!("app{at}.example.com")]});
        let made = envelope("AWS::CloudFront::Distribution", arn, &id, sent);
        with(made, json!({"tags": tags(at), "supplement": supplement(template)}))
    }

    pub(super) fn role(&self, at: usize) -> Value {
        let (kind, name) = (self.variant(Type::Role, at), format!("role-{}", hex(at)));
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": format!("arn:aws:s3:::bucket-{kind}/*")}]});
        let sent = json!({"RoleName": name, "RoleId": format!("AROA{}", hex(at).to_uppercase()), "Arn": arn,
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy}]});
        let sent = with(self.templates.role["configuration"].clone(), sent);
        with(envelope("AWS::IAM::Role", arn, &name, sent), json!({"tags": {}}))
    }

    pub(super) fn balancer(&self, at: usize) -> Value {
        let (kind, arn, template) = (self.variant(Type::Balancer, at), self.balancer_arn(at), &self.templates.balancer);
        let name = format!("lb-{}", hex(at));
        let zone = |letter: &str, at: usize| json!({"ZoneName": format!("{REGION}{letter}"), "SubnetId": self.id(Type::Subnet, at), "LoadBalancerAddresses": []});
        let sent = json!({
            "LoadBalancerArn": arn, "LoadBalancerName": name, "DNSName": format!("{name}-1.us-east-1.elb.amazonaws.com"),
            "VpcId": self.vpc(at), "SecurityGroups": [self.id(Type::Group, at * 3), self.id(Type::Group, at * 3 + 1)],
            "Scheme": (["internet-facing", "internal"][kind % 2]), "AvailabilityZones": [zone("a", 2 * at), zone("b", 2 * at + 1)],
        });
        let mut more = supplement(template);
        for one in more["attributes"].as_array_mut().into_iter().flatten() {
            match one["Key"].as_str() {
                Some("access_logs.s3.prefix") => one["Value"] = json!(format!("alb-{kind}")),
                Some("access_logs.s3.enabled") => one["Value"] = json!((!kind.is_multiple_of(3)).to_string()),
                Some(_) | None => {}
            }
        }
        more["tags"] = listed(&tags(at));
        let sent = with(template["configuration"].clone(), sent);
        let made = envelope("AWS::ElasticLoadBalancingV2::LoadBalancer", arn, &name, sent);
        with(made, json!({"tags": tags(at), "supplement": more}))
    }

    pub(super) fn listener(&self, at: usize) -> Value {
        let (kind, balancer, template) =
            (self.variant(Type::Listener, at), self.balancer_arn(at), &self.templates.listener);
        let arn = format!("{}/{}", balancer.replace(":loadbalancer/", ":listener/"), &hex(at)[1..]);
        let mut sent = template["configuration"].clone();
        if at.is_multiple_of(2) {
            let code = if kind.is_multiple_of(5) { "HTTP_302" } else { "HTTP_301" };
            let to = json!({"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}", "StatusCode": code});
            sent = with(
                sent,
                json!({"Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "Order": 1, "RedirectConfig": to}]}),
            );
            for name in ["SslPolicy", "Certificates"] {
                sent.as_object_mut().and_then(|members| members.remove(name));
            }
        } else {
            let policy = if kind.is_multiple_of(4) {
                "ELBSecurityPolicy-2016-08"
            } else {
                "ELBSecurityPolicy-TLS13-1-2-2021-06"
            };
            sent = with(sent, json!({"Port": 443, "Protocol": "HTTPS", "SslPolicy": policy}));
        }
        let sent = with(sent, json!({"ListenerArn": arn, "LoadBalancerArn": balancer}));
        let id = arn.clone();
        let made = envelope("AWS::ElasticLoadBalancingV2::Listener", arn, &id, sent);
        with(made, json!({"supplement": supplement(template)}))
    }

    pub(super) fn target_group(&self, at: usize) -> Value {
        let (kind, name) = (self.variant(Type::TargetGroup, at), format!("tg-{}", hex(at)));
        let arn = format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/{}", &hex(at)[1..]);
        let path = if kind.is_multiple_of(5) { "/".to_owned() } else { format!("/health/{kind}") };
        let sent = json!({"TargetGroupArn": arn, "TargetGroupName": name, "VpcId": self.vpc(at), "HealthCheckPath": path,
            "LoadBalancerArns": [self.balancer_arn(at)]});
        let sent = with(self.templates.target_group["configuration"].clone(), sent);
        with(envelope("AWS::ElasticLoadBalancingV2::TargetGroup", arn, &name, sent), json!({"tags": tags(at)}))
    }

    pub(super) fn instance(&self, at: usize) -> Value {
        let (kind, id) = (self.variant(Type::Instance, at), self.id(Type::Instance, at));
        let mut sent = with(
            self.templates.instance["configuration"].clone(),
            json!({
                "InstanceId": id, "VpcId": self.vpc(at), "SubnetId": self.id(Type::Subnet, at), "PrivateIpAddress": address(at),
                "Tags": listed(&tags(at)), "SecurityGroups": [{"GroupId": self.id(Type::Group, at), "GroupName": "x"}],
            }),
        );
        sent["MetadataOptions"]["HttpTokens"] = json!(if kind.is_multiple_of(6) { "optional" } else { "required" });
        with(ec2("Instance", "instance", &id, sent), json!({"tags": tags(at)}))
    }

    pub(super) fn volume(&self, at: usize) -> Value {
        let id = format!("vol-{}", hex(at));
        let attached = json!([{"InstanceId": self.id(Type::Instance, at), "Device": "/dev/xvda", "State": "attached", "DeleteOnTermination": true}]);
        let sent = json!({
            "VolumeId": id, "Encrypted": !at.is_multiple_of(3), "Size": 20 + self.variant(Type::Volume, at), "State": "in-use", "VolumeType": "gp3",
            "AvailabilityZone": format!("{REGION}a"), "Attachments": attached, "Tags": listed(&tags(at)),
        });
        with(ec2("Volume", "volume", &id, sent), json!({"tags": tags(at)}))
    }

    pub(super) fn interface(&self, at: usize) -> Value {
        let (id, ip) = (format!("eni-{}", hex(at)), address(at));
        let sent = json!({
            "NetworkInterfaceId": id, "VpcId": self.vpc(at), "SubnetId": self.id(Type::Subnet, at), "InterfaceType": "interface",
            "Status": "in-use", "Description": format!("d{}", self.variant(Type::Interface, at)), "OwnerId": ACCOUNT, "PrivateIpAddress": ip,
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": ip}], "Ipv6Addresses": [], "RequesterManaged": false,
            "Groups": [{"GroupId": self.id(Type::Group, at), "GroupName": "x"}], "SourceDestCheck": true, "TagSet": [],
        });
        with(ec2("NetworkInterface", "network-interface", &id, sent), json!({"tags": {}}))
    }

    /// The rules of a group: about three.
    pub(super) fn rules(&self, group: usize) -> [Value; 3] {
        let kind = self.variant(Type::Group, group);
        let tcp = |port: usize| json!({"IsEgress": false, "IpProtocol": "tcp", "FromPort": port, "ToPort": port});
        let one = |at: usize| match kind + at {
            number if number.is_multiple_of(7) => with(tcp(443), json!({"CidrIpv4": "0.0.0.0/0"})),
            number if number % 41 == 1 => with(tcp(22), json!({"CidrIpv4": "0.0.0.0/0"})),
            number if number.is_multiple_of(3) => with(
                tcp(5432),
                json!({"ReferencedGroupInfo": {"GroupId": self.id(Type::Group, group + 1), "UserId": ACCOUNT}}),
            ),
            _ => with(tcp(1024 + kind), json!({"CidrIpv4": cidr(kind)})),
        };
        let out = json!({"IsEgress": true, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"});
        [one(0), one(1), out]
    }

    pub(super) fn group(&self, at: usize) -> Value {
        let id = self.id(Type::Group, at);
        let (mut inward, mut outward) = (Vec::new(), Vec::new());
        for rule in self.rules(at) {
            let mut permission = json!({"IpProtocol": rule["IpProtocol"], "UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []});
            if let Some(named) = rule.get("ReferencedGroupInfo") {
                permission["UserIdGroupPairs"] = json!([named]);
            }
            if let Some(range) = rule.get("CidrIpv4") {
                permission["IpRanges"] = json!([{"CidrIp": range}]);
            }
            if rule["IpProtocol"] != "-1" {
                permission = with(permission, json!({"FromPort": rule["FromPort"], "ToPort": rule["ToPort"]}));
            }
            if rule["IsEgress"] == true { &mut outward } else { &mut inward }.push(permission);
        }
        let sent = json!({
            "GroupId": id, "IpPermissionsEgress": outward, "Tags": listed(&tags(at)), "VpcId": self.vpc(at),
            "SecurityGroupArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{id}"), "OwnerId": ACCOUNT,
            "GroupName": format!("g-{at}"), "Description": format!("group {at}"), "IpPermissions": inward,
        });
        with(ec2("SecurityGroup", "security-group", &id, sent), json!({"tags": tags(at)}))
    }

    pub(super) fn rule(&self, at: usize) -> Value {
        let groups = self.number(Type::Group);
        let (group, kind, id) = (at % groups, self.variant(Type::Rule, at), format!("sgr-{}", hex(at)));
        let other = || json!({"IsEgress": false, "IpProtocol": "tcp", "FromPort": 8000 + kind, "ToPort": 9000.max(8000 + kind), "CidrIpv4": cidr(kind)});
        let rule = self.rules(group).get(at / groups).cloned().unwrap_or_else(other);
        let sent = json!({
            "SecurityGroupRuleId": id, "GroupId": self.id(Type::Group, group), "GroupOwnerId": ACCOUNT, "Tags": [],
            "SecurityGroupRuleArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group-rule/{id}"),
        });
        with(ec2("SecurityGroupRule", "security-group-rule", &id, with(sent, rule)), json!({"tags": {}}))
    }

    pub(super) fn subnet(&self, at: usize) -> Value {
        let (id, kind) = (self.id(Type::Subnet, at), self.variant(Type::Subnet, at));
        let sent = json!({
            "SubnetId": id, "SubnetArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{id}"), "VpcId": self.vpc(at),
            "CidrBlock": cidr(at), "Tags": listed(&tags(at)), "MapPublicIpOnLaunch": kind.is_multiple_of(5),
        });
        let sent = with(self.templates.subnet["configuration"].clone(), sent);
        with(ec2("Subnet", "subnet", &id, sent), json!({"tags": tags(at)}))
    }

    /// The first of a network is its main table; the others are associated with a subnet each.
    pub(super) fn route_table(&self, at: usize) -> Value {
        let (id, is_main) = (format!("rtb-{}", hex(at)), at < self.number(Type::Vpc));
        let mut routes = vec![
            json!({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}),
        ];
        if at.is_multiple_of(3) {
            routes.push(json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": self.id(Type::Gateway, at), "Origin": "CreateRoute", "State": "active"}));
        }
        let mut association = json!({
            "Main": is_main, "RouteTableAssociationId": format!("rtbassoc-{}", hex(at)), "RouteTableId": id, "AssociationState": {"State": "associated"},
        });
        if !is_main {
            association["SubnetId"] = json!(self.id(Type::Subnet, at));
        }
        let sent = json!({"RouteTableId": id, "VpcId": self.vpc(at), "OwnerId": ACCOUNT, "Associations": [association],
            "PropagatingVgws": [], "Routes": routes, "Tags": listed(&tags(at))});
        with(ec2("RouteTable", "route-table", &id, sent), json!({"tags": tags(at)}))
    }

    pub(super) fn repository(&self, at: usize) -> Value {
        let (kind, template) = (self.variant(Type::Repository, at), &self.templates.repository);
        let name = format!("team-{:02}/svc-{}", at % 23, hex(at));
        let arn = format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}");
        let sent = json!({
            "repositoryArn": arn, "repositoryName": name, "repositoryUri": format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"),
            "imageTagMutability": if kind.is_multiple_of(3) { "MUTABLE" } else { "IMMUTABLE" },
            "imageScanningConfiguration": {"scanOnPush": !kind.is_multiple_of(4)},
        });
        let mut more = with(json!({"repositoryPolicy": null}), supplement(template));
        more["lifecyclePolicy"] = if kind.is_multiple_of(5) {
            Value::Null
        } else {
            let selection = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10 + kind});
            json!({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
        };
        let made = envelope("AWS::ECR::Repository", arn, &name, with(template["configuration"].clone(), sent));
        with(made, json!({"tags": tags(at), "supplement": more}))
    }

    pub(super) fn database(&self, at: usize) -> Value {
        let (kind, name, template) =
            (self.variant(Type::Database, at), format!("db-{}", hex(at)), &self.templates.database);
        let arn = format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}");
        let subnet = |letter: &str, at: usize| {
            json!({"SubnetIdentifier": self.id(Type::Subnet, at),
            "SubnetAvailabilityZone": {"Name": format!("{REGION}{letter}")}, "SubnetOutpost": {}, "SubnetStatus": "Active"})
        };
        let sent = json!({
            "DBInstanceIdentifier": name, "DBInstanceArn": arn, "PubliclyAccessible": kind.is_multiple_of(7),
            "StorageEncrypted": !kind.is_multiple_of(5), "BackupRetentionPeriod": kind % 14, "MultiAZ": kind.is_multiple_of(2),
            "VpcSecurityGroups": [{"VpcSecurityGroupId": self.id(Type::Group, at), "Status": "active"}],
            "Endpoint": {"Address": format!("{name}.c1.us-east-1.rds.amazonaws.com"), "Port": 5432, "HostedZoneId": "Z2R2ITUGPM61AM"},
            "DBSubnetGroup": {"DBSubnetGroupName": format!("g{kind}"), "VpcId": self.vpc(at), "SubnetGroupStatus": "Complete",
                "Subnets": [subnet("a", 2 * at), subnet("b", 2 * at + 1)]},
        });
        let made = envelope("AWS::RDS::DBInstance", arn, &name, with(template["configuration"].clone(), sent));
        with(made, json!({"tags": tags(at), "supplement": supplement(template)}))
    }

    pub(super) fn network(&self, at: usize) -> Value {
        let id = self.vpc(at);
        let sent = json!({"VpcId": id, "CidrBlock": "10.0.0.0/16"});
        let sent = with(self.templates.vpc["configuration"].clone(), sent);
        with(ec2("VPC", "vpc", &id, sent), json!({"tags": {}}))
    }

    pub(super) fn acl(&self, at: usize) -> Value {
        let id = format!("acl-{}", hex(at));
        let subnets = (at..self.number(Type::Subnet)).step_by(self.number(Type::Acl));
        let associations: Value = subnets
            .map(|subnet| {
                json!({"NetworkAclAssociationId": format!("a{}", hex(subnet)), "NetworkAclId": id, "SubnetId": self.id(Type::Subnet, subnet)})
            })
            .collect();
        let sent = json!({"NetworkAclId": id, "VpcId": self.vpc(at), "Associations": associations});
        let sent = with(self.templates.acl["configuration"].clone(), sent);
        with(ec2("NetworkAcl", "network-acl", &id, sent), json!({"tags": {}}))
    }

    pub(super) fn gateway(&self, at: usize) -> Value {
        let id = self.id(Type::Gateway, at);
        let sent = json!({"InternetGatewayId": id, "OwnerId": ACCOUNT, "Tags": [], "Attachments": [{"State": "available", "VpcId": self.vpc(at)}]});
        with(ec2("InternetGateway", "internet-gateway", &id, sent), json!({"tags": {}}))
    }
}
