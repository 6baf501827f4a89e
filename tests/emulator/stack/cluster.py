"""EKS cluster, node group, Auto Scaling group with its nodes, and the bastion."""

from __future__ import annotations

import base64
import json
from typing import Any

from emulators import ACCOUNT, REGION

from stack.access import BASTION_ROLE, CLUSTER_ROLE, NODE_ROLE
from stack.names import (
    AMI,
    AUTOSCALER_TAGS,
    BASTION_SECRET,
    CLUSTER,
    LOG_TYPES,
    NODE_GROUP,
    NODE_SECRET,
    PROJECT,
    SSH_CIDR,
    TAGS,
    role_arn,
)
from stack.state import World, tag_specification

_IMDS = {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}
_DISK = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}]


def build(world: World) -> None:
    create_cluster(world)
    world.scaling_group = create_node_group(world)
    _launch_template(world)
    create_scaling_group(world, world.scaling_group)
    _nodes(world)
    world.bastion = run_bastion(world, world.subnets[world.design.bastion_tier][0])


def vpc_config(world: World, **changes: object) -> dict[str, object]:
    """``resourcesVpcConfig`` of the good cluster with some of its members replaced."""
    return {
        "subnetIds": world.subnets["private"],
        "securityGroupIds": [],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": True,
        "publicAccessCidrs": [SSH_CIDR],
        # AWS makes these two itself and moto does not; see _send_vpc_config.
        "clusterSecurityGroupId": world.security_groups["cluster"],
        "vpcId": world.vpc,
        **changes,
    }


def logging_config(types: list[str]) -> dict[str, object]:
    """``logging`` as EKS answers it: every log type stands somewhere, moto keeps what it is sent."""
    off = [each for each in LOG_TYPES if each not in types]
    setups = [{"types": types, "enabled": True}]
    return {"clusterLogging": setups + ([{"types": off, "enabled": False}] if off else [])}


def create_cluster(world: World, **changes: object) -> str:
    """Create the cluster; ``changes`` replace arguments of CreateCluster. Returns its ARN."""
    arguments: dict[str, Any] = {
        "name": CLUSTER,
        "version": world.design.kubernetes_version,
        "roleArn": role_arn(CLUSTER_ROLE),
        "logging": logging_config(LOG_TYPES),
        "encryptionConfig": encryption(world.cluster_key) if world.design.secrets_encrypted else [],
        "tags": TAGS,
        "clientRequestToken": "world",  # boto3 would make one up, and two builds would differ
        **changes,
    }
    wanted = arguments.pop("resourcesVpcConfig", vpc_config(world))
    _send_vpc_config(world, "CreateCluster", wanted, arguments)
    return cluster_arn(arguments["name"])


def cluster_arn(name: str = CLUSTER) -> str:
    return f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}"


def encryption(key: str) -> list[dict[str, object]]:
    """``encryptionConfig`` for the secrets."""
    return [{"resources": ["secrets"], "provider": {"keyArn": key}}]


def update_vpc_config(world: World, **changes: object) -> None:
    """UpdateClusterConfig of the good cluster with some members of resourcesVpcConfig changed."""
    current = world.aws.eks.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]
    _send_vpc_config(world, "UpdateClusterConfig", {**current, **changes}, {"name": CLUSTER})


def _send_vpc_config(world: World, operation: str, wanted: dict[str, object], arguments: dict[str, Any]) -> None:
    """Send a resourcesVpcConfig with members that only answers have.

    moto answers what it was sent and makes no clusterSecurityGroupId and vpcId of its own, boto3 refuses
    to send them: they are put into the request after boto3 has checked and before it is signed.
    """

    def edit(params: dict[str, Any], **_: object) -> None:
        body = json.loads(params["body"])
        body["resourcesVpcConfig"] = wanted
        params["body"] = json.dumps(body).encode()

    events = world.aws.eks.meta.events
    event = f"before-call.eks.{operation}"
    events.register(event, edit)
    try:
        sendable = {"subnetIds": wanted["subnetIds"]}
        if operation == "CreateCluster":
            world.aws.eks.create_cluster(resourcesVpcConfig=sendable, **arguments)
        else:
            world.aws.eks.update_cluster_config(resourcesVpcConfig=sendable, **arguments)
    finally:
        events.unregister(event, edit)


def create_node_group(world: World, **changes: object) -> str:
    """Create a node group; ``changes`` replace arguments of CreateNodegroup.

    Returns the name of its Auto Scaling group, which moto names but does not make.
    """
    arguments: dict[str, Any] = {
        "clusterName": CLUSTER,
        "nodegroupName": NODE_GROUP,
        "subnets": world.subnets["private"],
        "nodeRole": role_arn(NODE_ROLE),
        "scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 3},
        "instanceTypes": ["t3.medium"],
        "amiType": "AL2023_x86_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "diskSize": 20,
        "version": world.design.kubernetes_version,
        "updateConfig": {"maxUnavailable": 1},
        "nodeRepairConfig": {"enabled": True},
        "remoteAccess": {"ec2SshKey": PROJECT, "sourceSecurityGroups": [world.security_groups["bastion"]]},
        "tags": TAGS,
        **changes,
    }
    group = world.aws.eks.create_nodegroup(**arguments)["nodegroup"]
    scaling_group: str = group["resources"]["autoScalingGroups"][0]["name"]
    return scaling_group


