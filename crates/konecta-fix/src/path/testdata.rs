//! A load balancer behind CloudFront for the tests of remedies: as promised, but for what a test changes.

use serde_json::{Value, json};

use crate::cloudfront::testdata as edge;
use crate::proof::World;

pub(crate) const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/erp/1";
pub(crate) const HTTPS_ID: &str = "listener/app/erp/1/443";
pub(crate) const HTTPS: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/erp/1/443";
pub(crate) const HTTP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/erp/1/80";
pub(crate) const RULE: &str = "listener-rule/app/erp/1/443/10";
pub(crate) const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/erp/5";
pub(crate) const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
pub(crate) const SECRET: &str = "sha256:1:1";

/// The whole: two listeners, one rule that asks for the secret, CloudFront's list let in.
pub(crate) fn world_with(distributions: Vec<Value>, change: impl FnOnce(&mut Vec<Value>)) -> World {
    let mut resources = distributions;
    resources.extend([
        balancer(),
        https(),
        http(),
        target_group(),
        certificate(),
        zone(),
        security_group(),
        prefix_list(),
        tls(),
    ]);
    resources.push(rule(HTTPS, 10, &[secret(&[SECRET])], &[forward()]));
    resources.push(default(HTTPS, &[crate::elbv2::actions::deny()]));
    resources.push(default(HTTP, &[redirect()]));
    resources.push(ingress("cf", json!({"PrefixListId": "pl-cf"}), 443));
    change(&mut resources);
    World::of(json!(resources))
}

/// A distribution with the load balancer as its only origin.
pub(crate) fn distribution(id: &str, header: bool) -> Value {
    let text = edge::distribution().to_string().replace("distribution/E1", &format!("distribution/{id}"));
    let mut distribution: Value = serde_json::from_str(&text).expect("json");
    distribution["resourceId"] = json!(id);
    distribution["configuration"]["Id"] = json!(id);
    let headers = &mut distribution["configuration"]["DistributionConfig"]["Origins"]["Items"][0]["CustomHeaders"];
    let others = json!({"HeaderName": "X-Forwarded-Proto", "HeaderValue": "sha256:https"});
    let ours = json!({"HeaderName": "X-Origin-Verify", "HeaderValue": SECRET});
    *headers = if header {
        json!({"Quantity": 2, "Items": [ours, others]})
    } else {
        json!({"Quantity": 1, "Items": [others]})
    };
    distribution
}

/// The one whose ARN ends like this.
pub(crate) fn find<'a>(resources: &'a mut [Value], ends: &str) -> &'a mut Value {
    let fits = |one: &&mut Value| one["arn"].as_str().is_some_and(|arn| arn.ends_with(ends));
    resources.iter_mut().find(fits).unwrap_or_else(|| panic!("nothing ends with {ends}"))
}

pub(crate) fn balancer() -> Value {
    let attributes = [
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("deletion_protection.enabled", "true"),
        ("access_logs.s3.enabled", "true"),
        ("access_logs.s3.bucket", "konecta-erp-logs"),
        ("access_logs.s3.prefix", "alb"),
    ];
    let attributes: Vec<Value> = attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::LoadBalancer", "resourceId": "erp", "region": "us-east-1", "arn": BALANCER,
        "configuration": {
            "LoadBalancerArn": BALANCER, "LoadBalancerName": "erp", "Type": "application", "Scheme": "internet-facing",
            "DNSName": "erp-1.us-east-1.elb.amazonaws.com", "VpcId": "vpc-1", "SecurityGroups": ["sg-1"],
            "AvailabilityZones": [{"ZoneName": "us-east-1a", "SubnetId": "subnet-a"}, {"ZoneName": "us-east-1b", "SubnetId": "subnet-b"}],
        },
        "supplement": {"attributes": attributes},
    })
}

fn listener(arn: &str, settings: Value) -> Value {
    let mut configuration = json!({"ListenerArn": arn, "LoadBalancerArn": BALANCER});
    configuration.as_object_mut().expect("object").extend(settings.as_object().cloned().expect("object"));
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::Listener", "resourceId": arn.rsplit('/').next(), "region": "us-east-1",
        "arn": arn, "configuration": configuration, "supplement": {},
    })
}

pub(crate) fn https() -> Value {
    let mut https = listener(
        HTTPS,
        json!({
            "Port": 443, "Protocol": "HTTPS", "SslPolicy": "Both-2021-06", "Certificates": [{"CertificateArn": CERTIFICATE}],
            "DefaultActions": [crate::elbv2::actions::deny()],
        }),
    );
    https["supplement"]["certificates"] = json!([{"CertificateArn": CERTIFICATE, "IsDefault": true}]);
    https
}

fn http() -> Value {
    listener(HTTP, json!({"Port": 80, "Protocol": "HTTP", "DefaultActions": [redirect()]}))
}

