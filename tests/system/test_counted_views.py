"""Counts no rollup was made for: timelines of any bucket, and players; against a recount of what was posted."""

from collections import Counter, defaultdict

import pytest

import recount
from events import KICK_OFF_MS, EventSource, event, milliseconds, rfc3339
from http_client import match_path
from test_contract_events import check_problem

SECONDS = {"1s": 1, "15s": 15, "30s": 30, "1m": 60, "5m": 300, "1h": 3600}


@pytest.fixture(scope="module")
def played(shared_up):
    """A match of 4,000 events: (its name, what was posted)."""
    sent = EventSource(17, ["counted-played"]).take(4000)
    client = shared_up.client()
    for first in range(0, len(sent), 500):
        assert client.post_batch(sent[first : first + 500]).status == 202
    recount.wait_counted(shared_up, ["counted-played"])
    return "counted-played", sent


def cells_of(timeline):
    cells = Counter()
    for bucket in timeline["buckets"]:
        assert bucket["total"] == sum(bucket["byType"].values()) == sum(bucket["byTeam"].values())
        for team, by_type in bucket["teams"].items():
            for kind, count in by_type.items():
                cells[milliseconds(bucket["start"]), kind, int(team)] = count
    return cells


def counted(sent, seconds, from_ms=0, to_ms=2**62):
    cells = Counter()
    for one in sent:
        at = milliseconds(one["timestamp"])
        if from_ms <= at < to_ms:
            cells[at // (seconds * 1000) * seconds * 1000, one["eventType"], one["teamId"]] += 1
    return cells


@pytest.mark.parametrize("bucket", SECONDS)
def test_a_timeline_of_any_bucket_equals_a_recount(shared_up, played, bucket):
    match_id, sent = played
    timeline = shared_up.get(f"{match_path(match_id, 'timeline')}?bucket={bucket}").json()
    assert timeline["bucketSeconds"] == SECONDS[bucket]
    assert cells_of(timeline) == counted(sent, SECONDS[bucket])
    starts = [bucket["start"] for bucket in timeline["buckets"]]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("bucket", SECONDS)
def test_a_part_of_a_timeline_is_made_of_whole_buckets(shared_up, played, bucket):
    match_id, sent = played
    start, end = KICK_OFF_MS + 600_123, KICK_OFF_MS + 3_600_456
    path = f"{match_path(match_id, 'timeline')}?bucket={bucket}&from={rfc3339(start)}&to={rfc3339(end)}"
    length = SECONDS[bucket] * 1000
    whole = counted(sent, SECONDS[bucket], start // length * length, -(-end // length) * length)
    assert cells_of(shared_up.get(path).json()) == whole and whole


def test_without_parameters_the_timeline_is_what_it_was(shared_up):
    assert shared_up.post(event("counted-plain", eventType="goal", timestamp="2024-01-15T14:30:07Z")).status == 202
    recount.wait_counted(shared_up, ["counted-plain"])
    body = shared_up.get(match_path("counted-plain", "timeline")).body.decode()
    before, _, rest = body.partition('"asOf":"')
    assert before == (
        '{"matchId":"counted-plain","bucketSeconds":60,"buckets":[{"start":"2024-01-15T14:30:00Z","total":1,'
        '"byType":{"goal":1},"byTeam":{"1":1,"2":0},"teams":{"1":{"goal":1},"2":{}}}],'
    )
    assert rest.endswith('Z"}')


def test_a_timeline_that_would_be_too_long_says_what_would_do(shared_up):
    name = "counted-long"
    kick_off = milliseconds("2024-01-15T14:00:00Z")
    minutes = [event(name, timestamp=rfc3339(kick_off + minute * 60_000)) for minute in range(200)]
    assert shared_up.client().post_batch(minutes).status == 202
    recount.wait_counted(shared_up, [name])
    problem = check_problem(shared_up.get(f"{match_path(name, 'timeline')}?bucket=1s"), 400)
    (error,) = problem["errors"]
    assert error["field"] == "bucket" and "10000" in error["detail"] and "bucket=2s would do" in error["detail"]
    assert len(shared_up.get(f"{match_path(name, 'timeline')}?bucket=2s").json()["buckets"]) == 200
    near = f"{match_path(name, 'timeline')}?bucket=1s&from=2024-01-15T17:19:00Z"
    assert len(shared_up.get(near).json()["buckets"]) == 1


def test_an_event_with_a_wrong_clock_is_counted_and_spoils_nothing(shared_up):
    name = "counted-2099"
    future = shared_up.gauge("fanfinity_events_from_the_future_total")
    times = ["2024-01-15T14:00:00Z", "2024-01-15T14:00:01.500Z", "1970-01-01T00:00:00Z", "2261-12-31T23:59:59Z"]
    assert shared_up.client().post_batch([event(name, timestamp=time) for time in times]).status == 202
    assert shared_up.post(event(name, timestamp="2099-06-01T12:00:00Z")).status == 202
    recount.wait_counted(shared_up, [name])
    fine = shared_up.get(f"{match_path(name, 'timeline')}?bucket=1s").json()
    assert [bucket["total"] for bucket in fine["buckets"]] == [1] * 5
    assert shared_up.get(match_path(name)).json()["totalEvents"] == 5
    assert shared_up.gauge("fanfinity_events_from_the_future_total") == future + 2
    # A match that is played now stands before it.
    assert shared_up.post(event("counted-now")).status == 202
    recount.wait_counted(shared_up, ["counted-now"])
    listed = [row["matchId"] for row in recount.all_matches(shared_up.client())]
    assert listed.index("counted-now") < listed.index(name)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("bucket=7s", ["bucket"]),
        ("bucket=0s", ["bucket"]),
        ("bucket=2h", ["bucket"]),
        ("bucket=", ["bucket"]),
        ("bucket=1m;DROP", ["bucket"]),
        ("from=yesterday&to=x&bucket=x", ["bucket", "from", "to"]),
        ("from=2024-01-15T00:00:01Z&to=2024-01-15T00:00:00Z", ["to"]),
    ],
)
def test_bad_parameters_are_400_and_all_named(shared_up, query, fields):
    problem = check_problem(shared_up.get(f"{match_path('counted-any', 'timeline')}?{query}"), 400)
    assert [error["field"] for error in problem["errors"]] == fields


