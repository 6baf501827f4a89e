"""deploy/ in emulators: an organization in moto, and the CloudFormation template with the real function in ministack.

organization.py up --function BOOTSTRAP
    Start everything, stay until standard input closes. The first line on standard output says what there is; then each
    line read from standard input is a command, answered by one line of JSON:
        {"invoke": EVENT}            the function, directly: {"error": TYPE or null, "answer": …}
        {"invoke_text": TEXT}        the same with a payload that need not be JSON: also {"status": …}
        {"schedule": {"time": …, "denied": ACCOUNT, "failing": {"account": …, "region": …, "calls": N}}}
                                     the template's own schedule, set to fire at once; waits for the state machine's end
        {"keys": PREFIX}             the keys in the bucket
        {"object": KEY}              the text of one of them

moto has Organizations and the accounts; ministack has Step Functions, Scheduler, S3 and Lambda, where the function runs as a
subprocess. The function is told one address, front.py's, which passes on to the two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import boto3
from botocore.config import Config

from emulators import ACCOUNT, REGION, EmulatorError, Emulators, Endpoints, leave_on_signals
from front import Faults, Front

ACCOUNTS: Final = 12
REGIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-2")
MAX_CONCURRENCY: Final = 3
EXTERNAL_ID: Final = "konecta-audit-test"
STACK: Final = "konecta-audit"
ROLE: Final = "konecta-audit-scan"
TEMPLATES: Final = Path(__file__).resolve().parents[2] / "deploy" / "cloudformation"
_RUN_WITHIN_SECONDS: Final = 540


class Clients:
    """boto3 clients for one of the emulators, never through the proxy."""

    def __init__(self, endpoint: str, keys: dict[str, str] | None = None) -> None:
        keys = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._session = boto3.Session(**keys)
        self._endpoint = endpoint

    def __call__(self, service: str, region: str = REGION) -> Any:
        config = Config(
            retries={"max_attempts": 1, "mode": "standard"},
            proxies={},
            s3={"addressing_style": "path"},
            ignore_configured_endpoint_urls=True,
            read_timeout=900,
        )
        return self._session.client(service, region_name=region, endpoint_url=self._endpoint, config=config)


def organization(moto: Clients) -> list[str]:
    """Makes the organization, and in each of its accounts something to find. The first one is the audit account."""
    organizations = moto("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for number in range(1, ACCOUNTS):
        organizations.create_account(AccountName=f"member-{number}", Email=f"member-{number}@example.com")
    pages = organizations.get_paginator("list_accounts").paginate()
    accounts = sorted(account["Id"] for page in pages for account in page["Accounts"])
    for account in accounts:
        inside = Clients(moto("sts").meta.endpoint_url, _keys(moto, account))
        for region in REGIONS:
            inside("ecr", region).create_repository(repositoryName="konecta-erp/hr-service")
    return accounts


def _keys(moto: Clients, account: str) -> dict[str, str] | None:
    if account == ACCOUNT:
        return None
    answer = moto("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/Builder", RoleSessionName="builder")
    keys = answer["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }


def zipped(bootstrap: Path, folder: Path) -> bytes:
    """The zip that Lambda takes: one file called bootstrap. What a debugger needs would only make it slow to unpack."""
    slim, archive = folder / "bootstrap", folder / "function.zip"
    subprocess.run(["strip", "-o", str(slim), str(bootstrap)], check=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        packed.writestr(entry, slim.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    content = archive.read_bytes()
    slim.unlink()
    archive.unlink()
    return content


class Deployment:
    """The stack of deploy/cloudformation/konecta-audit.yaml in ministack, its function pointed at the front."""

    def __init__(self, ministack: Clients, front: str, archive: bytes) -> None:
        self._aws = ministack
        s3 = ministack("s3")
        s3.create_bucket(Bucket="konecta-code")
        s3.put_object(Bucket="konecta-code", Key="konecta-audit-lambda.zip", Body=archive)
        self._create()
        self.outputs = self._outputs()
        self._point_at(front)

    def _create(self) -> None:
        parameters = {
            "CodeBucket": "konecta-code",
            "CodeKey": "konecta-audit-lambda.zip",
            "Architecture": "x86_64",
            "Accounts": "organization",
            "Regions": ",".join(REGIONS),
            "RoleName": ROLE,
            "ExternalId": EXTERNAL_ID,
            "MaxConcurrency": str(MAX_CONCURRENCY),
            "KeyPrefix": "audit/",
            "ScheduleState": "DISABLED",
        }
        cloudformation = self._aws("cloudformation")
        cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=(TEMPLATES / "konecta-audit.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": text} for key, text in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        deadline = time.monotonic() + 60
        while True:
            stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return
            if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
                events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
                reasons = [each.get("ResourceStatusReason") for each in events]
                raise EmulatorError(f"the stack is {stack['StackStatus']}: {[each for each in reasons if each]}")
            time.sleep(0.2)

    def _outputs(self) -> dict[str, str]:
        stack = self._aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def _point_at(self, front: str) -> None:
        function = self._aws("lambda")
        name = f"{STACK}-scan"
        variables = function.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.variables = dict(variables)
        variables |= {"AWS_ENDPOINT_URL": front, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
        function.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        function.get_waiter("function_updated_v2").wait(FunctionName=name)

    def invoke(self, payload: bytes) -> dict[str, Any]:
        answer = self._aws("lambda").invoke(FunctionName=f"{STACK}-scan", Payload=payload)
        body = json.loads(answer["Payload"].read() or b"null")
        return {"error": body.get("errorType") if answer.get("FunctionError") else None, "answer": body}

    def schedule(self, due: str) -> dict[str, Any]:
        """Fires the template's schedule, with what AWS would put in the place of its context attributes."""
        scheduler, states = self._aws("scheduler"), self._aws("stepfunctions")
        name = scheduler.list_schedules()["Schedules"][0]["Name"]
        schedule = scheduler.get_schedule(Name=name)
        schedule["Target"]["Input"] = schedule["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", due)
        at = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
        machine = self.outputs["StateMachineArn"]
        before = {each["executionArn"] for each in states.list_executions(stateMachineArn=machine)["executions"]}
        scheduler.update_schedule(
            Name=name,
            State="ENABLED",
            ScheduleExpression=f"at({at})",
            FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
            Target=schedule["Target"],
        )
        deadline = time.monotonic() + _RUN_WITHIN_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.5)
            runs = states.list_executions(stateMachineArn=machine)["executions"]
            ended = [each for each in runs if each["executionArn"] not in before and each["status"] != "RUNNING"]
            if ended:
                return self._ended(ended[0]["executionArn"])
        raise EmulatorError("the state machine did not come to its end")

    def _ended(self, arn: str) -> dict[str, Any]:
        states = self._aws("stepfunctions")
        execution = states.describe_execution(executionArn=arn)
        history = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        maps = states.list_map_runs(executionArn=arn)["mapRuns"]
        counts = [states.describe_map_run(mapRunArn=each["mapRunArn"])["itemCounts"] for each in maps]
        children = [
            json.loads(states.describe_execution(executionArn=child["executionArn"]).get("output") or "null")
            for each in maps
            for child in states.list_executions(mapRunArn=each["mapRunArn"])["executions"]
        ]
        return {
            "status": execution["status"],
            "output": json.loads(execution.get("output") or "null"),
            "cause": execution.get("cause"),
            "states": [
                each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each
            ],
            "items": counts,
            "children": children,
        }

    def metrics(self) -> dict[str, float]:
        """What the alarms look at."""
        cloudwatch = self._aws("cloudwatch")
        end = datetime.now(UTC) + timedelta(minutes=1)
        seen = {}
        for name in ("TargetsExpected", "TargetsUnscanned", "TargetsIncomplete"):
            points = cloudwatch.get_metric_statistics(
                Namespace="KonectaAudit",
                MetricName=name,
                Dimensions=[{"Name": "StateMachine", "Value": STACK}],
                StartTime=end - timedelta(hours=1),
                EndTime=end,
                Period=3600,
                Statistics=["Maximum"],
            )["Datapoints"]
            seen[name] = max((point["Maximum"] for point in points), default=-1)
        return seen

    def keys(self, prefix: str) -> list[str]:
        pages = self._aws("s3").get_paginator("list_objects_v2").paginate(Bucket=self.outputs["BucketName"], Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def object(self, key: str) -> str:
        body: bytes = self._aws("s3").get_object(Bucket=self.outputs["BucketName"], Key=key)["Body"].read()
        return body.decode()


class Watch:
    """Counts the running functions from the outside: ministack keeps one process an invocation, and takes it again."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = 0
        self.memory_kib = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            running = [process for process in _descendants(os.getpid()) if _name(process) == "bootstrap"]
            self.most = max(self.most, len(running))
            self.memory_kib = max([self.memory_kib, *(_peak_kib(process) for process in running)])


def _descendants(parent: int) -> list[int]:
    found, open_ = [], [parent]
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    while open_:
        children = parents.get(open_.pop(), [])
        found += children
        open_ += children
    return found


def _name(process: int) -> str:
    try:
        return (Path("/proc") / str(process) / "comm").read_text().strip()
    except OSError:
        return ""


def _peak_kib(process: int) -> int:
    try:
        status = (Path("/proc") / str(process) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


class Organization:
    """Carries out the commands."""

    def __init__(self, endpoints: Endpoints, faults: Faults, front: str, archive: bytes) -> None:
        self._faults = faults
        self._accounts = organization(Clients(endpoints.moto))
        self._stack = Deployment(Clients(endpoints.ministack), front, archive)

    def told(self) -> dict[str, Any]:
        return {
            "accounts": self._accounts,
            "regions": REGIONS,
            "maxConcurrency": MAX_CONCURRENCY,
            "prefix": "audit/",
            "role": ROLE,
            "outputs": self._stack.outputs,
            "variables": self._stack.variables,
        }

    def obey(self, line: str) -> dict[str, Any]:
        command = json.loads(line)
        if "invoke" in command:
            return self._stack.invoke(json.dumps(command["invoke"]).encode())
        if "invoke_text" in command:
            return self._invoke_text(command["invoke_text"])
        if "schedule" in command:
            return self._schedule(command["schedule"])
        if "keys" in command:
            return {"keys": self._stack.keys(command["keys"])}
        if "object" in command:
            return {"text": self._stack.object(command["object"])}
        return {"error": f"no such command: {sorted(command)}"}

    def _invoke_text(self, text: str) -> dict[str, Any]:
        try:
            return {"refused": None, **self._stack.invoke(text.encode())}
        except Exception as error:  # noqa: BLE001 - botocore makes its classes at run time
            return {"refused": str(error)}

    def _schedule(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if denied := wanted.get("denied"):
            self._faults.deny_role(f"arn:aws:iam::{denied}:role/{ROLE}")
        if failing := wanted.get("failing"):
            self._faults.fail_writes(f"/status/{failing['account']}/{failing['region']}.json", failing["calls"])
        self._faults.requests()
        begun = time.monotonic()
        with Watch() as watch:
            ended = self._stack.schedule(wanted["time"])
        return {
            **ended,
            "metrics": self._stack.metrics(),
            "mostAtOnce": watch.most,
            "memoryKib": watch.memory_kib,
            "failedCalls": self._faults.failed_calls(),
            "requests": self._faults.requests(),
            "seconds": round(time.monotonic() - begun, 1),
        }


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def up(bootstrap: Path) -> None:
    leave_on_signals()
    # ministack hands its own AWS_ENDPOINT_URL to the functions, and would set ours aside; it also waits for real between tries.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ["SFN_WAIT_SCALE"] = "0.1"
    faults = Faults()
    with Emulators() as emulators:
        archive = zipped(bootstrap, emulators.folder)
        with Front(emulators.endpoints.moto, emulators.endpoints.ministack, faults) as front:
            whole = Organization(emulators.endpoints, faults, front.url, archive)
            _say(whole.told())
            for line in sys.stdin:
                if line.strip():
                    _say(whole.obey(line))


def main() -> None:
    parser = argparse.ArgumentParser(description="deploy/ in emulators, over an organization.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("up", help="start everything, stay until standard input closes")
    command.add_argument("--function", type=Path, required=True, help="the built konecta-audit-lambda")
    arguments = parser.parse_args()
    try:
        up(arguments.function)
    except EmulatorError as error:
        raise SystemExit(f"organization.py: {error}") from error


if __name__ == "__main__":
    main()
