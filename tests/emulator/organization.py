"""deploy/ in emulators: an organization in moto, and the CloudFormation template with the real function in ministack.

organization.py up --function BOOTSTRAP
    Start everything, stay until standard input closes. The first line on standard output says what there is; then each
    line read from standard input is a command, answered by one line of JSON:
        {"invoke": EVENT}            the function, directly: {"error": TYPE or null, "answer": …}
        {"schedule": {"time": …, "denied": ACCOUNT, "failing": {"account": …, "region": …, "calls": N}}}
                                     the template's own schedule, set to fire at once; waits for the state machine's end
        {"variant": {"stack": NAME, "time": …, "parameters": {…}}}
                                     the template once more, as a stack of this name with other parameters; its schedule, to the
                                     end, and what stands in its bucket then
        {"keys": PREFIX}             the keys in the bucket
        {"object": KEY}              the text of one of them

moto has Organizations and the accounts; ministack has Step Functions, Scheduler, S3 and Lambda, where the function runs
as a subprocess. The function is told one address, front.py's, which passes on to the two.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from deployment import MAX_CONCURRENCY, PREFIX, REGIONS, ROLE, Clients, Deployment, zipped
from emulators import ACCOUNT, EmulatorError, Emulators, Endpoints, leave_on_signals
from front import Faults, Front
from watch import Watch

ACCOUNTS: Final = 12


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


class Organization:
    """Carries out the commands."""

    def __init__(self, endpoints: Endpoints, faults: Faults, front: str, archive: bytes) -> None:
        self._faults = faults
        self._ministack, self._front, self._archive = Clients(endpoints.ministack), front, archive
        self._accounts = organization(Clients(endpoints.moto))
        self._stack = Deployment(self._ministack, front, archive)

    def told(self) -> dict[str, Any]:
        return {
            "accounts": self._accounts,
            "regions": REGIONS,
            "maxConcurrency": MAX_CONCURRENCY,
            "prefix": PREFIX,
            "role": ROLE,
            "outputs": self._stack.outputs,
            "variables": self._stack.variables,
        }

    def obey(self, line: str) -> dict[str, Any]:
        command = json.loads(line)
        if "invoke" in command:
            return self._stack.invoke(json.dumps(command["invoke"]).encode())
        if "schedule" in command:
            return self._schedule(command["schedule"])
        if "variant" in command:
            return self._variant(command["variant"])
        if "keys" in command:
            return {"keys": self._stack.keys(command["keys"])}
        if "object" in command:
            return {"text": self._stack.object(command["object"])}
        return {"error": f"no such command: {sorted(command)}"}

    def _variant(self, wanted: dict[str, Any]) -> dict[str, Any]:
        begun = time.monotonic()
        self._faults.requests()
        stack = Deployment(self._ministack, self._front, self._archive, wanted["stack"], wanted["parameters"])
        ended = stack.schedule(wanted["time"])
        return {
            **ended,
            "keys": stack.keys(""),
            "variables": stack.variables,
            "requests": self._faults.requests(),
            "seconds": round(time.monotonic() - begun, 1),
        }

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
    # ministack hands its own AWS_ENDPOINT_URL to the functions, and would set ours aside.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    # Between tries the state machine would wait for real.
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
