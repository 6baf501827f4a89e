"""Writes fixtures/requests.jsonl: how botocore itself writes the requests of all declared operations.

For each operation of crates/konecta-aws/src/apply/operations.rs: parameters made from the model, once with every
member and once with the required ones only, and what botocore's serialiser makes of them: the oracle of
crates/konecta-aws/src/wire/request/tests.rs. Lists have two elements, shapes that hold themselves end at the second.

    python tools/requests.py
"""

import base64
import datetime
import json
import pathlib

import botocore.serialize
import shapes

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "requests.jsonl"
# Members of one request; only a web ACL has more, for its statements hold statements.
LONGEST = 700
TIME = datetime.datetime(2026, 11, 23, 12, 30, tzinfo=datetime.UTC)


def cli(value):
    """As --cli-input-json takes it: bytes in base64, times as text."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dict():
            return {key: cli(inner) for key, inner in value.items()}
        case list():
            return [cli(inner) for inner in value]
    return value


class Maker:
    def __init__(self, whole):
        self.whole, self.count = whole, 0

    def value(self, shape, seen=()):  # noqa: PLR0911 (one return a kind of shape)
        self.count += 1
        match shape.type_name:
            case "structure":
                if getattr(shape, "is_document_type", False):
                    return {"any": ["thing", 1]}
                members = {
                    name: ref
                    for name, ref in shape.members.items()
                    if name in shape.required_members
                    or (self.whole and self.count < LONGEST and seen.count(ref.name) < 1)
                }
                return {name: self.value(ref, (*seen, shape.name)) for name, ref in members.items()}
            case "list":
                if seen.count(shape.member.name) > 1:
                    return []
                length = 2 if len(seen) < 4 else 1
                return [self.value(shape.member, (*seen, shape.name)) for _ in range(length)]
            case "map":
                return {f"k&{n}": self.value(shape.value, (*seen, shape.name)) for n in range(2)}
            case "boolean":
                return self.count % 2 == 0
            case "integer" | "long":
                return self.count
            case "float" | "double":
                return self.count + 0.5
            case "blob":
                return f"bytes {self.count} \u00e9".encode()
            case "timestamp":
                return TIME
            case _:
                return (shape.enum or [f'a <b> & "c" =+/%~ d\u00e9 {self.count}'])[0]


def main():
    lines = []
    for service, name in shapes.declared():
        requests = shapes.Requests(service)
        operation = requests.model.operation_model(requests.dated[name])
        serializer = botocore.serialize.create_serializer(requests.protocol, False)
        for whole in (True, False):
            parameters = Maker(whole).value(operation.input_shape) if operation.input_shape else {}
            sent = serializer.serialize_to_request(parameters, operation)
            body = sent["body"]
            # The SDK dates neither an operation nor an action.
            if isinstance(body, dict):
                body = {key: str(value) for key, value in body.items()}
            elif body is not None:
                body = (body if isinstance(body, bytes) else body.encode()).decode()
            headers = {k.lower(): v for k, v in sent["headers"].items() if k.lower().startswith("if-")}
            query = sent["query_string"]
            lines.append(
                json.dumps(
                    {
                        "service": service,
                        "operation": name,
                        "parameters": cli(parameters),
                        "path": sent["url_path"],
                        "query": {k: str(v) for k, v in query.items()} if isinstance(query, dict) else query,
                        "headers": headers,
                        "body": body,
                    },
                    ensure_ascii=True,
                    separators=(",", ":"),
                )
            )
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
