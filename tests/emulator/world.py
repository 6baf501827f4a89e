"""Build the Konecta stack in AWS emulators, well or with labelled misconfigurations.

world.py up --world good|drifted|empty [--labels a,b] [--microburst]
    Start the emulators, build, print one line of JSON, stay until standard input closes.
    Meanwhile each line read from standard input is a command, answered by one line of JSON:
        {"rebuild": ["label", …]}    reset, build the good world with these labels (and no others)
        {"rebuild": "drifted"}       or one of the worlds by name
        {"copy": ["label", …]}       emulators of their own with the same world and these labels on top
        {"rebuild": …, "in": COPY}   the first two in a copy, as it was answered
        {"drop": COPY}               end the copy
world.py rebuild --labels a,b|none [--moto URL --ministack URL]
    The same against emulators that already run (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_CLOUDFRONT).
world.py labels [--json]
    All labels with their controls.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import labels
import stack
from emulators import ACCOUNT, EmulatorError, Emulators, Endpoints, leave_on_signals
from labels import Label, UnknownLabelError
from stack.aws import Aws
from stack.names import KUBERNETES_VERSION, ORIGIN_HEADER, SECRETS, SSH_CIDR
from stack.state import Design, World

WORLDS: Final = ("good", "drifted", "empty")
CONFIG = f"""\
[eks]
kubernetes_version = "{KUBERNETES_VERSION}"

[bastion]
ssh_cidrs = ["{SSH_CIDR}"]

