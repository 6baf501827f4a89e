"""Real OPA judges resources by policies of ours, in one evaluation.

python opa_judge.py RESOURCES OUT POLICY...

RESOURCES is JSON Lines as in a snapshot, POLICY a file of a control or of a library. Writes what fails as [[package, ARN]], and prints the
seconds that the evaluation alone took.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from opa_bindings import OpaEngine

# The blueprint's default, as far as these policies look at it.
BLUEPRINT = {"cloudfront": {"accepted_tls_policies": ["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"]}}


def main() -> None:
    resources = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    asked: list[str] = []
    types: set[str] = set()
    with OpaEngine() as engine:
        for file in sys.argv[3:]:
            text = Path(file).read_text()
            engine.add_policy(file, text)
            package = re.search(r"^package (\S+)", text, re.MULTILINE)
            kind = re.search(r"^#   resource: (.+)", text, re.MULTILINE)
            if package and kind:
                names = kind[1].strip("[]").split(", ")
                types.update(names)
                condition = " ".join(json.dumps(name) + "," for name in names)
                asked.append(
                    f'fails contains ["{package[1]}", one.arn] if {{\n\tsome one in input.resources\n'
                    f"\tone.resourceType in [{condition}]\n"
                    f"\tcount(data.{package[1]}.violations) > 0 with input as one\n}}\n"
                )
        engine.add_policy("ask.rego", "package ask\n\nimport rego.v1\n\n" + "\n".join(asked))
        engine.add_data({"blueprint": BLUEPRINT})
        given = {"resources": [one for one in resources if one["resourceType"] in types]}
        began = time.perf_counter()
        fails = engine.eval_document("ask.fails", given)
        print(time.perf_counter() - began)
    Path(sys.argv[2]).write_text(json.dumps(sorted(fails)))


if __name__ == "__main__":
    main()
