"""Hold findings against botocore's model of BatchImportFindings: members, types, required ones, enumerations, patterns.

asff.py FINDINGS.json    exit 0, or an assertion that says what does not fit.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator


def walk(shape: Shape, value: Any, path: str) -> None:
    """What ParamValidator leaves out: values of enumerations, and strings that have nothing to be seen in them."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            walk(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for at, member in enumerate(value):
            walk(shape.member, member, f"{path}[{at}]")
    elif isinstance(shape, MapShape):
        for key, member in value.items():
            walk(shape.key, key, f"{path}[{key}]")
            walk(shape.value, member, f"{path}[{key}]")
    elif isinstance(shape, StringShape):
        assert not shape.enum or value in shape.enum, f"{path}: {value} is none of {shape.enum}"
        assert re.search(r"\S", value), f"{path} is empty"


with open(sys.argv[1], encoding="utf-8") as file:
    findings = json.load(file)
assert findings, "there is nothing to validate"
operation = botocore.session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings")
for start in range(0, len(findings), 100):
    batch = {"Findings": findings[start : start + 100]}
    report = ParamValidator().validate(batch, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    walk(operation.input_shape, batch, "")
    assert len(json.dumps(batch)) < 6_000_000
for finding in findings:
    assert len(json.dumps(finding)) < 240_000
    for name, limit in {"Id": 512, "Title": 256, "Description": 1024, "GeneratorId": 512}.items():
        assert len(finding[name]) <= limit, f"{name} of {finding['Id']} has {len(finding[name])} characters"
    assert finding["ProductArn"].split(":")[4] == finding["AwsAccountId"]
