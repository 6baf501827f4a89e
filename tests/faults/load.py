"""Accounts that are large in one way, as snapshots, and what judging them takes: ``make faults-load``.

load.py --program target/release/konecta-audit [--build release] [--document docs/reliability.md]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from matrix import ROOT, calls, insert

ACCOUNT: Final = "123456789012"
NOW: Final = "2026-11-23T12:00:00Z"
MEASURE: Final = ROOT / "benches/replay/measure.py"
_BLOCK: Final = 128 * 1024

Resource = dict[str, Any]


def resource(kind: str, service: str, name: str, configuration: dict[str, Any], region: str = "us-east-1") -> Resource:
    place = "" if region == "global" else region
    return {
        "resourceType": kind,
        "arn": f"arn:aws:{service}:{place}:{ACCOUNT}:{name}",
        "resourceId": name.rpartition("/")[2],
        "accountId": ACCOUNT,
        "region": region,
        "tags": {},
        "capturedAt": NOW,
        "configuration": configuration,
    }


def _group(number: int) -> Resource:
    name = f"sg-{number:08x}"
    configuration = {"GroupId": name, "GroupName": f"group-{number}", "VpcId": "vpc-1", "OwnerId": ACCOUNT}
    return resource("AWS::EC2::SecurityGroup", "ec2", f"security-group/{name}", configuration)


def _rule(group: int, number: int) -> Resource:
    name = f"sgr-{group:08x}{number:04x}"
    configuration = {
        "SecurityGroupRuleId": name,
        "GroupId": f"sg-{group:08x}",
        "GroupOwnerId": ACCOUNT,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": 443 + number,
        "ToPort": 443 + number,
        "CidrIpv4": f"10.{group // 256 % 256}.{number % 256}.0/24",
    }
    return resource("AWS::EC2::SecurityGroupRule", "ec2", f"security-group-rule/{name}", configuration)


def groups() -> Iterator[Resource]:
    for number in range(100_000):
        yield _group(number)
    for number in range(100_000):
        yield _rule(number, 0)


def rules() -> Iterator[Resource]:
    yield _group(0)
    for number in range(1_000):
        yield _rule(0, number)


def policy() -> Iterator[Resource]:
    """Ten megabytes in one document; AWS itself takes 6,144 characters."""
    statements, size = [], 0
    while size < 10_000_000:
        number = len(statements)
        statements.append(
            {
                "Sid": f"S{number}",
                "Effect": "Deny" if number % 3 == 0 else "Allow",
                "Action": [f"s3:Get*{number}", "ecr:*Image*"],
                "Resource": f"arn:aws:s3:::bucket-{number}/*",
            }
        )
        size += len(json.dumps(statements[-1])) + 2
    arn = f"arn:aws:iam::{ACCOUNT}:policy/large"
    document = {"Version": "2012-10-17", "Statement": statements}
    yield resource(
        "AWS::IAM::ManagedPolicy",
        "iam",
        "policy/large",
        {
            "PolicyName": "large",
            "Arn": arn,
            "DefaultVersionId": "v1",
            "AttachmentCount": 1,
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document}],
        },
        "global",
    )
    yield resource(
        "AWS::IAM::Role",
        "iam",
        "role/large",
        {
            "RoleName": "large",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/large",
            "RolePolicyList": [],
            "AttachedManagedPolicies": [{"PolicyName": "large", "PolicyArn": arn}],
        },
        "global",
    )


def distributions() -> Iterator[Resource]:
    for number in range(5_000):
        origin = {
            "Id": "app",
            "DomainName": f"app-{number}.us-east-1.elb.amazonaws.com",
            "OriginPath": "",
            "CustomOriginConfig": {
                "HTTPPort": 80,
                "HTTPSPort": 443,
                "OriginProtocolPolicy": "https-only",
                "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            },
        }
        behavior = {"TargetOriginId": "app", "ViewerProtocolPolicy": "redirect-to-https", "Compress": True}
        paths = [{**behavior, "PathPattern": f"/part-{part}/*"} for part in range(10)]
        yield resource(
            "AWS::CloudFront::Distribution",
            "cloudfront",
            f"distribution/E{number:08}",
            {
                "Id": f"E{number:08}",
                "DomainName": f"d{number}.cloudfront.net",
                "Status": "Deployed",
                "DistributionConfig": {
                    "Enabled": True,
                    "HttpVersion": "http2and3",
                    "Aliases": {"Quantity": 0},
                    "Origins": {"Quantity": 1, "Items": [origin]},
                    "DefaultCacheBehavior": behavior,
                    "CacheBehaviors": {"Quantity": len(paths), "Items": paths},
                    "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
                },
            },
            "global",
        )


LOADS: Final[tuple[tuple[str, Callable[[], Iterator[Resource]]], ...]] = (
    ("100,000 security groups with a rule each", groups),
    ("1,000 rules in one security group", rules),
    ("a policy document of 10 MB", policy),
    ("5,000 distributions with ten behaviors each", distributions),
)


def lines(resources: Iterator[Resource]) -> Iterator[bytes]:
    """A snapshot line by line, with its digest at the end."""
    digest, count = hashlib.sha256(), 0
    times = {"startedAt": NOW, "finishedAt": NOW}
    scan = {"toolVersion": "load", **times, "accounts": [ACCOUNT], "regions": ["us-east-1"], "calls": 1}
    told: list[dict[str, Any]] = [{"format": "konecta-audit-snapshot", "version": 1, "scan": scan}]
    for action, read in calls().items():
        for region in {"global": ["global"], "regional": ["us-east-1"]}.get(read["scope"], ["global", "us-east-1"]):
            record = {"action": action, "accountId": ACCOUNT, "region": region, "calls": 1, "complete": True}
            told.append({"read": record})
    for line in [*told, *({"resource": each} for each in resources)]:
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        digest.update(text)
        count += 1
        yield text
    yield json.dumps({"end": {"lines": count, "sha256": digest.hexdigest()}}).encode() + b"\n"


def pack(path: Path, parts: Iterator[bytes]) -> None:
    """One zstd frame of raw blocks: nothing need be installed for it."""
    content = b"".join(parts)
    with path.open("wb") as out:
        out.write(struct.pack("<IBB", 0xFD2FB528, 0, 7 << 3))
        for at in range(0, len(content), _BLOCK):
            block = content[at : at + _BLOCK]
            last = at + _BLOCK >= len(content)
            out.write(struct.pack("<I", len(block) << 3 | last)[:3] + block)


def measure(
    program: str, folder: Path, make: Callable[[], Iterator[Resource]]
) -> tuple[float, float, float, float, int]:
    """Seconds, seconds of the processor, megabytes at most, megabytes of the snapshot, and the exit code."""
    snapshot = folder / "load.snapshot"
    pack(snapshot, lines(make()))
    command = [program, "scan", "--snapshot", str(snapshot), "--format", f"json={folder / 'report.json'}"]
    # The kernel counts a child's memory from that of who started it, and this process holds a snapshot.
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(MEASURE), os.devnull, *command],
        env={"HOME": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        check=True,
    )
    took = json.loads(told.stdout)
    return took["wall"], took["processor"], took["megabytes"], snapshot.stat().st_size / 1e6, took["exit"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Accounts that are large in one way.")
    parser.add_argument("--program", required=True)
    parser.add_argument("--build", default="debug")
    parser.add_argument("--document", type=Path)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="konecta-load-") as folder:
        for name, make in LOADS:
            seconds, busy, most, size, code = measure(str(Path(arguments.program).resolve()), Path(folder), make)
            rows.append(f"| {name} | {size:.1f} MB | {seconds:.1f} s | {busy:.1f} s | {most:.0f} MB | {code} |")
            print(rows[-1], flush=True)
            if code not in (1, 3):
                sys.exit(f"load.py: {name}: exit {code}")
    head = f"Made by `make faults-load` on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, {arguments.build} build."
    table = [head, "", "| account | snapshot | scan | processor | memory | exit |", "|---|---|---|---|---|---|", *rows]
    if arguments.document:
        insert(arguments.document, "load", "\n".join(table))


if __name__ == "__main__":
    main()
