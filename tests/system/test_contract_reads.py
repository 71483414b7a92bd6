"""Reading: metrics, timeline, matches, health, readiness, Prometheus."""

import json
import re
import time
from urllib.parse import quote

import pytest

import recount
from events import TYPES, event, milliseconds
from harness import prometheus_samples, prometheus_sum
from http_client import EVENTS, JSON, match_path
from test_contract_events import check_problem
from waiting import wait_until

GOLDEN_EVENTS = [
    event("golden", eventType="pass", timestamp="2024-01-15T14:00:59.999Z"),
    event("golden", eventType="pass", timestamp="2024-01-15T14:01:00Z", teamId=2),
    event("golden", eventType="goal", timestamp="2024-01-15T16:01:30.5+02:00"),
    event("golden", eventType="yellow_card", timestamp="2024-01-15T14:00:00.040Z"),
    event("golden", eventType="red_card", timestamp="2024-01-15T14:05:00Z"),
]


def test_the_metrics_object_is_the_one_of_the_contract(shared_up):
    assert shared_up.client().post_batch(GOLDEN_EVENTS).status == 202
    recount.wait_counted(shared_up, ["golden"])
    answer = shared_up.get(match_path("golden"))
    assert answer.headers["content-type"].startswith("application/json")
    metrics = answer.json()
    times = metrics.pop("responseTimePercentiles", None)
    as_of = metrics.pop("asOf")
    assert as_of.endswith("Z") and (times is None or set(times) == {"p50", "p95", "p99"})
    assert metrics == {
        "matchId": "golden",
        "totalEvents": 5,
        "eventsByType": {"pass": 2, "goal": 1, "yellow_card": 1, "red_card": 1},
        "goals": 1,
        "yellowCards": 1,
        "redCards": 1,
        "firstEventAt": "2024-01-15T14:00:00.040Z",
        "lastEventAt": "2024-01-15T14:05:00Z",
        "peakMinute": {"minute": "2024-01-15T14:00:00Z", "eventCount": 2},
    }


def test_the_timeline_counts_minutes_by_type_and_team(shared_up):
    sent = [one | {"matchId": "golden-timeline", "eventId": event("x")["eventId"]} for one in GOLDEN_EVENTS]
    assert shared_up.client().post_batch(sent).status == 202
    recount.wait_counted(shared_up, ["golden-timeline"])
    timeline = shared_up.get(match_path("golden-timeline", "timeline")).json()
    assert timeline["matchId"] == "golden-timeline" and timeline["bucketSeconds"] == 60 and timeline["asOf"]
    assert [bucket["start"] for bucket in timeline["buckets"]] == [
        "2024-01-15T14:00:00Z",
        "2024-01-15T14:01:00Z",
        "2024-01-15T14:05:00Z",
    ]
    assert timeline["buckets"][1] == {
        "start": "2024-01-15T14:01:00Z",
        "total": 2,
        "byType": {"pass": 1, "goal": 1},
        "byTeam": {"1": 1, "2": 1},
        "teams": {"1": {"goal": 1}, "2": {"pass": 1}},
    }


@pytest.mark.parametrize(
    "match_id",
    [
        "Barça–Alavés 2018",
        "a/b",
        "50%",
        "q?x=1&y#z",
        "...",
        "試合 ⚽",
        "a+b",
        "it's; DROP TABLE events --",
        "\\",
        "m" * 256,
    ],
)
def test_any_match_id_works_in_a_path(shared_up, match_id):
    assert shared_up.post(event(match_id)).status == 202
    recount.wait_counted(shared_up, [match_id])
    for view in ("metrics", "timeline"):
        assert shared_up.get(match_path(match_id, view)).json()["matchId"] == match_id


def test_a_match_without_an_event_is_404(shared_up):
    for view in ("metrics", "timeline"):
        check_problem(shared_up.get(match_path("never played", view)), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/matches/%/metrics",
        "/api/matches/%zz/metrics",
        "/api/matches/%ff/metrics",
        "/api/matches/a%00b/metrics",
        "/api/matches/" + "m" * 257 + "/metrics",
    ],
)
def test_a_path_that_names_no_possible_match_is_400(shared_up, path):
    check_problem(shared_up.get(path), 400)


