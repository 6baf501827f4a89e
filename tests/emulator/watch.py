"""Counts from the outside how many functions run: ministack keeps one process an invocation, and takes it again."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Self


class Watch:
    """While it is open: the most processes called ``bootstrap`` below this one, and the most memory of one of them."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = 0
        self.memory_kib = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            running = [process for process in _descendants(os.getpid()) if _name(process) == "bootstrap"]
            self.most = max(self.most, len(running))
            self.memory_kib = max([self.memory_kib, *(_peak_kib(process) for process in running)])


def _descendants(parent: int) -> list[int]:
    found, open_ = [], [parent]
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    while open_:
        children = parents.get(open_.pop(), [])
        found += children
        open_ += children
    return found


def _name(process: int) -> str:
    try:
        return (Path("/proc") / str(process) / "comm").read_text().strip()
    except OSError:
        return ""


def _peak_kib(process: int) -> int:
    try:
        status = (Path("/proc") / str(process) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
