"""Requests of a scan as service, operation and key, and the answers of the good world, recorded once and given again.

A key holds what is asked and nothing of who asks or when: method, path, query and body, and the service that the
signature names. It knows no faults.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
import urllib.parse
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import botocore.loaders
import botocore.session
from botocore.exceptions import DataNotFoundError

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
_HOP_BY_HOP: Final = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "date", "server")
)
# The API of the Classic Load Balancer signs with the same name as the newer one.
_CLASSIC: Final = "2012-06-01"
_MODELS: Final = {"elasticloadbalancing": "elbv2", "tagging": "resourcegroupstaggingapi"}


@dataclass(frozen=True)
class Request:
    """One request, as far as it matters what is asked."""

    service: str
    operation: str
    key: str
    text: str
    """Path, query and body: where a page token stands."""

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class Answer:
    """One answer as it is sent."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse(method: str, path: str, headers: Any, body: bytes) -> Request:
    """What this request asks."""
    scope = _SCOPE.search(headers.get("Authorization") or "")
    service = scope[1] if scope else "unsigned"
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
    if service == "elasticloadbalancing" and form.get("Version") == [_CLASSIC]:
        service = "elb"
    target = headers.get("X-Amz-Target")
    if target:
        operation = target.rpartition(".")[2]
    elif "Action" in form:
        operation = form["Action"][0]
    else:
        operation = _of_path(service, method, path)
    text = f"{path}\n{body.decode('utf-8', 'replace')}"
    key = hashlib.sha256(f"{service}\n{operation}\n{method}\n{text}".encode()).hexdigest()[:16]
    return Request(service, operation, key, text)


def _of_path(service: str, method: str, path: str) -> str:
    """The operation of a REST API: the most literal template that the path fits."""
    plain = urllib.parse.urlsplit(path).path
    for verb, pattern, name in _templates(service):
        if verb == method and pattern.fullmatch(plain):
            return name
    return "Unknown"


@cache
def model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(_MODELS.get(service, service))


@cache
def _templates(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    found = []
    for name in model(service).operation_names:
        http_trait = model(service).operation_model(name).http
        template = urllib.parse.urlsplit(http_trait["requestUri"]).path
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        found.append((http_trait["method"], re.compile(pattern), name, template.count("{"), len(template)))
    found.sort(key=lambda each: (each[3], -each[4]))
    return [each[:3] for each in found]


@cache
def paging(service: str) -> dict[str, dict[str, Any]]:
    """The operations of a service that page, as botocore describes them."""
    try:
        loaded = botocore.loaders.Loader(include_default_search_paths=True).load_service_model(
            _MODELS.get(service, service), "paginators-1"
        )
    except DataNotFoundError:
        return {}
    pages: dict[str, dict[str, Any]] = loaded["pagination"]
    return pages


class World:
    """What the emulators answered; asks them where it does not know yet. A fault in one service makes other questions to
    others: which engine versions there are, for instance, where the databases are not known."""

    def __init__(self, moto: str, ministack: str) -> None:
        self._addresses = {"cloudfront": ministack.removeprefix("http://")}
        self._elsewhere = moto.removeprefix("http://")
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self._actions: dict[str, str] = {}

    @property
    def actions(self) -> set[str]:
        """Every operation that was asked, as service:Operation."""
        return set(self._actions.values())

    def sizes(self) -> dict[str, int]:
        """The size of the longest answer to each operation that was no error, in bytes."""
        sizes: dict[str, int] = {}
        for key, action in self._actions.items():
            if self._answers[key].status == 200:
                sizes[action] = max(sizes.get(action, 0), len(self._answers[key].body))
        return sizes

    def answer(self, request: Request, method: str, path: str, headers: Any, body: bytes) -> Answer:
        """What was answered to this question, now or when it was asked first."""
        with self._lock:
            known = self._answers.get(request.key)
        if known:
            return known
        answer = self._ask(request.service, method, path, headers, body)
        with self._lock:
            self._answers[request.key] = answer
            self._actions[request.key] = request.action
        return answer

    def of_key(self, key: str) -> Answer:
        """The answer to the first page of a listing, by the token that was made of its key."""
        with self._lock:
            return self._answers[key]

    def _ask(self, service: str, method: str, path: str, headers: Any, body: bytes) -> Answer:
        kept = {name: text for name, text in headers.items() if name.lower() not in _HOP_BY_HOP}
        connection = http.client.HTTPConnection(self._addresses.get(service, self._elsewhere), timeout=60)
        try:
            connection.request(method, path, body, kept)
            answer = connection.getresponse()
            dropped = _HOP_BY_HOP | {"content-length"}
            headers = {name: text for name, text in answer.getheaders() if name.lower() not in dropped}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()


def protocol(service: str) -> str:
    """How a service writes: json, rest-json, query, ec2 or rest-xml."""
    named: str = model(service).metadata["protocol"]
    return named


def error(service: str, status: int, code: str, message: str) -> Answer:
    """An error as this service words it."""
    kind = protocol(service)
    if kind in ("json", "rest-json"):
        body = json.dumps({"__type": code, "message": message})
        return Answer(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}, body.encode())
    if kind == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
    else:
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>"
    return Answer(status, {"Content-Type": "text/xml"}, body.encode())
