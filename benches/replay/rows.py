"""What is measured, as it is handed from the benchmark to its report."""

from __future__ import annotations

from dataclasses import dataclass, field

# Of each tool, what fails: check and resource.
Found = dict[str, set[tuple[str, str]]]


@dataclass
class Row:
    """One run of one tool."""

    count: int
    delay: int
    round: int
    tool: str
    wall: float
    processor: float
    megabytes: float
    calls: int
    findings: int
    load: float
    operations: dict[str, int] = field(default_factory=dict)


@dataclass
class Start:
    """A command that asks nobody anything: the median and the least of its runs."""

    name: str
    milliseconds: float
    least: float
    megabytes: float
    mark: float | None = None
