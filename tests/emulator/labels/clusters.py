"""EKS: the API endpoint, version, secrets, logs, node groups and nodes."""

from __future__ import annotations

from stack import access, cluster, network
from stack.cluster import vpc_config
from stack.names import AUTOSCALER_TAGS, CLUSTER, LOG_TYPES, NODE_GROUP, OLD_KUBERNETES_VERSION, PROJECT
from stack.state import Design, World

from labels import design_label, extra, label


@design_label("eks-old-version", ["KA-EKS-002"])
def old_version(design: Design) -> str:
    """The cluster runs the document's Kubernetes 1.29, which has no support left."""
    design.kubernetes_version = OLD_KUBERNETES_VERSION
    return cluster.cluster_arn()


@design_label("eks-plain-secrets", ["KA-EKS-003", "KA-X-010"])
def plain_secrets(design: Design) -> str:
    """The cluster's secrets are not encrypted with a KMS key."""
    design.secrets_encrypted = False
    return cluster.cluster_arn()


def _key_id(arn: str) -> str:
    """moto's DisableKey and ScheduleKeyDeletion answer 500 to an ARN."""
    return arn.rsplit("/", 1)[1]


@label("eks-key-disabled", ["KA-EKS-003"])
def key_disabled(world: World) -> str:
    """A second cluster's secrets are encrypted with a key that is disabled."""
    key = access.kms_key(world, "Disabled")
    arn = extra.eks_cluster(world, "key-disabled", encryptionConfig=cluster.encryption(key))
    world.aws.kms.disable_key(KeyId=_key_id(key))
    return arn


@label("eks-key-pending-deletion", ["KA-EKS-003"])
def key_pending_deletion(world: World) -> str:
    """A second cluster's secrets are encrypted with a key that is about to be deleted."""
    key = access.kms_key(world, "Going")
    arn = extra.eks_cluster(world, "key-going", encryptionConfig=cluster.encryption(key))
    world.aws.kms.schedule_key_deletion(KeyId=_key_id(key), PendingWindowInDays=7)
    return arn


@label("eks-api-anywhere", ["KA-EKS-001"])
def api_anywhere(world: World) -> str:
    """Everybody reaches the API endpoint."""
    cluster.update_vpc_config(world, publicAccessCidrs=[network.ANYWHERE])
    return cluster.cluster_arn()


@label("eks-api-halves", ["KA-EKS-001"])
def api_halves(world: World) -> str:
    """Everybody reaches a second cluster's API endpoint, in two halves."""
    config = vpc_config(world, publicAccessCidrs=["0.0.0.0/1", "128.0.0.0/1"])
    return extra.eks_cluster(world, "api-halves", resourcesVpcConfig=config)


@label("eks-api-most", ["KA-EKS-001"])
def api_most(world: World) -> str:
    """Three quarters of the internet reach a second cluster's API endpoint."""
    config = vpc_config(world, publicAccessCidrs=["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2"])
    return extra.eks_cluster(world, "api-most", resourcesVpcConfig=config)


@label("benign-eks-private", [])
def api_private(world: World) -> str:
    """The API endpoint is private only."""
    cluster.update_vpc_config(world, endpointPublicAccess=False, publicAccessCidrs=[])
    return cluster.cluster_arn()


@label("eks-no-audit-log", ["KA-EKS-004", "KA-X-014"])
def no_audit_log(world: World) -> str:
    """The control plane logs everything but audit."""
    types = [each for each in LOG_TYPES if each != "audit"]
    world.aws.eks.update_cluster_config(
        name=CLUSTER, logging=cluster.logging_config(types), clientRequestToken="no-audit"
    )
    return cluster.cluster_arn()


@label("eks-log-disabled", ["KA-EKS-004"])
def log_disabled(world: World) -> str:
    """A second cluster names all five log types, one of them among those that are disabled."""
    logging = {
        "clusterLogging": [
            {"types": [each for each in LOG_TYPES if each != "scheduler"], "enabled": True},
            {"types": ["scheduler"], "enabled": False},
        ]
    }
    return extra.eks_cluster(world, "log-disabled", logging=logging)


