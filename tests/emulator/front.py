"""The one address that the function under test knows: S3 and SNS are passed on to ministack, everything else to moto.

It stands between them to count requests, and to make faults that are about one account or one target, which
microburst's rules cannot tell apart:

* a role that may not be assumed is answered as AWS answers it;
* of an object's writes, all attempts of the first so many calls fail. An SDK's own tries carry the same
  ``amz-sdk-invocation-id``; so a fault outlasts them, and the whole invocation fails.
"""

from __future__ import annotations

import http.client
import re
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from emulators import HOST

_HOP_BY_HOP: Final = frozenset(("connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host"))
_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/([^/]*)/([^/]+)/aws4_request")
_DENIED: Final = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>\
<Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:assumed-role/konecta-audit-scan-function/scan \
is not authorized to perform: sts:AssumeRole on resource: {}</Message></Error>\
<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"""
_UNAVAILABLE: Final = """<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code><Message>We met \
an internal error. Please try again.</Message></Error>"""


class Faults:
    """What is to go wrong, and what was asked so far. Shared by all threads of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._denied_role: str | None = None
        self._failing_key: str | None = None
        self._calls_to_fail = 0
        self._failed_calls: list[str] = []
        self._requests: Counter[str] = Counter()

    def deny_role(self, arn: str) -> None:
        """From now on this role may not be assumed."""
        with self._lock:
            self._denied_role = arn

    def fail_writes(self, key_part: str, calls: int) -> None:
        """From now on the first ``calls`` writes of objects with this in their key fail, with all their tries."""
        with self._lock:
            self._failing_key, self._calls_to_fail, self._failed_calls = key_part, calls, []

    def failed_calls(self) -> int:
        with self._lock:
            return len(self._failed_calls)

    def requests(self) -> dict[str, int]:
        """How many requests there were since this was last asked, by service and operation or method."""
        with self._lock:
            counted = dict(self._requests)
            self._requests.clear()
            return counted

    def count(self, what: str) -> None:
        with self._lock:
            self._requests[what] += 1

    def is_denied(self, arn: str) -> bool:
        with self._lock:
            return arn == self._denied_role

    def fails(self, path: str, call: str) -> bool:
        with self._lock:
            if self._failing_key is None or self._failing_key not in urllib.parse.unquote(path):
                return False
            if call not in self._failed_calls and len(self._failed_calls) < self._calls_to_fail:
                self._failed_calls.append(call)
            return call in self._failed_calls


class Front:
    """The server; ``url`` is valid inside the context."""

    def __init__(self, moto: str, ministack: str, faults: Faults) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), _handler(moto, ministack, faults))
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Front:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(moto: str, ministack: str, faults: Faults) -> type[BaseHTTPRequestHandler]:
    addresses = dict.fromkeys(("s3", "sns"), ministack.removeprefix("http://"))
    elsewhere = moto.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            scope = _SCOPE.search(self.headers.get("Authorization") or "")
            service = scope[2] if scope else "unsigned"
            form = urllib.parse.parse_qs(body.decode("latin-1")) if service == "sts" else {}
            faults.count(f"s3 {self.command}" if service == "s3" else service)
            role = (form.get("RoleArn") or [""])[0]
            if form.get("Action") == ["AssumeRole"] and faults.is_denied(role):
                self._answer(403, {"Content-Type": "text/xml"}, _DENIED.format(role).encode())
            elif (
                service == "s3"
                and self.command == "PUT"
                and faults.fails(self.path, self.headers.get("amz-sdk-invocation-id") or "")
            ):
                self._answer(500, {"Content-Type": "application/xml"}, _UNAVAILABLE.encode())
            else:
                self._pass_on(addresses.get(service, elsewhere), body)

        def _pass_on(self, address: str, body: bytes) -> None:
            # moto takes the service from the host, where there is one of AWS, and from the signature elsewhere.
            headers = {name: text for name, text in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection = http.client.HTTPConnection(address, timeout=60)
            try:
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                kept = {name: text for name, text in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
                self._answer(answer.status, kept, answer.read())
            finally:
                connection.close()

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, text in headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, text)
            if self.command == "HEAD":
                self.send_header("Content-Length", headers.get("Content-Length", "0"))
                self.end_headers()
                return
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _handle

    return Handler
