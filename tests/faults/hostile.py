"""The hostile server: answers from the recorded world, with a fault for one service. Binds 127.0.0.1 on a free port."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from answers import Answer, Request, World, parse
from faults import TOKEN, Fault, Wire

HOST: Final = "127.0.0.1"


class Hostile:
    """One server; ``url`` is valid inside the context. A cell at a time: ``play`` sets the fault."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._meets: Callable[[Request], bool] = lambda _: False
        self._attempts: Counter[str] = Counter()
        self.fired = 0
        self._server = _Server((HOST, 0), _handler(self))
        self.url = f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Hostile:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def play(self, fault: Fault | None, meets: Callable[[Request], bool]) -> None:
        """From now on the requests that ``meets`` names meet this fault."""
        with self._lock:
            self._fault, self._meets = fault, meets
            self._attempts.clear()
            self.fired = 0

    def reply(self, method: str, path: str, headers: Any, body: bytes) -> Wire:
        """What is sent to this request."""
        request = parse(method, path, headers, body)
        token = TOKEN.search(request.text)
        good = self._world.of_key(token[1]) if token else self._world.answer(request, method, path, headers, body)
        with self._lock:
            fault = self._fault
            if fault is None or not self._meets(request):
                return Wire(good)
            self.fired += 1
            # Not by the SDK's id of the call: a throttled one is made anew, as another call.
            attempt = self._attempts[request.key]
            self._attempts[request.key] += 1
        return fault(request, attempt, good)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """A client that has gone is what is wanted here."""


def _handler(hostile: Hostile) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, *_: object) -> None:
            pass

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wire = hostile.reply(self.command, self.path, self.headers, body)
            if wire.delay:
                time.sleep(wire.delay)
            if wire.reset:
                # Lingering for no time makes the close a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                for end in (self.rfile, self.wfile, self.connection):
                    end.close()
                return
            self._send(wire.answer, wire.length)

        def _send(self, answer: Answer, length: int | None) -> None:
            self.send_response_only(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(answer.body) if length is None else length))
            self.end_headers()
            self.wfile.write(answer.body)
            if length is not None:
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _handle

    return Handler
