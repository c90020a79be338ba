"""What schemathesis has to be told of streams: one JSON message a line, in and out."""

import json

import jsonschema_rs
import schemathesis

NDJSON = "application/x-ndjson"


@schemathesis.serializer(NDJSON)
def one_line(context, value):
    return json.dumps(value).encode() + b"\n"


@schemathesis.check
def stream_line_conformance(context, response, case):
    """Every line of a stream is as the schema of its lines says; the last one is its status."""
    if not response.headers.get("content-type", [""])[0].startswith(NDJSON):
        return
    operation = case.operation
    content = operation.definition.raw["responses"]["200"]["content"]
    schema = dict(content[NDJSON]["schema"])
    schema["components"] = operation.schema.raw_schema["components"]
    validator = jsonschema_rs.Draft202012Validator(schema)
    lines = [json.loads(line) for line in response.content.splitlines()]
    assert lines, "a stream without a last line"
    for line in lines:
        problems = [error.message for error in validator.iter_errors(line)]
        assert not problems, f"{problems} in {line}"
    assert "result" not in lines[-1], f"the last line says no status: {lines[-1]}"
