"""What a recording is: the first answer to each question, under a key that all tools' questions have.

A question is its method, path, query, service and region (of the signature), target and body. Parameters of a query and of a form
have no order; everything else counts as it was sent. So a tool that asks with another page size, or for other members, asks
another question and has an answer of its own: it was recorded from that tool. A looser key would give one tool another's
pages, and let it be quicker or slower than it is.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "faults"))

from answers import error, parse

_SCOPE = re.compile(rb"Credential=[^/]+/\d+/([^/]*)/([^/]+)/aws4_request")
_UNSCOPED = (b"", b"")

Key = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


@dataclass(frozen=True)
class Answer:
    """An answer as it came, without what the connection adds."""

    status: str
    headers: list[tuple[str, str]]
    body: str


def key(method: bytes, target: bytes, authorization: bytes, amz_target: bytes, body: bytes) -> Key:
    """What a question is told by. ``target`` is path and query, as on the request line."""
    scope = _SCOPE.search(authorization)
    region, service = scope.groups() if scope else _UNSCOPED
    path, _, query = target.partition(b"?")
    if query:
        path += b"?" + b"&".join(sorted(query.split(b"&")))
    if body.startswith(b"Action=") or b"&Action=" in body:
        body = b"&".join(sorted(body.split(b"&")))
    return method, path, service, region, amz_target, body


def operation(asked: Key) -> str:
    """A question's service and operation, as AWS names them: ``ecr:GetLifecyclePolicy``."""
    method, path, service, region, amz_target, _body = (part.decode("latin-1") for part in asked)
    headers = {"Authorization": f"Credential=test/0/{region}/{service}/aws4_request", "X-Amz-Target": amz_target}
    return parse(method, path, headers, asked[5]).action


def refusal(asked: Key) -> Answer:
    """That the service is asked too often, as it says so."""
    service = asked[2].decode()
    status, code = (503, "RequestLimitExceeded") if service == "ec2" else (400, "Throttling")
    told = error(service, status, code, "Rate exceeded")
    return Answer(f"{status} Refused", list(told.headers.items()), told.body.decode())


def save(path: Path, answers: dict[Key, Answer]) -> None:
    """Write a recording: gzipped JSON Lines, bytes as Latin-1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", compresslevel=3, encoding="utf-8") as sink:
        for asked, answer in answers.items():
            sink.write(json.dumps([[part.decode("latin-1") for part in asked], asdict(answer)]) + "\n")


def load(path: Path) -> dict[Key, Answer]:
    """Read a recording."""
    answers: dict[Key, Answer] = {}
    with gzip.open(path, "rt", encoding="utf-8") as source:
        for line in source:
            parts, told = json.loads(line)
            method, target, service, region, amz_target, body = (part.encode("latin-1") for part in parts)
            headers = [(name, value) for name, value in told["headers"]]
            answers[method, target, service, region, amz_target, body] = Answer(told["status"], headers, told["body"])
    return answers
