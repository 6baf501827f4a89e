"""The tools that are measured: how each is started, and how its findings are read. What each reads and judges is in ``JOB``.

Findings are sets of (check, resource), the resource by the last part of its ARN, so that tools which name a group by id and tools which name it
by ARN can be held against each other. A listener counts as its load balancer, which is what Prowler and Custodian name.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = ROOT / "target" / "bench-peers"

# Our check, and Prowler's for the same; a second one where Prowler has one a port.
CHECKS: dict[str, tuple[str, ...]] = {
    "KA-CF-001": ("cloudfront_distributions_https_enabled",),
    "KA-CF-002": ("cloudfront_distributions_custom_ssl_certificate",),
    "KA-RDS-001": ("rds_instance_no_public_access",),
    "KA-RDS-003": ("rds_instance_storage_encrypted",),
    "KA-ECR-002": ("ecr_repositories_scan_images_on_push_enabled",),
    "KA-ECR-004": ("ecr_repositories_lifecycle_policy_enabled",),
    "KA-EKS-001": ("eks_cluster_not_publicly_accessible",),
    "KA-ALB-003": ("elbv2_insecure_ssl_ciphers",),
    "KA-SG-001": (
        "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
        "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389",
    ),
    "KA-VPC-004": ("vpc_subnet_no_public_ip_by_default",),
}
# Of the other three Prowler asks something else, under a name that sounds alike.
OTHER_MEANING = {
    "KA-CF-002": "Prowler asks whether the certificate is the default one, ours whether the security policy is accepted as well",
    "KA-RDS-001": "Prowler fails a public instance only if a group opens its port and a subnet is public, ours by the flag",
    "KA-ECR-004": "Prowler asks whether there is a lifecycle policy, ours whether it keeps the ten images declared",
}

JOB = {
    "ours": "what the ten controls name; the listings, each distribution where a control needs it, each repository's "
    "lifecycle policy, each balancer's listeners. Judges ten controls, writes one JSON report "
    "with evidence.",
    "boto3": "the listings, each repository's lifecycle policy, each balancer's listeners, one call after the other. Judges "
    "the ten checks in 60 lines, writes the ARNs that fail. No retries beyond boto3's, no proof, no gaps.",
    "boto3, 16 threads": "the same with the calls for each repository and balancer on 16 threads.",
    "Custodian": "the listings, the tags of each distribution, repository and balancer, and the same calls for each "
    "repository and balancer. Ten policies of one check each, what two policies read in common read once (cache in "
    "memory). Writes the failing resources of each policy as JSON.",
    "Prowler": "whole services, which it always reads: beside the above each distribution's configuration and tags, each "
    "repository's policy, images and tags, each balancer's attributes, rules and tags, each instance's snapshots and certificate. "
    "Judges eleven checks (KA-SG-001 is two), writes every pass and fail as OCSF JSON. Unused groups are included "
    "(--scan-unused-services), one region.",
}


@dataclass(frozen=True)
class Tool:
    """One tool: its command, with ``{out}`` for a folder of its own, and the exit codes that a run which has found something has."""

    name: str
    command: tuple[str, ...]
    exits: tuple[int, ...] = (0,)

    def arguments(self, out: Path) -> list[str]:
        return [part.replace("{out}", str(out)) for part in self.command]

    def findings(self, out: Path) -> set[tuple[str, str]]:
        """What fails, of the run that wrote into this folder."""
        read = {"ours": _ours, "Prowler": _prowler, "Custodian": _custodian}.get(self.name, _by_hand)
        return {(check, _short(resource)) for check, resource in read(out)}


def ours(program: Path) -> Tool:
    controls = ",".join(CHECKS)
    command = (str(program), "scan", "--control", controls, "--format", "json={out}/report.json")
    return Tool("ours", command, (1,))


def by_hand(python: Path, threads: int = 1) -> Tool:
    name = "boto3" if threads == 1 else f"boto3, {threads} threads"
    return Tool(name, (str(python), str(HERE / "by_hand.py"), "{out}/found.json", str(threads)))


def custodian() -> Tool:
    program = str(PEERS / "custodian" / "bin" / "custodian")
    policies = str(HERE / "policies.yml")
    return Tool("Custodian", (program, "run", "-s", "{out}", "--region", "us-east-1", "--cache", "memory", policies))


def prowler() -> Tool:
    program = str(PEERS / "prowler" / "bin" / "prowler")
    checks = [check for checks in CHECKS.values() for check in checks]
    output = ("-M", "json-ocsf", "-o", "{out}", "-F", "found", "--no-banner")
    command = (program, "aws", "-f", "us-east-1", "--scan-unused-services", *output, "--checks", *checks)
    return Tool("Prowler", command, (3,))


def environment(endpoint: str, home: Path) -> dict[str, str]:
    """A tool's environment: the endpoint, a key pair that is no secret, and nothing of a person's own configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _short(resource: str) -> str:
    listener = re.sub(r":listener/(.*)/[^/]+$", r":loadbalancer/\1", resource)
    if ":repository/" in listener or ":loadbalancer/" in listener:
        return listener.rpartition(":")[2]
    return re.split("[:/]", listener)[-1]


def _ours(out: Path) -> list[tuple[str, str]]:
    report = json.loads((out / "report.json").read_text())
    undecided = [one for one in report["findings"] if one["status"] == "unknown"]
    if report["gaps"] or report["errors"] or undecided or not report["scan"]["complete"]:
        raise SystemExit(f"our scan is not complete: {report['gaps'][:3]} {report['errors'][:3]} {undecided[:1]}")
    return [(one["control"], one["resource"]["arn"]) for one in report["findings"] if one["status"] == "fail"]


def _prowler(out: Path) -> list[tuple[str, str]]:
    ours_of = {theirs: check for check, names in CHECKS.items() for theirs in names}
    found = json.loads((out / "found.ocsf.json").read_text())
    failing = [one for one in found if one["status_code"] == "FAIL"]
    return [(ours_of[one["metadata"]["event_code"]], one["resources"][0]["uid"]) for one in failing]


def _custodian(out: Path) -> list[tuple[str, str]]:
    names = ("ARN", "DBInstanceArn", "repositoryArn", "LoadBalancerArn", "GroupId", "SubnetId", "arn")
    found = []
    for check in CHECKS:
        for one in json.loads((out / check / "resources.json").read_text()):
            found.append((check, next(one[name] for name in names if name in one)))
    return found


def _by_hand(out: Path) -> list[tuple[str, str]]:
    told = json.loads((out / "found.json").read_text())
    return [(check, resource) for check, resources in told.items() for resource in resources]
