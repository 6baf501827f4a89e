"""The ten checks by hand: what somebody writes who wants just these, with boto3 and nothing else.

python by_hand.py FINDINGS [THREADS]

Reads what the checks look at, each list once, in pages as large as boto3's defaults, and what has to be asked for each resource
one after the other, or on so many threads. Writes JSON: of each check, the ARNs or ids that fail.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCEPTED_TLS = {"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"}
ACCEPTED_PROTOCOLS = {"TLSv1.2", "TLSv1.3"}
ADMIN_PORTS = (22, 3389)
THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else 1
CONFIG = Config(max_pool_connections=max(10, THREADS))

Findings = dict[str, list[str]]


def listed(client: Any, operation: str, *members: str) -> list[Any]:
    found: list[Any] = []
    for page in client.get_paginator(operation).paginate():
        for member in members:
            page = page.get(member) or []  # noqa: PLW2901
        found += page
    return found


def each(ask: Callable[[Any], Any], over: Iterable[Any]) -> list[Any]:
    if THREADS == 1:
        return [ask(one) for one in over]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, over))


def cloudfront() -> Findings:
    found: Findings = {"KA-CF-001": [], "KA-CF-002": []}
    client = boto3.client("cloudfront", config=CONFIG)
    for one in listed(client, "list_distributions", "DistributionList", "Items"):
        behaviors = [one["DefaultCacheBehavior"], *one["CacheBehaviors"].get("Items", [])]
        if any(behavior["ViewerProtocolPolicy"] == "allow-all" for behavior in behaviors):
            found["KA-CF-001"].append(one["ARN"])
        certificate = one["ViewerCertificate"]
        if certificate.get("CloudFrontDefaultCertificate") or certificate["MinimumProtocolVersion"] not in ACCEPTED_TLS:
            found["KA-CF-002"].append(one["ARN"])
    return found


def rds() -> Findings:
    client = boto3.client("rds", config=CONFIG)
    instances = listed(client, "describe_db_instances", "DBInstances")
    clusters = listed(client, "describe_db_clusters", "DBClusters")
    public = [one["DBInstanceArn"] for one in instances if one["PubliclyAccessible"]]
    plain = [one["DBInstanceArn"] for one in instances if not one["StorageEncrypted"]]
    plain += [one["DBClusterArn"] for one in clusters if not one["StorageEncrypted"]]
    return {"KA-RDS-001": public, "KA-RDS-003": plain}


def ecr() -> Findings:
    client = boto3.client("ecr", config=CONFIG)
    repositories = listed(client, "describe_repositories", "repositories")

    def keeps(repository: Any) -> bool:
        try:
            text = client.get_lifecycle_policy(repositoryName=repository["repositoryName"])["lifecyclePolicyText"]
        except client.exceptions.LifecyclePolicyNotFoundException:
            return False
        selections = [rule["selection"] for rule in json.loads(text)["rules"]]
        wanted = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}
        return any(selection == wanted for selection in selections)

    kept = each(keeps, repositories)
    by_hand = [one["repositoryArn"] for one in repositories if not one["imageScanningConfiguration"]["scanOnPush"]]
    return {
        "KA-ECR-002": by_hand,
        "KA-ECR-004": [one["repositoryArn"] for one, keeps in zip(repositories, kept, strict=True) if not keeps],
    }


def eks() -> Findings:
    client = boto3.client("eks", config=CONFIG)
    clusters = each(
        lambda name: client.describe_cluster(name=name)["cluster"], listed(client, "list_clusters", "clusters")
    )
    configs = [(one["arn"], one["resourcesVpcConfig"]) for one in clusters]
    return {
        "KA-EKS-001": [
            arn
            for arn, one in configs
            if one["endpointPublicAccess"] and "0.0.0.0/0" in one.get("publicAccessCidrs", [])
        ]
    }


def elbv2() -> Findings:
    client = boto3.client("elbv2", config=CONFIG)
    policies = {one["Name"]: set(one["SslProtocols"]) for one in client.describe_ssl_policies()["SslPolicies"]}
    arns = [one["LoadBalancerArn"] for one in listed(client, "describe_load_balancers", "LoadBalancers")]
    pages = each(lambda arn: client.describe_listeners(LoadBalancerArn=arn)["Listeners"], arns)
    encrypted = [one for page in pages for one in page if one["Protocol"] in ("HTTPS", "TLS")]
    return {
        "KA-ALB-003": [one["ListenerArn"] for one in encrypted if not policies[one["SslPolicy"]] <= ACCEPTED_PROTOCOLS]
    }


def opens(permission: Any) -> bool:
    ranges = [one["CidrIp"] for one in permission["IpRanges"]] + [one["CidrIpv6"] for one in permission["Ipv6Ranges"]]
    if not {"0.0.0.0/0", "::/0"}.intersection(ranges):
        return False
    if permission["IpProtocol"] == "-1":
        return True
    return permission["IpProtocol"] == "tcp" and any(
        permission["FromPort"] <= port <= permission["ToPort"] for port in ADMIN_PORTS
    )


def ec2() -> Findings:
    client = boto3.client("ec2", config=CONFIG)
    groups = listed(client, "describe_security_groups", "SecurityGroups")
    subnets = listed(client, "describe_subnets", "Subnets")
    return {
        "KA-SG-001": [one["GroupId"] for one in groups if any(opens(each) for each in one["IpPermissions"])],
        "KA-VPC-004": [one["SubnetId"] for one in subnets if one["MapPublicIpOnLaunch"]],
    }


def main() -> None:
    found: Findings = {}
    for service in (cloudfront, rds, ecr, eks, elbv2, ec2):
        found |= service()
    Path(sys.argv[1]).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
