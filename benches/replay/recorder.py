"""moto, as the tests run it, with a layer before it that keeps each question and its first answer.

python recorder.py COUNT FILE

Builds the account, prints its port, and records from then on. When its standard input closes it writes FILE and
leaves, with one line on standard output: how many answers it has.

moto lacks operations that AWS has. A tool would wait and try again, which on AWS it need not, so these are answered here, as
for an account that has nothing of it (``LACKING``). What else is answered with 5xx is told on standard error, and the recording
is no good. Its public images are not loaded: it would show their 1,300 snapshots as the account's own.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "emulator"))

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "0"

import moto.server  # noqa: E402
import moto_server  # noqa: E402
from account import Builder  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from recording import Answer, Key, key, operation, save  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

HOST = "127.0.0.1"
_CONNECTION = frozenset(("connection", "date", "server", "content-length", "transfer-encoding"))
_EC2 = '<{0}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>bench</requestId>{1}</{0}Response>'
_RDS = '<{0}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><{0}Result>{1}</{0}Result></{0}Response>'
_CERTIFICATE = (
    "<Certificates><Certificate><CertificateIdentifier>rds-ca-rsa2048-g1</CertificateIdentifier>"
    "<CertificateType>CA</CertificateType><CertificateArn>arn:aws:rds:us-east-1::cert:rds-ca-rsa2048-g1</CertificateArn>"
    "<ValidFrom>2021-05-25T22:34:57Z</ValidFrom><ValidTill>2061-05-25T23:34:57Z</ValidTill>"
    "<CustomerOverride>false</CustomerOverride></Certificate></Certificates>"
)
# Operations that moto lacks, and what AWS says of them in an account that never used them.
LACKING = {
    "ec2:DescribeClientVpnEndpoints": _EC2.format("DescribeClientVpnEndpoints", "<clientVpnEndpoint/>"),
    "ec2:GetImageBlockPublicAccessState": _EC2.format(
        "GetImageBlockPublicAccessState", "<imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState>"
    ),
    "ec2:GetInstanceMetadataDefaults": _EC2.format("GetInstanceMetadataDefaults", "<accountLevel/>"),
    "ec2:GetSnapshotBlockPublicAccessState": _EC2.format(
        "GetSnapshotBlockPublicAccessState", "<state>unblocked</state>"
    ),
    "eks:ListAddons": '{"addons": []}',
    "rds:DescribeCertificates": _RDS.format("DescribeCertificates", _CERTIFICATE),
}


class Recorder:
    """A WSGI application before another."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()
        self.recording = False
        self.answers: dict[Key, Answer] = {}
        self.failed: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.recording:
            passed_on: Iterable[bytes] = self._application(environ, start_response)
            return passed_on
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        asked = key(
            environ["REQUEST_METHOD"].encode(),
            environ["RAW_URI"].encode("latin-1"),
            environ.get("HTTP_AUTHORIZATION", "").encode("latin-1"),
            environ.get("HTTP_X_AMZ_TARGET", "").encode("latin-1"),
            body,
        )
        with self._lock:  # moto's models are shared by its threads without a lock of their own
            answer = self.answers.get(asked) or self._ask(asked, environ, body)
            self.answers[asked] = answer
        told = answer.body.encode("latin-1")
        start_response(answer.status, [*answer.headers, ("Content-Length", str(len(told)))])
        return [told]

    def _ask(self, asked: Key, environ: dict[str, Any], body: bytes) -> Answer:
        name = operation(asked)
        if name in LACKING:
            kind = "application/json" if LACKING[name].startswith("{") else "text/xml"
            return Answer("200 OK", [("Content-Type", kind)], LACKING[name])
        told: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            told[:] = [status, [(one, value) for one, value in headers if one.lower() not in _CONNECTION]]

        environ = {**environ, "wsgi.input": io.BytesIO(body)}
        try:
            text = b"".join(self._application(environ, note)).decode("latin-1")
        except NotImplementedError as error:
            told[:], text = ["501 Not Implemented", []], str(error)
        if told[0].startswith("5"):
            self.failed.add(f"{name}: {told[0]}: {text[:200]}")
        return Answer(told[0], told[1], text)


def main() -> None:
    count, file = int(sys.argv[1]), Path(sys.argv[2])
    mock_random.seed(42)  # the same ids in each recording
    recorder = Recorder(moto_server._WHOLE)
    handler = moto.server.MotoRequestHandler  # type: ignore[attr-defined]
    server = make_server(HOST, 0, recorder, threaded=True, request_handler=handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Builder(f"http://{HOST}:{server.port}").build(count)
    recorder.recording = True
    print(server.port, flush=True)
    sys.stdin.read()
    server.shutdown()
    save(file, recorder.answers)
    print(len(recorder.answers), flush=True)
    for failure in sorted(recorder.failed):
        print(failure, file=sys.stderr)
    sys.exit(1 if recorder.failed else 0)


if __name__ == "__main__":
    main()
