"""Writes fixtures/terraform/schema.json: the arguments and blocks of the resources that `fix --emit terraform` names
and that `scan --plan` reads.

Distilled from the npm package @cdktf/provider-aws, which HashiCorp generated from the schema of the AWS provider itself:
`synthesizeHclAttributes` of a resource and the `…ToHclTerraform` functions of its blocks name every argument that can
be set, with its type. crates/konecta-fix holds the tables of resource types against what is written here.

    npm pack @cdktf/provider-aws@21.22.1
    python tools/terraform_schema.py cdktf-provider-aws-21.22.1.tgz

An argument is its type; a block is {"nesting": "one" | "list" | "set", "of": {…}}.
"""

import json
import pathlib
import re
import sys
import tarfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "crates" / "konecta-base" / "resources"
SEPARATE = ROOT / "crates" / "konecta-fix" / "src" / "emit" / "terraform" / "separate.rs"
OUT = ROOT / "fixtures" / "terraform" / "schema.json"

ENTRY = re.compile(
    r"^ {8,12}(?P<name>\w+): \{\n +value: (?P<value>.+),\n +isBlock: (?P<block>true|false),\n"
    r" +type: \"(?P<type>\w+)\",\n +storageClassType: \"(?P<storage>\w+)\",\n",
    re.M,
)
# No way of the table is longer.
DEEPEST = 5
NESTED = re.compile(r"\b([a-z]\w+)ToHclTerraform\b")


def entries(source, opening):
    """The entries of the `attrs` that follow an opening line."""
    start = source.index(opening)
    body = source[start : source.index("// remove undefined attributes", start)]
    # A block without content has no `attrs`: what follows belongs to the next function.
    return ENTRY.finditer(body if "\nfunction " not in body else "")


def block(source, opening, steps, depth=0):
    """A block's arguments, and its blocks: all of them at the top, and below those that the table leads through. The
    statements of a web ACL hold statements, without an end."""
    found = {}
    for entry in entries(source, opening):
        if entry["block"] == "false":
            found[entry["name"]] = entry["storage"]
            continue
        inner = NESTED.search(entry["value"].replace("cdktf.", ""))
        nesting = entry["type"] if "listMapperHcl" in entry["value"] else "one"
        if inner is None:
            sys.exit(f"{entry['name']}: no function for {entry['value']}")
        if depth > 0 and (entry["name"] not in steps or depth > DEEPEST):
            continue
        inside = block(source, f"function {inner[1]}ToHclTerraform(struct)", steps, depth + 1)
        found[entry["name"]] = {"nesting": nesting, "of": inside}
    return found


def main():
    package = pathlib.Path(sys.argv[1])
    tables = [tomllib.loads(table.read_text()) for table in sorted(TABLES.glob("*.toml"))]
    types = [section for table in tables for section in table.get("type", {}).values()]
    rows = [section["terraform"] for section in types if "terraform" in section]
    parts = [part for section in types for part in section.get("terraform_parts", [])]
    ways = [way for row in rows for way in row["arguments"].values()]
    ways += [argument for part in parts for argument, _ in part.get("members", [])]
    steps = {step.rstrip("*{}") for way in ways for step in way.split(".")}
    named = {row[key] for row in rows for key in ("resource", "or") if key in row}
    named |= {part[key] for part in parts for key in ("terraform", "or") if key in part}
    # aws_ecr_{which}_policy is put together there.
    separate = set(re.findall(r'"(aws_\w+)"', SEPARATE.read_text()))
    wanted = sorted(named | separate | {"aws_ecr_lifecycle_policy", "aws_ecr_repository_policy"})
    with tarfile.open(package) as archive:
        version = json.load(archive.extractfile("package/package.json"))["version"]
        resources = {}
        for name in wanted:
            folder = name.removeprefix("aws_").replace("_", "-")
            source = archive.extractfile(f"package/lib/{folder}/index.js").read().decode()
            if f"terraformResourceType: '{name}'" not in source:
                sys.exit(f"{folder} is not {name}")
            resources[name] = block(source, "synthesizeHclAttributes() {", steps)
    written = {"from": f"@cdktf/provider-aws {version}", "resources": resources}
    OUT.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
