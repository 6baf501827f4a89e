"""The bastion: how many, where, and who may log in."""

from __future__ import annotations

from stack import cluster, network
from stack.names import PROJECT
from stack.state import Design, World

from labels import design_label, label

SSH = (22, 22)
_NO_BASTION = "it leaves no bastion for the other labels"


@design_label("bastion-private", ["KA-BST-001"])
def private(design: Design) -> str:
    """The bastion is in a private subnet, where nobody reaches it."""
    design.bastion_tier = "private"
    return f"{PROJECT}-bastion"


@label("bastion-twice", ["KA-BST-001"])
def twice(world: World) -> str:
    """There are two bastions."""
    return cluster.run_bastion(world, world.subnets["public"][0])


@label("bastion-ssh-anywhere", ["KA-SG-001", "KA-BST-001"])
def ssh_anywhere(world: World) -> str:
    """Everybody may try to log in to the bastion."""
    network.from_cidr(world, "bastion", network.ANYWHERE, SSH, "everybody")
    return world.security_groups["bastion"]


@label("bastion-ssh-undeclared", ["KA-BST-001"])
def ssh_undeclared(world: World) -> str:
    """A range that nobody declared may log in to the bastion."""
    network.from_cidr(world, "bastion", "198.51.100.0/24", SSH, "a contractor")
    return world.security_groups["bastion"]


@label("bastion-second-sg", ["KA-BST-001"])
def second_group(world: World) -> str:
    """A second security group on the bastion lets an undeclared range log in; the first is as it should be."""
    second = network.security_group(world, f"{PROJECT}-bastion-debug", "Bastion: while debugging")
    network.from_cidr(world, second, "192.0.2.0/24", SSH, "while debugging")
    world.aws.ec2.modify_instance_attribute(InstanceId=world.bastion, Groups=[world.security_groups["bastion"], second])
    return second


@label("bastion-imdsv1", ["KA-EC2-001"])
def imdsv1(world: World) -> str:
    """The bastion hands its role's credentials to whoever can make it fetch an address."""
    world.aws.ec2.modify_instance_metadata_options(
        InstanceId=world.bastion,
        HttpTokens="optional",
        HttpPutResponseHopLimit=1,
        HttpEndpoint="enabled",
        HttpProtocolIpv6="disabled",
        InstanceMetadataTags="disabled",
    )
    return world.bastion


@label("ebs-not-encrypted-by-default", ["KA-EC2-005", "KA-X-010"])
def ebs_not_encrypted(world: World) -> str:
    """New volumes are encrypted only where somebody thinks of it."""
    world.aws.ec2.disable_ebs_encryption_by_default()
    return "ebs-encryption-by-default"


@label("bastion-gone", ["KA-BST-001", "KA-NG-004", "KA-SG-005", "KA-X-018"], exclusive=_NO_BASTION)
def gone(world: World) -> str:
    """The bastion has been terminated; EC2 still lists it."""
    world.aws.ec2.terminate_instances(InstanceIds=[world.bastion])
    return world.bastion


@label("bastion-untagged", ["KA-BST-001", "KA-NG-004", "KA-SG-005", "KA-X-018"], exclusive=_NO_BASTION)
def untagged(world: World) -> str:
    """The bastion lacks the tag by which it is known."""
    world.aws.ec2.delete_tags(Resources=[world.bastion], Tags=[{"Key": "Role"}])
    return world.bastion
