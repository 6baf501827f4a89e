"""Check the world builder itself: every label must change what it says it changes, and nothing random may.

Builds the good world twice (the two must be equal), the good world with each label alone (each must
differ from the good one), the drifted world and the empty one, and prints how long each took. With
label names as arguments only those are tried.

What it cannot check is whether a label trips its controls: that is what the Rust tests are for.
"""

from __future__ import annotations

import sys
import time

import labels
from emulators import Emulators, leave_on_signals
from labels import Label
from observe import State, differences, observe
from stack.aws import Aws
from world import construct


def timed(aws: Aws, world: str, chosen: list[Label]) -> tuple[State, float]:
    start = time.monotonic()
    construct(aws, world, chosen)
    seconds = time.monotonic() - start
    return observe(aws), seconds


def check(aws: Aws, chosen: list[Label]) -> list[str]:
    """Build everything; returns what went wrong."""
    faults: list[str] = []
    _, seconds = timed(aws, "good", [])
    print(f"{seconds:6.2f} s  good, the first time")
    good, seconds = timed(aws, "good", [])
    again, _ = timed(aws, "good", [])
    print(f"{seconds:6.2f} s  good, rebuilt")
    if changed := differences(good, again):
        faults.append(f"two builds of the good world differ in {', '.join(changed)}")
    for each in chosen:
        state, seconds = timed(aws, "good", [each])
        changed = differences(good, state)
        print(f"{seconds:6.2f} s  {each.name:34} {', '.join(changed) or 'NO CHANGE'}")
        if not changed:
            faults.append(f"{each.name} changed nothing")
    for world in ("drifted", "empty"):
        _, seconds = timed(aws, world, [])
        print(f"{seconds:6.2f} s  {world}")
    return faults


def main() -> None:
    leave_on_signals()
    chosen = labels.find(sys.argv[1:]) if sys.argv[1:] else labels.catalogue()
    with Emulators() as emulators:
        faults = check(Aws(emulators.endpoints), chosen)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
