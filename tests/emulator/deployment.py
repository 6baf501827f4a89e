"""deploy/cloudformation/konecta-audit.yaml deployed into ministack, with a real function, and the ways to start it."""

from __future__ import annotations

import json
import subprocess
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from emulators import REGION, EmulatorError

REGIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-2")
MAX_CONCURRENCY: Final = 3
EXTERNAL_ID: Final = "konecta-audit-test"
STACK: Final = "konecta-audit"
ROLE: Final = "konecta-audit-scan"
PREFIX: Final = "audit/"
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

    def __init__(
        self,
        ministack: Clients,
        front: str,
        archive: bytes,
        stack: str = STACK,
        given: dict[str, str] | None = None,
    ) -> None:
        self._aws = ministack
        self._stack = stack
        s3 = ministack("s3")
        s3.create_bucket(Bucket="konecta-code")
        s3.put_object(Bucket="konecta-code", Key="konecta-audit-lambda.zip", Body=archive)
        # It is longer than a template that is sent along may be.
        template = (TEMPLATES / "konecta-audit.yaml").read_bytes()
        s3.put_object(Bucket="konecta-code", Key="konecta-audit.yaml", Body=template)
        self._create(given or {})
        self.outputs = self._outputs()
        self.variables = self._point_at(f"{stack}-scan", front)
        if (given or {}).get("FixControls"):
            self._point_at(f"{stack}-fix", front)

    def _create(self, given: dict[str, str]) -> None:
        parameters = {
            "CodeBucket": "konecta-code",
            "CodeKey": "konecta-audit-lambda.zip",
            "Architecture": "x86_64",
            "Accounts": "organization",
            "Regions": ",".join(REGIONS),
            "RoleName": ROLE,
            "ExternalId": EXTERNAL_ID,
            "MaxConcurrency": str(MAX_CONCURRENCY),
            "KeyPrefix": PREFIX,
            "ScheduleState": "DISABLED",
            **given,
        }
        cloudformation = self._aws("cloudformation")
        cloudformation.create_stack(
            StackName=self._stack,
            TemplateURL="https://s3.us-east-1.amazonaws.com/konecta-code/konecta-audit.yaml",
            Parameters=[{"ParameterKey": key, "ParameterValue": text} for key, text in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        deadline = time.monotonic() + 60
        while True:
            stack = cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return
            if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
                events = cloudformation.describe_stack_events(StackName=self._stack)["StackEvents"]
                reasons = [each.get("ResourceStatusReason") for each in events]
                raise EmulatorError(f"the stack is {stack['StackStatus']}: {[each for each in reasons if each]}")
            time.sleep(0.2)

    def _outputs(self) -> dict[str, str]:
        stack = self._aws("cloudformation").describe_stacks(StackName=self._stack)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def _point_at(self, name: str, front: str) -> dict[str, str]:
        """Gives a function one address for all of AWS; returns the variables that it had."""
        function = self._aws("lambda")
        variables: dict[str, str] = function.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        before = dict(variables)
        variables |= {"AWS_ENDPOINT_URL": front, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
        function.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        function.get_waiter("function_updated_v2").wait(FunctionName=name)
        return before

    def invoke(self, payload: bytes) -> dict[str, Any]:
        answer = self._aws("lambda").invoke(FunctionName=f"{self._stack}-scan", Payload=payload)
        body = json.loads(answer["Payload"].read() or b"null")
        return {"error": body.get("errorType") if answer.get("FunctionError") else None, "answer": body}

    def schedule(self, due: str) -> dict[str, Any]:
        """Fires the template's schedule, with what AWS would put in the place of its context attributes."""
        scheduler, states = self._aws("scheduler"), self._aws("stepfunctions")
        machine = self.outputs["StateMachineArn"]
        names = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]
        schedules = {name: scheduler.get_schedule(Name=name) for name in names}
        name = next(name for name in names if schedules[name]["Target"]["Arn"] == machine)
        schedule = schedules[name]
        target = schedule["Target"]
        target["Input"] = target["Input"].replace("<aws.scheduler.scheduled-time>", due)
        before = {each["executionArn"] for each in states.list_executions(stateMachineArn=machine)["executions"]}
        if before:
            # ministack fires an at() only once, also after an update: what comes again is delivered by hand.
            states.start_execution(stateMachineArn=target["Arn"], input=target["Input"])
        else:
            at = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
            scheduler.update_schedule(
                Name=name,
                State="ENABLED",
                ScheduleExpression=f"at({at})",
                FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
                Target=target,
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
                Dimensions=[{"Name": "StateMachine", "Value": self._stack}],
                StartTime=end - timedelta(hours=1),
                EndTime=end,
                Period=3600,
                Statistics=["Maximum"],
            )["Datapoints"]
            seen[name] = max((point["Maximum"] for point in points), default=-1)
        return seen

    def keys(self, prefix: str) -> list[str]:
        pages = (
            self._aws("s3").get_paginator("list_objects_v2").paginate(Bucket=self.outputs["BucketName"], Prefix=prefix)
        )
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def object(self, key: str) -> str:
        body: bytes = self._aws("s3").get_object(Bucket=self.outputs["BucketName"], Key=key)["Body"].read()
        return body.decode()
