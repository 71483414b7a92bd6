"""Reading the events of a match: order, filters, pages, and names nobody should give a player."""

import json
import random
from collections import Counter
from urllib.parse import quote, urlencode

import pytest

import recount
from events import KICK_OFF_MS, EventSource, event, milliseconds, rfc3339
from http_client import match_path
from test_contract_events import check_problem

NAMES = [
    "it's",
    '"q"',
    "back\\slash",
    "\\N",
    "100%",
    "%27 OR 1=1 --",
    "'; DROP TABLE events --",
    "{player:String}",
    "<script>alert(1)</script>",
    "a,b&c=d+e",
    "試合 ⚽",
    "",
    "p" * 256,
]


def events_path(match_id, **parameters):
    return f"{match_path(match_id, 'events')}?{urlencode(parameters, doseq=True, quote_via=quote)}"


def pages(client, match_id, **parameters):
    """Page after page, as long as there is a cursor."""
    cursor = {}
    while True:
        answer = client.get(events_path(match_id, **parameters, **cursor))
        assert answer.status == 200, answer
        page = answer.json()
        assert page["matchId"] == match_id and page["asOf"]
        yield page["events"]
        if "nextCursor" not in page:
            return
        cursor = {"cursor": page["nextCursor"]}


def read_all(client, match_id, **parameters):
    return [one for page in pages(client, match_id, **parameters) for one in page]


def as_sent(row):
    """What was posted of an event that was read."""
    assert row["receivedAt"].endswith("Z")
    return {name: value for name, value in row.items() if name not in ("receivedAt", "clock")}


def by_id(events):
    return {one["eventId"]: one for one in events}


@pytest.fixture(scope="module")
def played(shared_up):
    """A match of 3,000 events: (its name, what was posted)."""
    sent = EventSource(11, ["events-played"]).take(3000)
    client = shared_up.client()
    for first in range(0, len(sent), 500):
        assert client.post_batch(sent[first : first + 500]).status == 202
    recount.wait_counted(shared_up, ["events-played"])
    return "events-played", sent


def test_an_event_is_answered_as_it_was_sent(shared_up):
    whole = event("events-one", playerId="player-456", teamId=2, timestamp="2024-01-15T16:30:00.25+02:00")
    whole["metadata"] = {"minute": 45, "scorer": "Zoë \u26bd \"9\"\n", "deep": [{"x": 1.50}]}
    bare = event("events-one", timestamp="2024-01-15T14:31:00Z")
    assert shared_up.client().post_batch([whole, bare]).status == 202
    recount.wait_counted(shared_up, ["events-one"])
    answer = shared_up.get(match_path("events-one", "events"))
    assert answer.headers["content-type"].startswith("application/json")
    page = answer.json()
    assert set(page) == {"matchId", "events", "asOf"}, "there is no next page"
    assert [as_sent(row) for row in page["events"]] == [bare, whole | {"timestamp": "2024-01-15T14:30:00.250Z"}]
    assert "playerId" not in page["events"][0] and "metadata" not in page["events"][0]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [7, 500])
def test_pages_hold_every_event_once_and_in_order(shared_up, played, order, limit):
    match_id, sent = played
    told = list(pages(shared_up.client(), match_id, order=order, limit=limit))
    assert all(len(page) == limit for page in told[:-1]) and 0 < len(told[-1]) <= limit
    rows = [row for page in told for row in page]
    assert Counter(row["eventId"] for row in rows) == Counter(one["eventId"] for one in sent)
    assert {name: as_sent(row) for name, row in by_id(rows).items()} == by_id(sent)
    times = [milliseconds(row["timestamp"]) for row in rows]
    assert times == sorted(times, reverse=order == "desc")


