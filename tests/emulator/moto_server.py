"""moto's server with seven changes: recorded answers, a state that its API cannot be brought into, fewer IAM policies, whole clusters, web ACLs without rules, smaller pages.

*Recorded answers.* Operations that it does not have are answered from fixtures/replay (recorded.py).

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

*BatchGetRepositoryScanningConfiguration.* ECR says of a repository whose own flag is on, where the registry scans basically and has no
rules, that it is scanned on push. moto knows of the registry's rules only.

*UpdateWebACL.* WAF takes an empty list of rules for what it is. moto takes it for no list and keeps the rules.

*GetAccountAuthorizationDetails, DescribeInstances.* AWS answers in pages, and in smaller ones than were asked for if it likes.
moto answers the whole account at once, or a thousand reservations however many instances they hold, and takes seconds for it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable
from typing import Any

import copies
import moto.iam.models
import moto.server
from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse
from moto.ecr.models import ECRBackend
from moto.eks.models import EKSBackend
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.responses import IamResponse
from moto.rds.models import DBInstance
from moto.wafv2.models import WAFV2Backend
from recorded import Recorded
from werkzeug.serving import make_server

APPLY_STATUS_TAG = "emulator:parameter-apply-status"

_DETAILS = {
    "users": "UserDetailList",
    "groups": "GroupDetailList",
    "roles": "RoleDetailList",
    "managed_policies": "Policies",
}
_DETAILS_IN_A_PAGE = 250
_RESERVATIONS_IN_A_PAGE = 20

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
    return _replace_cluster_config(self, name=name, resources_vpc_config=resources_vpc_config or {}, **rest)


def _repository_scanning(self: Any, names: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    told, failing = _rules_of_repositories(self, names)
    registry = self.registry_scanning_configuration
    if registry["scanType"] == "BASIC" and not registry["rules"]:
        for one in told:
            flag = self.repositories[one["repositoryName"]].image_scanning_configuration["scanOnPush"]
            one.update(scanOnPush=flag, scanFrequency="SCAN_ON_PUSH" if flag else "MANUAL")
    return told, failing


def _update_web_acl(self: Any, name: str, _id: str, default_action: Any, rules: Any, *rest: Any) -> Any:
    token = _change_web_acl(self, name, _id, default_action, rules, *rest)
    if rules == []:
        self.get_web_acl(None, name, _id).rules = []
    return token


_change_web_acl = WAFV2Backend.update_web_acl

_rules_of_repositories = ECRBackend.batch_get_repository_scanning_configuration

_replace_cluster_config = EKSBackend.update_cluster_config


def _details(self: Any) -> ActionResult:
    found = self.backend.get_account_authorization_details(self._get_param("Filter", []))
    all_of_them = [(member, one) for kind, member in _DETAILS.items() for one in found[kind]]
    begin = int(self._get_param("Marker") or 0)
    end = begin + min(self._get_int_param("MaxItems", 100), _DETAILS_IN_A_PAGE)
    answer: dict[str, Any] = {member: [] for member in _DETAILS.values()} | {"IsTruncated": end < len(all_of_them)}
    if end < len(all_of_them):
        answer["Marker"] = str(end)
    for member, one in all_of_them[begin:end]:
        answer[member].append(one)
    return ActionResult(answer)


def _describe_instances(self: Any) -> ActionResult:
    answer = _whole_instances(self)
    found: list[Any] = answer.result["Reservations"]  # type: ignore[index]
    if self._get_param("MaxResults") and len(found) > _RESERVATIONS_IN_A_PAGE:
        page = found[:_RESERVATIONS_IN_A_PAGE]
        return ActionResult({"Reservations": page, "NextToken": page[-1].id})
    return answer


_whole_instances = InstanceResponse.describe_instances


def _fewer_policies() -> str:
    policies = json.loads(aws_managed_policies_data)
    return json.dumps(
        {name: each for name, each in policies.items() if name in _POLICIES or name.startswith(_FAMILIES)}
    )


def _application() -> Any:
    """moto with the changes above."""
    DBInstance.db_parameter_group_status_list = property(_status_list)  # type: ignore[assignment, method-assign]
    EKSBackend.update_cluster_config = _update_cluster_config  # type: ignore[assignment, method-assign]
    WAFV2Backend.update_web_acl = _update_web_acl  # type: ignore[assignment, method-assign]
    ECRBackend.batch_get_repository_scanning_configuration = _repository_scanning  # type: ignore[method-assign]
    IamResponse.get_account_authorization_details = _details  # type: ignore[method-assign]
    InstanceResponse.describe_instances = _describe_instances  # type: ignore[method-assign]
    moto.iam.models.aws_managed_policies_data = _fewer_policies()  # type: ignore[attr-defined]
    return Recorded(moto.server.DomainDispatcherApplication(moto.server.create_backend_app))  # type: ignore[attr-defined]


_WHOLE = _application()


def _copied(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI application before moto's: answers the question for a copy, hands on everything else."""
    if environ["PATH_INFO"] != copies.PATH:
        answer: Iterable[bytes] = _WHOLE(environ, start_response)
        return answer
    body = copies.copy(_serve)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _serve(listener: socket.socket) -> None:
    host, port = listener.getsockname()
    # By this moto finds itself: a state machine's tasks ask the services of the same server.
    os.environ["MOTO_PORT"] = str(port)
    handler = moto.server.MotoRequestHandler  # type: ignore[attr-defined]
    make_server(host, port, _copied, threaded=True, request_handler=handler, fd=listener.fileno()).serve_forever()


if __name__ == "__main__":
    copies.begin(_serve)
