"""IAM: what the stack's roles may do."""

from __future__ import annotations

import json

from emulators import ACCOUNT
from stack import access
from stack.access import BASTION_ROLE, CLUSTER_ROLE, NODE_ROLE
from stack.names import CLUSTER, PROJECT, managed_policy_arn, role_arn
from stack.state import World, tag_list

from labels import label

PASSWORD_POLICY = f"arn:aws:iam::{ACCOUNT}:account-password-policy"


def _attach(world: World, role: str, policy: str) -> str:
    world.aws.iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    return role_arn(role)


@label("node-role-admin", ["KA-IAM-001", "KA-IAM-003"])
def node_admin(world: World) -> str:
    """The node role is an administrator."""
    return _attach(world, NODE_ROLE, managed_policy_arn("AdministratorAccess"))


@label("node-role-extra-policy", ["KA-IAM-001"])
def node_extra_policy(world: World) -> str:
    """The node role has a managed policy that nodes do not need, without wildcard services."""
    return _attach(world, NODE_ROLE, managed_policy_arn("AmazonDynamoDBReadOnlyAccess"))


@label("node-role-inline-wildcard", ["KA-IAM-001", "KA-IAM-003"])
def node_inline_wildcard(world: World) -> str:
    """The node role has an inline policy with all of S3."""
    access.inline_policy(world, NODE_ROLE, "backups", ["s3:*"], "*")
    return role_arn(NODE_ROLE)


@label("cluster-role-wildcard", ["KA-IAM-003"])
def cluster_wildcard(world: World) -> str:
    """The cluster role has an inline policy with all of EC2."""
    access.inline_policy(world, CLUSTER_ROLE, "networking", ["ec2:*"], "*")
    return role_arn(CLUSTER_ROLE)


@label("bastion-role-customer-policy", ["KA-IAM-003"])
def bastion_customer_policy(world: World) -> str:
    """The bastion role has a customer managed policy that allows everything."""
    policy = world.aws.iam.create_policy(
        PolicyName=f"{PROJECT}-operator", PolicyDocument=access.document(["*"], "*"), Tags=tag_list()
    )["Policy"]["Arn"]
    return _attach(world, BASTION_ROLE, policy)


@label("bastion-role-not-action", ["KA-IAM-003"])
def bastion_not_action(world: World) -> str:
    """The bastion role may do everything but a few things: Allow with NotAction, no star in sight."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": ["iam:CreateUser"], "Resource": "*"}],
    }
    world.aws.iam.put_role_policy(RoleName=BASTION_ROLE, PolicyName="almost-all", PolicyDocument=json.dumps(document))
    return role_arn(BASTION_ROLE)


@label("password-policy-short", ["KA-IAM-013"])
def password_short(world: World) -> str:
    """Users may have passwords of eight characters, and take the last but four again."""
    access.password_policy(world, length=8, memory=5)
    return PASSWORD_POLICY


@label(
    "fargate-role-admin",
    ["KA-IAM-001", "KA-IAM-003"],
    exclusive="in the drifted world node-role-admin is the same, and what is known of the role is its profile alone",
)
def fargate_admin(world: World) -> str:
    """The role by which pods on Fargate join the cluster is an administrator."""
    role = f"{PROJECT}-fargate"
    trust = {"Effect": "Allow", "Principal": {"Service": "eks-fargate-pods.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    world.aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=document, Tags=tag_list())
    world.aws.eks.create_fargate_profile(
        clusterName=CLUSTER,
        fargateProfileName="batch",
        podExecutionRoleArn=role_arn(role),
        subnets=world.subnets["private"],
        selectors=[{"namespace": "batch"}],
        clientRequestToken="world",  # boto3 would make one up, and two builds would differ
    )
    return _attach(world, role, managed_policy_arn("AdministratorAccess"))


@label(
    "password-policy-none",
    ["KA-IAM-013"],
    exclusive="an account has one password policy, which password-policy-short weakens",
)
def password_none(world: World) -> str:
    """The account has no password policy of its own."""
    world.aws.iam.delete_account_password_policy()
    return PASSWORD_POLICY
