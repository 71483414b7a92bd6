"""The schemas of /openapi.json and the service agree: documents and parameters near every limit are given to both.

What no schema can say stands in DIFFERENCES, so that there are no others."""

import json
from decimal import Decimal
from urllib.parse import quote

import pytest

import recount
from events import TYPES, event
from http_client import BATCH, EVENTS, JSON, NDJSON, match_path
from openapi_document import Document

MATCH = "schema"
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
BLANKS = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
NO_BLANKS = "\u00a1\u167f\u1681\u180e\u1fff\u200b\u200d\u2027\u202a\u202e\u2030\u205e\u2060\u3001\ufeff"
OTHER_TYPES = [None, True, False, 1, 1.5, [], {}, ["1"], {"a": 1}]

MATCH_IDS = [
    *("", ".", "..", "...", ". ", " .", ".a", "a.", "..a", "a/..", "../..", "%2e", "%2E%2e", "\uff0e", "a/b", "a\\b"),
    *("m" * length for length in (1, 255, 256, 257, 1000)),
    *("ü" * 128, "日" * 85, "🏆" * 64, "ü" * 257, "🏆" * 257),
    *CONTROLS,
    *(f"a{control}b" for control in CONTROLS),
    *(f"{before}{control}{after}" for control in "\0\n\r\x7f\x85" for before, after in [("a", ""), ("", "a"), (".", "")]),
    *BLANKS,
    *(blank + "m" for blank in BLANKS),
    *("m" + blank for blank in BLANKS),
    *(BLANKS, BLANKS + "m" + BLANKS, BLANKS + ".", "  \u3000 "),
    *NO_BLANKS,
]
PLAYER_IDS = [None, "", " ", ".", "..", *MATCH_IDS]
EVENT_IDS = [
    *("550E8400-E29B-41D4-A716-446655440000", "550e8400-e29B-41d4-A716-446655440000"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    *("", "x", "550e8400e29b41d4a716446655440000", "{550e8400-e29b-41d4-a716-446655440000}"),
    *(" 550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000\n"),
    *("urn:uuid:550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-44665544000g"),
    *("550e8400-e29b-41d4-a716-44665544000", "550e8400-e29b-41d4-a716-4466554400000"),
    *("550e840-0e29b-41d4-a716-446655440000", "５50e8400-e29b-41d4-a716-446655440000"),
]
EVENT_TYPES = [*TYPES, "", "Goal", "goal ", "own_goal", "yellow card", "goal\0"]
TIMESTAMPS = [
    *(f"2024-01-15{t}14:30:00{z}" for t in "Tt _" for z in "Zz"),
    *(f"2024-01-15T14:30:00{offset}" for offset in ("+00:00", "-00:00", "+23:59", "-23:59", "+24:00", "+05:60", "-05:30")),
    *(f"2024-01-15T14:30:00{offset}" for offset in ("", "+0530", "+05", "+5:30", "+05:30:00", "Z+01:00", " Z", "UTC", "−05:30")),
    *(f"2024-01-15T14:30:00.{digits}Z" for digits in ("0", "1", "12", "123", "123456789", "9" * 100, "", "1.2", "-1", "٣")),
    *(f"2024-01-15T{time}Z" for time in ("00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:59:60", "12:00:61", "23:59:60")),
    *(f"2024-01-15T{time}Z" for time in ("1:00:00", "01:0:00", "01:00:0", "01:00", "010000", "14:30:00,5", "14-30-00")),
    *("2016-12-31T23:59:60Z", "2016-12-31T23:59:60.999z", "2017-01-01T00:59:60+01:00", "2016-12-31T15:59:60-08:00"),
    *("2016-12-31T23:59:60+01:00", "2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z", "2017-01-01T00:00:60Z"),
    *("2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
    *(f"2024-{day}T00:00:00Z" for day in ("04-30", "04-31", "12-31", "12-32", "00-01", "01-00", "13-01", "1-1", "-1-01")),
    *(f"{year}-06-15T00:00:00Z" for year in ("1969", "1970", "2261", "2262", "0000", "9999", "999", "02024", "+2024", "-0001")),
    *("1970-01-01T00:00:00Z", "2261-12-31T23:59:59.999Z", "1969-12-31T23:59:00-00:01", "2262-01-01T00:00:00+00:01"),
    *("1970-01-02T00:00:00+23:59", "2261-12-31T00:00:00-23:59", "1969-12-30T23:59:00-23:59", "2262-01-02T00:00:00+23:59"),
    *("", " ", "yesterday", "1705329000", "2024-01-15", "20240115T143000Z", " 2024-01-15T14:30:00Z"),
    *("2024-01-15T14:30:00Z ", "2024-01-15T14:30:00Z\n", "2024-01-15T14:30:00\0Z", "٢٠٢٤-01-15T14:30:00Z"),
]
# As JSON texts: a number is an integer by its value, however it is written.
NUMBERS = [
    *("1", "2", "0", "3", "-1", "-0", "-2", "12", "1.0", "2.0", "1.5", "0.0", "-1.0", "2.00000", "1.01", "1e0", "2E0", "1e+0"),
    *("1e-0", "10e-1", "20e-1", "200E-2", "11e-1", "0.1e1", "0.2e+1", "0.02e2", "0.1", "1e1", "1e-1", "0e0", "0e400", "1e400"),
    *("1e-400", "-1e400", "1." + "0" * 400, "1." + "0" * 400 + "1", "0." + "9" * 400, "1" + "0" * 400 + "e-400", "9" * 400),
    *("18446744073709551617", "4294967297", "2.0e0", "1e00", "1e-00", "3.0", "30e-1"),
]
METADATA = [
    *("{}", '{"a":[1,{"b":null}]}', '{"n":[1e400,-1e400,-0,0.10]}', '{"big":' + "9" * 400 + "}", '{"a":1,"a":2}'),
    *('{"a":"\\u0000"}', '{"":""}', '{"a":' * 63 + "1" + "}" * 63, "[]", "[{}]", '"{}"', "0", "1", "true", "false", '""'),
]


def with_member(name, raw):
    """An event of which one member is this JSON text."""
    members = {key: json.dumps(value) for key, value in event(MATCH, playerId="p").items()} | {name: raw}
    return "{" + ",".join(f'"{key}":{text}' for key, text in members.items()) + "}"


def each(name, values):
    return [with_member(name, json.dumps(value)) for value in values]


def without(*names):
    return json.dumps({key: value for key, value in event(MATCH).items() if key not in names})


DOCUMENTS = [
    *each("matchId", MATCH_IDS + OTHER_TYPES),
    *each("playerId", PLAYER_IDS + OTHER_TYPES),
    *each("eventId", EVENT_IDS + OTHER_TYPES),
    *each("eventType", EVENT_TYPES + OTHER_TYPES),
    *each("timestamp", TIMESTAMPS + OTHER_TYPES),
    *(with_member("teamId", number) for number in NUMBERS),
    *each("teamId", ["1", "2", "", None, True, False, [1], {}]),
    *(with_member("metadata", text) for text in METADATA + ["null"]),
    *(with_member(name, text) for name in ("unknown", "TeamId", "teamID", "") for text in ("null", "1e400", "[{}]", '"\\u0000"')),
    *(without(name) for name in ("eventId", "matchId", "eventType", "timestamp", "teamId", "playerId", "metadata")),
    *("{}", "[]", "null", "1", "true", '"event"', "[{}]"),
]
# The schema takes them, the service does not: what it says of the limit is in the descriptions alone.
DIFFERENCES = {
    "bytes are counted, not characters, of a match": each("matchId", ["ü" * 129, "ü" * 256, "日" * 86, "🏆" * 65, "🏆" * 256]),
    "bytes are counted, not characters, of a player": each("playerId", ["ü" * 129, "日" * 86, "🏆" * 256]),
    "years are those of UTC": each(
        "timestamp",
        ["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00+00:01", "2262-01-01T00:00:00Z", "2261-12-31T23:59:00-00:01"],
    ),
    "64 levels": [with_member(name, '{"a":' * 64 + "1" + "}" * 64) for name in ("metadata", "unknown")],
    "a member twice": [with_member(f'{name}":{value},"{name}', value) for name, value in [("teamId", "1"), ("playerId", '"p"')]],
    "half a surrogate pair": [with_member(name, '"\\ud800"') for name in ("matchId", "playerId", "unknown")],
    "64 KiB": [with_member("metadata", json.dumps({"text": "x" * 65_536}))],
}


@pytest.fixture(scope="module")
def document(shared_up):
    return Document(shared_up.get("/openapi.json").body, {"matchId": [MATCH]})


@pytest.fixture(scope="module")
def valid(document):
    """Whether the schema takes the text of an event. No number is rounded on its way."""
    schema = document.request_bodies(document.operation("postEvent"))["application/json"]["schema"]
    return lambda text: not document.flaws(json.loads(text, parse_float=Decimal), schema)


@pytest.fixture(scope="module")
def accepted(shared_up):
    client = shared_up.client()
    return lambda text: client.request("POST", EVENTS, text.encode(), JSON).status == 202


def short(text):
    return text if len(text) < 300 else f"{text[:200]} ... {text[-80:]}"


def test_an_event_is_accepted_when_the_schema_takes_it(valid, accepted):
    verdicts = [(text, valid(text), accepted(text)) for text in DOCUMENTS]
    apart = [f"schema {said}, service {done}: {short(text)}" for text, said, done in verdicts if said != done]
    assert not apart, f"{len(apart)} of {len(verdicts)}:\n" + "\n".join(apart)
    taken = sum(said for _, said, _ in verdicts)
    assert 150 < taken < len(verdicts) - 150, "there are many of each kind"


@pytest.mark.parametrize("texts", DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_what_no_schema_can_say_the_service_refuses(valid, accepted, texts):
    for text in texts:
        assert valid(text) and not accepted(text), short(text)


def test_a_batch_takes_the_same_events(shared_up, accepted):
    """None of the documents has a line end: each is a line, and an element."""
    texts = [text for text in DOCUMENTS + sum(DIFFERENCES.values(), []) if not text.startswith("[")]
    refused = [index for index, text in enumerate(texts) if not accepted(text)]
    client = shared_up.client()
    for body, headers in [("\n".join(texts), NDJSON), (f"[{','.join(texts)}]", JSON)]:
        answer = client.request("POST", BATCH, body.encode(), headers)
        assert answer.status == 202, answer
        told = answer.json()
        assert (told["accepted"], told["rejected"]) == (len(texts) - len(refused), len(refused))
        assert [error["index"] for error in told["errors"]] == refused[: len(told["errors"])]


TIMES = [one for one in TIMESTAMPS if one.isascii()]
PARAMETERS = {
    "limit": ["1", "2", "499", "500", "0", "501", "-1", "1.5", "", "x", " 1", "99999999999999999999"],
    "order": ["asc", "desc", "", "ASC", "up"],
    "team": ["1", "2", "0", "3", "-1", "x", "", "1.5"],
    "type": ["goal", "goal,red_card", "", "Goal", "goal,", "own_goal", ",".join(TYPES)],
    "player": ["p", "p" * 256, "p" * 257, "ü" * 128, "", " ", ".", "\0", "a\0b", "a\tb"],
    "bucket": [
        *(f"{number}{unit}" for unit in "smh" for number in (0, 1, 7, 12, 30, 31, 60, 61, 120, 720, 1800, 3600, 7200)),
        *("", "m", "1M", "1", "1 m", "-1m", "1.5m", "1d"),
    ],
    "q": ["a", "harbour rio", " a ", "", " ", "x" * 256, "x" * 257, "a\tb", "ü"],
    "from": TIMES,
    "to": TIMES,
    "cursor": [
        *("", "x", "-", "1-", "-1", "1705331851000-", "1705331851000-zz"),
        *("1705331851000-6d31", "1705331851000-6d3", "1705331851000-2e", "1705331851000-20", "1705331851000-6D31", "01705331851000-6d31", "17053318510000-6d31"),
        *("0-6d", "1-" + "6d" * 256, "1-" + "6d" * 257, "1705331851000-6d31-", "+1-6d", "-1-6d", " 1-6d"),
        *("1705331851000-550e8400-e29b-41d4-a716-446655440000", "0-550e8400-e29b-41d4-a716-446655440000"),
        *("1705331851000-550E8400-e29b-41d4-a716-446655440000", "1705331851000-550e8400-e29b41d4-a716446655440000"),
        *("01705331851000-550e8400-e29b-41d4-a716-446655440000", "-1-550e8400-e29b-41d4-a716-446655440000"),
        *("1705331851000-550e8400e29b41d4a716446655440000-", "9214646399999-550e8400-e29b-41d4-a716-446655440000"),
    ],
}


def typed(text, schema):
    """A parameter as its schema has it (style form, no explode)."""
    if schema.get("type") == "array":
        return text.split(",")
    if schema.get("type") == "integer":
        return int(text) if text.lstrip("-").isdigit() and not text.startswith(" ") else text
    return text


def test_a_parameter_is_accepted_when_its_schema_takes_it(shared_up, document):
    match = "schema of parameters"
    assert shared_up.post(event(match)).status == 202
    recount.wait_counted(shared_up, [match])
    client = shared_up.client()
    apart, seen = [], 0
    for operation in document.operations:
        if not operation.path.startswith("/api/matches") or operation.path.endswith("stream"):
            continue
        (path,) = document.paths(operation, match)
        for said in document.parameters(operation):
            if said["in"] != "query":
                continue
            schema = document.follow(said["schema"])
            for value in PARAMETERS[said["name"]]:
                answer = client.get(f"{path}?{said['name']}={quote(value, safe='')}")
                assert answer.status in (200, 400), answer
                seen += 1
                if (answer.status == 200) == bool(document.flaws(typed(value, schema), schema)):
                    apart.append(f"{operation} {said['name']}={short(value)}: {answer}")
    assert not apart, "\n".join(apart)
    assert seen > 300


def test_an_address_holds_the_name_of_every_match_that_is_accepted(shared_up, accepted):
    """As clients normalise it: steps in a path are taken before the request is sent (RFC 3986, 6.2.2.3)."""
    names = [name for name in MATCH_IDS if accepted(with_member("matchId", json.dumps(name)))]
    assert len(names) > 50 and not {".", ".."} & set(names)
    recount.wait_counted(shared_up, names)
    client = shared_up.client()
    for name in names:
        answer = client.get(normalised(match_path(name)))
        assert answer.status == 200 and answer.json()["matchId"] == name, (name, answer)


def normalised(path):
    """As the URL standard of browsers has it, which takes %2e for a dot."""
    kept = []
    for segment in path.split("/"):
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            kept = kept[:-1]
        elif dots != ".":
            kept.append(segment)
    return "/".join(kept)
