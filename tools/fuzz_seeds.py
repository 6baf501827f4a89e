"""The seeds of the fuzz targets, made from the fixtures of the repository: ``make fuzz`` calls it.

fuzz_seeds.py CORPUS

Writes below CORPUS a folder a target with small inputs of the right form. What libFuzzer finds later stands beside them and is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
# Longer inputs are mutated at random places that mean nothing.
LONGEST: Final = 16 * 1024

Seed = str | bytes


def unpacked(path: Path) -> list[bytes]:
    """The lines of a snapshot."""
    zstd = shutil.which("zstd")
    if zstd is None:
        return []
    text = subprocess.run([zstd, "-dcq", str(path)], check=True, capture_output=True).stdout
    return text.splitlines()


def snapshots() -> Iterator[Seed]:
    """Heads of snapshots: some reads and gaps, then resources, without the last line, which the target adds."""
    for path in [*ROOT.glob("fixtures/terraform/**/*.snap"), *ROOT.glob("fixtures/chaos/*.snap")]:
        lines = unpacked(path)[:-1]
        resources = [line for line in lines if line.startswith(b'{"resource"')]
        for at in range(0, len(resources), 6):
            yield b"\n".join([*lines[:4], *resources[at : at + 6]])[:LONGEST]
        yield path.read_bytes()


def policies() -> Iterator[Seed]:
    for path in sorted(ROOT.glob("policies/**/*.rego")):
        if not path.name.endswith("_test.rego"):
            yield path.read_text()


def metadata() -> Iterator[Seed]:
    for text in policies():
        lines = [line for line in str(text).splitlines() if line.startswith("#")]
        yield "\n".join([*lines, "package konecta.fuzz", ""])
        yield "\n".join(line.removeprefix("# ") for line in lines[1:])


def members(value: Any, wanted: set[str]) -> Iterator[Any]:
    """Every member of one of these names, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in wanted:
                yield inner
            yield from members(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, wanted)


def documents(*names: str) -> Iterator[Seed]:
    for path in sorted(ROOT.glob("fixtures/**/*.json")):
        for found in members(json.loads(path.read_text()), set(names)):
            yield json.dumps(found)


def cidrs() -> Iterator[Seed]:
    found = sorted(
        {
            text
            for path in ROOT.glob("fixtures/controls/**/*.json")
            for text in members(
                json.loads(path.read_text()), {"CidrIpv4", "CidrIpv6", "CidrBlock", "Cidr", "DestinationCidrBlock"}
            )
            if isinstance(text, str)
        }
    )
    yield "\n".join(found)
    yield from found
    yield "0.0.0.0/1\n128.0.0.0/1\n::/0\n::ffff:0:0/96\n255.255.255.255/32"


def blueprints() -> Iterator[Seed]:
    example = (ROOT / "src/konecta-audit.example.toml").read_text()
    yield example
    yield "\n".join(line.removeprefix("#: ") for line in example.splitlines())


def waivers() -> Iterator[Seed]:
    for resource in ("*", "arn:aws:rds:us-east-1:123456789012:db:*", "arn:aws:ecr:*:*:repository/konecta-erp/?r*"):
        for control in ("KA-RDS-006", "KA-ECR-004", "KA-CF-001"):
            yield (
                f'[waivers]\nmax_days = 400\n\n[[waiver]]\ncontrol = "{control}"\nresource = "{resource}"\n'
                'reason = "until spring"\nowner = "jane"\nexpires = 2027-03-31\nticket = "OPS-1"\nstate = "0123456789abcdef"\n'
            )


def answers(*protocols: str) -> Iterator[Seed]:
    """An answer with every member of its shape, for each operation of these protocols."""
    for path in sorted((ROOT / "crates/konecta-aws/shapes").glob("*.json")):
        table = json.loads(path.read_text())
        if table["protocol"] in protocols:
            for name, operation in table["operations"].items():
                is_json = "json" in table["protocol"]
                body = json.dumps(_json(table, operation["output"])) if is_json else _xml(table, name, operation)
                yield f"{path.stem} {name}\n{body}"


