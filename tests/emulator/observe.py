"""Everything that a scan could see of a world, read back through the API.

For check_world.py, which compares two worlds. Times and ETags are left out, for they differ between
two builds of the same world.
"""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from botocore.exceptions import ClientError
from stack.aws import Aws
from stack.names import ALL_VIEWER, ALL_VIEWER_EXCEPT_HOST, CACHING_DISABLED, CACHING_OPTIMIZED, SECURITY_HEADERS

_DIFFERS_ALWAYS = {
    "ResponseMetadata",
    "ETag",
    "CallerReference",
    "Serial",
}
# Random names that a seed does not reach: ministack's ids, and moto's default listener rules.
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_RANDOM = re.compile(rf"\bE[A-Z0-9]{{13}}\b|\bd[a-z0-9]+\.cloudfront\.net\b|(?<=/)\d{{15}}$|^{_UUID}$")
_MANAGED = {CACHING_DISABLED, CACHING_OPTIMIZED, ALL_VIEWER, ALL_VIEWER_EXCEPT_HOST, SECURITY_HEADERS}

State = dict[str, Any]


def observe(aws: Aws) -> State:
    """All describe calls, one entry a call."""
    answers = {
        **_network(aws),
        **_compute(aws),
        **_balancer(aws),
        **_cloudfront(aws),
        **_registry(aws),
        **_access(aws),
    }
    return {call: _plain(answer) for call, answer in answers.items()}


def _network(aws: Aws) -> State:
    ec2 = aws.ec2
    calls = (
        "describe_vpcs",
        "describe_subnets",
        "describe_route_tables",
        "describe_internet_gateways",
        "describe_nat_gateways",
        "describe_security_groups",
        "describe_security_group_rules",
        "describe_network_interfaces",
        "describe_flow_logs",
        "describe_addresses",
        "describe_instances",
        "describe_launch_templates",
    )
    state = {call: getattr(ec2, call)() for call in calls}
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    state["prefix_lists"] = {
        each["PrefixListId"]: {
            **each,
            "entries": ec2.get_managed_prefix_list_entries(PrefixListId=each["PrefixListId"])["Entries"],
        }
        for each in lists
    }
    state["launch_template_versions"] = {
        each["LaunchTemplateId"]: ec2.describe_launch_template_versions(LaunchTemplateId=each["LaunchTemplateId"])
        for each in state["describe_launch_templates"]["LaunchTemplates"]
    }
    return state


def _compute(aws: Aws) -> State:
    eks, rds = aws.eks, aws.rds
    state: State = {"scaling_groups": aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    for name in eks.list_clusters()["clusters"]:
        state[f"cluster {name}"] = eks.describe_cluster(name=name)["cluster"]
        for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
            state[f"node group {name} {group}"] = eks.describe_nodegroup(clusterName=name, nodegroupName=group)
    state["databases"] = rds.describe_db_instances()["DBInstances"]
    state["db_subnet_groups"] = rds.describe_db_subnet_groups()["DBSubnetGroups"]
    for group in rds.describe_db_parameter_groups()["DBParameterGroups"]:
        name = group["DBParameterGroupName"]
        state[f"parameters {name}"] = [group, rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]]
    state["keys"] = [aws.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in aws.kms.list_keys()["Keys"]]
    return state


def _balancer(aws: Aws) -> State:
    elbv2 = aws.elbv2
    state: State = {"target_groups": elbv2.describe_target_groups()["TargetGroups"]}
    for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        listeners = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        state[f"load balancer {arn}"] = [
            balancer,
            elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"],
            [[each, elbv2.describe_rules(ListenerArn=each["ListenerArn"])["Rules"]] for each in listeners],
        ]
    for group in state["target_groups"]:
        state[f"targets {group['TargetGroupName']}"] = elbv2.describe_target_health(
            TargetGroupArn=group["TargetGroupArn"]
        )["TargetHealthDescriptions"]
    state["certificates"] = [
        aws.acm.describe_certificate(CertificateArn=each["CertificateArn"])["Certificate"]
        for each in aws.acm.list_certificates()["CertificateSummaryList"]
    ]
    state["records"] = [
        aws.route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        for zone in aws.route53.list_hosted_zones()["HostedZones"]
    ]
    state["web_acls"] = aws.wafv2.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    return state


def _cloudfront(aws: Aws) -> State:
    cloudfront = aws.cloudfront
    state: State = {}
    for item in cloudfront.list_distributions()["DistributionList"].get("Items", []):
        answer = cloudfront.get_distribution_config(Id=item["Id"])["DistributionConfig"]
        state[f"distribution {answer['Comment']}"] = answer
    state["cache_policies"] = cloudfront.list_cache_policies(Type="custom")["CachePolicyList"]
    state["headers_policies"] = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    return state


def _registry(aws: Aws) -> State:
    ecr = aws.ecr
    state: State = {"registry_scanning": ecr.get_registry_scanning_configuration()}
    for repository in ecr.describe_repositories()["repositories"]:
        name = repository["repositoryName"]
        state[f"repository {name}"] = [
            repository,
            _or_none(ecr.get_lifecycle_policy, "LifecyclePolicyNotFoundException", repositoryName=name),
            _or_none(ecr.get_repository_policy, "RepositoryPolicyNotFoundException", repositoryName=name),
        ]
    return state


def _access(aws: Aws) -> State:
    answer = aws.iam.get_account_authorization_details(Filter=["Role", "LocalManagedPolicy"])
    passwords = _or_none(aws.iam.get_account_password_policy, "NoSuchEntity")
    return {"roles": answer["RoleDetailList"], "policies": answer["Policies"], "passwords": passwords}


def _or_none(call: Any, code: str, **arguments: str) -> object:
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return None


def _plain(value: Any) -> Any:
    """JSON without times and random names, so that equal worlds are equal."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key not in _DIFFERS_ALWAYS}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, datetime.datetime):
        return None
    if isinstance(value, str) and value not in _MANAGED:
        return _RANDOM.sub("random", value)
    return value


def differences(before: State, after: State) -> list[str]:
    """The entries that are not the same, by name."""
    return sorted(key for key in before.keys() | after.keys() if _text(before.get(key)) != _text(after.get(key)))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
