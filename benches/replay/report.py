"""Writes docs/benchmarks.md from the raw rows of bench.py and start.py: nothing in it is typed by hand but the prose."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rows import Found, Row, Start

import commands
from commands import CHECKS, OTHER_MEANING

WIDTH = 100


@dataclass(frozen=True)
class Mark:
    """A mark beside a peer: ours takes at most one ``share``-th of its wall seconds."""

    peer: str
    delay: int
    share: int


MARKS = (
    Mark("boto3", 0, 6),
    Mark("Custodian", 0, 14),
    Mark("Prowler", 0, 70),
    Mark("Custodian", 20, 30),
    Mark("Prowler", 20, 80),
)
MEGABYTES = 40


def table(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    head = list(head)
    rows = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in (head, ["---"] * len(head), *lines)]
    return "\n".join(rows)


def prose(text: str, first: str = "") -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def of(rows: list[Row], tool: str, count: int, delay: int) -> list[Row]:
    return [row for row in rows if (row.tool, row.count, row.delay) == (tool, count, delay)]


def ratio(rows: list[Row], peer: str, count: int, delay: int, figure: Callable[[Row], float]) -> float | None:
    """How many times ours the peer takes: of each round by itself, and of these the one in the middle."""
    pairs = zip(of(rows, peer, count, delay), of(rows, "ours", count, delay), strict=False)
    ratios = [figure(theirs) / figure(ours) for theirs, ours in pairs]
    return statistics.median(ratios) if ratios else None


def met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def marks(rows: list[Row], starts: list[Start], found: Found) -> str:
    count = max(row.count for row in rows)
    lines: list[list[object]] = []
    for mark in MARKS:
        times = ratio(rows, mark.peer, count, mark.delay, lambda row: row.wall)
        if times is not None:
            name = f"wall beside {mark.peer}, {mark.delay} ms a call"
            lines.append([name, f"≤ 1/{mark.share}", f"1/{times:.1f}", met(times >= mark.share)])
    peak = max(row.megabytes for row in of(rows, "ours", count, 0))
    lines.append(["peak memory, no delay", f"≤ {MEGABYTES} MB", f"{peak:.0f} MB", met(peak <= MEGABYTES)])
    if "Prowler" in found:
        same = [
            check
            for check in CHECKS
            if check not in OTHER_MEANING and failing(found, "ours", check) == failing(found, "Prowler", check)
        ]
        alike = len(CHECKS) - len(OTHER_MEANING)
        lines.append(
            [
                "findings of equal meaning, as Prowler",
                f"{alike} of {alike}",
                f"{len(same)} of {alike}",
                met(len(same) == alike),
            ]
        )
    for start in starts:
        if start.mark:
            lines.append(
                [
                    start.name,
                    f"≤ {start.mark:.0f} ms",
                    f"{start.milliseconds:.1f} ms",
                    met(start.milliseconds <= start.mark),
                ]
            )
    return table(["mark", "wanted", "measured", ""], lines)


def failing(found: Found, tool: str, check: str) -> set[str]:
    return {resource for one, resource in found[tool] if one == check}


def ratios(rows: list[Row]) -> str:
    places = sorted({(row.delay, row.count) for row in rows})
    peers = [tool for tool in dict.fromkeys(row.tool for row in rows) if tool != "ours"]
    lines = []
    for delay, count in places:
        for peer in peers:
            figures: list[Callable[[Row], float]] = [
                lambda row: row.wall,
                lambda row: row.processor,
                lambda row: row.megabytes,
                lambda row: row.calls,
            ]
            times = [ratio(rows, peer, count, delay, figure) for figure in figures]
            if times[0] is not None:
                lines.append([f"{count:,}", f"{delay} ms", peer, *(f"{one:.1f}" for one in times if one is not None)])
    return table(["N", "a call", "peer ÷ ours", "wall", "processor", "peak", "calls"], lines)


def raw(rows: list[Row]) -> str:
    def cells(row: Row) -> list[object]:
        figures = [f"{row.wall:.2f}", f"{row.processor:.2f}", f"{row.megabytes:.0f}", f"{row.calls:,}"]
        return [f"{row.count:,}", f"{row.delay} ms", row.round, row.tool, *figures, row.findings, f"{row.load:.1f}"]

    head = ["N", "a call", "round", "tool", "wall s", "processor s", "peak MB", "calls", "fails", "load"]
    return table(head, [cells(row) for row in rows])


def operations(rows: list[Row]) -> str:
    """What each tool asks at the largest N."""
    count = max(row.count for row in rows)
    used = list(dict.fromkeys(row.tool for row in rows if not row.tool.endswith("threads")))
    asked = {tool: next(row.operations for row in rows if row.tool == tool and row.count == count) for tool in used}
    names = sorted({name for one in asked.values() for name in one})
    lines = [
        [f"`{name}`", *(f"{asked[tool][name]:,}" if name in asked[tool] else "" for tool in used)] for name in names
    ]
    total = ["all", *(f"{sum(asked[tool].values()):,}" for tool in used)]
    return table(["operation", *used], [*lines, total])


def findings(found: Found) -> str:
    used = [tool for tool in found if not tool.endswith("threads")]
    lines = []
    for check, theirs in CHECKS.items():
        own = failing(found, "ours", check)
        cells = []
        for tool in used:
            other = failing(found, tool, check)
            text = f"{len(other):,}"
            if other != own:
                text += f" (-{len(own - other)}, +{len(other - own)})"
            cells.append(text)
        lines.append(
            [
                check,
                *cells,
                ", ".join(f"`{name}`" for name in theirs) if check != "KA-SG-001" else "`…_to_tcp_port_22`, `…_3389`",
            ]
        )
    return table(["check", *used, "Prowler's name"], lines)


def spent(rows: list[Row], starts: list[Start]) -> str:
    """Where ours spends its time at the largest N: calls beyond those by hand, the processor for each, and judging alone."""
    count = max(row.count for row in rows)
    own = of(rows, "ours", count, 0)
    seconds, calls = statistics.median(row.processor for row in own), own[0].calls
    text = f"Ours takes {seconds:.2f} s of the processor for {calls:,} calls, {seconds * 1000 / calls:.2f} ms a call."
    judging = [start for start in starts if start.name.startswith("the ten controls on")]
    for start in judging:
        text += (
            f" Judging the same account from its snapshot takes {start.milliseconds / 1000:.2f} s and {start.megabytes:.0f} MB "
            "as a process of its own, with start-up, reading and report: the rest is asking and decoding."
        )
    by_hand = of(rows, "boto3", count, 0)
    if by_hand:
        least = by_hand[0].operations
        more = {
            name: asked - least.get(name, 0) for name, asked in own[0].operations.items() if asked > least.get(name, 0)
        }
        named = ", ".join(f"`{name}` {number:,}" for name, number in sorted(more.items(), key=lambda each: -each[1]))
        text += f" Beyond what is asked by hand it asks {named}."
    return prose(text)


def machine() -> str:
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1e6
    kernel = platform.release()
    return f"{len(cpu)} processors, {cpu[0] if cpu else platform.machine()}, {memory:.0f} GB, Linux {kernel}, Python {platform.python_version()}"


def write(document: Path, rows: list[Row], starts: list[Start], found: Found) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    today = datetime.now(UTC).date().isoformat()
    rounds = max(row.round for row in rows)
    loads = [row.load for row in rows]
    count = max(row.count for row in rows)
    kept = [
        "`--keep`: the recordings are of an earlier run, whose program may have been another build. No run asked what they lack."
    ]
    jobs = "\n".join(prose(f"**{name}**: {text}", "- ") for name, text in commands.JOB.items() if name in found)
    meanings = "\n".join(prose(f"{check}: {text}.", "- ") for check, text in OTHER_MEANING.items())
    start_lines = [
        [
            start.name,
            f"{start.milliseconds:.1f}",
            f"{start.least:.1f}",
            f"{start.megabytes:.0f}" if start.megabytes else "",
            f"{start.mark:.0f}" if start.mark else "",
        ]
        for start in starts
    ]
    parts = [
        "# Beside its peers",
        prose(
            "`make bench-peers` writes this page. It makes an account in moto, records what each tool asks of it and what it is "
            "answered, and replays the recording to each. No figure is of AWS: the replay server answers at once, or 20 ms late. "
            "What a figure means is its ratio to the others of the same round."
        ),
        "## Marks",
        prose(
            f"The ten checks at N = {count:,}. Wall is the median of the ratios of all rounds; 20 ms a call is one round. Start-up is the median of its runs."
        ),
        marks(rows, starts, found),
        "## Where ours spends it",
        spent(rows, starts),
        "## How it was measured",
        f"```sh\nmake bench-peers\n# which ran, for this page:\n{' '.join(['python', *sys.argv])}\n```",
        "\n".join(
            (
                prose(f"{today}, commit {commit}: {machine()}.", "- "),
                prose(
                    f"Rounds without a delay: {rounds}. The load before each run is in the raw rows ({min(loads):.1f} to {max(loads):.1f} here): where it "
                    "is above the number of processors, seconds of the wall are too long for all, and for those most that use "
                    "both processors. Seconds of the processor are little touched by it.",
                    "- ",
                ),
                prose(
                    "Prowler 5.46.0, Cloud Custodian 0.9.53, boto3 1.43.106, each in an environment of its own (`benches/replay/peers`); ours is the release build.",
                    "- ",
                ),
                prose(
                    "N security groups, repositories, databases, distributions, load balancers with two listeners each, and three clusters "
                    "(`benches/replay/account.py`). What the checks look at differs with divisors of its own.",
                    "- ",
                ),
                prose(
                    "A question is its method, path, query, service, region, target and body. Each tool asks with its own page sizes and "
                    "members, so each was recorded by itself; a run that asks anything else ends the benchmark (`recording.py` says why the key is not looser).",
                    "- ",
                ),
                *(prose(text, "- ") for text in kept if "--keep" in sys.argv),
                prose(
                    "moto lacks six operations that Prowler asks for. They are answered as AWS answers an account that has none of it, so that no tool "
                    "waits and tries again (`recorder.py`). Pages are as large as a tool asks for and moto gives: it gives all groups and all repositories at once, which AWS does not.",
                    "- ",
                ),
                prose(
                    "Peak memory and seconds of the processor are the kernel's, of the tool's process (`measure.py`); a peak below 10 MB is not told apart. The server is a process of its own on the "
                    "same machine, so it takes a part of the second processor.",
                    "- ",
                ),
            )
        ),
        "## What each reads and judges",
        jobs,
        prose(f"Calls by operation at N = {count:,}:"),
        operations(rows),
        "## Findings",
        prose(
            f"Fails at N = {count:,}, held against ours resource by resource; in brackets what ours has and the tool has not (-), and the other way round (+). A listener "
            "counts as its balancer. A run whose seven checks of equal meaning differ ends the benchmark. Of three checks "
            "Prowler asks something else under a like name; by hand and as policies of Custodian all ten mean what ours mean:"
        ),
        meanings,
        findings(found),
        "## Ratios",
        ratios(rows),
    ]
    if starts:
        parts += [
            "## Start-up, and judging beside OPA",
            prose(
                "Wall milliseconds of a whole process, median and least of its runs. `true` and an empty Python are there to say what starting a process costs on this "
                "machine. OPA is the shared library of `tests/emulator/requirements-opa.txt` behind Python: it judges the same resources by the same five "
                "policies, those that look at nothing but the resource and the blueprint, in one evaluation, and fails the same. It is given the "
                "resources as JSON; ours reads its snapshot, derives facts and writes the report."
            ),
            table(["what", "median ms", "least ms", "peak MB", "mark ms"], start_lines),
        ]
    parts += ["## Raw rows", raw(rows)]
    document.write_text("\n\n".join(parts) + "\n")
