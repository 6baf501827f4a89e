"""The main job, for real and told: an AWS account on this machine, drifted, audited, mended, and brought back.

python tests/emulator/demo.py PATH/TO/konecta-audit
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def tell(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n## {text}", flush=True)


def run(command: list[str], env: dict[str, str], folder: Path, show: int | None = None) -> int:
    """Run the program and return its exit code; of a long output, ``show`` lines of the beginning and a few of the end."""
    shown = " ".join(["konecta-audit", *command[1:]])
    print(f"$ {shown}\n", flush=True)
    if show is None:
        return subprocess.run(command, env=env, cwd=folder, check=False).returncode
    ended = subprocess.run(command, env=env, cwd=folder, check=False, stdout=subprocess.PIPE, text=True)
    lines = ended.stdout.splitlines()
    cut = (
        [*lines[:show], f"   ... {len(lines) - show - 5} lines more ...", *lines[-5:]]
        if len(lines) > show + 5
        else lines
    )
    print("\n".join(cut), flush=True)
    return ended.returncode


def found_labels(report: dict[str, Any], labels: list[dict[str, Any]]) -> list[str]:
    """The planted faults whose controls fail in the report."""
    failing = {finding["control"] for finding in report["findings"] if finding["status"] == "fail"}
    return [label["label"] for label in labels if set(label["controls"]) <= failing]


def counts(folder: Path, name: str) -> dict[str, int]:
    """How many findings a report has of each status."""
    findings = json.loads((folder / name).read_text())["findings"]
    return dict(Counter(finding["status"] for finding in findings))


def failing(folder: Path, name: str) -> set[tuple[str, str]]:
    """Which controls fail on which resources."""
    findings = json.loads((folder / name).read_text())["findings"]
    return {(each["control"], each["resource"]["arn"]) for each in findings if each["status"] == "fail"}


def mend(program: str, env: dict[str, str], folder: Path) -> bool:
    """Fix, scan, roll back, scan; whether all of it went as it must."""
    state = ["--state-dir", "state"]
    tell("6. What would be done about it: the plan, with what will not be done and why")
    plan = ["--dry-run", "--allow-disruptive", "--max-changes", "500", "--plan-out", "plan.json"]
    run([program, "fix", *plan, *state], env, folder, show=40)
    tell("7. Exactly that plan, applied: each change read afresh before, verified after, written down")
    allowed = ["--allow-disruptive", "--max-changes", "500", "--yes"]
    fixed = run([program, "fix", "--plan", "plan.json", *allowed, *state], env, folder)
    tell("8. The audit again")
    quiet = ["--format", "json=fixed.json", "--exit-zero"]
    run([program, "scan", *quiet], env, folder)
    before, after = counts(folder, "report.json"), counts(folder, "fixed.json")
    print(
        f"Failing before: {before.get('fail', 0)}. Failing now: {after.get('fail', 0)}, each refused in the plan with its reason."
    )
    refused = {
        (each["control"], each["resource"]["arn"])
        for each in json.loads((folder / "plan.json").read_text())["refusals"]
    }
    left = failing(folder, "fixed.json") - refused
    tell("9. And back: every attribute as it was, in reverse order")
    journal = max((folder / "state").glob("*/*.jsonl"))
    back = run([program, "rollback", journal.stem, "--yes", *state], env, folder)
    run([program, "runs", "verify", journal.stem, *state], env, folder)
    run([program, "scan", "--format", "json=restored.json", "--exit-zero"], env, folder)
    same = failing(folder, "restored.json") == failing(folder, "report.json")
    print(f"The account fails as it did at first: {'yes' if same else 'NO'}.")
    for control, arn in sorted(left):
        print(f"  NOT MENDED {control} {arn}")
    return fixed in (0, 4) and back == 0 and same and not left


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    program = str(Path(sys.argv[1]).resolve())
    tell("1. An AWS account on this machine, with the Konecta stack in it, as it looks after a bad year")
    emulators = subprocess.Popen(
        [sys.executable, str(HERE / "world.py"), "up", "--world", "drifted"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert emulators.stdout is not None
        world = json.loads(emulators.stdout.readline())
        labels = world["truth"]["labels"]
        print(f"moto {world['moto']} and ministack {world['ministack']}, {len(labels)} faults planted. Five of them:")
        for label in labels[:: max(1, len(labels) // 5)][:5]:
            print(f"  - {label['what']}")
        env = {**world["env"], "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        with tempfile.TemporaryDirectory(prefix="konecta-demo-") as scratch:
            folder = Path(scratch)
            shutil.copy(world["config"], folder / "konecta-audit.toml")
            tell("2. The audit: every layer is read, every promise of the document is held against it")
            formats = ["--format", "table", "--format", "json=report.json", "--format", "sarif=report.sarif"]
            code = run([program, "scan", *formats, "--save-snapshot", "account.snap"], env, folder)
            report = json.loads((folder / "report.json").read_text())
            found = found_labels(report, labels)
            tell("3. Planted and found")
            print(f"{len(found)} of {len(labels)} planted faults were found; the exit code is {code} (1 = findings).")
            for label in labels:
                if label["label"] not in found:
                    print(f"  NOT FOUND {label['label']}: {label['what']}")
            tell("4. One finding step by step, from the snapshot, without asking AWS again")
            run([program, "explain", "KA-X-001", "--snapshot", "account.snap"], env, folder, show=40)
            sarif = json.loads((folder / "report.sarif").read_text())
            results = sum(len(each.get("results", [])) for each in sarif["runs"])
            tell("5. For CI")
            print(f"report.sarif holds {results} results for GitHub code scanning; report.json holds everything.")
            print("Nothing left this machine, and so far nothing was changed.")
            if len(found) != len(labels) or code != 1:
                raise SystemExit(1)
            if not mend(program, env, folder):
                raise SystemExit(1)
    finally:
        if emulators.stdin is not None:
            emulators.stdin.close()
        emulators.wait()


if __name__ == "__main__":
    main()