@label("eks-public-subnets", ["KA-EKS-008"])
def public_subnets(world: World) -> str:
    """A second cluster's control plane has its interfaces in the public subnets."""
    config = vpc_config(world, subnetIds=world.subnets["public"])
    return extra.eks_cluster(world, "public-subnets", resourcesVpcConfig=config)


@label("eks-one-zone", ["KA-EKS-008"])
def one_zone(world: World) -> str:
    """A second cluster has a subnet in one zone only."""
    config = vpc_config(world, subnetIds=world.subnets["private"][:1])
    return extra.eks_cluster(world, "one-zone", resourcesVpcConfig=config)


@label("ng-public-subnets", ["KA-NG-001", "KA-VPC-003"])
def node_group_public(world: World) -> str:
    """A second node group lies in the public subnets."""
    return extra.node_group(world, "public", subnets=world.subnets["public"])


@label("ng-one-zone", ["KA-NG-001"])
def node_group_one_zone(world: World) -> str:
    """A second node group lies in one zone only."""
    return extra.node_group(world, "one-zone", subnets=world.subnets["private"][:1])


@label("ng-at-maximum", ["KA-NG-002"])
def node_group_at_maximum(world: World) -> str:
    """The node group's maximum is what it has now: it cannot grow."""
    world.aws.eks.update_nodegroup_config(
        clusterName=CLUSTER,
        nodegroupName=NODE_GROUP,
        scalingConfig={"minSize": 2, "maxSize": 3, "desiredSize": 3},
        clientRequestToken="at-maximum",
    )
    return cluster.node_group_arn(world)


@label("ng-fixed-size", ["KA-NG-002"])
def node_group_fixed(world: World) -> str:
    """A second node group has one size: minimum and maximum are the same."""
    return extra.node_group(world, "fixed", scalingConfig={"minSize": 3, "maxSize": 3, "desiredSize": 3})


@label("ng-no-autoscaler", ["KA-NG-002"])
def node_group_no_autoscaler(world: World) -> str:
    """The node group's Auto Scaling group lacks the tags by which the Cluster Autoscaler finds it."""
    tags = [cluster.scaling_group_tag(world.scaling_group, key) for key in AUTOSCALER_TAGS]
    world.aws.autoscaling.delete_tags(Tags=tags)
    return cluster.node_group_arn(world)


@label("ng-autoscaler-other-cluster", ["KA-NG-002"])
def node_group_other_autoscaler(world: World) -> str:
    """A second node group's Auto Scaling group carries the Cluster Autoscaler's tags of another cluster."""
    tags = {"k8s.io/cluster-autoscaler/enabled": "true", "k8s.io/cluster-autoscaler/somebody-else": "owned"}
    return extra.node_group(world, "other-autoscaler", autoscaler_tags=tags)


@label("ng-ssh-anywhere", ["KA-NG-004"])
def node_group_ssh_anywhere(world: World) -> str:
    """A second node group has an SSH key and names no source, which opens 22 to everybody."""
    return extra.node_group(world, "ssh-anywhere", remoteAccess={"ec2SshKey": PROJECT, "sourceSecurityGroups": []})


@label("ng-ssh-other-group", ["KA-NG-004"])
def node_group_ssh_other(world: World) -> str:
    """A second node group takes SSH from a security group that is not the bastion's."""
    remote = {"ec2SshKey": PROJECT, "sourceSecurityGroups": [world.security_groups["alb"]]}
    return extra.node_group(world, "ssh-other", remoteAccess=remote)


@label("node-public-address", ["KA-EC2-004"])
def node_public_address(world: World) -> str:
    """A node of the Auto Scaling group has a public address."""
    return cluster.add_node(world, world.subnets["private"][1], public_address=True)


@label("node-template-public-address", ["KA-EC2-004"])
def node_template_public_address(world: World) -> str:
    """No node has a public address yet, but the launch template's latest version gives one to the next."""
    ec2 = world.aws.ec2
    version = ec2.create_launch_template_version(
        LaunchTemplateId=world.launch_template,
        LaunchTemplateData=cluster.node_template_data(world, public_address=True),
    )["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(LaunchTemplateId=world.launch_template, DefaultVersion=str(version))
    return world.launch_template
