"""Write into deploy/ what has its one source elsewhere; ``--check`` only says whether it is there.

    tools/deploy_templates.py [--check] PROGRAM

* The statements of the roles: what ``konecta-audit permissions`` prints (PROGRAM is the built konecta-audit), into the
  CloudFormation templates and, as they are, into deploy/terraform/policies.
* Which controls call which of them: fix-controls.json for Terraform, and the conditions of the CloudFormation templates
  under which a statement of a fix role is there.
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
from concurrent.futures import ThreadPoolExecutor
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
# The condition of a statement for fixing besides that a control which calls for it is named.
ALSO: Final = {"KonectaAuditFixFlowLogRole": "HasFlowLogRole"}
# What only one of the two functions needs: targets are handed to the one that fixes, and it never asks whose they are.
ONLY: Final = {"KonectaAuditOrganization": "RoleName", "KonectaAuditUnlock": "FixRoleName"}
# Which control a list of controls names, as far as CloudFormation can tell: split at the control's id and joined without it, it differs.
NAMED: Final = '!Not [!Equals [!Join ["", !Split [{}, !Ref FixControls]], !Ref FixControls]]'
# Fn::Or takes so many conditions.
MOST_ALTERNATIVES: Final = 10
SECTION: Final = re.compile(r"^( *)# BEGIN ([a-z-]+)(?: (\w+))?\n(?:.*\n)*?\1# END \2\n", re.MULTILINE)


class Permissions:
    """What the program says that a scan, a fix and the function need."""

    def __init__(self, program: str) -> None:
        self._program = program
        scan = self._ask("--all-regions")
        self.scan = scan
        lambda_ = self._ask("--lambda")
        self.function = [each for each in lambda_ if each not in scan]
        self.fix = [each for each in self._ask("--lambda", "--fix") if each not in lambda_]
        listed = subprocess.run([program, "controls", "list"], check=True, capture_output=True, text=True).stdout
        controls = sorted({line.split()[0] for line in listed.splitlines() if line.startswith("KA-")})
        with ThreadPoolExecutor() as pool:
            calls = dict(zip(controls, pool.map(self._calls, controls), strict=True))
        # The actions of the fix roles that each control's remedy calls; a control without a remedy is not there.
        self.calls = {control: actions for control, actions in calls.items() if actions}

    def _calls(self, control: str) -> list[str]:
        known = {action for statement in self.fix for action in statement["Action"]}
        asked = self._ask("--fix", "--lambda", "--control", control)
        return sorted({action for statement in asked for action in statement["Action"]} & known)

    def by_controls(self) -> list[tuple[list[str], Statement]]:
        """The statements for fixing, parted so that all actions of one are called by the same controls; each with these."""
        parted: list[tuple[list[str], Statement]] = []
        for statement in self.fix:
            groups: dict[tuple[str, ...], list[str]] = {}
            for action in statement["Action"]:
                callers = tuple(control for control, actions in self.calls.items() if action in actions)
                groups.setdefault(callers, []).append(action)
            for callers, actions in groups.items():
                sid = statement["Sid"] if len(groups) == 1 else statement["Sid"] + actions[0].split(":")[1]
                parted.append((list(callers), {**statement, "Sid": sid, "Action": actions}))
        return parted

    def _ask(self, *arguments: str) -> list[Statement]:
        command = [self._program, "permissions", *arguments]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        statements: list[Statement] = json.loads(answer.stdout)["Statement"]
        return statements


def _scalar(text: str, role_name: str) -> str:
    if "${" not in text:
        return json.dumps(text)
    for ours, theirs in {**NAMES, "RoleName": role_name}.items():
        text = text.replace("${" + ours + "}", "${" + theirs + "}")
    return f'!Sub "{text}"'


def _yaml(statement: Statement, role_name: str, condition: str | None) -> list[str]:
    """One statement as an item of a list, within its condition if it has one."""
    resources = statement["Resource"]
    resources = [resources] if isinstance(resources, str) else resources
    lines = [f"Sid: {statement['Sid']}", "Effect: Allow", "Action:"]
    lines += [f"  - {action}" for action in statement["Action"]]
    if len(resources) == 1:
        lines.append(f"Resource: {_scalar(resources[0], role_name)}")
    else:
        lines += ["Resource:", *(f"  - {_scalar(resource, role_name)}" for resource in resources)]
    if "Condition" in statement:
        lines.append("Condition:")
        for operator, keys in statement["Condition"].items():
            lines.append(f"  {operator}:")
            for key, value in keys.items():
                values = [value] if isinstance(value, str) else value
                lines += [f"    {key}:", *(f"      - {_scalar(one, role_name)}" for one in values)]
    item = [("- " if at == 0 else "  ") + line for at, line in enumerate(lines)]
    if condition is None:
        return item
    return ["- !If", f"  - {condition}", *(f"  {line}" for line in item), "  - !Ref AWS::NoValue"]


def _statements(statements: list[Statement], role_name: str) -> list[str]:
    here = [each for each in statements if ONLY.get(each["Sid"], role_name) == role_name]
    return [line for each in here for line in _yaml(each, role_name, CONDITIONS.get(each["Sid"]))]


def _named(control: str) -> str:
    return control.replace("-", "")


def _condition(callers: list[str], statement: Statement) -> str:
    """The name of the condition for a statement of these controls: the one control's own, or one of the statement's."""
    return _named(callers[0]) if len(callers) == 1 and statement["Sid"] not in ALSO else statement["Sid"]


def _fix(permissions: Permissions) -> list[str]:
    parted = permissions.by_controls()
    return [line for callers, each in parted for line in _yaml(each, "", _condition(callers, each))]


def _alternatives(conditions: list[str]) -> str:
    """One condition that holds where one of these does."""
    while len(conditions) > 1:
        parts = [conditions[at : at + MOST_ALTERNATIVES] for at in range(0, len(conditions), MOST_ALTERNATIVES)]
        conditions = [part[0] if len(part) == 1 else f"!Or [{', '.join(part)}]" for part in parts]
    return conditions[0]


def _conditions(permissions: Permissions) -> list[str]:
    """Which controls are named, and where a statement of the fix role is needed that several of them call for."""
    lines = [f"{_named(control)}: {NAMED.format(control)}" for control in permissions.calls]
    for callers, statement in permissions.by_controls():
        sid = statement["Sid"]
        either = _alternatives([f"!Condition {_named(control)}" for control in callers])
        if sid in ALSO:
            lines.append(f"{sid}: !And [!Condition {ALSO[sid]}, {either}]")
        elif len(callers) > 1:
            lines.append(f"{sid}: {either}")
    return lines


def _block(key: str, text: str) -> list[str]:
    return [f"{key}: |", *(f"  {line}".rstrip() for line in text.splitlines())]


def _sections(permissions: Permissions, member: str) -> dict[str, Callable[[str], list[str]]]:
    hub = [each for each in permissions.function if each["Sid"] == "KonectaAuditSecurityHub"]
    machine = (DEPLOY / "state-machine.asl.json").read_text()
    return {
        "scan": lambda _: _statements(permissions.scan, ""),
        "fix": lambda _: _fix(permissions),
        "fix-conditions": lambda _: _conditions(permissions),
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
    files[POLICIES / "fix-controls.json"] = json.dumps(permissions.calls, indent=2) + "\n"
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
