"""What the Lambda costs: size of the binary, time until it asks for its first event, memory and time on 10,000 resources.

python benches/lambda.py PATH/TO/bootstrap

The function is the real one, behind the runtime API on loopback; AWS is moto. Marks: 40 MB stripped, 300 ms of our own time
before the first event, 256 MB of memory. Time on the resources is that of the emulator more than ours, and is told without a mark.
At last the same in invocations of five seconds, each by a fresh process: the findings have to be those of the one that had all the time.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "emulator"))

from emulators import Emulators, leave_on_signals  # noqa: E402

BUCKET = "konecta-reports"
STARTS = 10
LONG, SHORT = 900, 5


class Server(ThreadingHTTPServer):
    """A function that is killed breaks its connection off; that is no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Runtime:
    """The runtime API: hands out events, takes answers, and notes when it was first asked."""

    def __init__(self, seconds: float = LONG) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.asked = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.set()
                event = json.dumps(outer.events.get()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Lambda-Runtime-Aws-Request-Id", "bench")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + seconds) * 1000)))
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:bench"
                )
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.answers.put((self.path.rsplit("/", 1)[-1], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @contextmanager
    def running(self, program: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        """The function, until the block ends; so does this then."""
        host, port = self.server.server_address[:2]
        function = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "konecta-audit",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "KONECTA_BUCKET": BUCKET,
        }
        process = subprocess.Popen([str(program)], env={**env, **function}, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            self.server.shutdown()
            self.server.server_close()

    def answer(self, event: dict[str, Any]) -> Any:
        """What the function answers to an event."""
        self.events.put(event)
        kind, answer = self.answers.get(timeout=LONG)
        if kind != "response":
            raise RuntimeError(f"the function failed: {answer}")
        return answer


def peak_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process has no peak")


def cold_start(program: Path, env: dict[str, str]) -> float:
    """Milliseconds from the start of the process to the first question for an event."""
    runtime = Runtime()
    began = time.perf_counter()
    with runtime.running(program, env):
        if not runtime.asked.wait(30):
            raise RuntimeError("the function does not ask for an event")
        return (time.perf_counter() - began) * 1000


def first_answer(program: Path, env: dict[str, str]) -> float:
    """Milliseconds of processor time for an event that is refused: parsing, settings, nothing of AWS."""
    runtime = Runtime()
    with runtime.running(program, env) as process:
        runtime.events.put({"nonsense": True})
        kind, answer = runtime.answers.get(timeout=30)
        if kind != "error":
            raise RuntimeError(f"an event without sense was answered with {answer}")
        ticks = sum(int(field) for field in Path(f"/proc/{process.pid}/stat").read_text().split()[13:15])
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def fill(env: dict[str, str]) -> None:
    """10,000 resources that are read, of several kinds: a group brings a rule, an instance an interface.

    Most are of kinds that moto answers in pages or one by one: its long lists take longer than an invocation of five seconds.
    """
    code = f"""
import boto3, concurrent.futures as f
ecr = boto3.client('ecr'); iam = boto3.client('iam'); ec2 = boto3.client('ec2')
trust = '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "ec2.amazonaws.com"}}, "Action": "sts:AssumeRole"}}]}}'
def repository(n): ecr.create_repository(repositoryName=f'team-{{n % 97}}/service-{{n}}', imageScanningConfiguration={{'scanOnPush': n % 3 != 0}})
with f.ThreadPoolExecutor(8) as pool:
    list(pool.map(repository, range(2800)))
vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')['Vpc']['VpcId']
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f'10.0.{{n // 16}}.{{n % 16 * 16}}/28')['Subnet']['SubnetId'] for n in range(800)]
for n in range(400): ec2.create_route_table(VpcId=vpc)
for n in range(600): ec2.create_security_group(GroupName=f'group-{{n}}', Description='a group', VpcId=vpc)
for n in range(40): ec2.run_instances(ImageId='ami-12c6146b', MinCount=10, MaxCount=10, SubnetId=subnets[n])
for n in range(4000): iam.create_role(RoleName=f'role-{{n}}', AssumeRolePolicyDocument=trust)
boto3.client('s3').create_bucket(Bucket='{BUCKET}')
"""
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **env}, check=True)


def whole(program: Path, env: dict[str, str], run: str) -> tuple[Any, float]:
    """The answer to one invocation that has all the time, and the megabytes that it took."""
    runtime = Runtime()
    with runtime.running(program, env) as process:
        return runtime.answer({"run": run}), peak_megabytes(process.pid)


def pieces(program: Path, env: dict[str, str], run: str) -> tuple[Any, int]:
    """The last answer of invocations that have five seconds each, and how many they were."""
    event: dict[str, Any] = {"run": run}
    for number in itertools.count(1):
        # A runtime of its own: a function asks for another event as soon as it has answered, and takes it with it.
        runtime = Runtime(SHORT)
        with runtime.running(program, env):
            answer = runtime.answer(event)
        if answer["status"] != "continue":
            return answer, number
        event = {"continuation": answer["continuation"]}
    raise AssertionError("there is always another number")


def findings(env: dict[str, str], run: str) -> list[tuple[str, str, str]]:
    """Control, resource and status of all that the reports of a run say."""
    code = f"""
import boto3, json
s3 = boto3.client('s3'); found = []
for page in s3.get_paginator('list_objects_v2').paginate(Bucket='{BUCKET}', Prefix='account='):
    for one in page['Contents']:
        if one['Key'].endswith('/{run}.json'):
            report = json.loads(s3.get_object(Bucket='{BUCKET}', Key=one['Key'])['Body'].read())
            found += [[finding['control'], finding['resource']['arn'], finding['status']] for finding in report['findings']]
print(json.dumps(sorted(found)))
"""
    told = subprocess.run([sys.executable, "-c", code], env={**os.environ, **env}, check=True, stdout=subprocess.PIPE)
    return [tuple(one) for one in json.loads(told.stdout)]


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    leave_on_signals()
    row = "{:<46} {:>10} {:>10}".format
    print(row("", "measured", "mark"))
    print(row("binary, MB", f"{program.stat().st_size / 1e6:.1f}", "40"))
    with Emulators() as emulators:
        env = emulators.endpoints.environment()
        starts = sorted(cold_start(program, env) for _ in range(STARTS))
        print(row("start to first event, ms (median)", f"{starts[STARTS // 2]:.0f}", "300"))
        print(row("processor time to a first refusal, ms", f"{first_answer(program, env):.0f}", "300"))
        fill(env)
        began = time.perf_counter()
        answer, megabytes = whole(program, env, "whole")
        seconds = time.perf_counter() - began
        found = findings(env, "whole")
        print(row("peak memory, 10,000 resources, MB", f"{megabytes:.0f}", "256"))
        print(row("seconds for them (moto's for the most part)", f"{seconds:.1f}", ""))
        print(row("findings", str(len(found)), ""), flush=True)
        last, invocations = pieces(program, env, "pieces")
        print(row("invocations of five seconds for the same", str(invocations), ""))
        same = last["status"] == answer["status"] and findings(env, "pieces") == found
        print(row("their findings", "the same" if same else "others", "the same"))
        if not same:
            raise SystemExit(f"in pieces: {last}")


if __name__ == "__main__":
    main()
