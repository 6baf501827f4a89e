"""Real Open Policy Agent, asked what konecta-audit asks its own engine.

Reads one JSON document from standard input and writes one to standard output:
    {"policies": {file: text}, "tests": [path], "fixtures": [{file, package, input, data}]}
    {"passed": [path], "answers": [{file, answer: {pass, violations, not_applicable, unattainable, unknown}}]}
All policies are compiled once, together, with OPA's type checker. A policy that OPA refuses ends this with
exit 1 and OPA's words on standard error.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from opa_bindings import OpaEngine, OpaError

# One rule for all controls: a query for each would have OPA compile all policies again.
ASK = """package ask

import rego.v1

answer[rule] := said if {
	layer := input.layer
	control := input.control
	some rule in ["pass", "violations", "not_applicable", "unattainable", "unknown"]
	said := data.konecta[layer][control][rule] with input as input.resource
		with data.facts as input.data.facts
		with data.index as input.data.index
		with data.lifecycle as input.data.lifecycle
		with data.blueprint as input.data.blueprint
		with data.now as input.data.now
}
"""


def tests_module(paths: list[str]) -> str:
    """A module in which every test that is true stands under its path; one that is undefined is not there."""
    rules = "".join(f"passed contains {json.dumps(path)} if {path} == true\n\n" for path in paths)
    return f"package ask_tests\n\nimport rego.v1\n\npassed contains path if some path in []\n\n{rules}"


def answer(engine: OpaEngine, fixture: dict[str, Any]) -> dict[str, Any]:
    _, layer, control = fixture["package"].split(".")
    asked = {"layer": layer, "control": control, "resource": fixture["input"], "data": fixture["data"]}
    try:
        said = engine.eval_document("ask.answer", asked)
    except OpaError as error:
        raise SystemExit(f"{fixture['file']}: {error}") from error
    return {"file": fixture["file"], "answer": said | {"pass": said.get("pass") is True}}


def main() -> None:
    asked = json.load(sys.stdin)
    with OpaEngine() as engine:
        for file, text in asked["policies"].items():
            engine.add_policy(file, text)
        engine.add_policy("ask.rego", ASK)
        engine.add_policy("ask_tests.rego", tests_module(asked["tests"]))
        try:
            passed = engine.eval_document("ask_tests.passed", {})
        except OpaError as error:
            raise SystemExit(f"OPA: {error}") from error
        answers = [answer(engine, fixture) for fixture in asked["fixtures"]]
    json.dump({"passed": passed, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
