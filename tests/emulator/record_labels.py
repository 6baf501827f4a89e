"""Write down, as snapshots, what each label changes in the good world: what the chaos test combines.

record_labels.py PROGRAM FOLDER

Builds the good world and the good world with each label alone (benign ones, too), scans each with PROGRAM,
and writes into FOLDER:

    good.snap           the good world
    labels.jsonl.zst    one line a label: {"label", "changed": [resource…], "added": [resource…], "removed": [ARN…]}

Ids that the emulators make up anew in every build are replaced by those of the good world; what differs
between two good builds is taken from the good one. Needs the `zstd` command. Takes about ten minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import labels
from emulators import Emulators, leave_on_signals
from stack.aws import Aws
from world import CONFIG, construct

Resource = dict[str, Any]
Lines = list[dict[str, Any]]

# What tells resources of one kind apart when their ids are random: the first that is there.
NAMES: Final = (
    ("configuration", "DistributionConfig", "Comment"),
    ("configuration", "Name"),
    ("configuration", "DomainName"),
    ("configuration", "CachePolicyConfig", "Name"),
    ("configuration", "OriginRequestPolicyConfig", "Name"),
    ("configuration", "ResponseHeadersPolicyConfig", "Name"),
    ("supplement", "listenerArn"),
)


def name(resource: Resource) -> str:
    """A name that stays the same from build to build, as far as there is one."""
    for path in NAMES:
        value: Any = resource
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return ""


def scan(program: str, emulators: Emulators, folder: Path) -> str:
    """The snapshot of what is there, as JSON Lines."""
    config, snapshot = folder / "konecta-audit.toml", folder / "world.snap"
    config.write_text(CONFIG)
    snapshot.unlink(missing_ok=True)
    command = [program, "--config", str(config), "scan", "--read-all", "--exit-zero", "--format", "json"]
    command += ["--save-snapshot", str(snapshot)]
    environment = {**emulators.endpoints.environment(), "HOME": str(folder)}
    subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return subprocess.run(["zstd", "-dcq", str(snapshot)], check=True, capture_output=True, text=True).stdout


def resources(text: str) -> dict[str, Resource]:
    lines: Lines = [json.loads(line) for line in text.splitlines()]
    return {line["resource"]["arn"]: line["resource"] for line in lines if "resource" in line}


def settled(text: str, good: dict[str, Resource]) -> dict[str, Resource]:
    """The resources of a snapshot, under the ids that the good world's have."""
    mine = resources(text)
    strangers: dict[tuple[str, str], list[str]] = {}
    missing: dict[tuple[str, str], list[str]] = {}
    for found, others, into in ((mine, good, strangers), (good, mine, missing)):
        for arn, resource in found.items():
            if arn not in others:
                into.setdefault((resource["resourceType"], name(resource)), []).append(arn)
    for kind, arns in strangers.items():
        for new, old in zip(arns, missing.get(kind, []), strict=False):
            new_id, old_id = mine[new]["resourceId"], good[old]["resourceId"]
            text = text.replace(new, old)
            if new_id != old_id and len(new_id) > 8:
                text = text.replace(new_id, old_id)
    return resources(text)


def changes(value: Any, other: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Where two values differ; lists are compared whole."""
    if isinstance(value, dict) and isinstance(other, dict):
        keys = value.keys() | other.keys()
        found = [changes(value.get(key), other.get(key), (*path, key)) for key in keys]
        return set().union(*found) if found else set()
    return set() if value == other else {path}


def copy(source: Any, target: Any, path: tuple[str, ...]) -> None:
    """Put what stands at a path of one value into another."""
    *parents, last = path
    for key in parents:
        source, target = source.get(key), target.get(key)
        if not isinstance(source, dict) or not isinstance(target, dict):
            return
    if last in source:
        target[last] = source[last]
    else:
        target.pop(last, None)


def compare(
    good: dict[str, Resource], mine: dict[str, Resource], volatile: set[tuple[str, tuple[str, ...]]]
) -> tuple[list[Resource], list[Resource], list[str]]:
    changed, added = [], []
    for arn, resource in mine.items():
        if arn not in good:
            added.append(resource)
            continue
        for kind, path in volatile:
            if kind == resource["resourceType"]:
                copy(good[arn], resource, path)
        if changes(good[arn], resource):
            changed.append(resource)
    return changed, added, [arn for arn in good if arn not in mine]


def main() -> None:
    leave_on_signals()
    program, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with Emulators() as emulators, tempfile.TemporaryDirectory() as scratch:
        aws, here = Aws(emulators.endpoints), Path(scratch)
        # The first build has other ids than all that follow.
        construct(aws, "good", [])
        construct(aws, "good", [])
        text = scan(program, emulators, here)
        (folder / "good.snap").write_bytes((here / "world.snap").read_bytes())
        good = resources(text)
        volatile: set[tuple[str, tuple[str, ...]]] = set()
        for _ in range(2):
            construct(aws, "good", [])
            again = settled(scan(program, emulators, here), good)
            if unequal := good.keys() ^ again.keys():
                raise SystemExit(f"two good worlds hold different things: {sorted(unequal)}")
            for arn, resource in again.items():
                volatile |= {(resource["resourceType"], path) for path in changes(good[arn], resource)}
        lines = []
        for each in labels.catalogue():
            construct(aws, "good", [each])
            mine = settled(scan(program, emulators, here), good)
            changed, added, removed = compare(good, mine, volatile)
            print(f"{each.name:40} {len(changed)} changed, {len(added)} added, {len(removed)} removed", flush=True)
            line = {"label": each.name, "changed": changed, "added": added, "removed": removed}
            lines.append(json.dumps(line, sort_keys=True) + "\n")
    packed = subprocess.run(["zstd", "-19q"], input="".join(lines).encode(), check=True, capture_output=True)
    (folder / "labels.jsonl.zst").write_bytes(packed.stdout)


if __name__ == "__main__":
    main()
