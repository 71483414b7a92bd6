"""POST /api/events and /api/events/batch: what is accepted, what is refused, and how."""

import gzip
import json
import uuid

import pytest

import recount
from events import TYPES, event
from harness import prometheus_sum
from http_client import BATCH, EVENTS, JSON, NDJSON, match_path

# The event of the contract's own example, as one zstd frame made by hand: raw blocks need no compressor.
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def zstd_raw(data):
    """RFC 8878: single segment, 4-byte content size, one raw block."""
    assert len(data) < 128 * 1024
    block = ((len(data) << 3) | 1).to_bytes(3, "little")
    return ZSTD_MAGIC + b"\xa0" + len(data).to_bytes(4, "little") + block + data


def test_an_accepted_event_answers_202_with_its_id_in_lower_case(shared_up):
    sent = event("accepted", eventId=str(uuid.uuid4()).upper())
    answer = shared_up.post(sent)
    assert answer.status == 202 and answer.headers["content-type"].startswith("application/json")
    told = answer.json()
    assert set(told) == {"eventId", "status", "timestamp"}
    assert told["eventId"] == sent["eventId"].lower() and told["status"] == "accepted"
    assert told["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "members",
    [
        {"playerId": None},
        {"playerId": "p" * 256},
        {"metadata": {}},
        {"metadata": {"a": [1, {"b": None}]}},
        {"teamId": 2},
        {"timestamp": "1970-01-01T00:00:00Z"},
        {"timestamp": "2261-12-31T23:59:59.999Z"},
        {"timestamp": "2024-01-15T16:30:00.123456789+02:00"},
        {"unknown": {"member": True}},
        {"matchId": "m" * 256},
        *({"eventType": kind} for kind in TYPES),
    ],
    ids=lambda members: "-".join(f"{k}={str(v)[:20]}" for k, v in members.items()),
)
def test_a_valid_event_is_accepted(shared_up, members):
    answer = shared_up.post(event("valid") | members)
    assert answer.status == 202, answer


def test_null_counts_as_absent_for_the_optional_members(shared_up):
    answer = shared_up.post(event("nulls") | {"playerId": None, "metadata": None})
    assert answer.status == 202, answer


@pytest.mark.parametrize(
    "member, value",
    [
        ("eventId", "not-a-uuid"),
        ("eventId", 5),
        ("eventId", None),
        ("matchId", ""),
        ("matchId", "m" * 257),
        ("matchId", "a\u0001b"),
        ("eventType", "own_goal"),
        ("eventType", "Goal"),
        ("timestamp", "yesterday"),
        ("timestamp", "2024-02-30T00:00:00Z"),
        ("timestamp", "2024-01-15T14:30:00"),
        ("timestamp", "1969-12-31T23:59:59Z"),
        ("timestamp", "2262-01-01T00:00:00Z"),
        ("timestamp", 1705329000),
        ("teamId", 0),
        ("teamId", 3),
        ("teamId", 1.5),
        ("teamId", "1"),
        ("playerId", 7),
        ("playerId", "p" * 257),
        ("metadata", []),
        ("metadata", "text"),
    ],
)
def test_a_bad_member_is_named(shared_up, member, value):
    answer = shared_up.post(event("bad") | {member: value})
    problem = check_problem(answer, 400)
    assert [error["field"] for error in problem["errors"]] == [member]
    assert problem["errors"][0]["detail"]


def test_every_bad_member_is_named_at_once(shared_up):
    answer = shared_up.post(
        {"eventId": "x", "matchId": "", "eventType": "?", "timestamp": "?", "teamId": 9, "playerId": 1, "metadata": 1}
    )
    problem = check_problem(answer, 400)
    assert {error["field"] for error in problem["errors"]} == {
        "eventId",
        "matchId",
        "eventType",
        "timestamp",
        "teamId",
        "playerId",
        "metadata",
    }
    missing = check_problem(shared_up.post({}), 400)
    assert {error["field"] for error in missing["errors"]} == {"eventId", "matchId", "eventType", "timestamp", "teamId"}


def test_the_same_id_again_is_accepted_and_the_first_one_counts(shared_up):
    first = event("first-wins", eventType="goal")
    for again in (first, first | {"eventId": first["eventId"].upper()}, first | {"eventType": "foul", "teamId": 2}):
        assert shared_up.post(again).status == 202
    batch = shared_up.client().post_batch([first, first])
    assert batch.status == 202 and batch.json()["accepted"] == 2
    recount.wait_counted(shared_up, ["first-wins"])
    metrics = shared_up.get(match_path("first-wins")).json()
    assert metrics["totalEvents"] == 1 and metrics["eventsByType"] == {"goal": 1}


