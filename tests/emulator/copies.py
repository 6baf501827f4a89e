"""A server that copies itself: a world is built once, and each test gets a copy of the whole process with everything in it.

A copy costs some tens of milliseconds, a world some seconds. ``GET /_copy`` is answered by the copy's
process id and port. Copies share nothing with their original but memory that neither has written to since.

The original has threads and the copy has only the one that forked, so nothing may hold a lock meanwhile: whoever
asks for a copy sees to it that the original is asked nothing else.

Copies are nobody's child in the end. They leave when their standard input closes, which they have from the
original, and which whoever started the original holds the other end of.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

HOST = "127.0.0.1"
PATH = "/_copy"

Serve = Callable[[socket.socket], None]


def begin(serve: Serve) -> None:
    """Serve on the port that the command line names, until standard input closes. Copies are not waited for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _leave_with_whoever_started_it()
    serve(_listener(int(sys.argv[1])))


def copy(serve: Serve) -> bytes:
    """Fork, and serve the copy on a free port; the answer to ``GET /_copy``."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(read)
        _begin_copy(serve, write)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        port = int(told.read())
    return json.dumps({"process": process, "port": port}).encode()


def _begin_copy(serve: Serve, write: int) -> NoReturn:
    """What the copy does, from its first moment on; it never returns into the request that made it."""
    try:
        _close_sockets()
        _leave_with_whoever_started_it()
        listener = _listener(0)
        os.write(write, str(listener.getsockname()[1]).encode())
        os.close(write)
        serve(listener)
    finally:
        os._exit(1)


def _close_sockets() -> None:
    """The original's port and connections stay its own: a client would wait for their end."""
    for name in os.listdir("/proc/self/fd"):
        descriptor = int(name)
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.close(descriptor)
        except OSError:
            continue  # the directory that is being listed


def _leave_with_whoever_started_it() -> None:
    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    listener.set_inheritable(True)
    return listener
