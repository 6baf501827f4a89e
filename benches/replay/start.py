"""What costs time before and without AWS: start-up, compiling the policies, a snapshot; and judging, beside real OPA."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import bench
from rows import Start

from commands import HERE, PEERS, ROOT, Tool, ours

RUNS = 20
# Writes mixed accounts as snapshots. It is not measured, so the profile that builds soonest will do.
WRITER = ("cargo", "bench", "--locked", "--quiet", "--profile", "dev", "-p", "konecta-core", "--bench", "judge", "--")
# Controls that look at nothing but the resource and the blueprint.
JUDGED = {
    "KA-CF-001": "cloudfront/viewer_https.rego",
    "KA-CF-002": "cloudfront/viewer_tls.rego",
    "KA-RDS-001": "rds/not_public.rego",
    "KA-RDS-003": "rds/storage_encrypted.rego",
    "KA-VPC-004": "network/no_auto_public_ip.rego",
}


def timed(
    name: str, command: tuple[str, ...], exits: tuple[int, ...], runs: int = RUNS, mark: float | None = None
) -> Start:
    """A command run so often, each time into a folder of its own."""
    figures = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            figures.append(bench.measured(Tool(name, command, exits), "http://127.0.0.1:1", Path(folder)))
    walls = [one["wall"] * 1000 for one in figures]
    start = Start(name, statistics.median(walls), min(walls), max(one["megabytes"] for one in figures), mark)
    print(f"{name}: {start.milliseconds:.1f} ms, least {start.least:.1f} ms, {start.megabytes:.0f} MB", flush=True)
    return start


def all_of_them(program: Path, endpoint: str) -> list[Start]:
    with tempfile.TemporaryDirectory() as folder:
        return [*start_up(str(program), Path(folder)), *beside_opa(program, Path(folder), endpoint)]


def start_up(program: str, folder: Path) -> list[Start]:
    def scan(count: int) -> tuple[str, ...]:
        snapshot = str(folder / f"{count}.snap")
        subprocess.run([*WRITER, "--write", str(count), snapshot], check=True, cwd=ROOT)
        return (program, "scan", "--snapshot", snapshot, "--format", "json={out}/report.json")

    return [
        timed("`true`", ("true",), (0,)),
        timed("an empty Python", (sys.executable, "-I", "-S", "-c", "pass"), (0,)),
        timed("`--version`", (program, "--version"), (0,), mark=10),
        timed("all policies compiled (a snapshot with one resource of each type)", scan(1), (0, 1, 3), mark=60),
        timed("1,000 mixed resources from a snapshot, all controls", scan(1000), (0, 1, 3), mark=150),
    ]


def beside_opa(program: Path, folder: Path, endpoint: str) -> list[Start]:
    """The resources of the recording as a snapshot, judged by five policies here and there."""
    snapshot, resources = folder / "account.snap", folder / "resources.jsonl"
    scanned = ours(program)
    saving = Tool(scanned.name, (*scanned.command, "--save-snapshot", str(snapshot)), scanned.exits)
    bench.measured(saving, endpoint, folder / "saved")
    _unpack(snapshot, resources)
    controls = ",".join(JUDGED)
    own = (
        str(program),
        "scan",
        "--snapshot",
        str(snapshot),
        "--control",
        controls,
        "--format",
        "json={out}/report.json",
    )
    folder_of_policies = ROOT / "policies"
    policies = [str(folder_of_policies / file) for file in JUDGED.values()]
    policies += sorted(str(file) for file in (folder_of_policies / "lib").glob("*.rego"))
    theirs = (sys.executable, str(HERE / "opa_judge.py"), str(resources), "{out}/fails.json", *policies)
    alone = _agree(Tool("ours", own, (1,)), Tool("OPA", theirs), folder) * 1000
    count = sum(1 for _ in resources.open())
    ten = (str(program), "scan", "--snapshot", str(snapshot), *scanned.command[2:])
    return [
        timed(f"the ten controls on {count:,} resources from a snapshot, ours", ten, (1,), runs=5),
        timed(f"five policies on {count:,} resources, ours", own, (1,), runs=5),
        timed(f"five policies on {count:,} resources, OPA", theirs, (0,), runs=5),
        Start("of that, OPA's evaluation and the handing over of the resources (one run)", alone, alone, 0),
    ]


def _unpack(snapshot: Path, resources: Path) -> None:
    """The resources of a snapshot as JSON Lines. Prowler's environment has a reader of Zstandard, Python of this version none."""
    code = "import sys, zstandard as z; z.ZstdDecompressor().copy_stream(sys.stdin.buffer, sys.stdout.buffer)"
    command = [str(PEERS / "prowler" / "bin" / "python"), "-c", code]
    with snapshot.open("rb") as source:
        text = subprocess.run(command, stdin=source, stdout=subprocess.PIPE, check=True).stdout.decode()
    lines = [json.loads(line) for line in text.splitlines()]
    found = [one.get("resource", one) for one in lines]
    resources.write_text(
        "".join(json.dumps(one) + "\n" for one in found if isinstance(one, dict) and "resourceType" in one)
    )


def _agree(own: Tool, opa: Tool, folder: Path) -> float:
    """Both fail the same resources, or the comparison means nothing. The seconds of OPA's evaluation."""
    bench.measured(own, "http://127.0.0.1:1", folder / "own")
    bench.measured(opa, "http://127.0.0.1:1", folder / "opa")
    report = json.loads((folder / "own" / "report.json").read_text())
    ours_fail = sorted({one["resource"]["arn"] for one in report["findings"] if one["status"] == "fail"})
    theirs_fail = sorted({arn for _, arn in json.loads((folder / "opa" / "fails.json").read_text())})
    if not ours_fail or ours_fail != theirs_fail:
        raise SystemExit(f"OPA fails {len(theirs_fail)} resources, ours {len(ours_fail)}")
    return float((folder / "opa" / "log").read_text())
