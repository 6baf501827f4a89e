"""Certificates, load balancer, CloudFront, WAF and DNS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from emulators import ACCOUNT

from stack.names import (
    ALB,
    ALL_VIEWER,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    CLOUDFRONT_ZONE_ID,
    NODE_PORT,
    ORIGIN_DOMAIN,
    ORIGIN_HEADER,
    ORIGIN_SECRET,
    PROJECT,
    SECURITY_HEADERS,
    SSL_POLICY,
    TAGS,
    TARGET_GROUP,
    ZONE,
)
from stack.state import World, tag_list

LOG_BUCKET = f"{PROJECT}-logs-{ACCOUNT}"
DENY: dict[str, Any] = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "Forbidden"},
}
REDIRECT: dict[str, Any] = {
    "Type": "redirect",
    "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
}
_READ = ["HEAD", "GET"]
_ALL_METHODS = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"]


def build(world: World) -> None:
    # The load balancer's certificate also covers the viewers' name: /api/* forwards their Host header.
    world.certificates["origin"] = certificate(world, ORIGIN_DOMAIN, [ORIGIN_DOMAIN, ZONE])
    world.certificates["viewer"] = certificate(world, ZONE, [ZONE])
    _load_balancer(world)
    _target_group(world)
    _listeners(world)
    _dns(world)
    _distribution(world)


def certificate(world: World, domain: str, names: list[str]) -> str:
    arn: str = world.aws.acm.request_certificate(
        DomainName=domain, SubjectAlternativeNames=names, ValidationMethod="DNS", Tags=tag_list(domain)
    )["CertificateArn"]
    return arn


def _load_balancer(world: World) -> None:
    s3 = world.aws.s3
    s3.create_bucket(Bucket=LOG_BUCKET)
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=LOG_BUCKET, PublicAccessBlockConfiguration=blocked)
    # The Elastic Load Balancing account of us-east-1 writes the access logs.
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::127311923021:root"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOG_BUCKET}/alb/AWSLogs/{ACCOUNT}/*",
    }
    s3.put_bucket_policy(Bucket=LOG_BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    elbv2 = world.aws.elbv2
    balancer = elbv2.create_load_balancer(
        Name=ALB,
        Subnets=world.subnets["public"],
        SecurityGroups=[world.security_groups["alb"]],
        Scheme="internet-facing",
        Type="application",
        IpAddressType="ipv4",
        Tags=tag_list(),
    )["LoadBalancers"][0]
    world.load_balancer = balancer["LoadBalancerArn"]
    world.load_balancer_dns = balancer["DNSName"]
    set_attributes(world, world.load_balancer)
    for subnet in world.subnets["public"]:
        # An ALB has an interface in each of its subnets; moto makes none.
        world.aws.ec2.create_network_interface(
            SubnetId=subnet,
            Groups=[world.security_groups["alb"]],
            Description="ELB " + world.load_balancer.split("loadbalancer/")[1],
        )


def set_attributes(world: World, balancer: str) -> None:
    """The attributes of a good load balancer; moto knows few of AWS's defaults."""
    attributes = {
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http.preserve_host_header.enabled": "false",
        "deletion_protection.enabled": "true",
        "load_balancing.cross_zone.enabled": "true",  # always so on an ALB; moto says false
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": LOG_BUCKET,
        "access_logs.s3.prefix": "alb",
    }
    world.aws.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=balancer,
        Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()],
    )


def create_target_group(world: World, name: str, protocol: str, **changes: object) -> str:
    """A target group that asks /health over ``protocol``; ``changes`` replace arguments. Returns its ARN."""
    arguments: dict[str, Any] = {
        "Name": name,
        "Protocol": protocol,
        "Port": NODE_PORT,
        "VpcId": world.vpc,
        "TargetType": "instance",
        "HealthCheckProtocol": protocol,
        "HealthCheckEnabled": True,
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 3,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200"},
        "Tags": tag_list(),
        **changes,
    }
    arn: str = world.aws.elbv2.create_target_group(**arguments)["TargetGroups"][0]["TargetGroupArn"]
    return arn


