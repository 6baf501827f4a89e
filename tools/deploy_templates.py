"""Write into deploy/ what has its one source elsewhere; ``--check`` only says whether it is there.

    tools/deploy_templates.py [--check] PROGRAM

* The statements of the roles: what ``konecta-audit permissions`` prints (PROGRAM is the built konecta-audit), into the
  CloudFormation templates and, as they are, into deploy/terraform/policies.
* The state machine: deploy/state-machine.asl.json, into konecta-audit.yaml.
* The template of a member account: member.yaml, into stackset.yaml.

In a template, what is made stands between ``# BEGIN name`` and ``# END name``. A test runs this with ``--check``.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

DEPLOY: Final = Path(__file__).resolve().parent.parent / "deploy"
TEMPLATES: Final = DEPLOY / "cloudformation"
POLICIES: Final = DEPLOY / "terraform" / "policies"

Statement = dict[str, Any]

# What a placeholder of `permissions --lambda` is in the template; for the others it has parameters of that name.
NAMES: Final = {
    "Partition": "AWS::Partition",
    "Region": "AWS::Region",
    "Account": "AWS::AccountId",
    "TopicArn": "Topic",
}
# The template's condition under which a statement is there; a statement that is not named is there always.
CONDITIONS: Final = {
    "KonectaAuditEncrypt": "HasKmsKey",
    "KonectaAuditBlueprintObject": "HasConfigObject",
    "KonectaAuditBlueprintParameter": "HasConfigParameter",
    "KonectaAuditSecurityHub": "HasSecurityHub",
    "KonectaAuditOrganization": "HasOrganization",
    "KonectaAuditEnter": "HasOtherAccounts",
}
SECTION: Final = re.compile(r"^( *)# BEGIN ([a-z-]+)(?: (\w+))?\n(?:.*\n)*?\1# END \2\n", re.MULTILINE)


class Permissions:
    """What the program says that a scan, a fix and the function need."""

    def __init__(self, program: str) -> None:
        scan = self._ask(program, "--all-regions")
        self.scan = scan
        self.fix = [each for each in self._ask(program, "--all-regions", "--fix") if each not in scan]
        self.function = [each for each in self._ask(program, "--lambda") if each not in scan]

    @staticmethod
    def _ask(program: str, *arguments: str) -> list[Statement]:
        answer = subprocess.run([program, "permissions", *arguments], check=True, capture_output=True, text=True)
        statements: list[Statement] = json.loads(answer.stdout)["Statement"]
        return statements


def _scalar(text: str, role_name: str) -> str:
    if "${" not in text:
        return json.dumps(text)
    for ours, theirs in {**NAMES, "RoleName": role_name}.items():
        text = text.replace("${" + ours + "}", "${" + theirs + "}")
    return f'!Sub "{text}"'


def _yaml(statement: Statement, role_name: str) -> list[str]:
    """One statement as an item of a list, within its condition if it has one."""
    resources = statement["Resource"]
    resources = [resources] if isinstance(resources, str) else resources
    lines = [f"Sid: {statement['Sid']}", "Effect: Allow", "Action:"]
    lines += [f"  - {action}" for action in statement["Action"]]
    if len(resources) == 1:
        lines.append(f"Resource: {_scalar(resources[0], role_name)}")
    else:
        lines += ["Resource:", *(f"  - {_scalar(resource, role_name)}" for resource in resources)]
    item = [("- " if at == 0 else "  ") + line for at, line in enumerate(lines)]
    condition = CONDITIONS.get(statement["Sid"])
    if condition is None:
        return item
    return ["- !If", f"  - {condition}", *(f"  {line}" for line in item), "  - !Ref AWS::NoValue"]


def _statements(statements: list[Statement], role_name: str) -> list[str]:
    return [line for statement in statements for line in _yaml(statement, role_name)]


def _block(key: str, text: str) -> list[str]:
    return [f"{key}: |", *(f"  {line}".rstrip() for line in text.splitlines())]


def _sections(permissions: Permissions, member: str) -> dict[str, Callable[[str], list[str]]]:
    hub = [each for each in permissions.function if each["Sid"] == "KonectaAuditSecurityHub"]
    machine = (DEPLOY / "state-machine.asl.json").read_text()
    return {
        "scan": lambda _: _statements(permissions.scan, ""),
        "fix": lambda _: _statements(permissions.fix, ""),
        "lambda": lambda role_name: _statements(permissions.function, role_name),
        "security-hub": lambda _: _statements(hub, ""),
        "state-machine": lambda _: _block("DefinitionString", machine),
        "member": lambda _: _block("TemplateBody", member),
    }


def _filled(template: str, sections: dict[str, Callable[[str], list[str]]]) -> str:
    def fill(found: re.Match[str]) -> str:
        indent, name, argument = found[1], found[2], found[3] or ""
        lines = sections[name](argument)
        begin = f"# BEGIN {name} {argument}".rstrip()
        return "".join(f"{indent}{line}".rstrip() + "\n" for line in [begin, *lines, f"# END {name}"])

    return SECTION.sub(fill, template)


def wanted(permissions: Permissions) -> dict[Path, str]:
    """Every file that has something of elsewhere in it, as it should be."""
    files: dict[Path, str] = {}
    member = TEMPLATES / "member.yaml"
    files[member] = _filled(member.read_text(), _sections(permissions, ""))
    for name in ("konecta-audit.yaml", "stackset.yaml"):
        files[TEMPLATES / name] = _filled((TEMPLATES / name).read_text(), _sections(permissions, files[member]))
    for name in ("scan", "fix", "function"):
        policy = {"Version": "2012-10-17", "Statement": getattr(permissions, name)}
        files[POLICIES / f"{name}.json"] = json.dumps(policy, indent=2) + "\n"
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description="Write into deploy/ what has its one source elsewhere.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something would change")
    parser.add_argument("program", help="the built konecta-audit")
    arguments = parser.parse_args()
    stale = 0
    for path, text in wanted(Permissions(arguments.program)).items():
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        stale += 1
        if arguments.check:
            name = str(path.relative_to(DEPLOY.parent))
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, name))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if arguments.check and stale:
        print(
            f"{stale} files are not what they should be: tools/deploy_templates.py {arguments.program}", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
