"""Answers from a recording, as fast as one thread of Python can: what is measured is the tool, not this.

python server.py FILE

Prints its port. ``GET /_replay?delay=0.02&rate=50`` begins a run, and answers what was asked in the one before: calls by
operation, how many were refused, and the misses. ``delay`` is the seconds that each answer is late, ``rate`` how many
calls a second a service takes before it says that it is asked too often, with a burst of as many; without them there is
neither. A question that the recording does not have is answered with 501 and is a miss: such a run says nothing.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
import traceback
import urllib.parse
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from recording import Answer, Key, key, load, operation, refusal

HOST = "127.0.0.1"
CONTROL = b"/_replay"
_HEADERS = (b"authorization", b"x-amz-target", b"content-length")


def _message(answer: Answer) -> bytes:
    body = answer.body.encode("latin-1")
    headers = [*answer.headers, ("Content-Length", str(len(body)))]
    lines = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Replay:
    """The recording, and what is asked of it in the run that is going on."""

    def __init__(self, file: Path) -> None:
        self.answers = {asked: _message(answer) for asked, answer in load(file).items()}
        self.begin(0.0, 0.0)

    def begin(self, delay: float, rate: float) -> None:
        self.delay, self.rate = delay, rate
        self._asked: list[Key] = []
        self._misses: list[Key] = []
        self._refused = 0
        self._allowance: dict[bytes, tuple[float, float]] = defaultdict(lambda: (rate, time.monotonic()))

    def told(self) -> dict[str, Any]:
        """What was asked so far."""
        return {
            "calls": len(self._asked),
            "operations": Counter(operation(asked) for asked in self._asked),
            "refused": self._refused,
            "misses": Counter(operation(asked) for asked in self._misses),
            "missed": [[part.decode("latin-1")[:300] for part in asked] for asked in self._misses[:5]],
        }

    def answer(self, asked: Key) -> bytes:
        self._asked.append(asked)
        if self.rate and not self._allowed(asked[2]):
            self._refused += 1
            return _message(refusal(asked))
        found = self.answers.get(asked)
        if found is None:
            self._misses.append(asked)
            found = _message(Answer("501 Not Implemented", [], "not in the recording"))
        return found

    def _allowed(self, service: bytes) -> bool:
        left, at = self._allowance[service]
        now = time.monotonic()
        left = min(self.rate, left + (now - at) * self.rate)
        self._allowance[service] = (left - 1 if left >= 1 else left, now)
        return left >= 1


class Connection(asyncio.Protocol):
    """One connection of a tool: one question after the other."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].split(b"\r\n")
            headers = dict.fromkeys(_HEADERS, b"")
            for line in lines:
                name, _, value = line.partition(b":")
                if (name := name.lower()) in headers:
                    headers[name] = value.strip()
            length = int(headers[b"content-length"] or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            method, target, _ = first.split(b" ")
            if target.startswith(CONTROL):
                self._transport.write(self._control(target))
                continue
            answer = self._replay.answer(key(method, target, headers[b"authorization"], headers[b"x-amz-target"], body))
            if self._replay.delay:
                asyncio.get_running_loop().call_later(self._replay.delay, self._write, answer)
            else:
                self._transport.write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _control(self, target: bytes) -> bytes:
        told = json.dumps(self._replay.told())
        wanted = dict(urllib.parse.parse_qsl(target.partition(b"?")[2].decode()))
        self._replay.begin(float(wanted.get("delay", 0)), float(wanted.get("rate", 0)))
        return _message(Answer("200 OK", [("Content-Type", "application/json")], told))


def _leave(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A fault of this server ends it, so that no tool is measured on what it makes of a connection that breaks off."""
    traceback.print_exception(context.get("exception"))
    print(context["message"], file=sys.stderr, flush=True)
    os._exit(1)


async def _serve(replay: Replay) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_leave)
    server = await loop.create_server(lambda: Connection(replay), HOST, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # whoever started it has left
    server.close()


def main() -> None:
    replay = Replay(Path(sys.argv[1]))
    gc.freeze()
    gc.disable()
    asyncio.run(_serve(replay))


if __name__ == "__main__":
    main()