_SCALARS: Final[dict[str, tuple[Any, str]]] = {
    "string": ("x", "x"),
    "integer": (1, "1"),
    "float": (1.5, "1.5"),
    "boolean": (True, "true"),
    "blob": ("eA==", "eA=="),
    "timestamp": (1700000000, "2026-11-23T12:00:00Z"),
    "policy": ("%7B%7D", "%7B%22Statement%22%3A%5B%5D%7D"),
    "document": ({"x": 1}, "x"),
    "nothing": ({}, ""),
}
_DEEPEST: Final = 6


def _member(member: Any) -> tuple[str, str | None]:
    """The type of a member and its name on the wire."""
    return (member, None) if isinstance(member, str) else (member["t"], member.get("n"))


def _json(table: dict[str, Any], kind: str, depth: int = 0) -> Any:
    if kind in _SCALARS:
        return _SCALARS[kind][0]
    shape = table["shapes"][kind]
    if depth > _DEEPEST:
        return [] if "list" in shape else {}
    if "structure" in shape:
        kinds = {_member(member)[1] or name: _member(member)[0] for name, member in shape["structure"].items()}
        return {name: _json(table, kind, depth + 1) for name, kind in kinds.items()}
    if "list" in shape:
        return [_json(table, shape["list"], depth + 1)]
    return {"x": _json(table, shape["map"], depth + 1)}


def _xml(table: dict[str, Any], name: str, operation: dict[str, Any]) -> str:
    inside = _element(table, operation["output"])
    if wrapper := operation.get("wrapper"):
        inside = f"<{wrapper}>{inside}</{wrapper}>"
    if member := operation.get("payload"):
        return inside[inside.index(f"<{member}>") :] if f"<{member}>" in inside else f"<{member}/>"
    return f"<{name}Response>{inside}</{name}Response>"


def _element(table: dict[str, Any], kind: str, depth: int = 0) -> str:
    if kind in _SCALARS:
        return _SCALARS[kind][1]
    shape = table["shapes"][kind]
    if depth > _DEEPEST:
        return ""
    if "structure" in shape:
        parts = {_member(member)[1] or name: _member(member)[0] for name, member in shape["structure"].items()}
        return "".join(f"<{name}>{_element(table, kind, depth + 1)}</{name}>" for name, kind in parts.items())
    if "list" in shape:
        return f"<member>{_element(table, shape['list'], depth + 1)}</member>"
    key, value = shape.get("n", ["key", "value"])
    return f"<entry><{key}>x</{key}><{value}>{_element(table, shape['map'], depth + 1)}</{value}></entry>"


