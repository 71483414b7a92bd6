"""/openapi.json says what the service does: every path, status, header and body of it is provoked and compared."""

import json
import re
from collections import Counter
from contextlib import ExitStack

import pytest
from jsonschema import Draft202012Validator

import recount
from event_stream import EventStream
from events import event
from harness import free_port
from http_client import RawConnection, head_of
from openapi_document import Document
from openapi_requests import MATCH, ask, ask_again, ask_slowly, good, refused
from waiting import wait_until

# Documented, but not to be had from a service that is well.
UNPROVOKABLE = {500: "a fault of the service itself"}


@pytest.fixture(scope="module")
def document(shared_up):
    pages = shared_up.get("/").body + shared_up.get("/docs").body
    assets = sorted(set(re.findall(r"/assets/([\w.-]+)", pages.decode())))
    return Document(shared_up.get("/openapi.json").body, {"matchId": [MATCH], "file": assets})


def all_good(document, how="a good request"):
    return [(operation, how, request) for operation in document.operations for request in good(document, operation)]


def provoke_by_requests(up, document):
    """What a service with default settings answers to good and to bad requests."""
    posts = [one for one in all_good(document) if one[0].method == "POST"]
    seen = ask(up, posts) + ask(up, [(operation, "the same again", request) for operation, _, request in posts])
    recount.wait_counted(up, [MATCH])
    seen += ask(up, [one for one in all_good(document) if one[0].method == "GET"])
    seen += ask_again(up, seen)
    for operation in document.operations:
        seen += ask(up, [(operation, how, request) for how, request in refused(document, operation)])
    return seen


def provoke_by_keys(up, document):
    seen = []
    for key in (None, "nobody's", "reader's", "writer's"):
        credentials = [f"Authorization: Bearer {key}"] if key else []
        requests = [
            (operation, f"the key {key}", request.having(*credentials)) for operation, _, request in all_good(document)
        ]
        seen += ask(up, requests)
    return seen


def provoke_by_rate(up, document):
    """The one request the service grants is used up first."""
    wait_until(lambda: up.get("/api/matches").status == 429, "the first refusal")
    return ask(up, all_good(document, "one request too many"))


def provoke_by_crowd(up, document):
    """The one connection the service takes is held meanwhile."""

    def hold():
        connection = RawConnection(up.port, 30)
        answer = connection.send(head_of("GET", "/health")).read()
        return connection if answer is not None and answer.status == 200 else connection.__exit__()

    with wait_until(hold, "a place"):
        return ask(up, all_good(document, "one connection too many"))


def provoke_by_outage(up, document):
    return ask(up, all_good(document, "no ClickHouse"))


@pytest.fixture(scope="module")
def seen(document, shared_up, module_up):
    """Every answer that was provoked."""
    keys = {"API_WRITE_KEYS": "writer's", "API_READ_KEYS": "reader's"}
    outage = {"CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": free_port()}
    return (
        provoke_by_requests(shared_up, document)
        + provoke_by_keys(module_up(**keys), document)
        + provoke_by_rate(module_up(RATE_LIMIT="0.001", RATE_BURST="1"), document)
        + provoke_by_crowd(module_up(MAX_CONNECTIONS="1"), document)
        + provoke_by_outage(module_up(ready=False, **outage), document)
        + ask_slowly(module_up(HEADER_TIMEOUT="1s", BODY_TIMEOUT="1s"), document)
    )


def test_the_document_is_served_as_json(shared_up):
    answer = shared_up.get("/openapi.json")
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")
    version = shared_up.run("--version").stdout
    assert answer.json()["info"]["version"] in version


