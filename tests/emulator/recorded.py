"""Recorded answers for operations that moto does not have, served beside it in AWS's own wire format.

The answers stand in fixtures/replay; its README says which page of the API reference each follows.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

REPLAY = Path(__file__).resolve().parents[2] / "fixtures" / "replay"
_LONGEST_FORM = 65_536
# By the end of a path below /clusters/{name}; the entries are those of this cluster.
_CLUSTER = "konecta-erp-prod"
_OF_CLUSTERS = {
    "pod-identity-associations": "eks.ListPodIdentityAssociations.json",
    "access-policies": "eks.ListAssociatedAccessPolicies.json",
}
_OF_RDS = {"DescribeDBEngineVersions", "DescribeDBMajorEngineVersions"}


class Recorded:
    """A WSGI application before another one: answers what was recorded, hands on everything else."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        file, kind = _answer(environ)
        if file is None:
            answer: Iterable[bytes] = self._application(environ, start_response)
            return answer
        body = (REPLAY / file).read_bytes()
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


def _answer(environ: dict[str, Any]) -> tuple[str | None, str]:
    if environ["PATH_INFO"] == "/cluster-versions":
        return "eks.DescribeClusterVersions.json", "application/json"
    if environ["REQUEST_METHOD"] == "GET" and (file := _of_clusters(unquote(environ["PATH_INFO"]))):
        return file, "application/json"
    if environ["REQUEST_METHOD"] == "POST" and (action := _action(environ)) in _OF_RDS:
        return f"rds.{action}.xml", "text/xml"
    return None, ""


def _of_clusters(path: str) -> str | None:
    """What is answered to a question about what hangs on a cluster."""
    match path.split("/"):
        case ["", "clusters", cluster, "access-entries"]:
            return "eks.ListAccessEntries.json" if cluster == _CLUSTER else "eks.NoAccessEntries.json"
        case ["", "clusters", _, *_, last] if last in _OF_CLUSTERS:
            return _OF_CLUSTERS[last]
        case ["", "clusters", cluster, "access-entries", *_] if cluster == _CLUSTER:
            return "eks.DescribeAccessEntry.json"
    return None


def _action(environ: dict[str, Any]) -> str:
    """The operation of a query service; the form is put back for whoever reads it next."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded") or length > _LONGEST_FORM:
        return ""
    form: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(form)
    return parse_qs(form.decode()).get("Action", [""])[0]
