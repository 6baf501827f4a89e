"""The faults: what becomes of an answer on its way to the program.

Each is a function from the request, its attempt and the good answer to what is sent; a ``Wire`` says what the network
does to it. What cannot be told from the service's own data, such as a changed digit, is no fault that anybody could
see: a corrupt answer is random bytes here.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Final

from answers import Answer, Request, error, paging, protocol

TOKEN: Final = re.compile(r"konecta-([0-9a-f]{16})-(\d+)")
_HTML: Final = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Accept the terms of use.</body></html>"
_DENIALS: Final = {
    "ec2": ("UnauthorizedOperation", 403),
    **dict.fromkeys(("acm", "ecr", "kms", "logs", "organizations", "wafv2"), ("AccessDeniedException", 400)),
    "eks": ("AccessDeniedException", 403),
}
_THROTTLES: Final = {
    "ec2": ("RequestLimitExceeded", 503),
    **dict.fromkeys(("acm", "ecr", "kms", "logs", "wafv2", "eks"), ("ThrottlingException", 400)),
    "organizations": ("TooManyRequestsException", 400),
}


@dataclass(frozen=True)
class Wire:
    """What is sent, and what the network does to it."""

    answer: Answer
    delay: float = 0.0
    reset: bool = False
    length: int | None = None
    """The length that the head promises, where it is not that of the body."""


Fault = Callable[[Request, int, Answer], Wire]
"""From the request, the number of its attempt (from 0) and the good answer to what is sent."""


def _throttle(request: Request) -> Wire:
    code, status = _THROTTLES.get(request.service, ("Throttling", 400))
    return Wire(error(request.service, status, code, "Rate exceeded"))


def _throttled_twice(request: Request, attempt: int, good: Answer) -> Wire:
    return _throttle(request) if attempt < 2 else Wire(good)


def _throttled(request: Request, _attempt: int, _good: Answer) -> Wire:
    return _throttle(request)


def _limited() -> Fault:
    """The service's own limit: a burst of four, then two a second, whoever asks."""
    lock, bucket = threading.Lock(), {"tokens": 4.0, "at": time.monotonic()}

    def fault(request: Request, _attempt: int, good: Answer) -> Wire:
        with lock:
            now = time.monotonic()
            bucket["tokens"] = min(4.0, bucket["tokens"] + 2 * (now - bucket["at"]))
            bucket["at"] = now
            if bucket["tokens"] < 1:
                return _throttle(request)
            bucket["tokens"] -= 1
        return Wire(good)

    return fault


def _status(status: int, code: str) -> Fault:
    return lambda request, _attempt, _good: Wire(error(request.service, status, code, "We met an internal error."))


def _late(_request: Request, _attempt: int, good: Answer) -> Wire:
    return Wire(good, delay=20.0)


def _reset(_request: Request, _attempt: int, good: Answer) -> Wire:
    return Wire(good, reset=True)


def _cut_at(request: Request, attempt: int, good: Answer) -> bytes:
    """A part that is not the whole: cut at any byte, another one in every attempt."""
    body = good.body.rstrip()
    return body[: random.Random(f"{request.key}{attempt}").randrange(len(body))] if body else b""


def _cut(request: Request, attempt: int, good: Answer) -> Wire:
    """The connection ends before the body does."""
    return Wire(replace(good, body=_cut_at(request, attempt, good)), length=len(good.body) + 1)


def _shortened(request: Request, attempt: int, good: Answer) -> Wire:
    """Something in between has kept a part, and says that it is all."""
    return Wire(replace(good, body=_cut_at(request, attempt, good)))


def _corrupt(request: Request, attempt: int, good: Answer) -> Wire:
    return Wire(replace(good, body=random.Random(f"{request.key}{attempt}").randbytes(len(good.body))))


def _empty(_request: Request, _attempt: int, good: Answer) -> Wire:
    return Wire(replace(good, status=200, body=b""))


def _html(_request: Request, _attempt: int, _good: Answer) -> Wire:
    return Wire(Answer(200, {"Content-Type": "text/html"}, _HTML))


def _denied(request: Request, _attempt: int, _good: Answer) -> Wire:
    code, status = _DENIALS.get(request.service, ("AccessDenied", 403))
    return Wire(error(request.service, status, code, f"User is not authorized to perform: {request.action}"))


def _expired(request: Request, _attempt: int, _good: Answer) -> Wire:
    code = {"ec2": "RequestExpired"}.get(request.service, "ExpiredToken")
    if protocol(request.service) in ("json", "rest-json"):
        code += "Exception"
    return Wire(error(request.service, 403, code, "The security token included in the request is expired"))