[cloudfront]
origin_header = "{ORIGIN_HEADER}"
"""


@dataclass
class Built:
    """A world as it was built: what is wrong with it, and the ids by which more can be changed."""

    truth: list[dict[str, Any]]
    ids: World | None = None


def construct(aws: Aws, world: str, chosen: list[Label]) -> Built:
    """Empty the emulators, build ``world`` with the chosen labels on top, and say what is wrong with it."""
    aws.reset()
    if world == "empty":
        stack.clear(aws)
        return Built([])
    applied = [each for each in labels.catalogue() if each in chosen or (world == "drifted" and each.drifts)]
    design = Design()
    resources = {each.name: each.design(design) for each in applied if each.design is not None}
    ids: World = stack.build(aws, design)
    resources |= {each.name: each.live(ids) for each in applied if each.live is not None}
    return Built([{**describe(each), "resource": resources[each.name]} for each in applied], ids)


def describe(each: Label) -> dict[str, Any]:
    """A label as the tests and the listing see it."""
    return {
        "label": each.name,
        "controls": list(each.controls),
        "debatable": list(each.debatable),
        "exclusive": each.exclusive,
        "what": each.what,
    }


class Builder:
    """Builds worlds in one pair of emulators, and describes each of them in one line of JSON."""

    def __init__(self, endpoints: Endpoints, config: Path) -> None:
        self._endpoints = endpoints
        self._config = config
        self._aws = Aws(endpoints)
        self._built = Built([])
        self._world = "empty"

    def build(self, world: str, names: list[str]) -> dict[str, Any]:
        self._built = construct(self._aws, world, labels.find(names))
        self._world = world
        return self.told()

    def told(self) -> dict[str, Any]:
        """What a client needs to know of the world as it was built last."""
        return {
            "env": self._endpoints.environment(),
            "moto": self._endpoints.moto,
            "ministack": self._endpoints.ministack,
            "microburst": self._endpoints.microburst,
            "account": ACCOUNT,
            "config": str(self._config),
            "world": self._world,
            "truth": {"labels": self._built.truth},
            "secrets": SECRETS,
        }

    def over(self, endpoints: Endpoints, config: Path, chosen: list[Label]) -> dict[str, Any]:
        """Change a copy of this world by labels. What AWS settles at creation needs the whole world built anew."""
        there = Builder(endpoints, config)
        ids = self._built.ids
        if ids is None or any(each.design is not None for each in chosen):
            return there.build(self._world, [each.name for each in chosen]) if chosen else self._as(there, [])
        ids = replace(deepcopy(replace(ids, aws=cast(Aws, None))), aws=Aws(endpoints))
        live = [(each, each.live(ids)) for each in chosen if each.live is not None]
        return self._as(there, [{**describe(each), "resource": resource} for each, resource in live])

    def _as(self, there: Builder, truth: list[dict[str, Any]]) -> dict[str, Any]:
        there._built = Built(self._built.truth + truth)
        there._world = self._world
        return there.told()

    def obey(self, line: str, emulators: Emulators) -> dict[str, Any]:
        """Carry out one command of the serving protocol. A bad command is answered, not died of."""
        try:
            return self._obey(json.loads(line), emulators)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            return {"error": f'a command is {{"rebuild": ["label", …]}}, {{"copy": […]}} or {{"drop": …}}: {error!r}'}
        except UnknownLabelError as error:
            return {"error": str(error)}

    def _obey(self, command: dict[str, Any], emulators: Emulators) -> dict[str, Any]:
        if "copy" in command:
            chosen = labels.find(command["copy"])
            endpoints, processes = emulators.copy()
            # A test may write into its configuration.
            config = self._config.with_name(f"{processes[0]}.toml")
            config.write_text(CONFIG)
            copy = {**asdict(endpoints), "processes": processes, "config": str(config)}
            return {**self.over(endpoints, config, chosen), "copy": copy}
        if "drop" in command:
            for process in command["drop"]["processes"]:
                os.kill(int(process), signal.SIGKILL)
            return {}
        wanted, builder = command["rebuild"], self
        if "in" in command:
            copy = command["in"]
            builder = Builder(Endpoints(copy["moto"], copy["ministack"]), Path(copy["config"]))
        if isinstance(wanted, str):
            return builder.build(wanted, []) if wanted in WORLDS else {"error": f"no such world: {wanted}"}
        return builder.build("good", [str(name) for name in wanted])


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _split(names: str) -> list[str]:
    return [name for name in names.split(",") if name and name != "none"]


@contextmanager
def _config_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="konecta-world-") as folder:
        path = Path(folder) / "konecta-audit.toml"
        path.write_text(CONFIG)
        yield path


def up(arguments: argparse.Namespace) -> None:
    leave_on_signals()
    with Emulators(microburst=arguments.microburst, copied=True) as emulators, _config_file() as config:
        builder = Builder(emulators.endpoints, config)
        _say(builder.build(arguments.world, _split(arguments.labels)))
        for line in sys.stdin:
            if line.strip():
                _say(builder.obey(line, emulators))


def rebuild(arguments: argparse.Namespace) -> None:
    if not (arguments.moto and arguments.ministack):
        raise SystemExit("world.py: name the emulators with --moto and --ministack, or in the environment")
    # This process ends at once, so the file must outlive it; the name is fixed lest a test run fill /tmp.
    config = Path(tempfile.gettempdir()) / "konecta-world-rebuild.toml"
    config.write_text(CONFIG)
    endpoints = Endpoints(arguments.moto, arguments.ministack)
    _say(Builder(endpoints, config).build(arguments.world, _split(arguments.labels)))


def list_labels(arguments: argparse.Namespace) -> None:
    if arguments.json:
        _say({"labels": [describe(each) for each in labels.catalogue()]})
        return
    for each in labels.catalogue():
        note = " (exclusive)" if each.exclusive else ""
        print(f"{each.name:34} {' '.join(each.controls) or '-'}{note}\n{'':34} {each.what}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The Konecta stack in AWS emulators.")
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("up", help="start the emulators, build a world, stay until standard input closes")
    command.add_argument("--world", choices=WORLDS, default="good")
    command.add_argument("--labels", default="none", help="labels to add, separated by commas")
    command.add_argument("--microburst", action="store_true", help="put the fault-injecting proxy in front of moto")
    command.set_defaults(run=up)

    command = commands.add_parser("rebuild", help="build a world in emulators that already run")
    command.add_argument("--world", choices=WORLDS, default="good")
    command.add_argument("--labels", default="none", help="labels to add, separated by commas")
    command.add_argument("--moto", default=os.environ.get("AWS_ENDPOINT_URL"))
    command.add_argument("--ministack", default=os.environ.get("AWS_ENDPOINT_URL_CLOUDFRONT"))
    command.set_defaults(run=rebuild)

    command = commands.add_parser("labels", help="list the labels")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=list_labels)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    try:
        arguments.run(arguments)
    except (EmulatorError, UnknownLabelError) as error:
        raise SystemExit(f"world.py: {error}") from error


if __name__ == "__main__":
    main()
