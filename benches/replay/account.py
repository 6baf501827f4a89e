"""The account that the peers are measured on: N of each of five kinds, and three clusters, made in moto through the API.

N security groups, repositories, databases, distributions, load balancers with two listeners each. Names and ids all differ. What
the ten checks look at differs with divisors of its own, so that no two checks fail on the same resources. Nothing is in it
of which the seven checks of equal meaning would say different things by definition, such as half of the internet: what
only one tool sees is a matter of docs/controls, not of a benchmark of the same work.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
SSL_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
)
VIEWER_TLS = ("TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.1_2016")
CLUSTERS: tuple[dict[str, Any], ...] = (
    {"endpointPublicAccess": False, "endpointPrivateAccess": True},
    {"endpointPublicAccess": True, "endpointPrivateAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
    {"endpointPublicAccess": True, "endpointPrivateAccess": True, "publicAccessCidrs": ["198.51.100.0/24"]},
)


class Builder:
    """Makes the account behind one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._ec2 = self._client("ec2")
        self._public: list[str] = []
        self._vpc = ""

    def build(self, count: int) -> None:
        self._network()
        groups = [self._group(number) for number in range(count)]
        self._databases(count, groups)
        self._repositories(count)
        self._distributions(count)
        self._balancers(count, groups)
        eks = self._client("eks")
        for number, access in enumerate(CLUSTERS):
            config = {"subnetIds": self._public, **access}
            role = "arn:aws:iam::123456789012:role/cluster"
            eks.create_cluster(name=f"cluster-{number}", roleArn=role, resourcesVpcConfig=config)

    def _client(self, service: str) -> Any:
        config = Config(retries={"max_attempts": 1, "mode": "standard"}, proxies={})
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    def _network(self) -> None:
        """Beside the default VPC, one with two subnets that hand out public addresses and two that do not."""
        self._vpc = self._ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self._ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self._ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self._vpc)
        table = self._ec2.create_route_table(VpcId=self._vpc)["RouteTable"]["RouteTableId"]
        self._ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for number in range(4):
            zone, cidr = f"{REGION}{'ab'[number % 2]}", f"10.0.{number}.0/24"
            subnet = self._ec2.create_subnet(VpcId=self._vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            if number < 2:
                self._ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
                self._ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
                self._public.append(subnet)

    def _group(self, number: int) -> str:
        name = f"group-{number}"
        group: str = self._ec2.create_security_group(
            GroupName=name, Description=f"of service {number}", VpcId=self._vpc
        )["GroupId"]
        own = f"10.{number // 250}.{number % 250}.0/24"
        permissions: list[dict[str, Any]] = [_permission(443, own), _permission(5432, own)]
        if number % 7 == 0:
            permissions.append(_permission(22, "0.0.0.0/0"))
        if number % 11 == 0:
            permissions.append({**_permission(3389), "Ipv6Ranges": [{"CidrIpv6": "::/0"}]})
        if number % 10 == 0:
            permissions.append(_permission(5432, "0.0.0.0/0"))
        self._ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
        return group

    def _databases(self, count: int, groups: list[str]) -> None:
        rds = self._client("rds")
        rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=self._public)
        for number in range(count):
            rds.create_db_instance(
                DBInstanceIdentifier=f"database-{number}",
                DBInstanceClass="db.t3.medium",
                Engine="postgres",
                EngineVersion="16.4",
                AllocatedStorage=20 + number % 100,
                MasterUsername="postgres",
                MasterUserPassword="not-a-secret",
                DBSubnetGroupName="data",
                VpcSecurityGroupIds=[groups[number]],
                PubliclyAccessible=number % 5 == 0,
                StorageEncrypted=number % 3 != 0,
            )

    def _repositories(self, count: int) -> None:
        ecr = self._client("ecr")
        for number in range(count):
            name = f"team-{number % 97}/service-{number}"
            ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": number % 3 != 0})
            if number % 4 != 0:
                ecr.put_lifecycle_policy(
                    repositoryName=name, lifecyclePolicyText=_lifecycle(30 if number % 4 == 1 else 10)
                )

    def _distributions(self, count: int) -> None:
        cloudfront = self._client("cloudfront")
        for number in range(count):
            cloudfront.create_distribution(DistributionConfig=_distribution(number))

    def _balancers(self, count: int, groups: list[str]) -> None:
        elbv2 = self._client("elbv2")
        certificate = self._client("acm").request_certificate(DomainName="bench.example.com")["CertificateArn"]
        for number in range(count):
            name = f"balancer-{number}"
            made = elbv2.create_load_balancer(Name=name, Subnets=self._public, SecurityGroups=[groups[number]])
            arn = made["LoadBalancers"][0]["LoadBalancerArn"]
            redirect = {
                "Type": "redirect",
                "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
            }
            elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
            elbv2.create_listener(
                LoadBalancerArn=arn,
                Protocol="HTTPS",
                Port=443,
                SslPolicy=SSL_POLICIES[number % len(SSL_POLICIES)],
                Certificates=[{"CertificateArn": certificate}],
                DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
            )


def _permission(port: int, cidr: str | None = None) -> dict[str, Any]:
    ranges = [{"CidrIp": cidr}] if cidr else []
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}


def _lifecycle(keep: int) -> str:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def _distribution(number: int) -> dict[str, Any]:
    certificate: dict[str, Any] = {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"}
    if number % 4:
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000001"
        certificate = {
            "ACMCertificateArn": arn,
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": VIEWER_TLS[number % len(VIEWER_TLS)],
            "CloudFrontDefaultCertificate": False,
        }
    origin = {
        "Id": "web",
        "DomainName": f"origin-{number}.example.com",
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        },
    }
    return {
        "CallerReference": f"distribution-{number}",
        "Comment": f"distribution {number}",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "web",
            "ViewerProtocolPolicy": "allow-all" if number % 6 == 0 else "redirect-to-https",
            "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            "MinTTL": 0,
        },
        "ViewerCertificate": certificate,
    }
