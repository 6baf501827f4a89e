"""What of others is in the programs, from ``cargo metadata`` and the crates' own files; needs no network once they are fetched.

    tools/third_party.py notices    THIRD-PARTY-NOTICES: every crate that is linked in, with the text of its licences
    tools/third_party.py sbom       a bill of materials, CycloneDX 1.6 as JSON
    tools/third_party.py unused     dependencies that no source of their package names; exit code 1 if there are any

``notices`` and ``sbom`` write to standard output, the same bytes for the same Cargo.lock.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
LICENCES: Final = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)

Package = dict[str, Any]


class Crates:
    """The packages of the workspace and all that they depend on, for every platform."""

    def __init__(self) -> None:
        command = ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        metadata = json.loads(answer.stdout)
        self.packages: dict[str, Package] = {package["id"]: package for package in metadata["packages"]}
        self.nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        self.members: list[str] = metadata["workspace_members"]
        self.root: str = metadata["resolve"]["root"]
        locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
        self.checksums = {(each["name"], each["version"]): each.get("checksum") for each in locked}

    def needs(self, package: str) -> list[str]:
        """What a package needs to be built or to run: not what its tests need."""
        dependencies = self.nodes[package]["deps"]
        return sorted(each["pkg"] for each in dependencies if any(kind["kind"] != "dev" for kind in each["dep_kinds"]))

    def linked(self) -> list[Package]:
        """The program and all that it needs, by name and version."""
        found, pending = set(), [self.root]
        while pending:
            package = pending.pop()
            if package not in found:
                found.add(package)
                pending += self.needs(package)
        return sorted((self.packages[each] for each in found), key=lambda each: (each["name"], each["version"]))


def notices(crates: Crates) -> str:
    """Every foreign crate, and each text of a licence once with the crates that it is of."""
    foreign = [each for each in crates.linked() if each["id"] not in crates.members]
    texts: dict[str, list[str]] = {}
    bare = []
    for package in foreign:
        folder = Path(package["manifest_path"]).parent
        files = sorted(each for each in folder.iterdir() if each.is_file() and LICENCES.match(each.name))
        if not files:
            bare.append(package)
        for text in {each.read_text(errors="replace").strip() for each in files}:
            texts.setdefault(text, []).append(f"{package['name']} {package['version']}")
    lines = ["konecta-audit contains the following crates.", ""]
    lines += [
        f"{each['name']} {each['version']} ({each['license']}) {each['repository'] or ''}".rstrip() for each in foreign
    ]
    if bare:
        lines += ["", "Without a licence's text of their own, under the licence that they name:", ""]
        lines += [
            f"{each['name']} {each['version']} ({each['license']}), by {', '.join(each['authors'])}" for each in bare
        ]
    for text, names in sorted(texts.items(), key=lambda each: each[1]):
        lines += ["", "=" * 100, ", ".join(names), "=" * 100, "", text]
    return "\n".join(lines) + "\n"


def _reference(package: Package) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def _component(crates: Crates, package: Package) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "application" if package["id"] == crates.root else "library",
        "bom-ref": _reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": _reference(package),
    }
    if package["license"]:
        # A slash is how an OR was written once.
        component["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    checksum = crates.checksums.get((package["name"], package["version"]))
    if checksum:
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return component


def sbom(crates: Crates) -> str:
    """The program, all that it needs, and who needs what."""
    linked = crates.linked()
    root = crates.packages[crates.root]
    locked = hashlib.sha256((ROOT / "Cargo.lock").read_bytes()).digest()
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # Of what is locked, so that the same sources have the same.
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=locked[:16], version=4)}",
        "version": 1,
        "metadata": {"component": _component(crates, root)},
        "components": [_component(crates, each) for each in linked if each["id"] != crates.root],
        "dependencies": [
            {
                "ref": _reference(each),
                "dependsOn": sorted({_reference(crates.packages[need]) for need in crates.needs(each["id"])}),
            }
            for each in linked
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def unused(crates: Crates) -> list[str]:
    """Dependencies whose crate no source of their package names, by the name that it has there."""
    idle = []
    for member in crates.members:
        package = crates.packages[member]
        sources = {Path(target["src_path"]) for target in package["targets"]}
        sources |= {path for source in sources for path in source.parent.rglob("*.rs")}
        text = "\n".join(path.read_text() for path in sorted(sources))
        # As cargo-machete reads it: what is there for its features alone.
        ignored = ((package["metadata"] or {}).get("cargo-machete") or {}).get("ignored", [])
        kept = {name.replace("-", "_") for name in ignored}
        for dependency in crates.nodes[member]["deps"]:
            if dependency["name"] not in kept and not re.search(rf"\b{dependency['name']}\b", text):
                idle.append(f"{package['name']}: {dependency['name']}")
    return sorted(idle)


def main() -> int:
    parser = argparse.ArgumentParser(description="What of others is in the programs.")
    parser.add_argument("what", choices=["notices", "sbom", "unused"])
    arguments = parser.parse_args()
    crates = Crates()
    if arguments.what == "unused":
        idle = unused(crates)
        print("\n".join(idle) if idle else "every dependency is used")
        return 1 if idle else 0
    sys.stdout.write(notices(crates) if arguments.what == "notices" else sbom(crates))
    return 0


if __name__ == "__main__":
    sys.exit(main())