def _target_group(world: World) -> None:
    world.target_group = create_target_group(world, TARGET_GROUP, "HTTPS", HealthCheckPort="traffic-port")
    world.aws.autoscaling.attach_load_balancer_target_groups(
        AutoScalingGroupName=world.scaling_group, TargetGroupARNs=[world.target_group]
    )


def forward(world: World) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": world.target_group}


def secret_header(value: str = ORIGIN_SECRET, name: str = ORIGIN_HEADER) -> dict[str, Any]:
    """The rule condition "the request carries the origin header"."""
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [value]}}


def _listeners(world: World) -> None:
    elbv2 = world.aws.elbv2
    https = elbv2.create_listener(
        LoadBalancerArn=world.load_balancer,
        Protocol="HTTPS",
        Port=443,
        SslPolicy=SSL_POLICY,
        Certificates=[{"CertificateArn": world.certificates["origin"]}],
        DefaultActions=[DENY],
        Tags=tag_list(),
    )["Listeners"][0]
    world.https_listener = https["ListenerArn"]
    rule = elbv2.create_rule(
        ListenerArn=world.https_listener,
        Priority=10,
        Conditions=[secret_header()],
        Actions=[forward(world)],
        Tags=tag_list(),
    )["Rules"][0]
    world.origin_rule = rule["RuleArn"]
    http = elbv2.create_listener(
        LoadBalancerArn=world.load_balancer, Protocol="HTTP", Port=80, DefaultActions=[REDIRECT], Tags=tag_list()
    )["Listeners"][0]
    world.http_listener = http["ListenerArn"]


def _dns(world: World) -> None:
    zone = world.aws.route53.create_hosted_zone(Name=f"{ZONE}.", CallerReference=PROJECT)["HostedZone"]["Id"]
    world.hosted_zone = zone.removeprefix("/hostedzone/")
    balancer = world.aws.elbv2.describe_load_balancers(LoadBalancerArns=[world.load_balancer])
    alias(world, ORIGIN_DOMAIN, world.load_balancer_dns, balancer["LoadBalancers"][0]["CanonicalHostedZoneId"])


def alias(world: World, name: str, target: str, target_zone: str) -> None:
    """An A record that is an alias of an AWS resource."""
    record = {
        "Name": f"{name}.",
        "Type": "A",
        "AliasTarget": {"HostedZoneId": target_zone, "DNSName": f"{target}.", "EvaluateTargetHealth": False},
    }
    world.aws.route53.change_resource_record_sets(
        HostedZoneId=world.hosted_zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    )


def items(values: list[Any]) -> dict[str, Any]:
    """CloudFront's way of writing a list."""
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def behavior(path: str | None, methods: list[str], cache: str, origin_request: str | None = None) -> dict[str, Any]:
    """A cache behavior; the default one has no path."""
    return {
        **({"PathPattern": path} if path else {}),
        "TargetOriginId": ALB,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {**items(methods), "CachedMethods": items(_READ)},
        "Compress": True,
        "CachePolicyId": cache,
        **({"OriginRequestPolicyId": origin_request} if origin_request else {}),
        "ResponseHeadersPolicyId": SECURITY_HEADERS,
        "SmoothStreaming": False,
        "FieldLevelEncryptionId": "",
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": {"Quantity": 0},
    }


def api_behavior(path: str, origin_request: str = ALL_VIEWER) -> dict[str, Any]:
    """A behavior for an API: every method, nothing cached."""
    return behavior(path, _ALL_METHODS, CACHING_DISABLED, origin_request)


def custom_origin(identifier: str, domain: str) -> dict[str, Any]:
    """An origin that is reached over HTTPS with TLS 1.2 and shows the secret header."""
    return {
        "Id": identifier,
        "DomainName": domain,
        "OriginPath": "",
        "CustomHeaders": items(
            [
                {"HeaderName": ORIGIN_HEADER, "HeaderValue": ORIGIN_SECRET},
                {"HeaderName": "X-Forwarded-Proto", "HeaderValue": "https"},
            ]
        ),
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": items(["TLSv1.2"]),
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
        },
        "ConnectionAttempts": 3,
        "ConnectionTimeout": 10,
        "OriginShield": {"Enabled": False},
    }


