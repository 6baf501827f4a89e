"""ECR: which repositories there are, scanning, encryption, lifecycle, who may pull."""

from __future__ import annotations

import json

from emulators import ACCOUNT, REGION
from stack import registry
from stack.names import PROJECT
from stack.state import World

from labels import label


def _arn(service: str) -> str:
    return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{PROJECT}/{service}"


def _scan_flag_off(world: World, service: str) -> str:
    world.aws.ecr.put_image_scanning_configuration(
        repositoryName=f"{PROJECT}/{service}", imageScanningConfiguration={"scanOnPush": False}
    )
    return _arn(service)


def _registry_rule(world: World, pattern: str) -> None:
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}]}
    world.aws.ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[rule])


def _lifecycle(world: World, service: str, rules: list[dict[str, object]]) -> str:
    registry.put_lifecycle(world, f"{PROJECT}/{service}", rules)
    return _arn(service)


def _allow_pull(world: World, service: str, principal: object, **more: object) -> str:
    statement = {
        "Sid": "Pull",
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        **more,
    }
    world.aws.ecr.set_repository_policy(
        repositoryName=f"{PROJECT}/{service}",
        policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return _arn(service)


@label("ecr-missing", ["KA-ECR-001"])
def missing(world: World) -> str:
    """One of the eight repositories does not exist."""
    world.aws.ecr.delete_repository(repositoryName=f"{PROJECT}/hr-service", force=True)
    return _arn("hr-service")


@label("ecr-misnamed", ["KA-ECR-001"])
def misnamed(world: World) -> str:
    """One of the eight repositories exists without the project's prefix only."""
    world.aws.ecr.delete_repository(repositoryName=f"{PROJECT}/discovery-server", force=True)
    return registry.create_repository(world, "discovery-server")


@label("ecr-undeclared", ["KA-ECR-001"])
def undeclared(world: World) -> str:
    """A ninth repository exists that nobody declared."""
    return registry.create_repository(world, f"{PROJECT}/payroll-service")


@label("ecr-no-scan", ["KA-ECR-002"])
def no_scan(world: World) -> str:
    """A repository does not scan on push, and no rule of the registry does it instead."""
    return _scan_flag_off(world, "auth-service")


@label("ecr-scan-rule-elsewhere", ["KA-ECR-002"])
def scan_rule_elsewhere(world: World) -> str:
    """A repository does not scan on push, and the registry's rule is for other repositories."""
    _registry_rule(world, "intranet/*")
    return _scan_flag_off(world, "config-server")


@label("benign-ecr-scan-rule", [])
def scan_rule(world: World) -> str:
    """A repository's own flag is off, but a rule of the registry scans it on push."""
    _registry_rule(world, f"{PROJECT}/*")
    return _scan_flag_off(world, "auth-service")


@label("ecr-kms", ["KA-ECR-003"])
def kms(world: World) -> str:
    """A repository is encrypted with a KMS key, not with AES256 as declared."""
    name = f"{PROJECT}/finance-service"
    world.aws.ecr.delete_repository(repositoryName=name, force=True)
    return registry.create_repository(world, name, encryption={"encryptionType": "KMS", "kmsKey": world.database_key})


@label("ecr-keeps-100", ["KA-ECR-004"])
def keeps_100(world: World) -> str:
    """A lifecycle policy exists, and keeps 100 images."""
    return _lifecycle(world, "operation-service", [registry.expire_beyond(100)])


@label("ecr-keeps-3", ["KA-ECR-004"])
def keeps_3(world: World) -> str:
    """A lifecycle policy exists, and keeps three images."""
    return _lifecycle(world, "reporting-service", [registry.expire_beyond(3)])


@label("ecr-sooner-rule", ["KA-ECR-004"])
def sooner_rule(world: World) -> str:
    """A lifecycle policy keeps ten images, but a rule before it expires the released ones beyond two."""
    sooner: dict[str, object] = {
        "rulePriority": 1,
        "description": "two releases are enough",
        "selection": {
            "tagStatus": "tagged",
            "tagPrefixList": ["v"],
            "countType": "imageCountMoreThan",
            "countNumber": 2,
        },
        "action": {"type": "expire"},
    }
    return _lifecycle(world, "gateway-service", [sooner, registry.expire_beyond(10, priority=2)])


@label("ecr-no-lifecycle", ["KA-ECR-004"])
def no_lifecycle(world: World) -> str:
    """A repository has no lifecycle policy."""
    world.aws.ecr.delete_lifecycle_policy(repositoryName=f"{PROJECT}/auth-service")
    return _arn("auth-service")


def _mutability(world: World, service: str, mutability: str, *movable: str) -> str:
    filters = [{"filterType": "WILDCARD", "filter": tag} for tag in movable]
    world.aws.ecr.put_image_tag_mutability(
        repositoryName=f"{PROJECT}/{service}",
        imageTagMutability=mutability,
        **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
    )
    return _arn(service)


@label("ecr-mutable-tags", ["KA-ECR-005"])
def mutable_tags(world: World) -> str:
    """Every tag of a repository can be moved to another image."""
    return _mutability(world, "auth-service", "MUTABLE")


@label("ecr-mutable-releases", ["KA-ECR-005"])
def mutable_releases(world: World) -> str:
    """A repository's tags stand still, but for `latest` and all releases."""
    return _mutability(world, "config-server", "IMMUTABLE_WITH_EXCLUSION", "latest", "v*")


@label("benign-ecr-immutable", [])
def immutable(world: World) -> str:
    """No tag of a repository can be moved, not even `latest`."""
    return _mutability(world, "gateway-service", "IMMUTABLE")


@label("ecr-public", ["KA-ECR-006"])
def public(world: World) -> str:
    """Everybody may pull from a repository."""
    return _allow_pull(world, "config-server", "*")


@label("ecr-foreign-account", ["KA-ECR-006"])
def foreign_account(world: World) -> str:
    """Another account may pull from a repository."""
    return _allow_pull(world, "reporting-service", {"AWS": "arn:aws:iam::999999999999:root"})


@label(
    "ecr-foreign-organization", ["KA-ECR-006"], exclusive="ecr-foreign-account has the policy of the same repository"
)
def foreign_organization(world: World) -> str:
    """Everybody of an organization may pull from a repository, and the account is in none."""
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    return _allow_pull(world, "reporting-service", "*", Condition=condition)


@label("benign-ecr-own-account", [])
def own_account(world: World) -> str:
    """A repository has a policy, which names this account."""
    return _allow_pull(world, "reporting-service", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
