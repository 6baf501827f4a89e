"""Writes crates/konecta-aws/shapes/<service>.json: what the answers of AWS look like on the wire,
and shapes/requests/<service>.json: what its requests look like, for the operations that a change may make.

Source: the service models that botocore carries (member names, wire names, types, paginators: facts;
no documentation is copied). The tables let konecta-aws turn a response body into exactly the JSON that
`aws <service> <operation>` prints, without the SDK's types, which cannot be serialised and which fill in
members that the server did not send.

    make shapes
    python tools/shapes.py [service:Operation …]

Answers: of every call in crates/konecta-base/resources and of every operation in crates/konecta-aws/src/apply/operations.rs.
Requests: of the latter only.

The output is deterministic: the same botocore gives the same bytes. One shape a line, so that a diff after
an update of botocore reads as what AWS changed.

Form of a table
    protocol    json | rest-json | query | ec2 | rest-xml
    operations  {name: {output, wrapper?, payload?, pages?: {token: [paths], more?: path, items: [paths]}}}
    shapes      {name: {"structure": {member: ref | {t: ref, n?: wire name, in?: header|status, flat?: true}}}
                     | {"list": ref} | {"map": ref, n?: [key, value]}}
    ref         string integer float boolean blob timestamp policy document nothing, or the name of a shape

Form of a table of requests; members stand in the order of the model
    protocol, version (query and ec2: what `Version` says)
    operations  {name: {input, method, uri (with {labels}), payload?, token?: [members that name the page],
                        whole?: [operation, member]}}     what is read there goes back whole in that member
    shapes      {name: {"structure": [{m: member, t: ref, n?: wire name, in?: uri|query|header, flat?, r?: required,
                                       ns?: XML namespace, s?: sensitive}]}
                     | {"list": ref, n?: element} | {"map": ref, n?: [key, value]}}
Timestamps need no format: a number is an epoch, a string says itself what it is.
"""

import json
import pathlib
import re
import sys
import tomllib

import botocore
import botocore.loaders
import botocore.model

CRATE = pathlib.Path(__file__).resolve().parent.parent / "crates" / "konecta-aws"
OUT = CRATE / "shapes"
TABLES = CRATE.parent / "konecta-base" / "resources"
DECLARED = CRATE / "src" / "apply" / "operations.rs"
SERVICE_OF_PREFIX = {"elasticloadbalancing": "elbv2"}
SCALARS = {
    "string": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
    "blob": "blob",
    "timestamp": "timestamp",
}
WORDS = set(SCALARS.values()) | {"policy", "document", "nothing"}
# Paging that the API has and botocore's paginator file lacks.
EXTRA_PAGES = {
    ("wafv2", "ListWebACLs"): {"token": ["NextMarker"], "items": ["WebACLs"]},
    ("cloudfront", "ListResponseHeadersPolicies"): {
        "token": ["ResponseHeadersPolicyList.NextMarker"],
        "items": ["ResponseHeadersPolicyList.Items"],
    },
    ("cloudfront", "ListCachePolicies"): {"token": ["CachePolicyList.NextMarker"], "items": ["CachePolicyList.Items"]},
}
EXTRA_TOKENS = {
    ("wafv2", "ListWebACLs"): ["NextMarker"],
    ("cloudfront", "ListResponseHeadersPolicies"): ["Marker"],
    ("cloudfront", "ListCachePolicies"): ["Marker"],
}
# What is read there is sent back whole: nothing of it may be lost on the way.
WHOLE = {
    ("cloudfront", "GetDistributionConfig"): ["UpdateDistribution", "DistributionConfig"],
    ("cloudfront", "GetResponseHeadersPolicyConfig"): ["UpdateResponseHeadersPolicy", "ResponseHeadersPolicyConfig"],
    ("wafv2", "GetWebACL"): ["UpdateWebACL", "WebACL"],
}