def _distribution(world: World) -> None:
    world.web_acl = world.aws.wafv2.create_web_acl(
        Name=PROJECT,
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        Rules=baseline_rules(),
        VisibilityConfig=_metrics(PROJECT),
        Tags=tag_list(),
    )["Summary"]["ARN"]
    config = distribution_config(world, PROJECT, ZONE, world.certificates["viewer"], ALL_VIEWER)
    world.distribution = create_distribution(world, config)


def create_distribution(world: World, config: dict[str, Any]) -> str:
    """Create a distribution and the DNS record of its alias, if it has one; returns its id."""
    tags = {"Items": [{"Key": key, "Value": value} for key, value in TAGS.items()]}
    made = world.aws.cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags}
    )["Distribution"]
    for name in config["Aliases"].get("Items", []):
        alias(world, name, made["DomainName"], CLOUDFRONT_ZONE_ID)
    identifier: str = made["Id"]
    return identifier


def distribution_config(
    world: World, name: str, viewer_domain: str, viewer_certificate: str, api_origin_request: str
) -> dict[str, Any]:
    """A good distribution: static files by default, /api/* uncached, single-page errors."""
    errors = [
        {"ErrorCode": code, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 10}
        for code in (403, 404)
    ]
    return {
        "CallerReference": name,
        "Comment": name,
        "Enabled": True,
        "Aliases": items([viewer_domain]),
        "DefaultRootObject": "index.html",
        "Origins": items([custom_origin(ALB, ORIGIN_DOMAIN)]),
        "OriginGroups": {"Quantity": 0},
        "DefaultCacheBehavior": behavior(None, _READ, CACHING_OPTIMIZED),
        "CacheBehaviors": items([api_behavior("/api/*", api_origin_request)]),
        "CustomErrorResponses": items(errors),
        "Logging": {
            "Enabled": True,
            "IncludeCookies": False,
            "Bucket": f"{LOG_BUCKET}.s3.amazonaws.com",
            "Prefix": "cloudfront/",
        },
        "PriceClass": "PriceClass_All",
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": False,
            "ACMCertificateArn": viewer_certificate,
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
            "Certificate": viewer_certificate,
            "CertificateSource": "acm",
        },
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": world.web_acl,
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": True,
    }


def change_distribution(world: World, change: Callable[[dict[str, Any]], None]) -> str:
    """Read the configuration, let ``change`` edit it in place, write it back. Returns the ARN."""
    cloudfront = world.aws.cloudfront
    answer = cloudfront.get_distribution_config(Id=world.distribution)
    change(answer["DistributionConfig"])
    cloudfront.update_distribution(
        Id=world.distribution, IfMatch=answer["ETag"], DistributionConfig=answer["DistributionConfig"]
    )
    return distribution_arn(world.distribution)


def distribution_arn(identifier: str) -> str:
    return f"arn:aws:cloudfront::{ACCOUNT}:distribution/{identifier}"


def _metrics(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def web_acl(world: World, name: str, rules: list[dict[str, Any]]) -> str:
    """Another web ACL for the edge; returns its ARN."""
    arn: str = world.aws.wafv2.create_web_acl(
        Name=name,
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        Rules=rules,
        VisibilityConfig=_metrics(name),
        Tags=tag_list(),
    )["Summary"]["ARN"]
    return arn


def baseline_rules() -> list[dict[str, Any]]:
    """Four of AWS's managed rule groups and a rate limit, all of which block."""
    names = ("CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "AmazonIpReputationList")
    groups = [_managed_group(f"AWSManagedRules{name}", priority) for priority, name in enumerate(names)]
    rate = {"RateBasedStatement": {"Limit": 2000, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}}
    limit = {
        "Name": "rate-limit",
        "Priority": len(groups),
        "Statement": rate,
        "Action": {"Block": {}},
        "VisibilityConfig": _metrics("rate-limit"),
    }
    return [*groups, limit]


def _managed_group(name: str, priority: int) -> dict[str, Any]:
    return {
        "Name": name,
        "Priority": priority,
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": _metrics(name),
    }