def test_every_schema_of_the_document_is_a_json_schema(document):
    for name, schema in document.root["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("type") or schema.get("$ref") or schema.get("oneOf"), name


def test_every_reference_leads_somewhere_and_every_component_is_used(document):
    references = {at["$ref"] for _, at in document.walk() if isinstance(at.get("$ref"), str)}
    for reference in references:
        document.resolve(reference)
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in document.root["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert components == references


def test_every_example_is_as_its_schema_says(document):
    found = []
    for path, at in document.walk():
        schema = at.get("schema", at if "type" in at else None)
        examples = at.get("examples", [])
        if isinstance(examples, dict):
            examples = [example["value"] for example in examples.values()]
        for example in examples + ([at["example"]] if "example" in at and schema else []):
            found += [f"{path}: {flaw}" for flaw in document.flaws(example, schema)] if isinstance(schema, dict) else []
    assert not found


def test_answers_name_every_member_they_may_have(document):
    """So that a new one fails here until it is described."""
    sent = {"Event"}  # unknown members of what clients send are ignored
    open_ones = [
        name
        for name, schema in document.root["components"]["schemas"].items()
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False
    ]
    assert set(open_ones) == sent


def test_every_route_is_documented(document, make_up):
    up = make_up(LOG_LEVEL="debug").start()
    lines = [json.loads(line) for line in up.log_path.read_text().splitlines() if line.startswith("{")]
    routes = {(line["method"], line["path"]) for line in lines if line["message"] == "route"}
    assert routes == {(one.method, one.path) for one in document.operations}


def test_every_answer_is_as_documented(document, seen):
    faults = [f"{one.how}: {fault}" for one in seen for fault in document.faults(one.operation, one.answer)]
    assert not faults, "\n".join(faults)


def test_every_documented_status_was_seen(document, seen):
    found = {(one.operation, one.answer.status) for one in seen}
    expected = {(operation, status) for operation, status in document.documented() if status not in UNPROVOKABLE}
    print(coverage_table(document, seen))
    assert found == expected, sorted(f"{operation}: {status}" for operation, status in found ^ expected)


def test_a_status_that_cannot_be_provoked_is_never_seen(seen):
    assert not [f"{one.operation}: {one.how}" for one in seen if one.answer.status in UNPROVOKABLE]


def test_the_messages_of_streams_are_as_the_document_says(shared_up, document):
    assert shared_up.post(event(MATCH)).status == 202
    recount.wait_counted(shared_up, [MATCH])
    operations = [document.operation(name) for name in ("streamMatch", "streamMatches")]
    with ExitStack() as opened:
        streams = [opened.enter_context(EventStream(shared_up.port, *document.paths(one))) for one in operations]
        for operation, stream in zip(operations, streams):
            schema = document.responses(operation)[200]["content"]["text/event-stream"]["schema"]
            for one in (stream.next_state(), stream.wait_for(lambda one: one.type == "heartbeat")):
                message = {"id": one.id} if one.id else {}
                message |= {"event": one.type} if one.type != "message" else {}
                assert not document.flaws(message | {"data": one.json()}, schema)


def test_good_requests_are_as_the_document_says(document):
    for operation, _, request in all_good(document):
        for media_type, said in document.request_bodies(operation).items():
            if f"Content-Type: {media_type}" in request.headers and media_type == "application/json":
                assert not document.flaws(json.loads(request.body), said["schema"])


def test_examples_of_requests_are_accepted(shared_up, document):
    for operation in document.operations:
        for media_type, said in document.request_bodies(operation).items():
            for example in said["examples"].values():
                value = example["value"]
                body = value if isinstance(value, str) else json.dumps(value)
                answer = shared_up.client().request(
                    operation.method, operation.path, body.encode(), {"Content-Type": media_type}
                )
                assert answer.status == 202, answer
                assert answer.json().get("rejected", 0) == 0, answer


def coverage_table(document, seen):
    """A row for each operation: how many answers of each documented status were compared."""
    counts = Counter((one.operation, one.answer.status) for one in seen)
    rows = [
        f"{operation!s:45}" + " ".join(f"{s}:{counts[operation, s]}" for s in document.responses(operation))
        for operation in document.operations
    ]
    return "\n".join(rows + [f"{status} cannot be provoked: {why}" for status, why in UNPROVOKABLE.items()])