class Table:
    """The closure of the output shapes of some operations of one service."""

    def __init__(self, service):
        loader = botocore.loaders.Loader()
        self.service = service
        self.model = loader.load_service_model(service, "service-2")
        self.protocol = self.model["metadata"]["protocol"]
        self.paginators = loader.load_service_model(service, "paginators-1")["pagination"]
        # CloudFront's model dates its operation names: GetDistribution2020_05_31.
        self.by_name = {re.sub(r"\d{4}_\d\d_\d\d$", "", name): op for name, op in self.model["operations"].items()}
        self.operations, self.shapes = {}, {}

    def add(self, name):
        operation = self.by_name[name]
        output = operation.get("output")
        if output is None:
            self.operations[name] = {"output": "nothing"}
            return
        entry = {"output": self.ref(output["shape"])}
        wrapper = output.get("resultWrapper")
        if wrapper:
            entry["wrapper"] = wrapper
        payload = self.model["shapes"][output["shape"]].get("payload")
        if payload:
            entry["payload"] = payload
        pages = self.pages(name)
        if pages:
            entry["pages"] = pages
        self.operations[name] = entry

    def pages(self, name):
        raw = self.paginators.get(name)
        if raw is None:
            return EXTRA_PAGES.get((self.service, name))

        def as_list(value):
            return value if isinstance(value, list) else [value]

        pages = {"token": as_list(raw["output_token"]), "items": as_list(raw["result_key"])}
        if "more_results" in raw:
            pages["more"] = raw["more_results"]
        return pages

    def ref(self, name):
        shape = self.model["shapes"][name]
        kind = shape["type"]
        if kind in SCALARS:
            # The CLI prints IAM's policy documents decoded.
            return "policy" if (self.service, name) == ("iam", "policyDocumentType") else SCALARS[kind]
        if shape.get("document"):
            return "document"
        assert name not in WORDS, f"{self.service}: a shape is called {name}"
        if name not in self.shapes:
            self.shapes[name] = None  # recursion ends here
            self.shapes[name] = getattr(self, f"_{kind}")(shape)
        return name

    def _structure(self, shape):
        return {"structure": {name: self.member(name, ref) for name, ref in shape["members"].items()}}

    def _list(self, shape):
        return {"list": self.ref(shape["member"]["shape"])}

    def _map(self, shape):
        entry = {"map": self.ref(shape["value"]["shape"])}
        names = [shape[end].get("locationName", end) for end in ("key", "value")]
        return entry if names == ["key", "value"] else entry | {"n": names}

    def member(self, name, ref):
        target = self.model["shapes"][ref["shape"]]
        flat = bool(ref.get("flattened") or target.get("flattened"))
        wire = ref.get("locationName", name)
        if flat and target["type"] == "list":
            # A flattened list's elements stand under the list member's own name.
            wire = target["member"].get("locationName", wire)
        entry = {"t": self.ref(ref["shape"])}
        if wire != name:
            entry["n"] = wire
        place = {"header": "header", "headers": "headers", "statusCode": "status"}.get(ref.get("location"))
        if place:
            entry["in"] = place
        assert not ref.get("xmlAttribute"), f"{name} is an XML attribute: konecta-aws does not read those yet"
        if flat:
            entry["flat"] = True
        return entry["t"] if len(entry) == 1 else entry

    def text(self):
        def line(value):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=True)

        def block(table):
            return "{\n" + ",\n".join(f"{line(k)}:{line(table[k])}" for k in sorted(table)) + "\n}"

        return (
            f'{{"service":{line(self.service)},"protocol":{line(self.protocol)},'
            f'"operations":{block(self.operations)},"shapes":{block(self.shapes)}}}\n'
        )