def events() -> Iterator[Seed]:
    account, run = "123456789012", "nightly"
    requests: list[dict[str, Any]] = [
        {},
        {"regions": ["eu-west-1"], "accounts": [account], "controls": ["KA-RDS-006"], "run": run},
        {"task": "plan", "run": run, "time": "2026-11-27T05:17:00Z"},
        {"task": "target", "run": run, "account": account, "region": "global"},
        {"task": "rollup", "run": run},
        {"snapshot": "s3://bucket/key", "continuation": {"run": run, "account": account, "region": "us-east-1"}},
    ]
    for request in requests:
        yield json.dumps(request)
        for detail in (request, json.dumps(request)):
            envelope = {"id": "6a2e0d6c", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": detail}
            yield json.dumps({**envelope, "time": "2026-11-27T05:17:00Z"})


def terraform_plans() -> Iterator[Seed]:
    """Changes of what the fixture's state manages, one kind of action each."""
    state = json.loads((ROOT / "fixtures/terraform/konecta/terraform.tfstate").read_text())
    actions = [["create"], ["delete"], ["update"], ["delete", "create"], ["no-op"]]
    for number, resource in enumerate(state["resources"]):
        for instance in resource["instances"][:1]:
            change = {
                "actions": actions[number % len(actions)],
                "before": instance["attributes"],
                "after": instance["attributes"],
                "after_unknown": {"id": True},
            }
            address = f"{resource.get('module', 'module.x')}.{resource['type']}.{resource['name']}"
            one = {"address": address, "mode": "managed", "type": resource["type"], "change": change}
            yield json.dumps({"planned_values": {}, "resource_changes": [one]})


def terraform_states() -> Iterator[Seed]:
    state = json.loads((ROOT / "fixtures/terraform/konecta/terraform.tfstate").read_text())
    for resource in state["resources"]:
        yield json.dumps({**state, "resources": [resource]})
    shown = {"address": "aws_ecr_repository.hr", "mode": "managed", "type": "aws_ecr_repository", "name": "hr"}
    values = {"root_module": {"resources": [{**shown, "values": {"name": "hr"}}], "child_modules": [{"resources": []}]}}
    yield json.dumps({"format_version": "1.0", "values": values})


def terraform_sources() -> Iterator[Seed]:
    for path in sorted((ROOT / "fixtures/terraform/konecta").rglob("*.tf*")):
        if path.suffix in (".tf", ".tfvars"):
            yield path.read_text()
    yield 'locals {\n  a = [for k, v in { x = 1 } : "${k}-%{ if v > 0 }y%{ endif }" if v != null]\n  b = <<-EOT\n    x\n  EOT\n}\n'


def plans() -> Iterator[Seed]:
    """Plans and journals stand in the snapshots of the tests, where there are some."""
    target = {"arn": "arn:aws:ecr:us-east-1:123456789012:repository/hr", "resourceType": "AWS::ECR::Repository"}
    yield json.dumps({"version": 1, "sha256": "", "account": "123456789012", "regions": ["us-east-1"], **target})
    yield from (path.read_text() for path in sorted((ROOT / "fuzz/seeds/plan").glob("*.json")))


def journals() -> Iterator[Seed]:
    yield from (path.read_text() for path in sorted((ROOT / "fuzz/seeds/journal").glob("*.jsonl")))


def recordings() -> Iterator[Seed]:
    head = {
        "format": "konecta-audit-recording",
        "version": 1,
        "toolVersion": "0.1.0",
        "begunAt": "2026-11-23T12:00:00Z",
    }
    told = {"key": "00" * 32, "action": "ecr:DescribeRepositories", "at": "2026-11-23T12:00:00Z"}
    failure = {"kind": "denied", "code": "AccessDenied", "message": "no"}
    lines = [head, {"told": {**told, "answer": {"repositories": []}}}, {"told": {**told, "failure": failure}}]
    for count in range(1, len(lines) + 1):
        yield "\n".join(json.dumps(line) for line in lines[:count])


def reports() -> Iterator[Seed]:
    report = json.loads((ROOT / "reports/examples/report.json").read_text())
    yield json.dumps(report)
    for finding in report["findings"][:20]:
        yield json.dumps({**report, "findings": [finding]})
    yield json.dumps({"version": 1, "run": "nightly", "findings": {}})


SEEDS: Final[dict[str, Callable[[], Iterator[Seed]]]] = {
    "blueprint": blueprints,
    "cidr_set": cidrs,
    "event": events,
    "iam_document": lambda: documents("Document", "PolicyDocument", "AssumeRolePolicyDocument", "repositoryPolicy"),
    "journal": journals,
    "lifecycle_policy": lambda: documents("lifecyclePolicy"),
    "metadata": metadata,
    "plan": plans,
    "policy_source": policies,
    "recording": recordings,
    "report": reports,
    "snapshot": snapshots,
    "terraform_plan": terraform_plans,
    "terraform_source": terraform_sources,
    "terraform_state": terraform_states,
    "waivers": waivers,
    "wire_json": lambda: answers("json", "rest-json"),
    "wire_xml": lambda: answers("query", "ec2", "rest-xml"),
}


def main() -> None:
    corpus = Path(sys.argv[1])
    for name, make in SEEDS.items():
        folder = corpus / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed in make():
            content = seed if isinstance(seed, bytes) else seed.encode()
            if len(content) <= 8 * LONGEST:
                (folder / f"seed-{hashlib.sha256(content).hexdigest()[:16]}").write_bytes(content)


if __name__ == "__main__":
    main()
