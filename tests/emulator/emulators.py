"""Start and stop the AWS emulators that the integration tests run against.

Three programs from PyPI stand in for AWS (tests/emulator/README.md says which of them answers what):

* moto       everything but CloudFront,
* ministack  CloudFront, with ETags and the managed policies,
* microburst on request, a fault-injecting proxy in front of moto.

With ``copied``, moto and ministack can be copied with all that is in them (copies.py).

They are bound to 127.0.0.1 on free ports, and die with this process: a test that is killed must
leave neither a listening port nor a Python process behind. Three things see to that. Every child
asks the kernel for SIGKILL when its parent dies (PR_SET_PDEATHSIG); this process stops its children
on exit, SIGTERM and SIGINT; and it leaves when its standard input closes, which is what happens
when whoever started it is gone.

By hand: ``python emulators.py [--microburst]`` prints one line of JSON and stays until Ctrl-C or Ctrl-D.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from copies import HOST, PATH

ACCOUNT = "123456789012"
REGION = "us-east-1"
HERE = Path(__file__).resolve().parent

_READY_WITHIN_SECONDS = 30.0
_STOPPED_WITHIN_SECONDS = 1.0
_STARTS_BEFORE_GIVING_UP = 3
_PR_SET_PDEATHSIG = 1


class EmulatorError(RuntimeError):
    """An emulator did not start or did not answer; the message carries the end of its log."""


@dataclass(frozen=True)
class Endpoints:
    """Where the emulators listen. ``microburst`` is None unless asked for."""

    moto: str
    ministack: str
    microburst: str | None = None

    @property
    def aws(self) -> str:
        """The endpoint that a client should use for everything but CloudFront."""
        return self.microburst or self.moto

    def environment(self) -> dict[str, str]:
        """What a client process needs to talk to the emulators, and to nothing else.

        The key pair is not secret. The profile and metadata variables keep a developer's own AWS
        configuration out of the tests.
        """
        return {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ENDPOINT_URL_CLOUDFRONT": self.ministack,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def request(url: str, method: str = "GET", timeout: float = 10.0) -> bytes:
    """One plain HTTP call to an emulator's own control path; never through a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method=method), timeout=timeout) as answer:
        body: bytes = answer.read()
        return body


def _die_with_parent() -> None:
    """Runs in the child between fork and exec."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Copy:
    """A copy of a server: it leaves by itself when its original's owner does, or earlier when it is asked to."""

    url: str
    process: int


@dataclass
class _Server:
    """One child process, its log and its address."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def copy(self) -> Copy:
        """A server of its own with the same in it."""
        told = json.loads(request(self.url + PATH))
        return Copy(f"http://{HOST}:{told['port']}", told["process"])

    def ask_to_stop(self) -> None:
        """Signal the child and whatever it started: it leads its own process group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)

    def stop(self) -> None:
        """Wait for the end, but not long: there is no state to save."""
        self.ask_to_stop()
        try:
            self.process.wait(timeout=_STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


class Emulators:
    """Context manager around the emulators; ``endpoints`` is valid inside it."""

    endpoints: Endpoints

    def __init__(self, microburst: bool = False, copied: bool = False) -> None:
        self._with_microburst = microburst
        self._copied = copied
        self._servers: list[_Server] = []
        self.folder = Path(tempfile.mkdtemp(prefix="konecta-emulators-"))

    def __enter__(self) -> Self:
        try:
            moto = self._start("moto", _moto_command, "/moto-api/", _MOTO_ENVIRONMENT)
            command = _copied_ministack_command if self._copied else _ministack_command
            ministack = self._start("ministack", command, "/_ministack/ready", _MINISTACK_ENVIRONMENT)
            microburst = None
            if self._with_microburst:
                microburst = self._start(
                    "microburst", lambda port: _microburst_command(moto, port), "/_microburst/health", {}
                )
        except BaseException:
            self.stop()
            raise
        self.endpoints = Endpoints(moto, ministack, microburst)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def copy(self) -> tuple[Endpoints, list[int]]:
        """Both emulators once more, with all that is in them, and their processes; nobody else may ask them anything meanwhile."""
        moto, ministack = (server.copy() for server in self._servers[:2])
        return Endpoints(moto.url, ministack.url), [moto.process, ministack.process]

    def stop(self) -> None:
        """Stop exactly the processes started here, the last one first, and remove their logs."""
        for server in self._servers:
            server.ask_to_stop()
        while self._servers:
            self._servers.pop().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(
        self, name: str, command: Callable[[int], list[str]], ready_path: str, environment: dict[str, str]
    ) -> str:
        """Start one server and wait until it answers; another port if somebody took ours meanwhile."""
        for _ in range(_STARTS_BEFORE_GIVING_UP):
            server = self._spawn(name, command, environment)
            if _answers(server, ready_path):
                return server.url
            self._servers.remove(server)
            server.stop()
        raise EmulatorError(f"{name} did not start; the end of its log:\n{server.last_words()}")

    def _spawn(self, name: str, command: Callable[[int], list[str]], environment: dict[str, str]) -> _Server:
        port = _free_port()
        log = self.folder / f"{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command(port),
                stdin=subprocess.PIPE,  # closed with this process: then servers that can be copied leave, and their copies
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={
                    **os.environ,
                    **environment,
                    "GATEWAY_PORT": str(port),
                    "TMPDIR": str(self.folder),
                    "NO_PROXY": HOST,
                    "no_proxy": HOST,
                },
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        server = _Server(name, f"http://{HOST}:{port}", process, log)
        self._servers.append(server)
        return server


_MOTO_ENVIRONMENT = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "0",  # a requested certificate is issued at once
}

# The IoT and SFTP listeners would open fixed ports, IoT's on every interface.
_MINISTACK_ENVIRONMENT = {
    "BIND_HOST": HOST,
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "MINISTACK_ACCOUNT_ID": ACCOUNT,
    "MINISTACK_REGION": REGION,
    "LOG_LEVEL": "WARNING",
}


def _moto_command(port: int) -> list[str]:
    return [sys.executable, str(HERE / "moto_server.py"), str(port)]


def _ministack_command(_port: int) -> list[str]:
    return [sys.executable, "-m", "ministack"]  # it takes its port from GATEWAY_PORT


def _copied_ministack_command(port: int) -> list[str]:
    return [sys.executable, str(HERE / "ministack_server.py"), str(port)]


def _microburst_command(upstream: str, port: int) -> list[str]:
    return [sys.executable, "-m", "microburst", "--upstream", upstream, "--host", HOST, "--port", str(port)]


def _answers(server: _Server, path: str) -> bool:
    """Wait for the first answer; False when the process ended or the time is up."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            request(server.url + path, timeout=2.0)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
        else:
            return True
    return False


def leave_on_signals() -> None:
    """Turn SIGTERM and SIGINT into SystemExit, so that ``with Emulators()`` cleans up."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def main() -> None:
    parser = argparse.ArgumentParser(description="Start the AWS emulators and stay until standard input closes.")
    parser.add_argument("--microburst", action="store_true", help="put the fault-injecting proxy in front of moto")
    arguments = parser.parse_args()
    leave_on_signals()
    with Emulators(microburst=arguments.microburst) as emulators:
        print(json.dumps({**asdict(emulators.endpoints), "env": emulators.endpoints.environment()}), flush=True)
        for _line in sys.stdin:
            pass


if __name__ == "__main__":
    main()