class Requests:
    """The closure of the input shapes of some operations of one service, resolved by botocore itself."""

    def __init__(self, service):
        self.table = Table(service)
        self.service, self.protocol = service, self.table.protocol
        self.model = botocore.model.ServiceModel(self.table.model, service)
        self.dated = {re.sub(r"\d{4}_\d\d_\d\d$", "", name): name for name in self.model.operation_names}
        self.operations, self.shapes = {}, {}

    def add(self, name):
        operation = self.model.operation_model(self.dated[name])
        shape = operation.input_shape
        entry = {
            "input": self.ref(shape) if shape else "nothing",
            "method": operation.http.get("method", "POST"),
            "uri": operation.http.get("requestUri", "/"),
        }
        if shape and shape.serialization.get("payload"):
            entry["payload"] = shape.serialization["payload"]
        raw = self.table.paginators.get(name)
        token = raw["input_token"] if raw else EXTRA_TOKENS.get((self.service, name))
        if token:
            entry["token"] = token if isinstance(token, list) else [token]
        if (self.service, name) in WHOLE:
            entry["whole"] = WHOLE[self.service, name]
        self.operations[name] = entry

    def ref(self, shape):
        if shape.type_name in SCALARS:
            return SCALARS[shape.type_name]
        if getattr(shape, "is_document_type", False):
            return "document"
        if shape.name not in self.shapes:
            self.shapes[shape.name] = None
            self.shapes[shape.name] = getattr(self, f"_{shape.type_name}")(shape)
        return shape.name

    def _structure(self, shape):
        return {
            "structure": [self.member(name, ref, name in shape.required_members) for name, ref in shape.members.items()]
        }

    def _list(self, shape):
        return {"list": self.ref(shape.member)} | self.named(shape.member.serialization.get("name"), "member")

    def _map(self, shape):
        names = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
        return {"map": self.ref(shape.value)} | self.named(names, ["key", "value"])

    @staticmethod
    def named(name, default):
        return {} if name in (None, default) else {"n": name}

    def member(self, name, shape, required):
        traits = shape.serialization
        assert not traits.get("xmlAttribute") and "timestampFormat" not in traits, f"{name}: {traits}"
        wire = traits.get("name", name)
        if self.protocol == "ec2":
            wire = traits.get("queryName") or wire[0].upper() + wire[1:]
        place = {"uri": "uri", "querystring": "query", "header": "header", None: None}[traits.get("location")]
        entry = {"m": name, "t": self.ref(shape)} | self.named(wire, name)
        for key, value in (
            ("in", place),
            ("flat", bool(traits.get("flattened"))),
            ("r", required),
            ("ns", traits.get("xmlNamespace", {}).get("uri") if self.protocol == "rest-xml" else None),
            ("s", bool(shape.metadata.get("sensitive"))),
        ):
            if value:
                entry[key] = value
        return entry

    def text(self):
        def line(value):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=True)

        def block(table):
            return "{\n" + ",\n".join(f"{line(k)}:{line(table[k])}" for k in sorted(table)) + "\n}"

        return (
            f'{{"service":{line(self.service)},"protocol":{line(self.protocol)},'
            f'"version":{line(self.model.api_version)},'
            f'"operations":{block(self.operations)},"shapes":{block(self.shapes)}}}\n'
        )


def declared():
    """The (service, operation) pairs of operations.rs."""
    service = None
    for line in DECLARED.read_text().splitlines():
        if head := re.match(r'    "(\w+)" = "\w+", aws_sdk_', line):
            service = head[1]
        elif call := re.match(r'        (?:Read|Write) "(\w+)"', line):
            yield service, call[1]


def calls():
    """The actions of all calls that a scan can make."""
    return [
        action for table in sorted(TABLES.glob("*.toml")) for action in tomllib.loads(table.read_text()).get("call", {})
    ]


def main(*extra):
    tables, requests = {}, {}
    wanted = [action.split(":") for action in [*calls(), *extra]]
    for prefix, name in [*wanted, *declared()]:
        service = SERVICE_OF_PREFIX.get(prefix, prefix)
        if service not in tables:
            tables[service] = Table(service)
        tables[service].add(name)
    for service, name in declared():
        if service not in requests:
            requests[service] = Requests(service)
        requests[service].add(name)
    for folder, written in ((OUT, tables), (OUT / "requests", requests)):
        folder.mkdir(exist_ok=True)
        for service, table in sorted(written.items()):
            (folder / f"{service}.json").write_text(table.text())
            print(
                f"{folder.name}/{service}: {len(table.operations)} operations, {len(table.shapes)} shapes",
                file=sys.stderr,
            )
    print(f"from botocore {botocore.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
