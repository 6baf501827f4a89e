"""Roles, the KMS key, the log bucket and the flow logs that need a role."""

from __future__ import annotations

import json

from emulators import ACCOUNT, REGION

from stack import network
from stack.names import FLOW_LOG_GROUP, NODE_POLICIES, PROJECT, managed_policy_arn
from stack.state import World, tag_list

NODE_ROLE = f"{PROJECT}-node"
CLUSTER_ROLE = f"{PROJECT}-cluster"
BASTION_ROLE = f"{PROJECT}-bastion"
FLOW_LOG_ROLE = f"{PROJECT}-flow-logs"


def build(world: World) -> None:
    _role(world, NODE_ROLE, "ec2.amazonaws.com", NODE_POLICIES)
    _role(world, CLUSTER_ROLE, "eks.amazonaws.com", ("AmazonEKSClusterPolicy",))
    _role(world, BASTION_ROLE, "ec2.amazonaws.com", ("AmazonSSMManagedInstanceCore",))
    _role(world, FLOW_LOG_ROLE, "vpc-flow-logs.amazonaws.com", ())
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{FLOW_LOG_GROUP}:*"
    inline_policy(world, FLOW_LOG_ROLE, "deliver", ["logs:CreateLogStream", "logs:PutLogEvents"], group)
    for role in (NODE_ROLE, BASTION_ROLE):
        world.aws.iam.create_instance_profile(InstanceProfileName=role, Tags=tag_list())
        world.aws.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    password_policy(world)
    world.cluster_key = kms_key(world, "EKS secrets")
    world.database_key = kms_key(world, "Database storage")
    network.flow_logs(world)


def _role(world: World, name: str, service: str, policies: tuple[str, ...]) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    world.aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=tag_list(name))
    for policy in policies:
        world.aws.iam.attach_role_policy(RoleName=name, PolicyArn=managed_policy_arn(policy))


def document(actions: list[str], resource: str) -> str:
    """A policy document of one Allow statement."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}
    )


def inline_policy(world: World, role: str, name: str, actions: list[str], resource: str) -> None:
    world.aws.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document(actions, resource))


def password_policy(world: World, length: int = 14, memory: int = 24) -> None:
    """The account's password policy; what it is not told, AWS sets to its default."""
    world.aws.iam.update_account_password_policy(
        MinimumPasswordLength=length,
        PasswordReusePrevention=memory,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
    )


def kms_key(world: World, description: str) -> str:
    """A customer key with rotation; returns its ARN."""
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tag_list()]
    key = world.aws.kms.create_key(Description=description, KeyUsage="ENCRYPT_DECRYPT", Tags=tags)["KeyMetadata"]
    world.aws.kms.enable_key_rotation(KeyId=key["KeyId"])
    arn: str = key["Arn"]
    return arn