def test_an_answer_says_when_the_id_is_known_and_whether_the_content_is(shared_up):
    client = shared_up.client()
    first, other = event("known", metadata={"minute": 45}), event("known")
    changed = first | {"metadata": {"minute": 46}}
    answers = [client.post_event(one).json().get("known") for one in (first, first, changed, changed, first)]
    assert answers == [None, "same", "different", "different", "same"]
    told = client.post_ndjson([other, first, changed, other, other | {"teamId": 2}, {}]).json()
    assert (told["accepted"], told["rejected"]) == (5, 1)
    assert told["known"] == {"same": 2, "different": 2, "differentIds": [first["eventId"], other["eventId"]]}
    assert "known" not in client.post_batch([event("known"), event("known")]).json()
    text = shared_up.get("/metrics").body.decode()
    for content in ("same", "different"):
        assert prometheus_sum(text, "fanfinity_events_known_total", f'content="{content}"') >= 4
    recount.wait_counted(shared_up, ["known"])
    stored = shared_up.clickhouse().value(f"SELECT metadata FROM events WHERE event_id = '{first['eventId']}'")
    assert json.loads(stored) == first["metadata"]


@pytest.mark.parametrize("form", ["array", "ndjson"])
def test_a_batch_takes_the_valid_and_names_the_rest(shared_up, form):
    match = f"partial-{form}"
    events = [event(match), event(match, eventType="?", teamId=9), event(match), {"eventId": "x"}, event(match)]
    client = shared_up.client()
    answer = client.post_batch(events) if form == "array" else client.post_ndjson(events)
    assert answer.status == 202, answer
    told = answer.json()
    assert (told["accepted"], told["rejected"]) == (3, 2)
    assert [error["index"] for error in told["errors"]] == [1, 3]
    assert told["errors"][0]["eventId"] == events[1]["eventId"]
    assert {error["field"] for error in told["errors"][0]["errors"]} == {"eventType", "teamId"}
    recount.wait_counted(shared_up, [match])
    assert shared_up.get(match_path(match)).json()["totalEvents"] == 3


def test_ndjson_takes_crlf_blank_lines_and_a_line_that_is_not_json(shared_up):
    lines = [json.dumps(event("lines")), "", "{broken", json.dumps(event("lines"))]
    answer = shared_up.client().request("POST", BATCH, "\r\n".join(lines).encode() + b"\r\n", NDJSON)
    assert answer.status == 202, answer
    told = answer.json()
    assert (told["accepted"], told["rejected"], told["errors"][0]["index"]) == (2, 1, 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[{}]", b"[1,2]", b'[{"eventId":"x"}', b"null", b"\n\n"])
def test_a_batch_without_a_valid_event_is_refused(shared_up, body):
    check_problem(shared_up.client().request("POST", BATCH, body, JSON), 400)


def test_ten_thousand_events_are_one_batch_and_one_more_is_too_many(shared_up):
    fixed = {"matchId": "ten-thousand", "eventType": "pass", "timestamp": "2024-01-15T14:30:00Z", "teamId": 1}
    events = [{"eventId": str(uuid.uuid4())} | fixed for _ in range(10_001)]
    client = shared_up.client()
    assert client.post_ndjson(events).status == 413
    answer = client.post_batch(events[:10_000])
    assert answer.status == 202 and answer.json()["accepted"] == 10_000
    recount.wait_counted(shared_up, ["ten-thousand"])
    assert shared_up.get(match_path("ten-thousand")).json()["totalEvents"] == 10_000


@pytest.mark.parametrize("encoding, encode", [("gzip", gzip.compress), ("zstd", zstd_raw)])
def test_a_body_may_be_compressed(shared_up, encoding, encode):
    match = f"compressed-{encoding}"
    body = encode(json.dumps(event(match)).encode())
    answer = shared_up.client().request("POST", EVENTS, body, JSON | {"Content-Encoding": encoding})
    assert answer.status == 202, answer
    recount.wait_counted(shared_up, [match])
    assert shared_up.get(match_path(match)).json()["totalEvents"] == 1


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_that_does_not_decode_is_malformed(shared_up, encoding):
    answer = shared_up.client().request("POST", EVENTS, b"not compressed at all", JSON | {"Content-Encoding": encoding})
    check_problem(answer, 400)


def test_a_torn_gzip_body_is_malformed(shared_up):
    torn = gzip.compress(json.dumps(event("torn")).encode())[:-9]
    check_problem(shared_up.client().request("POST", EVENTS, torn, JSON | {"Content-Encoding": "gzip"}), 400)


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}, JSON | {"Content-Encoding": "br"}, NDJSON],
)
def test_another_media_type_or_encoding_is_415(shared_up, headers):
    check_problem(shared_up.client().request("POST", EVENTS, json.dumps(event("x")).encode(), headers), 415)