def test_the_latest_fifty_come_unasked(shared_up, played):
    match_id, sent = played
    page = shared_up.get(match_path(match_id, "events")).json()
    latest = sorted((milliseconds(one["timestamp"]) for one in sent), reverse=True)[:50]
    assert [milliseconds(row["timestamp"]) for row in page["events"]] == latest


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"type": "goal"}, lambda one: one["eventType"] == "goal"),
        ({"type": ["goal", "red_card,shot"]}, lambda one: one["eventType"] in ("goal", "red_card", "shot")),
        ({"team": 2}, lambda one: one["teamId"] == 2),
        ({"player": "player-7"}, lambda one: one.get("playerId") == "player-7"),
        (
            {"from": rfc3339(KICK_OFF_MS + 600_000), "to": rfc3339(KICK_OFF_MS + 1_200_000)},
            lambda one: 600_000 <= milliseconds(one["timestamp"]) - KICK_OFF_MS < 1_200_000,
        ),
        (
            {"type": "pass", "team": 1, "player": "player-3", "to": "2024-02-01T01:00:00+00:30", "order": "asc"},
            lambda one: (one["eventType"], one["teamId"], one.get("playerId")) == ("pass", 1, "player-3")
            and milliseconds(one["timestamp"]) < milliseconds("2024-02-01T00:30:00Z"),
        ),
        ({"player": "nobody"}, lambda one: False),
    ],
)
def test_filters_choose_what_a_recount_chooses(shared_up, played, asked, wanted):
    match_id, sent = played
    rows = read_all(shared_up.client(), match_id, limit=40, **asked)
    assert len(rows) == len(by_id(rows))
    assert set(by_id(rows)) == {one["eventId"] for one in sent if wanted(one)}


def test_a_player_of_any_name_is_found_and_nobody_else(shared_up):
    sent = [event("events-names", playerId=name) for name in NAMES] + [event("events-names")]
    assert shared_up.client().post_batch(sent).status == 202
    recount.wait_counted(shared_up, ["events-names"])
    client = shared_up.client()
    for name, one in zip(NAMES, sent):
        assert [as_sent(row) for row in read_all(client, "events-names", player=name)] == [one]
    recount.wait_counted(shared_up, ["events-names"])
    assert len(read_all(client, "events-names")) == len(sent), "the table is still there"


@pytest.mark.parametrize("match_id", ["it's; DROP TABLE events --", "100%", "\\'", '<img src=x onerror="x">', "a/b?c#d"])
def test_a_match_of_any_name_has_its_events(shared_up, match_id):
    match_id += " listed"  # Other tests have matches of such names, too.
    one = event(match_id)
    assert shared_up.post(one).status == 202
    recount.wait_counted(shared_up, [match_id])
    assert [as_sent(row) for row in read_all(shared_up.client(), match_id)] == [one]


def test_the_match_clock_is_what_the_metadata_says(shared_up):
    told = {
        '{"minute": 45, "stoppage": 2, "period": 1}': {"minute": 45, "stoppage": 2, "period": 1},
        '{"minute": "90+3\'"}': {"minute": 90, "stoppage": 3},
        '{"minute": 47, "period": 1}': {"minute": 47, "period": 1},
        '{"minute": "soon"}': None,
        '{"period": 2}': None,
    }
    sent = [event("events-clock", playerId=text, metadata=json.loads(text)) for text in told]
    assert shared_up.client().post_batch(sent).status == 202
    recount.wait_counted(shared_up, ["events-clock"])
    rows = read_all(shared_up.client(), "events-clock")
    assert {row["playerId"]: row.get("clock") for row in rows} == told


