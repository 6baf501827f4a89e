"""The eight ECR repositories, and a registry that lets in its own account."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError
from emulators import ACCOUNT, REGION

from stack.names import KEEP_IMAGES, REPOSITORIES
from stack.state import World, tag_list

# Tags stand still, but for the one that the documented push moves.
PINNED: dict[str, object] = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest"}],
}


def build(world: World) -> None:
    for name in REPOSITORIES:
        create_repository(world, name)
    within = {
        "Sid": "Own",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["ecr:CreateRepository"],
        "Resource": [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"],
    }
    try:
        world.aws.ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [within]}))
    except ClientError as error:
        # ministack, before which IAM is tried, has no such operation, nor the read of it.
        if error.response["Error"]["Code"] != "InvalidAction":
            raise


def create_repository(
    world: World,
    name: str,
    scan_on_push: bool = True,
    encryption: dict[str, str] | None = None,
    mutability: dict[str, object] | None = None,
) -> str:
    """A repository that keeps the last ten images; returns its ARN."""
    arn: str = world.aws.ecr.create_repository(
        repositoryName=name,
        imageScanningConfiguration={"scanOnPush": scan_on_push},
        encryptionConfiguration=encryption or {"encryptionType": "AES256"},
        **(mutability or PINNED),
        tags=tag_list(),
    )["repository"]["repositoryArn"]
    put_lifecycle(world, name, [expire_beyond(KEEP_IMAGES)])
    return arn


def expire_beyond(count: int, priority: int = 1) -> dict[str, object]:
    """The lifecycle rule "keep the last ``count`` images, tagged or not"."""
    return {
        "rulePriority": priority,
        "description": f"keep the last {count} images",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count},
        "action": {"type": "expire"},
    }


def put_lifecycle(world: World, name: str, rules: list[dict[str, object]]) -> None:
    world.aws.ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": rules}))
