"""Ours beside its peers: the same account, asked of the same recording, in rounds in which each tool runs once.

python benches/replay/bench.py --program target/release/konecta-audit [--quick] [--counts 10,100,1000] [--delays 0,20]
       [--rounds 3] [--rate 0] [--keep] [--no-starts] [--document docs/benchmarks.md]

For each number of resources moto is filled and every tool runs once against it through recorder.py; then each runs against
server.py, which answers the same in some microseconds. A run that asks what was not recorded, or ends with another exit code than
one that has found something, ends this. So do findings of the seven checks of equal meaning that are not Prowler's.
``--keep`` takes recordings that are there; they are of no use to a program that asks anything else. ``--quick`` is for `make
test`: ours and boto3 at N = 5, nothing is compared with a mark, nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rows import Found, Row, Start

import commands
from commands import CHECKS, OTHER_MEANING, PEERS, Tool

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
# Calls that Prowler and Custodian make one after the other, at 20 ms each: ten minutes and more are no fault.
LONGEST_SECONDS = 3600


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One of the servers here, by the Python of the emulators, until the block ends; it leaves when its standard input closes."""
    command = [sys.executable, str(HERE / script), *arguments]
    log = PEERS / f"{script}.log"
    with log.open("w") as sink:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink, text=True)
        try:
            yield process
        finally:
            process.communicate()
        if process.returncode:
            raise SystemExit(f"{script} failed; the end of its log:\n{log.read_text()[-3000:]}")


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise SystemExit(f"a server did not start: see {PEERS}/*.log")
    return line


def measured(tool: Tool, endpoint: str, out: Path) -> dict[str, Any]:
    """Runs a tool once; its findings and its log are in the folder then."""
    out.mkdir(parents=True, exist_ok=True)
    log = out / "log"
    command = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(log), *tool.arguments(out)]
    told = subprocess.run(
        command,
        env=commands.environment(endpoint, out),
        stdout=subprocess.PIPE,
        timeout=LONGEST_SECONDS,
        check=True,
        cwd=out,
    )
    figures: dict[str, Any] = json.loads(told.stdout)
    if figures["exit"] not in tool.exits:
        raise SystemExit(f"{tool.name} ended with {figures['exit']}:\n{log.read_text(errors='replace')[-3000:]}")
    return figures


def record(count: int, used: list[Tool]) -> Path:
    """Every tool once against moto."""
    file = PEERS / "recordings" / f"{count}.jsonl.gz"
    with running("recorder.py", str(count), str(file)) as recorder, tempfile.TemporaryDirectory() as folder:
        port = first_line(recorder)
        for tool in used:
            figures = measured(tool, f"http://{HOST}:{port}", Path(folder) / tool.name)
            print(f"recorded N = {count}, {tool.name}: {figures['wall']:.0f} s", flush=True)
    return file


def control(port: str, **options: float) -> dict[str, Any]:
    """Begins a run; what was asked in the one before."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{HOST}:{port}/_replay?{query}", timeout=60) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told


def replay(port: str, tool: Tool, count: int, delay: int, number: int, rate: float) -> tuple[Row, set[tuple[str, str]]]:
    """One run, its figures and its findings."""
    with tempfile.TemporaryDirectory() as folder:
        control(port, delay=delay / 1000, rate=rate)
        load = os.getloadavg()[0]
        figures = measured(tool, f"http://{HOST}:{port}", Path(folder))
        told = control(port)
        if told["misses"]:
            raise SystemExit(f"{tool.name} asks what was not recorded: {told['misses']} {told['missed']}")
        found = tool.findings(Path(folder))
    row = Row(
        count=count,
        delay=delay,
        round=number,
        tool=tool.name,
        wall=figures["wall"],
        processor=figures["processor"],
        megabytes=figures["megabytes"],
        calls=told["calls"],
        findings=len(found),
        load=load,
        operations=told["operations"],
    )
    print(
        f"N = {count}, {delay} ms, round {number}, {tool.name}: {row.wall:.2f} s, processor {row.processor:.2f} s, "
        f"{row.megabytes:.0f} MB, {row.calls} calls, {told['refused']} refused, {row.findings} findings, load {load:.1f}",
        flush=True,
    )
    return row, found


def differences(found: Found) -> list[tuple[str, str, int, str]]:
    """Where the tools' findings are not ours: check, tool, how many resources, an example. Each is looked at resource by resource."""
    told = []
    for name, theirs in found.items():
        for check in CHECKS:
            ours_of = {resource for one, resource in found["ours"] if one == check}
            theirs_of = {resource for one, resource in theirs if one == check}
            for side, only in (("ours only", ours_of - theirs_of), (f"{name} only", theirs_of - ours_of)):
                if only:
                    told.append((check, side if name in side else f"{side}, beside {name}", len(only), min(only)))
    return told


