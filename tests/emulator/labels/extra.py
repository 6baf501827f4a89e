"""Second resources, good in every respect, for labels that would otherwise want an attribute twice.

Each is named after its label, so that all of them can stand side by side in the drifted world.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stack import cluster, database, edge, network
from stack.names import ALL_VIEWER_EXCEPT_HOST, KUBERNETES_VERSION, PROJECT, ZONE
from stack.state import World

Change = Callable[[dict[str, Any]], None]


def distribution(world: World, name: str, change: Change) -> str:
    """A second distribution with an alias and a certificate of its own; returns its ARN.

    Its API does not forward the Host header, for the load balancer's certificate does not cover its alias.
    """
    domain = f"{name}.{ZONE}"
    certificate = edge.certificate(world, domain, [domain])
    config = edge.distribution_config(world, name, domain, certificate, ALL_VIEWER_EXCEPT_HOST)
    change(config)
    return edge.distribution_arn(edge.create_distribution(world, config))


def eks_cluster(world: World, name: str, **changes: object) -> str:
    """A second cluster without nodes, good even where the design of the first is not; returns its ARN.

    AWS makes a security group for each cluster: the first one's is no other's.
    """
    own = network.security_group(world, f"eks-cluster-sg-{PROJECT}-{name}", "EKS control plane")
    wanted = changes.pop("resourcesVpcConfig", None)
    config = wanted if isinstance(wanted, dict) else cluster.vpc_config(world)
    changes["resourcesVpcConfig"] = {**config, "clusterSecurityGroupId": own}
    good: dict[str, object] = {
        "version": KUBERNETES_VERSION,
        "encryptionConfig": cluster.encryption(world.cluster_key),
    }
    return cluster.create_cluster(world, name=f"{PROJECT}-{name}", **{**good, **changes})


def node_group(world: World, name: str, autoscaler_tags: dict[str, str] | None = None, **changes: object) -> str:
    """A second node group of the stack's cluster, with its (empty) Auto Scaling group; returns its ARN."""
    name = f"{PROJECT}-{name}"
    scaling_group = cluster.create_node_group(world, nodegroupName=name, **changes)
    subnets = changes.get("subnets")
    cluster.create_scaling_group(
        world,
        scaling_group,
        node_group=name,
        subnets=subnets if isinstance(subnets, list) else None,
        autoscaler_tags=autoscaler_tags,
    )
    return cluster.node_group_arn(world, name)


def db_instance(world: World, name: str, **changes: object) -> str:
    """A second database, good even where the design of the first is not; returns its ARN.

    It has a parameter group of its own, for the first one's may be changed.
    """
    if "DBParameterGroupName" not in changes:
        changes["DBParameterGroupName"] = f"{PROJECT}-{name}"
        database.parameter_group(world, f"{PROJECT}-{name}", force_ssl="1")
    good: dict[str, object] = {"StorageEncrypted": True, "KmsKeyId": world.database_key}
    return database.create_database(world, DBInstanceIdentifier=f"{PROJECT}-{name}", **{**good, **changes})
