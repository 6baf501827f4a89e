"""Every name, number and policy id of the Konecta stack, in one place."""

from __future__ import annotations

from emulators import ACCOUNT, REGION

PROJECT = "konecta-erp"
TAGS = {"Project": PROJECT}

# Network
VPC_CIDR = "10.0.0.0/16"
ZONES = (f"{REGION}a", f"{REGION}b")
SUBNETS: dict[str, tuple[str, str]] = {
    "public": ("10.0.0.0/24", "10.0.1.0/24"),
    "private": ("10.0.10.0/24", "10.0.11.0/24"),
    "database": ("10.0.20.0/24", "10.0.21.0/24"),
}
SSH_CIDR = "203.0.113.0/24"
CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"
FLOW_LOG_GROUP = f"/{PROJECT}/flow-logs"

# Edge
ZONE = "erp.example.com"
ORIGIN_DOMAIN = f"origin.{ZONE}"
ALB = f"{PROJECT}-alb"
TARGET_GROUP = f"{PROJECT}-tg"
NODE_PORT = 30080
SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
ORIGIN_HEADER = "X-Origin-Verify"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
CLOUDFRONT_ZONE_ID = "Z2FDTNDATAQYW2"

# Cluster. moto answers no DescribeClusterVersions: the tests serve a recorded answer in which this
# version has standard support and OLD_KUBERNETES_VERSION has none left.
CLUSTER = f"{PROJECT}-prod"
NODE_GROUP = f"{PROJECT}-nodes"
KUBERNETES_VERSION = "1.35"
OLD_KUBERNETES_VERSION = "1.29"
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
AUTOSCALER_TAGS = {
    "k8s.io/cluster-autoscaler/enabled": "true",
    f"k8s.io/cluster-autoscaler/{CLUSTER}": "owned",
}
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
AMI = "ami-03c3da4cfa8e8943a"  # an Amazon Linux 2023 that moto knows, with root device /dev/xvda

# Database
DATABASE = f"{PROJECT}-db"
PARAMETER_GROUP = f"{PROJECT}-pg"
PARAMETER_FAMILY = "postgres16"
ENGINE_VERSION = "16.10"
DATABASE_PORT = 5432

# Registry
SERVICES = (
    "auth-service",
    "hr-service",
    "finance-service",
    "operation-service",
    "gateway-service",
    "discovery-server",
    "config-server",
    "reporting-service",
)
REPOSITORIES = tuple(f"{PROJECT}/{service}" for service in SERVICES)
KEEP_IMAGES = 10

# Planted secrets: strings that must never appear in a snapshot, a log or a report.
ORIGIN_SECRET = "planted-origin-header-7f3c9a1e5b"
BASTION_SECRET = "planted-bastion-password-2d8e6c4f0a"
NODE_SECRET = "planted-node-token-91b7d5e3c8"
DATABASE_SECRET = "planted-master-password-6a4f2e0c8d"
SECRETS = [ORIGIN_SECRET, BASTION_SECRET, NODE_SECRET, DATABASE_SECRET]


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def managed_policy_arn(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"