def _skewed(request: Request, _attempt: int, _good: Answer) -> Wire:
    """The service's clock is a day ahead, and it refuses what was signed yesterday."""
    answer = error(
        request.service, 403, "RequestTimeTooSkewed", "The difference between the request time and now is too large"
    )
    return Wire(replace(answer, headers={**answer.headers, "Date": formatdate(4102444800, usegmt=True)}))


def _next_token(request: Request, good: Answer, token: str) -> Wire:
    """The same page, and a further one named in it."""
    pages = paging(request.service).get(request.operation)
    if not pages or good.status != 200:
        return Wire(good)
    named = pages["output_token"]
    names = [named] if isinstance(named, str) else named
    text = good.body.decode()
    if protocol(request.service) in ("json", "rest-json"):
        return Wire(replace(good, body=json.dumps({**json.loads(text), names[0]: token}).encode()))
    first = names[0].split(" ")[0].rpartition(".")[2]
    if protocol(request.service) == "ec2":
        first = first[0].lower() + first[1:]
    text = re.sub(r"<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated>", text)
    text = re.sub(rf"<{first}\s*/>|<{first}></{first}>", "", text)
    more = f"<{first}>{token}</{first}>"
    if request.operation == "ListResourceRecordSets":
        more += "<NextRecordType>A</NextRecordType>"
    end = re.search(rf"</{request.operation}Result>", text) or re.search(r"</[\w:]+>\s*\Z", text)
    if end is None:
        raise ValueError(f"no place for a token in the answer to {request.action}")
    return Wire(replace(good, body=(text[: end.start()] + more + text[end.start() :]).encode()))


def _endless(request: Request, _attempt: int, good: Answer) -> Wire:
    asked = TOKEN.search(request.text)
    key, page = (asked[1], int(asked[2])) if asked else (request.key, 0)
    return _next_token(request, good, f"konecta-{key}-{page + 1}")


def _repeated(request: Request, _attempt: int, good: Answer) -> Wire:
    asked = TOKEN.search(request.text)
    return _next_token(request, good, f"konecta-{asked[1] if asked else request.key}-1")


@dataclass(frozen=True)
class Kind:
    """A fault, what it does to the calls that meet it, and what the program is told to bear."""

    name: str
    what: str
    fault: Fault | None
    group: str
    """Which calls meet it: ``borne`` and ``total`` all of the service, ``half`` the later half of its operations, ``paged`` those
    that page, ``endless`` one of those. ``borne`` leaves no trace in the report."""
    gap: tuple[str, ...] = ()
    """The kinds of gap that it may leave."""
    arguments: tuple[str, ...] = ("--max-attempts", "2")
    make: Callable[[], Fault] | None = None
    """Makes the fault anew for each cell, where it has a state."""


KINDS: Final = (
    Kind(
        "throttled-twice",
        "refused for load twice, then answered",
        _throttled_twice,
        "borne",
        (),
        ("--max-attempts", "4"),
    ),
    Kind(
        "limited",
        "a burst of four, then two answers a second; the rest is refused for load",
        _throttled,
        "borne",
        (),
        ("--max-attempts", "8"),
        _limited,
    ),
    Kind("throttled", "refused for load for good", _throttled, "total", ("throttled",)),
    Kind("500", "`InternalFailure` for good", _status(500, "InternalFailure"), "total", ("server_error",)),
    Kind("503", "`ServiceUnavailable` for good", _status(503, "ServiceUnavailable"), "total", ("server_error",)),
    Kind(
        "late",
        "the first byte after 20 s, where 8 s are allowed",
        _late,
        "total",
        ("timed_out",),
        ("--max-attempts", "2", "--timeout", "8"),
    ),
    Kind("reset", "the connection is reset before the answer", _reset, "total", ("unreachable",)),
    Kind("cut", "the connection ends at any byte of the body", _cut, "total", ("broken_answer", "unreachable")),
    Kind(
        "shortened",
        "a part of the body, with a `Content-Length` that fits it",
        _shortened,
        "total",
        ("broken_answer", "refused"),
    ),
    Kind("corrupt", "random bytes of the body's length", _corrupt, "total", ("broken_answer", "refused")),
    Kind("empty", "status 200 without a body", _empty, "total", ("broken_answer",)),
    Kind("html", "status 200 with the page of a captive portal", _html, "total", ("broken_answer",)),
    Kind("endless", "each page names a new one, one operation of the service", _endless, "endless", ("broken_answer",)),
    Kind("repeated", "each page names itself as the next", _repeated, "paged", ("broken_answer",)),
    Kind("denied", "the identity may not make the calls", _denied, "total", ("denied",)),
    Kind(
        "expired", "the token expires in the middle: the later half of the operations", _expired, "half", ("refused",)
    ),
    Kind("skewed", "the clock is wrong by decades", _skewed, "total", ("refused",)),
    Kind("dns", "the service's name does not resolve", None, "total", ("unreachable",)),
)