def test_what_was_acknowledged_before_as_of_is_counted(shared_up):
    """Every answer on the way: as soon as asOf has passed the k-th acknowledgement, at least k events are counted."""
    acknowledged = []
    client = shared_up.client()
    for _ in range(50):
        assert client.post_event(event("as-of")).status == 202
        acknowledged.append(time.time_ns() // 1_000_000)
        answer = client.get(match_path("as-of"))
        now = time.time_ns() // 1_000_000
        if answer.status == 200:
            told = answer.json()
            as_of = milliseconds(told["asOf"])
            assert as_of <= now, "asOf is never ahead of the clock"
            assert told["totalEvents"] >= sum(moment < as_of for moment in acknowledged)
    recount.wait_counted(shared_up, ["as-of"])
    assert client.get(match_path("as-of")).json()["totalEvents"] == 50


def test_matches_are_listed_latest_activity_first_and_paged(shared_up):
    names = [f"paged-{n}" for n in range(7)]
    client = shared_up.client()
    for name in names:
        assert client.post_batch([event(name), event(name, eventType="goal")]).status == 202
    recount.wait_counted(shared_up, names)
    wait_until(lambda: client.get("/api/matches?limit=1").json()["matches"][0]["matchId"] in names, "the list")
    rows = recount.all_matches(client, limit=3)
    order = [(-milliseconds(row["lastActivityAt"]), row["matchId"]) for row in rows]
    assert order == sorted(order) and len(set(order)) == len(order)
    assert {row["matchId"] for row in rows[:7]} == set(names)
    assert set(rows[0]) >= {"matchId", "totalEvents", "goals", "firstEventAt", "lastEventAt", "lastActivityAt"}
    assert (rows[0]["totalEvents"], rows[0]["goals"]) == (2, 1)
    assert rows == recount.all_matches(client, limit=500)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=", "cursor=nonsense", "cursor=", "q=", "q=%20", "q=" + "x" * 257],
)
def test_a_bad_page_is_400_and_names_the_parameter(shared_up, query):
    problem = check_problem(shared_up.get(f"/api/matches?{query}"), 400)
    assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]


def test_matches_are_found_by_words_of_their_ids_and_paged(shared_up):
    ids = ["Find-Łódź-Rio-1", "find-rio-łódź-2", "it's 100% find rio"]
    assert shared_up.client().post_batch([event(match_id) for match_id in [*ids, "find-nothing"]]).status == 202
    recount.wait_counted(shared_up, ids)

    def found(words, limit=50):
        query = f"/api/matches?limit={limit}&q={quote(words)}"
        page = shared_up.get(query).json()
        names = [match["matchId"] for match in page["matches"]]
        while "nextCursor" in page:
            page = shared_up.get(f"{query}&cursor={page['nextCursor']}").json()
            names += [match["matchId"] for match in page["matches"]]
        return names

    assert sorted(found("RIO  find")) == sorted(ids)
    assert found("find rio", limit=1) == found("find rio")
    assert sorted(found("łÓDŹ")) == sorted(ids[:2])
    assert found("'s 0%") == [ids[2]]
    assert found("find nowhere") == []


def test_health_and_readiness_tell_their_state(shared_up):
    health = shared_up.get("/health")
    assert (
        health.status == 200 and set(health.json()) == {"status", "timestamp"} and health.json()["status"] == "healthy"
    )
    ready = shared_up.get("/ready")
    assert ready.status == 200 and ready.json()["status"] == "ready"
    assert ready.json()["checks"] == {"clickhouse": "healthy", "log": "healthy"}


def test_prometheus_has_the_names_of_the_contract_and_bounded_labels(shared_up):
    client = shared_up.client()
    assert client.post_event(event("prometheus", eventType="corner")).status == 202
    recount.wait_counted(shared_up, ["prometheus"])
    client.get("/no/such/path/ever")
    text = client.get("/metrics").body.decode()
    for name in (
        "http_requests_total",
        "http_request_duration_seconds_count",
        "fanfinity_events_ingested_total",
        "fanfinity_kafka_producer_messages_produced_total",
        "fanfinity_clickhouse_events_inserted_total",
        "fanfinity_consumer_lag",
        "fanfinity_events_dead_total",
        "fanfinity_events_duplicate_total",
        "fanfinity_accept_to_visible_seconds_count",
        "fanfinity_http_open_connections",
        "fanfinity_build_info",
    ):
        assert prometheus_sum(text, name) is not None, f"{name} is missing"
    posted = [labels for name, labels, _ in prometheus_samples(text) if name == "http_requests_total"]
    assert any(
        'path="/api/events"' in labels and 'method="POST"' in labels and 'status="202"' in labels for labels in posted
    )
    assert any('path="/api/matches/{matchId}/metrics"' in labels for labels in posted)
    assert prometheus_sum(text, "fanfinity_events_ingested_total", 'event_type="corner"') >= 1
    assert "no/such/path" not in text and "prometheus/metrics" not in text, "no raw URL in a label"
    assert set(re.findall(r'event_type="(\w+)"', text)) <= set(TYPES)


def test_ingested_counts_grow_by_what_was_sent(shared_up):
    def ingested():
        return shared_up.gauge("fanfinity_events_ingested_total") or 0

    before = ingested()
    client = shared_up.client()
    assert client.post_batch([event("counted") for _ in range(30)]).status == 202
    assert client.request("POST", EVENTS, json.dumps(event("counted", teamId=9)).encode(), JSON).status == 400
    assert ingested() - before == 30
