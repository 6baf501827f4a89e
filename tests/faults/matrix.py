"""Every fault on every service that a scan reads, by the built program: ``make faults``.

The good world is built in the emulators and scanned once through a recorder; from then on the hostile server gives the same
answers, and asks the emulators only what was never asked. Each cell is one scan, held against the clean one and against expected.json, which names for each service the
gaps, the calls that are not made for them, and the controls that can still prove something.

    matrix.py --program target/debug/konecta-audit [--quick] [--service ecr,rds] [--fault cut,html]
              [--document docs/reliability.md] [--write-expected]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import queue
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "emulator"))

from answers import World, error  # noqa: E402 - the emulators' folder comes first
from cells import Auditor, Result, meets, play, verdicts  # noqa: E402
from emulators import Emulators, leave_on_signals  # noqa: E402
from faults import KINDS, Kind, Wire  # noqa: E402
from hostile import Hostile  # noqa: E402
from world import Builder, _config_file  # noqa: E402

EXPECTED: Final = HERE / "expected.json"
STORE: Final = ROOT / "target" / "faults.json"
# A service of each protocol, and faults that end in each kind of gap.
QUICK_SERVICES: Final = ("ecr", "ec2", "cloudfront")
QUICK_FAULTS: Final = ("503", "reset", "shortened", "html", "repeated", "expired")
EXPIRES_AFTER: Final = (3, 20, 50, 80)


class Pool:
    """Hostile servers, each for one cell at a time."""

    def __init__(self, stack: ExitStack, world: World, size: int) -> None:
        self._free: queue.Queue[Hostile] = queue.Queue()
        for _ in range(size):
            self._free.put(stack.enter_context(Hostile(world)))

    def lend(self) -> Hostile:
        return self._free.get()

    def give_back(self, hostile: Hostile) -> None:
        hostile.play(None, lambda _: False)
        self._free.put(hostile)


def calls() -> dict[str, dict[str, Any]]:
    """Every call that a scan can make, by its action, as the tables of resource types have it."""
    tables = sorted((ROOT / "crates/konecta-base/resources").glob("*.toml"))
    return {
        action: call for table in tables for action, call in tomllib.loads(table.read_text()).get("call", {}).items()
    }


def services() -> list[str]:
    """Every service that a scan reads, and the one that says whose account it is."""
    return [*sorted({action.partition(":")[0] for action in calls()}), "sts"]


def expectation(kind: Kind, result: Result) -> dict[str, Any]:
    if kind.group == "borne":
        return {"gaps": [], "not_made": [], "stands": []}
    return {"gaps": result.gaps, "not_made": result.not_made, "stands": result.stands}


def cell(pool: Pool, auditor: Auditor, kind: Kind, service: str, met: set[str]) -> Result:
    hostile = pool.lend()
    try:
        return play(auditor, hostile, kind, service, met)[1]
    finally:
        pool.give_back(hostile)


def expired_after(pool: Pool, auditor: Auditor, everything: set[str], calls: int) -> Result:
    """The token of all services expires after so many calls: what is seen depends on the order, so only what must hold of any
    scan is checked."""
    left, lock = [calls], threading.Lock()

    def fault(request: Any, _attempt: int, good: Any) -> Wire:
        with lock:
            left[0] -= 1
            if left[0] >= 0:
                return Wire(good)
        return Wire(
            error(request.service, 403, "ExpiredToken", "The security token included in the request is expired")
        )

    kind = Kind(f"expired-after-{calls}", "the token expires after so many calls", fault, "middle", ("refused",))
    hostile = pool.lend()
    try:
        return play(auditor, hostile, kind, "all", everything)[1]
    finally:
        pool.give_back(hostile)


def compare(expected: dict[str, Any], kind: Kind, result: Result) -> None:
    """Adds to a result what is not as its table says."""
    wanted = expectation(kind, result) if kind.group == "borne" else expected.get(result.service, {}).get(kind.group)
    if result.service in ("sts", "all"):
        return
    if wanted is None:
        result.wrong.append(f"expected.json has no {result.service} / {kind.group}")
        return
    for name, found in (("gaps", result.gaps), ("not_made", result.not_made), ("stands", result.stands)):
        if found != wanted[name]:
            more, less = sorted(set(found) - set(wanted[name])), sorted(set(wanted[name]) - set(found))
            result.wrong.append(f"{name}: {more} besides what is expected, {less} not there")


def table(results: list[Result]) -> str:
    """The matrix in Markdown."""
    columns = [service for service in services() if any(each.service == service for each in results)]
    wrong = sum(bool(each.wrong) for each in results)
    lines = [
        f"Made by `make faults` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, debug build:",
        f"{len(results)} scans, {wrong} of them not as expected.",
        "",
        "| fault | " + " | ".join(columns) + " | longest |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for kind in KINDS:
        row = {each.service: each for each in results if each.fault == kind.name}
        if row:
            cells = [_cell(row.get(service)) for service in columns]
            longest = max(each.seconds for each in row.values())
            lines.append(f"| {kind.name} | " + " | ".join(cells) + f" | {longest:.1f} s |")
    middle = [each for each in results if each.service == "all"]
    if middle:
        lines += [
            "",
            "| the token of every service expires | gaps | calls not made | passes lost | seconds |",
            "|---|---|---|---|---|",
        ]
        for each in middle:
            after = each.fault.rpartition("-")[2]
            lines.append(
                f"| after {after} calls | {len(each.gaps)} | {len(each.not_made)} | {each.lost} | {each.seconds:.1f} |"
            )
    return "\n".join(lines)


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    if result.wrong:
        return "**WRONG**"
    if result.service == "sts":
        return f"exit {result.code}"
    return f"{len(result.gaps)}+{len(result.not_made)}, {result.lost}" if result.gaps else "whole"


def remember(results: list[Result], store: Path = STORE) -> list[Result]:
    """Keeps the results beside those of earlier runs, so that cells can be played again one by one; gives back all of them."""
    known = [Result(**each) for each in json.loads(store.read_text())] if store.exists() else []
    whole = {(each.service, each.fault): each for each in [*known, *results]}
    store.parent.mkdir(exist_ok=True)
    store.write_text(json.dumps([asdict(each) for each in whole.values()], indent=1) + "\n")
    return list(whole.values())


def insert(document: Path, mark: str, text: str) -> None:
    """Puts a text between two comments of a document."""
    whole = document.read_text()
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    head, _, rest = whole.partition(begin)
    _, _, tail = rest.partition(end)
    document.write_text(f"{head}{begin}{text}\n{end}{tail}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Every fault on every service that a scan reads.")
    parser.add_argument("--program", required=True)
    parser.add_argument("--quick", action="store_true", help="some cells, for make test")
    parser.add_argument("--service", default="")
    parser.add_argument("--fault", default="")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--document", type=Path)
    parser.add_argument("--write-expected", action="store_true")
    return parser.parse_args()


def chosen(arguments: argparse.Namespace) -> tuple[list[str], list[Kind]]:
    wanted = [name for name in arguments.service.split(",") if name] or (
        list(QUICK_SERVICES) if arguments.quick else services()
    )
    faults = [name for name in arguments.fault.split(",") if name] or (list(QUICK_FAULTS) if arguments.quick else [])
    kinds = [kind for kind in KINDS if not faults or kind.name in faults]
    unknown = (set(wanted) - set(services())) | (set(faults) - {kind.name for kind in KINDS})
    if unknown:
        raise SystemExit(f"matrix.py: no such service or fault: {', '.join(sorted(unknown))}")
    return wanted, kinds


def run(arguments: argparse.Namespace) -> list[Result]:
    wanted, kinds = chosen(arguments)
    with ExitStack() as stack:
        config = stack.enter_context(_config_file())
        emulators = stack.enter_context(Emulators())
        Builder(emulators.endpoints, config).build("good", [])
        world = World(emulators.endpoints.moto, emulators.endpoints.ministack)
        auditor = Auditor(arguments.program, str(config))
        recorder = stack.enter_context(Hostile(world))
        first = auditor.scan(recorder.url)
        clean = auditor.scan(recorder.url)
        actions, sizes = world.actions, world.sizes()
        if first.report is None or clean.report is None or verdicts(first.report) != verdicts(clean.report):
            raise SystemExit(f"matrix.py: the recorded world is not the good one: {first.said}{clean.said}")
        auditor.clean = verdicts(clean.report)
        missing = set(services()) - {action.partition(":")[0] for action in actions}
        if missing or clean.report["gaps"]:
            raise SystemExit(f"matrix.py: no call to {missing}, gaps {clean.report['gaps']}")
        print(
            f"the good world: {len(actions)} operations, {len(auditor.clean)} verdicts, {clean.seconds:.1f} s a scan",
            flush=True,
        )
        pool = Pool(stack, world, arguments.jobs)
        with ThreadPoolExecutor(arguments.jobs) as workers:
            futures = []
            for kind in kinds:
                for service in wanted:
                    met = meets(kind, service, actions, sizes)
                    if met:
                        futures.append((kind, workers.submit(cell, pool, auditor, kind, service, met)))
            if not arguments.quick:
                futures += [
                    (None, workers.submit(expired_after, pool, auditor, actions, calls)) for calls in EXPIRES_AFTER
                ]
            return settle(futures, arguments.write_expected)


def settle(futures: list[tuple[Kind | None, Any]], write: bool) -> list[Result]:
    """Waits for the cells and holds each against its table, or makes the table of them."""
    results = []
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    written: set[tuple[str, str]] = set()
    for kind, future in futures:
        result: Result = future.result()
        if kind is not None:
            place = (result.service, kind.group)
            if write and kind.group != "borne" and result.service != "sts" and place not in written:
                written.add(place)
                expected.setdefault(result.service, {})[kind.group] = expectation(kind, result)
            compare(expected, kind, result)
        results.append(result)
        state = "ok" if not result.wrong else "WRONG"
        print(
            f"{state:5} {result.fault:17} {result.service:20} {result.seconds:6.1f} s  exit {result.code}  "
            f"{len(result.gaps)}+{len(result.not_made)} gaps, {result.lost} lost",
            flush=True,
        )
        for text in result.wrong:
            print(f"      {text}", flush=True)
    if write:
        EXPECTED.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
    return results


def main() -> None:
    leave_on_signals()
    arguments = parse()
    started = time.monotonic()
    results = run(arguments)
    seconds = time.monotonic() - started
    whole = remember(results)
    if arguments.document:
        insert(arguments.document, "faults", table(whole))
    wrong = [each for each in results if each.wrong]
    print(f"{len(results)} cells in {seconds:.0f} s, {len(wrong)} not as expected")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