fn redirect() -> Value {
    json!({"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}})
}

pub(crate) fn forward() -> Value {
    json!({"Type": "forward", "TargetGroupArn": GROUP})
}

pub(crate) fn secret(values: &[&str]) -> Value {
    json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Origin-Verify", "Values": values}})
}

pub(crate) fn path(pattern: &str) -> Value {
    json!({"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}})
}

pub(crate) fn rule(listener: &str, place: u32, conditions: &[Value], actions: &[Value]) -> Value {
    rule_called(listener, &place.to_string(), conditions, actions)
}

pub(crate) fn default_rule(listener: &str) -> String {
    format!("{}/default", listener.replace(":listener/", ":listener-rule/"))
}

pub(crate) fn default(listener: &str, actions: &[Value]) -> Value {
    rule_called(listener, "default", &[], actions)
}

fn rule_called(listener: &str, place: &str, conditions: &[Value], actions: &[Value]) -> Value {
    let arn = format!("{}/{place}", listener.replace(":listener/", ":listener-rule/"));
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::ListenerRule", "resourceId": place, "region": "us-east-1", "arn": arn,
        "configuration": {
            "RuleArn": arn, "Priority": place, "IsDefault": place == "default", "Conditions": conditions, "Actions": actions,
        },
        "supplement": {"listenerArn": listener},
    })
}

pub(crate) fn target_group() -> Value {
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::TargetGroup", "resourceId": "erp", "region": "us-east-1", "arn": GROUP,
        "configuration": {
            "TargetGroupArn": GROUP, "TargetGroupName": "erp", "Protocol": "HTTP", "Port": 30080, "TargetType": "instance", "VpcId": "vpc-1",
            "HealthCheckEnabled": true, "HealthCheckProtocol": "HTTP", "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"},
            "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 3,
            "LoadBalancerArns": [BALANCER],
        },
    })
}

fn certificate() -> Value {
    json!({
        "resourceType": "AWS::CertificateManager::Certificate", "resourceId": "1", "region": "us-east-1", "arn": CERTIFICATE,
        "configuration": {
            "CertificateArn": CERTIFICATE, "DomainName": "origin.erp.example.com", "Status": "ISSUED",
            "Type": "AMAZON_ISSUED", "NotAfter": "2099-01-01T00:00:00Z",
            "SubjectAlternativeNames": ["origin.erp.example.com", "erp.example.com"],
        },
    })
}

fn zone() -> Value {
    let alias =
        json!({"HostedZoneId": "Z2", "DNSName": "erp-1.us-east-1.elb.amazonaws.com.", "EvaluateTargetHealth": false});
    json!({
        "resourceType": "AWS::Route53::HostedZone", "resourceId": "Z1", "region": "global", "arn": "arn:aws:route53:::hostedzone/Z1",
        "configuration": {"Id": "/hostedzone/Z1", "Name": "erp.example.com.", "Config": {"PrivateZone": false}},
        "supplement": {"recordSets": [{"Name": "origin.erp.example.com.", "Type": "A", "AliasTarget": alias}]},
    })
}

fn security_group() -> Value {
    json!({
        "resourceType": "AWS::EC2::SecurityGroup", "resourceId": "sg-1", "region": "us-east-1",
        "arn": "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1", "tags": {},
        "configuration": {"GroupId": "sg-1", "GroupName": "alb", "VpcId": "vpc-1", "IpPermissions": []},
    })
}

fn prefix_list() -> Value {
    json!({
        "resourceType": "AWS::EC2::PrefixList", "resourceId": "pl-cf", "region": "us-east-1",
        "arn": "arn:aws:ec2:us-east-1:aws:prefix-list/pl-cf", "tags": {},
        "configuration": {
            "PrefixListId": "pl-cf", "PrefixListName": "com.amazonaws.global.cloudfront.origin-facing", "OwnerId": "AWS", "MaxEntries": 55,
        },
        "supplement": {"entries": [{"Cidr": "120.52.22.96/27"}]},
    })
}

fn tls() -> Value {
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::SslPolicy", "resourceId": "Both-2021-06", "region": "us-east-1",
        "arn": "arn:aws:elasticloadbalancing:us-east-1:aws:ssl-policy/Both-2021-06",
        "configuration": {"Name": "Both-2021-06", "SslProtocols": ["TLSv1.2", "TLSv1.3"]},
    })
}

/// An ingress rule of the group for one TCP port.
pub(crate) fn ingress(name: &str, source: Value, port: u16) -> Value {
    ingress_of("sg-1", name, source, port)
}

/// The same for any group.
pub(crate) fn ingress_of(group: &str, name: &str, source: Value, port: u16) -> Value {
    let id = format!("sgr-{name}");
    let mut configuration = json!({
        "SecurityGroupRuleId": id, "GroupId": group, "GroupOwnerId": "123456789012", "IsEgress": false,
        "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
    });
    configuration.as_object_mut().expect("object").extend(source.as_object().cloned().expect("object"));
    json!({
        "resourceType": "AWS::EC2::SecurityGroupRule", "resourceId": id, "region": "us-east-1", "tags": {},
        "arn": format!("arn:aws:ec2:us-east-1:123456789012:security-group-rule/{id}"), "configuration": configuration,
    })
}
