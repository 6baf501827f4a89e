"""Lay down the three places of a new control: policy, test and fixtures.

python tools/new_control.py LAYER NAME ID RESOURCE_TYPE

An empty ID is the next free one of the layer. The catalogue is the folder policies/: an id that is taken, and a layer that
is not there, are refused.
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


def taken() -> dict[str, Path]:
    """The controls that there are: the file of each id."""
    found = {}
    for path in sorted((ROOT / "policies").rglob("*.rego")):
        if match := re.search(r"^#   id: (KA-[A-Z0-9]+-\d{3})$", path.read_text(), re.MULTILINE):
            found[match[1]] = path
    return found


def identified(layer: str, wanted: str) -> str:
    """The id of the new control."""
    known = taken()
    layers = sorted({path.parent.name for path in known.values()})
    if layer not in layers:
        raise SystemExit(f"there is no layer {layer}; there are {', '.join(layers)}")
    if wanted in known:
        raise SystemExit(f"{wanted} is {known[wanted].relative_to(ROOT)}; leave ID out to take the next free one")
    if wanted:
        if not re.fullmatch(r"KA-[A-Z0-9]+-\d{3}", wanted):
            raise SystemExit(f"{wanted} is not an id such as KA-ECR-012")
        return wanted
    # The prefix that most controls of the layer have.
    prefixes = [control.rsplit("-", 1)[0] for control, path in known.items() if path.parent.name == layer]
    prefix = max(sorted(set(prefixes)), key=prefixes.count)
    numbers = [int(control.rsplit("-", 1)[1]) for control in known if control.rsplit("-", 1)[0] == prefix]
    return f"{prefix}-{max(numbers) + 1:03}"


def main() -> None:
    if len(sys.argv) != 5 or not (sys.argv[1] and sys.argv[2] and sys.argv[4]):
        raise SystemExit(__doc__)
    layer, name, control, resource_type = sys.argv[1:]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", layer) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SystemExit("LAYER and NAME are lower case with underscores")
    control = identified(layer, control)
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