def test_paging_while_events_come_in_sees_each_event_once(shared_up):
    """Forwards: events of the future are met as well. Backwards: those of the beginning, whatever comes meanwhile."""
    chance = random.Random(3)
    match_id = "events-growing"
    writer, reader = shared_up.client(), shared_up.client()

    def post(count, from_ms):
        made = [
            event(match_id, timestamp=rfc3339(from_ms + chance.randrange(1000)), playerId=f"p{n}") for n in range(count)
        ]
        assert writer.post_batch(made).status == 202
        return made

    first = [one for n in range(4) for one in post(200, KICK_OFF_MS + n * 1000)]
    recount.wait_counted(shared_up, [match_id])
    for order in ("asc", "desc"):
        later, seen = [], []
        for page in pages(reader, match_id, order=order, limit=37):
            seen += page
            if len(later) < 400:
                # Ahead of every cursor of `asc`, behind every one of `desc`.
                later += post(20, KICK_OFF_MS + (100 if order == "asc" else 200) * 1000)
                recount.wait_counted(shared_up, [match_id])
        assert max(Counter(row["eventId"] for row in seen).values()) == 1
        assert set(by_id(first)) <= set(by_id(seen))
        expected = set(by_id(first)) | (set(by_id(later)) if order == "asc" else set())
        if order == "asc":
            assert set(by_id(seen)) == expected
            first += later
        else:
            assert set(by_id(seen)) == expected, "what came later is newer than the first page"


def test_a_huge_match_is_paged_through_from_end_to_end(up):
    """200,000 events, many of one moment, in a few parts; filled inside ClickHouse."""
    total, name = 200_000, "events-huge"
    for part in range(4):
        first = part * total // 4
        up.clickhouse().execute(
            "INSERT INTO events (event_id, match_id, event_type, event_time, team, player_id, metadata, received_at,"
            " topic, partition, offset) SELECT toUUID(concat('00000000-0000-4000-8000-', leftPad(hex(number), 12, '0'))),"
            f" '{name}', 'pass', fromUnixTimestamp64Milli(toInt64({KICK_OFF_MS} + cityHash64(number) % 6000 * 1000)),"
            " 1 + number % 2, concat('p', toString(number % 11)), '', now64(3), 'filled', 0, number"
            f" FROM numbers({first}, {total // 4})"
        )
    client = up.client()
    for order in ("desc", "asc"):
        seen, before = set(), None
        for page in pages(client, name, order=order, limit=500):
            numbers = [int(row["eventId"].replace("-", "")[20:], 16) for row in page]
            times = [milliseconds(row["timestamp"]) for row in page]
            assert times == sorted(times, reverse=order == "desc")
            assert before is None or (times[0] <= before if order == "desc" else times[0] >= before)
            assert seen.isdisjoint(numbers) and len(set(numbers)) == len(numbers)
            seen.update(numbers)
            before = times[-1]
        assert seen == set(range(total))
    players = client.get(match_path(name, "players")).json()["players"]
    counted = Counter((f"p{n % 11}", 1 + n % 2) for n in range(total))
    assert {(row["playerId"], row["teamId"]): row["totalEvents"] for row in players} == counted


def test_a_match_without_an_event_has_none_to_page_through(shared_up):
    check_problem(shared_up.get(match_path("never played", "events")), 404)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("limit=0", ["limit"]),
        ("limit=501", ["limit"]),
        ("limit=1e2", ["limit"]),
        ("order=newest", ["order"]),
        ("type=goal,dive", ["type"]),
        ("type=", ["type"]),
        ("team=3", ["team"]),
        ("team=1%20", ["team"]),
        ("player=a%00b", ["player"]),
        ("player=%ff", ["player"]),
        ("player=" + "p" * 257, ["player"]),
        ("from=2024-01-15", ["from"]),
        ("to=2024-13-15T00:00:00Z", ["to"]),
        ("from=2024-01-15T00:00:01Z&to=2024-01-15T00:00:00Z", ["to"]),
        ("cursor=nonsense", ["cursor"]),
        ("cursor=", ["cursor"]),
        ("cursor=1-00000000-0000-0000-0000-000000000000'", ["cursor"]),
        ("limit=x&team=x&order=x&cursor=x&type=x&from=x", ["order", "type", "team", "from", "limit", "cursor"]),
    ],
)
def test_bad_parameters_are_400_and_all_named(shared_up, query, fields):
    problem = check_problem(shared_up.get(f"{match_path('events-any', 'events')}?{query}"), 400)
    assert [error["field"] for error in problem["errors"]] == fields
