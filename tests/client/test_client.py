"""A client is generated from what the service serves at /openapi.json, compiled, and used."""

import json

from events import event
from http_client import match_path

MATCH = "Client–Test 1/2"


def test_the_document_is_valid_and_fit_for_generators(run):
    assert run("node", "check.mjs", "openapi.json") == ""


def test_a_generated_client_sends_events_and_reads_metrics(run, up):
    others = [event(f"client-{n}") for n in range(4)]
    assert up.client().post_batch(others).status == 202
    run("node_modules/.bin/openapi-typescript", "openapi.json", "--output", "api.d.ts")
    run("node_modules/.bin/tsc", "--project", ".")
    told = json.loads(run("node", "out/client.js", f"http://127.0.0.1:{up.port}", MATCH))
    assert told["again"] == "same"
    assert told["heartbeat"] == "nothing new since the start"
    assert told["batch"] == {"accepted": 2, "rejected": 0, "errors": []}
    assert told["metrics"]["eventsByType"] == {"goal": 1, "pass": 2, "foul": 1}
    assert told["buckets"] == 4
    assert told["refused"] == ["eventType"]
    assert sorted(told["matches"]) == sorted([MATCH, *(one["matchId"] for one in others)])
    counted = up.get(match_path(MATCH)).json()
    assert counted["totalEvents"] == told["metrics"]["totalEvents"] == 4