def test_a_media_type_may_have_parameters_and_any_case(shared_up):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = shared_up.client().request("POST", EVENTS, json.dumps(event("x")).encode(), headers)
    assert answer.status == 202, answer


@pytest.mark.parametrize("encode", [None, gzip.compress, zstd_raw])
def test_a_byte_order_mark_before_a_body_is_skipped(shared_up, encode):
    client = shared_up.client()
    encoding = {None: {}, gzip.compress: {"Content-Encoding": "gzip"}, zstd_raw: {"Content-Encoding": "zstd"}}[encode]
    one, two = (json.dumps(event("marked")) for _ in range(2))
    for path, text, headers in [(EVENTS, one, JSON), (BATCH, f"[{one},{two}]", JSON), (BATCH, f"{one}\n{two}", NDJSON)]:
        for marks, is_good in [("\ufeff", True), ("\ufeff\ufeff", False)]:
            body = (marks + text).encode()
            answer = client.request("POST", path, encode(body) if encode else body, headers | encoding)
            good = answer.status == 202 and answer.json().get("rejected", 0) == 0
            assert good == is_good, answer
    # Files with a mark each, joined: only the first mark is that of the body.
    told = client.request("POST", BATCH, f"\ufeff{one}\n\ufeff{two}\n{one}".encode(), NDJSON).json()
    assert (told["accepted"], [error["index"] for error in told["errors"]]) == (2, [1])
    assert "byte order mark" in told["errors"][0]["errors"][0]["detail"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_another_encoding_than_utf_8_is_named(shared_up, encoding):
    client = shared_up.client()
    one = json.dumps(event("wide"))
    for path, text, headers in [(EVENTS, one, JSON), (BATCH, f"[{one}]", JSON), (BATCH, f"{one}\n{one}", NDJSON)]:
        charset = {"Content-Type": f"{headers['Content-Type']}; charset={encoding}"}
        problem = check_problem(client.request("POST", path, text.encode(encoding), charset), 400)
        assert "send it as UTF-8" in json.dumps(problem)


LINE_TYPES = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines"]


@pytest.mark.parametrize("media_type", LINE_TYPES)
def test_lines_are_taken_under_each_of_their_names(shared_up, media_type):
    client = shared_up.client()
    body = "\n".join(json.dumps(event("lines")) for _ in range(2)).encode()
    for header in (media_type, media_type.upper(), media_type + ";charset=UTF-8"):
        answer = client.request("POST", BATCH, body, {"Content-Type": header})
        assert answer.status == 202 and answer.json()["accepted"] == 2, answer
    check_problem(client.request("POST", EVENTS, body, {"Content-Type": media_type}), 415)


def test_json_of_a_type_of_its_own_is_json(shared_up):
    client = shared_up.client()
    one = json.dumps(event("own-type"))
    for media_type in ("application/vnd.feed+json", "application/Event+JSON; charset=utf-8; version=2"):
        headers = {"Content-Type": media_type}
        assert client.request("POST", EVENTS, one.encode(), headers).status == 202
        assert client.request("POST", BATCH, f"[{one}]".encode(), headers).status == 202
    for media_type in ("application/json-seq", "application/+json", "text/json", "application/feed+xml", "application/jsonl+json5"):
        answer = client.request("POST", BATCH, f"[{one}]".encode(), {"Content-Type": media_type})
        problem = check_problem(answer, 415)
        assert all(name in problem["detail"] and name in answer.headers["accept"] for name in LINE_TYPES)


def test_an_event_over_64_kib_is_413_also_when_compressed(shared_up):
    big = json.dumps(event("big", metadata={"text": "x" * 70_000})).encode()
    client = shared_up.client()
    check_problem(client.request("POST", EVENTS, big, JSON), 413)
    check_problem(client.request("POST", EVENTS, gzip.compress(big), JSON | {"Content-Encoding": "gzip"}), 413)
    inside = json.dumps(event("big", metadata={"text": "x" * 64_000})).encode()
    assert client.request("POST", EVENTS, inside, JSON).status == 202


def test_a_batch_over_8_mib_is_413(shared_up):
    body = b"[" + b" " * (8 << 20) + b"]"
    check_problem(shared_up.client().request("POST", BATCH, body, JSON), 413)


def check_problem(answer, status):
    """RFC 9457 with all four members; the problem."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["type"] and problem["title"] and problem["detail"]
    return problem