def test_players_equal_a_recount(shared_up, played):
    match_id, sent = played
    players = defaultdict(Counter)
    for one in sent:
        players[one.get("playerId"), one["teamId"] if "playerId" in one else 0][one["eventType"]] += 1
    without = players.pop((None, 0))
    answer = shared_up.get(f"{match_path(match_id, 'players')}?limit=500").json()
    assert set(answer) == {"matchId", "players", "withoutPlayer", "asOf"}
    assert {(row["playerId"], row["teamId"]): row["eventsByType"] for row in answer["players"]} == players
    assert answer["withoutPlayer"] == {"totalEvents": without.total(), "eventsByType": without}
    order = [(-row["totalEvents"], row["playerId"], row["teamId"]) for row in answer["players"]]
    assert order == sorted(order) and all(row["totalEvents"] == sum(row["eventsByType"].values()) for row in answer["players"])
    few = shared_up.get(f"{match_path(match_id, 'players')}?limit=3").json()
    assert few["players"] == answer["players"][:3] and few["withoutPlayer"] == answer["withoutPlayer"]


def test_players_of_any_name_are_counted_by_it(shared_up):
    names = ["it's", '"q"', "\\", "%", "<script>", "試合", "", "a\\nb\\tc", "p" * 256, "'; DROP TABLE events --"]
    sent = [event("counted-names", playerId=name) for name in names for _ in range(2)]
    assert shared_up.client().post_batch(sent).status == 202
    recount.wait_counted(shared_up, ["counted-names"])
    rows = shared_up.get(match_path("counted-names", "players")).json()["players"]
    assert {row["playerId"]: row["totalEvents"] for row in rows} == dict.fromkeys(names, 2)


@pytest.mark.parametrize("view", ["players", "timeline", "timeline?bucket=1s", "timeline?bucket=5m"])
def test_a_match_without_an_event_is_404(shared_up, view):
    check_problem(shared_up.get(match_path("never played", "") + view), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x"])
def test_players_are_bounded(shared_up, query):
    problem = check_problem(shared_up.get(f"{match_path('counted-any', 'players')}?{query}"), 400)
    assert [error["field"] for error in problem["errors"]] == ["limit"]
