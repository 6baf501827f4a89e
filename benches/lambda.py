"""What the Lambda costs: size of the binary, time until it asks for its first event, memory and time on 10,000 resources.

python benches/lambda.py PATH/TO/bootstrap

The function is the real one, behind the runtime API on loopback; AWS is moto. Marks: 40 MB stripped, 300 ms of our own time
before the first event, 256 MB of memory. Time on the resources is that of the emulator more than ours, and is told without a mark.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "emulator"))

from emulators import Emulators, leave_on_signals  # noqa: E402

BUCKET = "konecta-reports"
STARTS = 10


class Server(ThreadingHTTPServer):
    """A function that is killed breaks its connection off; that is no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Runtime:
    """The runtime API: hands out events, takes answers, and notes when it was first asked."""

    def __init__(self) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.asked = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802 - the name is http.server's
                outer.asked.set()
                event = json.dumps(outer.events.get()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Lambda-Runtime-Aws-Request-Id", "bench")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 900) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:bench")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.answers.put((self.path.rsplit("/", 1)[-1], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def start(self, program: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
        self.asked.clear()
        host, port = self.server.server_address[:2]
        function = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "konecta-audit",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "KONECTA_BUCKET": BUCKET,
        }
        return subprocess.Popen([str(program)], env={**env, **function}, stdout=subprocess.DEVNULL)


def peak_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process has no peak")


def cold_start(program: Path, env: dict[str, str]) -> float:
    """Milliseconds from the start of the process to the first question for an event."""
    runtime = Runtime()
    began = time.perf_counter()
    process = runtime.start(program, env)
    try:
        if not runtime.asked.wait(30):
            raise RuntimeError("the function does not ask for an event")
        return (time.perf_counter() - began) * 1000
    finally:
        process.kill()
        process.wait()
        runtime.server.shutdown()


def first_answer(program: Path, env: dict[str, str]) -> float:
    """Milliseconds of processor time for an event that is refused: parsing, settings, nothing of AWS."""
    runtime = Runtime()
    process = runtime.start(program, env)
    try:
        runtime.events.put({"nonsense": True})
        kind, answer = runtime.answers.get(timeout=30)
        if kind != "error":
            raise RuntimeError(f"an event without sense was answered with {answer}")
        ticks = sum(int(field) for field in Path(f"/proc/{process.pid}/stat").read_text().split()[13:15])
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")
    finally:
        process.kill()
        process.wait()
        runtime.server.shutdown()


def fill(env: dict[str, str]) -> None:
    """10,000 resources that are read, of several kinds: a group brings a rule, an instance an interface."""
    code = f"""
import boto3, concurrent.futures as f
ecr = boto3.client('ecr'); iam = boto3.client('iam'); ec2 = boto3.client('ec2')
trust = '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "ec2.amazonaws.com"}}, "Action": "sts:AssumeRole"}}]}}'
def repository(n): ecr.create_repository(repositoryName=f'team-{{n % 97}}/service-{{n}}', imageScanningConfiguration={{'scanOnPush': n % 3 != 0}})
with f.ThreadPoolExecutor(8) as pool:
    list(pool.map(repository, range(800)))
vpc = ec2.create_vpc(CidrBlock='10.0.0.0/16')['Vpc']['VpcId']
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f'10.0.{{n // 16}}.{{n % 16 * 16}}/28')['Subnet']['SubnetId'] for n in range(2000)]
for n in range(1000): ec2.create_route_table(VpcId=vpc)
for n in range(1200): ec2.create_security_group(GroupName=f'group-{{n}}', Description='a group', VpcId=vpc)
for n in range(100): ec2.run_instances(ImageId='ami-12c6146b', MinCount=10, MaxCount=10, SubnetId=subnets[n])
for n in range(1800): iam.create_role(RoleName=f'role-{{n}}', AssumeRolePolicyDocument=trust)
boto3.client('s3').create_bucket(Bucket='{BUCKET}')
"""
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **env}, check=True)


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
        runtime = Runtime()
        process = runtime.start(program, env)
        try:
            began = time.perf_counter()
            runtime.events.put({"run": "bench"})
            kind, answer = runtime.answers.get(timeout=900)
            if kind != "response":
                raise RuntimeError(f"the function failed: {answer}")
            seconds = time.perf_counter() - began
            print(row("peak memory, 10,000 resources, MB", f"{peak_megabytes(process.pid):.0f}", "256"))
            print(row("seconds for them (moto's for the most part)", f"{seconds:.1f}", ""))
            print(row("findings", str(sum(sum(one["counts"].values()) for one in answer["targets"])), ""))
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
