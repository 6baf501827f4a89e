"""Lay down the three places of a new control: policy, test and fixtures.

    python tools/new_control.py LAYER NAME ID RESOURCE_TYPE
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

POLICY = """\
# METADATA
# title: TITLE
# description: >-
#   What goes wrong otherwise, in one paragraph.
# related_resources: []
# custom:
#   id: {id}
#   severity: medium
#   resource: {type}
#   remediation: What a person does about it.
#   reads: []
#   claims: []
package konecta.{layer}.{name}

import rego.v1

pass if input.configuration.KEY == true

violations contains {{"path": "KEY", "actual": false, "expected": true}} if input.configuration.KEY == false
"""

TEST = """\
package konecta.{layer}.{name}_test

import rego.v1

import data.konecta.{layer}.{name} as control

test_pass if control.pass with input as {{"configuration": {{"KEY": true}}}}

test_fail if {{
	control.violations == {{{{"path": "KEY", "actual": false, "expected": true}}}} with input as {{"configuration": {{"KEY": false}}}}
}}

test_unknown if {{
	not control.pass with input as {{"configuration": {{}}}}
	count(control.violations) == 0 with input as {{"configuration": {{}}}}
}}
"""


def main() -> None:
    if len(sys.argv) != 5 or not all(sys.argv[1:]):
        raise SystemExit(__doc__)
    layer, name, control, resource_type = sys.argv[1:]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", layer) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SystemExit("LAYER and NAME are lower case with underscores")
    fields = {"layer": layer, "name": name, "id": control, "type": resource_type}
    policy = ROOT / "policies" / layer / f"{name}.rego"
    if policy.exists():
        raise SystemExit(f"{policy} exists already")
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(POLICY.format(**fields))
    policy.with_name(f"{name}_test.rego").write_text(TEST.format(**fields))
    fixtures = ROOT / "fixtures" / "controls" / layer / name
    fixtures.mkdir(parents=True, exist_ok=True)
    for status, configuration in {"pass": {"KEY": True}, "fail": {"KEY": False}, "unknown": {}}.items():
        resource = {
            "resourceType": resource_type,
            "arn": f"arn:aws:SERVICE:us-east-1:123456789012:{name}",
            "resourceId": name,
            "accountId": "123456789012",
            "region": "us-east-1",
            "capturedAt": "2026-11-23T12:00:00Z",
            "configuration": configuration,
        }
        (fixtures / f"{status}.json").write_text(json.dumps({"input": resource}, indent=2) + "\n")
    print(f"wrote {policy.relative_to(ROOT)}, its test and {fixtures.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
