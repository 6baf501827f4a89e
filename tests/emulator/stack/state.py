"""What a world under construction knows about itself: the ids that later steps and the labels need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.aws import Aws
from stack.names import KUBERNETES_VERSION, TAGS


@dataclass
class Design:
    """What AWS settles at creation and a label may want otherwise; the defaults are the good world."""

    kubernetes_version: str = KUBERNETES_VERSION
    secrets_encrypted: bool = True
    storage_encrypted: bool = True
    database_tiers: tuple[str, ...] = ("database",)
    bastion_tier: str = "public"


@dataclass
class World:
    """Ids of the resources built so far; each layer's ``build`` fills in its own."""

    aws: Aws
    design: Design = field(default_factory=Design)

    # network
    vpc: str = ""
    internet_gateway: str = ""
    nat_gateways: list[str] = field(default_factory=list)
    subnets: dict[str, list[str]] = field(default_factory=dict)
    route_tables: dict[str, list[str]] = field(default_factory=dict)
    main_route_table: str = ""
    security_groups: dict[str, str] = field(default_factory=dict)
    cloudfront_prefix_list: str = ""

    # access
    cluster_key: str = ""
    database_key: str = ""

    # cluster
    launch_template: str = ""
    scaling_group: str = ""
    nodes: list[str] = field(default_factory=list)
    bastion: str = ""

    # edge
    load_balancer: str = ""
    load_balancer_dns: str = ""
    target_group: str = ""
    http_listener: str = ""
    https_listener: str = ""
    origin_rule: str = ""
    certificates: dict[str, str] = field(default_factory=dict)
    hosted_zone: str = ""
    web_acl: str = ""
    distribution: str = ""


def tag_list(name: str | None = None, extra: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The stack's tags as most of AWS wants them: Key and Value."""
    tags = {**TAGS, **({"Name": name} if name else {}), **(extra or {})}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_specification(
    resource: str, name: str | None = None, extra: Mapping[str, str] | None = None
) -> list[dict[str, object]]:
    """The stack's tags as EC2's create calls want them."""
    return [{"ResourceType": resource, "Tags": tag_list(name, extra)}]
