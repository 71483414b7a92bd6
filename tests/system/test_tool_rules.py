"""What our tools take for a valid event is what the service takes, at every limit."""

import json
import sys

from http_client import BATCH, NDJSON
from waiting import ROOT

sys.path.insert(0, str(ROOT))

from simulation import contract  # noqa: E402

MATCH = "tool-rules"
GOOD = {"matchId": MATCH, "eventType": "pass", "timestamp": "2024-01-15T14:30:00Z", "teamId": 1, "playerId": "p"}


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def sized(event, size):
    line = json.dumps(event | {"metadata": {"note": ""}})
    return line.replace('"note": ""', f'"note": "{"x" * (size - len(line))}"')


def lines():
    """Events at the limits and beyond them, each with an id of its own."""
    changes = [
        {}, {"matchId": ""}, {"matchId": "."}, {"matchId": ".."}, {"matchId": "..."}, {"matchId": " \u3000"}, {"playerId": "a\tb"},
        {"playerId": "a\u0085b"}, {"matchId": "m" * 256}, {"matchId": "m" * 257}, {"matchId": "é" * 128}, {"matchId": "é" * 129},
        {"matchId": "a\x7fb"}, {"matchId": "a\u0085b"}, {"matchId": "a b/c%?"}, {"matchId": None}, {"matchId": 7},
        {"playerId": "p" * 256}, {"playerId": "p" * 257}, {"playerId": "ø" * 128}, {"playerId": None}, {"playerId": ""},
        {"playerId": 7}, {"teamId": 0}, {"teamId": 2}, {"teamId": 3}, {"teamId": True}, {"teamId": "1"}, {"teamId": None},
        {"metadata": None}, {"metadata": []}, {"metadata": nested(63)}, {"metadata": nested(64)}, {"metadata": {"a": 1e300}},
        {"timestamp": "1970-01-01T00:00:00Z"}, {"timestamp": "1969-12-31T23:59:59.999Z"}, {"timestamp": "2024-02-30T00:00:00Z"},
        {"timestamp": "2261-12-31T23:59:59.999Z"}, {"timestamp": "2262-01-01T00:00:00Z"}, {"timestamp": "2024-01-15T14:30:00"},
        {"timestamp": "2261-12-31T23:59:59-01:00"}, {"timestamp": "1970-01-01T00:30:00+01:00"}, {"timestamp": "2024-01-15"},
        {"timestamp": "2024-01-15T24:00:00Z"}, {"timestamp": "2024-01-15t14:30:00.123456789z"}, {"timestamp": 1705329000},
        {"timestamp": "2024-01-15T14:30:00+23:59"}, {"timestamp": "2024-01-15T14:30:00."}, {"timestamp": "2024-1-15T14:30:00Z"},
        {"eventId": "7"}, {"eventId": "{550e8400-e29b-41d4-a716-446655440000}"}, {"eventId": "550e8400e29b41d4a716446655440000"},
        {"eventId": "550E8400-E29B-41D4-A716-446655440000"}, {"eventType": "penalty"}, {"eventType": "Goal"},
        {"other": nested(63)}, {"other": nested(64)}, {"metadata": {"a": "\ud83d"}}, {"metadata": {"a": "\ud83d\ude00"}},
        {"metadata": {"a": float("nan")}}, *({"eventType": kind} for kind in sorted(contract.EVENT_TYPES)),
    ]
    numbered = [{"eventId": f"00000000-0000-4000-8000-{number:012d}"} | GOOD | change for number, change in enumerate(changes)]
    long = {"eventId": "00000000-0000-4000-8000-0000000f0000"} | GOOD
    return [*map(json.dumps, numbered), sized(long, contract.MOST_EVENT_BYTES), sized(long, contract.MOST_EVENT_BYTES + 1),
            "[]", "7", "{", json.dumps(GOOD)]


def test_the_rules_of_the_tools_are_those_of_the_service(up):
    sent = lines()
    client = up.client()
    answer = client.request("POST", BATCH, "\n".join(sent).encode(), NDJSON)
    client.close()
    assert answer.status == 202
    refused = {error["index"] for error in answer.json()["errors"]}
    by_tools = {number for number, line in enumerate(sent) if contract.faults(line.encode())}
    assert [sent[number][:200] for number in sorted(refused ^ by_tools)] == []
    assert len(refused) > 30 and len(sent) - len(refused) > 30
