"""moto's server with five changes: recorded answers, a state that its API cannot be brought into, fewer IAM policies, whole clusters, web ACLs without rules.

*Recorded answers.* Two operations that it does not have are answered from fixtures/replay (recorded.py).

*ParameterApplyStatus.* moto answers "in-sync" for every DB instance, always, while a parameter group
whose change waits for a reboot is what KA-RDS-008 has to see. A parameter group that carries the tag
below answers the tag's value instead. It is a tag and not a side channel, so that ``/moto-api/reset``
takes it away with the rest of the world.

*Managed policies.* With MOTO_IAM_LOAD_MANAGED_POLICIES moto makes some 1,400 policies in each reset,
which is two thirds of its time, and GetAccountAuthorizationDetails answers all of them where AWS
answers those that are attached somewhere. Only the ones that a stack like ours may use are kept.

*UpdateClusterConfig.* EKS changes the members that it is sent. moto puts what it is sent in the place of the
whole resourcesVpcConfig, so that a cluster whose endpoint is closed has no subnets any more, and shows the
update's token as the cluster's.

*UpdateWebACL.* WAF takes an empty list of rules for what it is. moto takes it for no list and keeps the rules.
"""

from __future__ import annotations

import json
from typing import Any

import moto.iam.models
import moto.server
from moto.eks.models import EKSBackend
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.rds.models import DBInstance
from moto.wafv2.models import WAFV2Backend
from recorded import Recorded

APPLY_STATUS_TAG = "emulator:parameter-apply-status"

_FAMILIES = ("AmazonEKS", "AmazonEC2ContainerRegistry", "AmazonSSM", "AmazonS3", "AmazonEBSCSI", "AWSLambda")
_POLICIES = frozenset(
    (
        "AdministratorAccess",
        "AmazonDynamoDBReadOnlyAccess",
        "CloudWatchAgentServerPolicy",
        "PowerUserAccess",
        "ReadOnlyAccess",
        "SecurityAudit",
    )
)


def _status_list(self: Any) -> list[Any]:
    groups: list[Any] = self.db_parameter_groups()
    for group in groups:
        tags = {tag["Key"]: tag["Value"] for tag in getattr(group, "tags", None) or []}
        group.ParameterApplyStatus = tags.get(APPLY_STATUS_TAG, "in-sync")
    return groups


def _update_cluster_config(
    self: Any, name: str, resources_vpc_config: dict[str, Any] | None, client_request_token: str | None, **rest: Any
) -> Any:
    cluster = self.clusters.get(name)
    if cluster and resources_vpc_config:
        resources_vpc_config = {**cluster.resources_vpc_config, **resources_vpc_config}
    return _replace_cluster_config(self, name=name, resources_vpc_config=resources_vpc_config, **rest)


def _update_web_acl(self: Any, name: str, _id: str, default_action: Any, rules: Any, *rest: Any) -> Any:
    token = _change_web_acl(self, name, _id, default_action, rules, *rest)
    if rules == []:
        self.get_web_acl(None, name, _id).rules = []
    return token


_change_web_acl = WAFV2Backend.update_web_acl

_replace_cluster_config = EKSBackend.update_cluster_config


def _fewer_policies() -> str:
    policies = json.loads(aws_managed_policies_data)
    return json.dumps(
        {name: each for name, each in policies.items() if name in _POLICIES or name.startswith(_FAMILIES)}
    )


if __name__ == "__main__":
    DBInstance.db_parameter_group_status_list = property(_status_list)  # type: ignore[assignment, method-assign]
    EKSBackend.update_cluster_config = _update_cluster_config  # type: ignore[assignment, method-assign]
    WAFV2Backend.update_web_acl = _update_web_acl  # type: ignore[method-assign]
    moto.iam.models.aws_managed_policies_data = _fewer_policies()  # type: ignore[attr-defined]
    dispatcher = moto.server.DomainDispatcherApplication
    moto.server.DomainDispatcherApplication = lambda create: Recorded(dispatcher(create))  # type: ignore[assignment, misc]
    moto.server.main()
