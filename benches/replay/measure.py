"""Runs one command and says what it took, as one line of JSON: exit code, wall seconds, processor seconds, peak of memory.

python -I -S measure.py LOG COMMAND...

The kernel counts a child's peak from the memory of whoever started it, so that whoever does must be small: this file imports
next to nothing, and is a process of its own for each run. The peak is of the command and of what it waited for.
"""

import json
import os
import sys
import time

log, command = sys.argv[1], sys.argv[2:]
sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
nothing = os.open(os.devnull, os.O_RDONLY)
files = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, sink, 2)]
began = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - began
print(
    json.dumps(
        {
            "exit": os.waitstatus_to_exitcode(status),
            "wall": wall,
            "processor": used.ru_utime + used.ru_stime,
            "megabytes": used.ru_maxrss * 1024 / 1e6,
        }
    )
)