def judged_alike(found: Found) -> None:
    """The seven checks of equal meaning are the same for all tools, resource by resource."""
    wrong = [each for each in differences(found) if each[0] not in OTHER_MEANING]
    # By hand and in Custodian's policies the other three mean what ours mean.
    wrong += [each for each in differences(found) if each[0] in OTHER_MEANING and "Prowler" not in each[1]]
    if wrong:
        raise SystemExit(f"the tools do not find the same: {wrong}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ours beside its peers, on one recording.")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="ours and boto3 at N = 5, for make test")
    parser.add_argument("--counts", default="10,100,1000")
    parser.add_argument("--delays", default="0,20", help="milliseconds by which each answer is late")
    parser.add_argument(
        "--rate", type=float, default=0, help="calls a second that a service takes; not for the document"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="take recordings that are there")
    parser.add_argument("--tools", default="", help="only these, by name")
    parser.add_argument("--no-starts", action="store_true", help="without start-up and OPA")
    parser.add_argument("--document", type=Path)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    if arguments.rate and arguments.document:
        raise SystemExit("the document has no column for --rate")
    PEERS.mkdir(parents=True, exist_ok=True)
    program = arguments.program.resolve()
    if arguments.quick:
        used, counts, delays, rounds = [commands.ours(program), commands.by_hand(Path(sys.executable))], [5], [0], 1
    else:
        python = PEERS / "boto3" / "bin" / "python"
        used = [
            commands.ours(program),
            commands.by_hand(python),
            commands.by_hand(python, 16),
            commands.custodian(),
            commands.prowler(),
        ]
        used = [tool for tool in used if not arguments.tools or tool.name in arguments.tools.split(",")]
        counts, delays = ([int(word) for word in text.split(",")] for text in (arguments.counts, arguments.delays))
        rounds = arguments.rounds
    rows: list[Row] = []
    found: Found = {}
    for count in counts:
        file = PEERS / "recordings" / f"{count}.jsonl.gz"
        if not (arguments.keep and file.exists()):
            record(count, used)
        with running("server.py", str(file)) as server:
            port = first_line(server)
            for delay in delays:
                # What waits for each answer is the same each time: one round is enough.
                for number in range(1, (rounds if not delay else 1) + 1):
                    for tool in used:
                        row, found[tool.name] = replay(port, tool, count, delay, number, arguments.rate)
                        rows.append(row)
        judged_alike(found)
    starts: list[Start] = []
    if not (arguments.quick or arguments.no_starts):
        import start  # noqa: PLC0415 - the quick run does without

        with running("server.py", str(PEERS / "recordings" / f"{counts[-1]}.jsonl.gz")) as server:
            starts = start.all_of_them(program, f"http://{HOST}:{first_line(server)}")
    if not arguments.quick:
        kept = {"rows": [asdict(row) for row in rows], "starts": [asdict(one) for one in starts]}
        (PEERS / "rows.json").write_text(json.dumps(kept, indent=1))
    if arguments.document:
        import report  # noqa: PLC0415 - the quick run does without

        report.write(arguments.document, rows, starts, found)


if __name__ == "__main__":
    main()