def node_template_data(world: World, public_address: bool = False) -> dict[str, object]:
    """LaunchTemplateData of the nodes."""
    user_data = f"#!/bin/bash\n/etc/eks/bootstrap.sh {CLUSTER}\nexport REGISTRY_TOKEN={NODE_SECRET}\n"
    return {
        "ImageId": AMI,
        "InstanceType": "t3.medium",
        "IamInstanceProfile": {"Name": NODE_ROLE},
        "BlockDeviceMappings": _DISK,
        "MetadataOptions": _IMDS,
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "AssociatePublicIpAddress": public_address,
                "Groups": [world.security_groups["nodes"]],
                "DeleteOnTermination": True,
            }
        ],
        "UserData": base64.b64encode(user_data.encode()).decode(),
        "TagSpecifications": tag_specification("instance", f"{PROJECT}-node"),
    }


def _launch_template(world: World) -> None:
    template = world.aws.ec2.create_launch_template(
        LaunchTemplateName=f"eks-{NODE_GROUP}",
        LaunchTemplateData=node_template_data(world),
        TagSpecifications=tag_specification("launch-template", f"eks-{NODE_GROUP}", {"eks:cluster-name": CLUSTER}),
    )
    world.launch_template = template["LaunchTemplate"]["LaunchTemplateId"]


def create_scaling_group(
    world: World,
    name: str,
    *,
    node_group: str = NODE_GROUP,
    subnets: list[str] | None = None,
    largest: int = 6,
    autoscaler_tags: dict[str, str] | None = None,
) -> None:
    """The Auto Scaling group that EKS would have made for a node group, under the name that moto gave.

    With that name the join node group → Auto Scaling group → instances holds. It starts empty: moto's
    own instances ignore the security groups, the metadata options and the disks of the launch template.
    """
    tags = {
        **TAGS,
        "Name": f"{PROJECT}-node",
        "eks:cluster-name": CLUSTER,
        "eks:nodegroup-name": node_group,
        f"kubernetes.io/cluster/{CLUSTER}": "owned",
        **(AUTOSCALER_TAGS if autoscaler_tags is None else autoscaler_tags),
    }
    world.aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": world.launch_template, "Version": "$Latest"},
        MinSize=0,
        MaxSize=largest,
        DesiredCapacity=0,
        VPCZoneIdentifier=",".join(subnets or world.subnets["private"]),
        HealthCheckType="ELB",
        HealthCheckGracePeriod=300,
        Tags=[
            {**scaling_group_tag(name, key), "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()
        ],
    )


def scaling_group_tag(name: str, key: str) -> dict[str, object]:
    """How Auto Scaling names a tag of a group."""
    return {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key}


def _nodes(world: World) -> None:
    """Three nodes over the two private subnets, as the launch template says, attached to the Auto Scaling group."""
    private = world.subnets["private"]
    world.nodes = [
        run_instance(
            world, f"{PROJECT}-node", subnet, [world.security_groups["nodes"]], profile=NODE_ROLE, tags=_node_tags()
        )
        for subnet in (private[0], private[1], private[0])
    ]
    autoscaling = world.aws.autoscaling
    autoscaling.attach_instances(AutoScalingGroupName=world.scaling_group, InstanceIds=world.nodes)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=world.scaling_group, MinSize=2)


def add_node(world: World, subnet: str, public_address: bool) -> str:
    """One node more in the node group's Auto Scaling group; returns its instance id."""
    node = run_instance(
        world,
        f"{PROJECT}-node",
        subnet,
        [world.security_groups["nodes"]],
        profile=NODE_ROLE,
        tags=_node_tags(),
        public_address=public_address,
    )
    world.aws.autoscaling.attach_instances(AutoScalingGroupName=world.scaling_group, InstanceIds=[node])
    return node


def _node_tags() -> dict[str, str]:
    return {
        "eks:cluster-name": CLUSTER,
        "eks:nodegroup-name": NODE_GROUP,
        f"kubernetes.io/cluster/{CLUSTER}": "owned",
        **AUTOSCALER_TAGS,
    }


def run_instance(
    world: World,
    name: str,
    subnet: str,
    groups: list[str],
    *,
    profile: str,
    tags: dict[str, str],
    public_address: bool = False,
    user_data: str = "#!/bin/bash\n",
) -> str:
    """Start one instance with IMDSv2 and an encrypted disk; returns its id."""
    interface = {
        "DeviceIndex": 0,
        "SubnetId": subnet,
        "AssociatePublicIpAddress": public_address,
        "Groups": groups,
        "DeleteOnTermination": True,
    }
    instance: str = world.aws.ec2.run_instances(
        ImageId=AMI,
        InstanceType="t3.medium",
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": profile},
        MetadataOptions=_IMDS,
        BlockDeviceMappings=_DISK,
        NetworkInterfaces=[interface],
        UserData=user_data,
        TagSpecifications=tag_specification("instance", name, tags),
    )["Instances"][0]["InstanceId"]
    return instance


def run_bastion(world: World, subnet: str) -> str:
    """Start a bastion; returns its instance id."""
    secret = f"#!/bin/bash\necho 'postgres:{BASTION_SECRET}' > /root/.pgpass\nDB_PASSWORD={BASTION_SECRET}\n"
    return run_instance(
        world,
        f"{PROJECT}-bastion",
        subnet,
        [world.security_groups["bastion"]],
        profile=BASTION_ROLE,
        tags={"Role": "bastion"},
        public_address=True,
        user_data=secret,
    )


def node_group_arn(world: World, name: str = NODE_GROUP) -> str:
    answer = world.aws.eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)
    arn: str = answer["nodegroup"]["nodegroupArn"]
    return arn
