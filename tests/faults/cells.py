"""One cell of the matrix: a fault, a service, a scan by the built program, and what is wrong about its report."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from answers import Request, paging
from faults import Kind
from hostile import Hostile

BOUND_SECONDS: Final = 120
"""No scan may take longer, whatever it meets."""
ENDLESS_SERVICES: Final = ("ecr", "rds")
"""One that answers in JSON and one in XML: the paging of all is one piece of code."""
_NOWHERE: Final = "http://konecta.invalid"
# The SDKs' names of services in AWS_ENDPOINT_URL_<SERVICE>, where they are not those of the signature.
_NAMES: Final = {
    "autoscaling": "AUTO_SCALING",
    "elb": "ELASTIC_LOAD_BALANCING",
    "elasticloadbalancing": "ELASTIC_LOAD_BALANCING_V2",
    "logs": "CLOUDWATCH_LOGS",
    "route53": "ROUTE_53",
}

Verdicts = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Scan:
    """How a scan ended."""

    seconds: float
    code: int
    report: dict[str, Any] | None
    said: str


@dataclass
class Result:
    """What came of a cell."""

    service: str
    fault: str
    seconds: float
    code: int
    gaps: list[str] = field(default_factory=list)
    not_made: list[str] = field(default_factory=list)
    stands: list[str] = field(default_factory=list)
    lost: int = 0
    wrong: list[str] = field(default_factory=list)


class Auditor:
    """The built program with the environment of nobody else, and the clean scan that all others are held against."""

    def __init__(self, program: str, config: str) -> None:
        self._program = program
        self._config = config
        self.clean: Verdicts = {}

    def scan(self, url: str, arguments: tuple[str, ...] = (), unresolved: str | None = None) -> Scan:
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": url,
        }
        if unresolved:
            environment[f"AWS_ENDPOINT_URL_{_NAMES.get(unresolved, unresolved.upper())}"] = _NOWHERE
        command = [self._program, "--config", self._config, "scan", "--format", "json", *arguments]
        started = time.monotonic()
        try:
            ended = subprocess.run(command, env=environment, capture_output=True, timeout=BOUND_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Scan(BOUND_SECONDS, -1, None, f"it had not ended after {BOUND_SECONDS} s")
        seconds = time.monotonic() - started
        report = json.loads(ended.stdout) if ended.stdout else None
        return Scan(seconds, ended.returncode, report, ended.stderr.decode())


def verdicts(report: dict[str, Any]) -> Verdicts:
    return {(each["control"], each["resource"]["arn"]): each["status"] for each in report["findings"]}


def meets(kind: Kind, service: str, actions: set[str], sizes: dict[str, int]) -> set[str]:
    """The actions of a service that meet the fault; none where the fault has no meaning for it."""
    own = sorted(action for action in actions if action.partition(":")[0] == service)
    if kind.group == "half":
        return set(own[len(own) // 2 :])
    if kind.group in ("paged", "endless"):
        paged = [action for action in own if action in sizes and action.partition(":")[2] in paging(service)]
        if kind.group == "endless":
            if service not in ENDLESS_SERVICES:
                return set()
            return set(sorted(paged, key=lambda action: sizes[action])[:1])
        return set(paged)
    return set(own)


def play(auditor: Auditor, hostile: Hostile, kind: Kind, service: str, met: set[str]) -> tuple[Scan, Result]:
    """Plays one cell and holds the report against the clean one."""
    named: Callable[[Request], bool] = lambda request: request.action in met  # noqa: E731 - one use, one line
    hostile.play(kind.make() if kind.make else kind.fault, named)
    unresolved = service if kind.fault is None else None
    scan = auditor.scan(hostile.url, kind.arguments, unresolved)
    result = Result(service, kind.name, scan.seconds, scan.code)
    if kind.fault is not None and hostile.fired == 0:
        result.wrong.append("the fault was never met")
    if service == "sts":
        _refused(scan, kind, result)
    elif scan.report is None:
        result.wrong.append(f"no report, exit {scan.code}: {scan.said.strip()[-300:]}")
    else:
        _hold(auditor.clean, scan.report, scan.code, kind, result)
    return scan, result


def _refused(scan: Scan, kind: Kind, result: Result) -> None:
    """Who cannot say whose account it is does not begin."""
    if kind.group == "borne":
        if scan.code not in (0, 3) or scan.report is None:
            result.wrong.append(f"exit {scan.code}: {scan.said.strip()[-300:]}")
    elif (scan.code, scan.report) != (2, None) or not scan.said.strip():
        result.wrong.append(f"exit {scan.code}, where 2, no report and a reason are right: {scan.said.strip()[-300:]}")


def _hold(clean: Verdicts, report: dict[str, Any], code: int, kind: Kind, result: Result) -> None:
    now = verdicts(report)
    anew = {place: status for place, status in now.items() if status != "unknown" and clean.get(place) != status}
    if anew:
        result.wrong.append(f"verdicts that the whole world did not have: {sorted(anew.items())[:5]}")
    if code != 3:
        result.wrong.append(f"exit {code} where 3 is right")
    if report["errors"]:
        result.wrong.append(f"errors of controls: {report['errors'][:2]}")
    own = [gap for gap in report["gaps"] if gap["kind"] != "not_made"]
    result.gaps = sorted({gap["action"] for gap in own})
    result.not_made = sorted({gap["action"] for gap in report["gaps"] if gap["kind"] == "not_made"})
    strange = sorted({f"{gap['action']} {gap['kind']} {gap['error']}" for gap in own if gap["kind"] not in kind.gap})
    if strange:
        result.wrong.append(f"gaps of another kind: {strange}")
    lost = {place for place, status in clean.items() if status == "pass" and now.get(place) != "pass"}
    result.lost = len(lost)
    blamed = {control for gap in report["gaps"] for control in gap["controls"]}
    if not {control for control, _ in lost} <= blamed:
        result.wrong.append(f"lost without a gap that names them: {sorted({c for c, _ in lost} - blamed)}")
    if report["scan"]["complete"] and report["gaps"] and result.lost:
        result.wrong.append("says that the scan is complete")
    result.stands = sorted({control for (control, _), status in now.items() if status == "pass" and control in blamed})
    silent = {control for control, _ in clean} - {control for control, _ in now}
    if silent:
        result.wrong.append(f"controls that say nothing at all: {sorted(silent)}")
    if kind.group == "borne" and now != clean:
        changed = [place for place in clean.keys() | now.keys() if clean.get(place) != now.get(place)]
        result.wrong.append(f"a fault that is to be borne leaves a trace: {sorted(changed)[:5]}")
