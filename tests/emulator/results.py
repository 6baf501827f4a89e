"""The state machine on moto, which does what a Distributed Map's ResultWriter says; ministack does not.

moto's Lambda answers what it was told to, in order: this is about the machine, and nothing else.
Prints one line of JSON.
"""

from __future__ import annotations

import io
import json
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, Final

from deployment import Clients
from emulators import ACCOUNT, REGION, EmulatorError, Emulators, leave_on_signals

DEFINITION: Final = Path(__file__).resolve().parents[2] / "deploy" / "state-machine.asl.json"
ACCOUNTS: Final = ("111111111111", "222222222222")
REGIONS: Final = ("eu-west-1", "global")
RUN: Final = "2026-11-27T03.17.00Z"
_WITHIN_SECONDS: Final = 60


def _tell(moto: str, path: str, content: dict[str, Any]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(
        f"{moto}/moto-api{path}", json.dumps(content).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    opener.open(asked, timeout=10).close()


def _answers() -> list[dict[str, Any]]:
    """What the function answers: the plan in two turns, each target in one, the roll-up."""
    items = len(ACCOUNTS) * len(REGIONS)
    plan = {"status": "planned", "run": RUN, "bucket": "reports", "targets": f"runs/{RUN}/order.json", "count": items}
    target = {
        "status": "complete",
        "run": RUN,
        "targets": [{"status": "complete", "counts": {"fail": 1}}],
        "errors": [],
    }
    rollup = {
        "run": RUN,
        "key": "k",
        "expected": items,
        "seen": items,
        "incomplete": 0,
        "unscanned": 0,
        "failed": items,
    }
    return [{"status": "continue", "run": RUN}, plan, *([target] * items), rollup]


def _definition() -> str:
    text = DEFINITION.read_text()
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:konecta-audit"
    filled = {
        "Partition": "aws",
        "ScanFunctionArn": function,
        "TargetFunctionArn": function,
        "Bucket": "reports",
        "KeyPrefix": "audit/",
        "MaxConcurrency": "2",
    }
    for name, value in filled.items():
        text = text.replace("${" + name + "}", value)
    # moto's grammar wants a fraction here.
    return text.replace('"ToleratedFailurePercentage": 100,', '"ToleratedFailurePercentage": 100.0,')


def run(moto: str) -> dict[str, Any]:
    _tell(moto, "/config", {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}})
    _tell(moto, "/static/lambda-simple/response", {"results": [json.dumps(each) for each in _answers()]})
    aws = Clients(moto)
    role = aws("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("bootstrap", "")
    aws("lambda").create_function(
        FunctionName="konecta-audit",
        Runtime="provided.al2023",
        Role=role,
        Handler="bootstrap",
        Code={"ZipFile": archive.getvalue()},
    )
    s3, states = aws("s3"), aws("stepfunctions")
    s3.create_bucket(Bucket="reports")
    items = [
        {"task": "target", "run": RUN, "account": account, "region": region}
        for account in ACCOUNTS
        for region in REGIONS
    ]
    s3.put_object(Bucket="reports", Key=f"runs/{RUN}/order.json", Body=json.dumps(items).encode())
    machine = states.create_state_machine(name="konecta-audit", definition=_definition(), roleArn=role)[
        "stateMachineArn"
    ]
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps({"run": RUN}))["executionArn"]
    deadline = time.monotonic() + _WITHIN_SECONDS
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            raise EmulatorError("the state machine did not come to its end")
        time.sleep(0.1)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="reports", Prefix="audit/map/").get("Contents", [])]
    return {
        "status": execution["status"],
        "cause": execution.get("cause"),
        "output": json.loads(execution.get("output") or "null"),
        "written": {key: json.loads(s3.get_object(Bucket="reports", Key=key)["Body"].read()) for key in keys},
    }


def main() -> None:
    leave_on_signals()
    with Emulators() as emulators:
        json.dump(run(emulators.endpoints.moto), sys.stdout)


if __name__ == "__main__":
    main()
