"""The crowd's traffic is repeatable, keeps its rate, stays football, and is disordered only as asked for."""

import json
import random
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from simulation.crowd.badfeed import BadFeed
from simulation.crowd.disorder import Disorder
from simulation.crowd.latency import Latencies, in_words
from simulation.crowd.programme import Programme
from simulation.crowd.requests import BATCH, EVENTS, Batcher
from simulation.crowd.traffic import Spike, Traffic
from simulation.events import EPOCH

from fake_service import is_valid

BEGAN = datetime(2026, 5, 1, 20, 0, tzinfo=timezone.utc)
STEP = 0.02


def programme(seed="seed", matches=6, speed=30.0, **options):
    return Programme(seed, matches, speed, BEGAN, **options)


def by_second(traffic, seconds):
    """A list of events for each second of the run, the first for what comes at once."""
    found, now = [traffic.until(0.0)], 0.0
    for second in range(1, seconds + 1):
        events = []
        while now < second - STEP / 2:
            now += STEP
            events += traffic.until(now)
        found.append(events)
    return found


def all_of(traffic, seconds=30):
    return [event for events in by_second(traffic, seconds) for event in events]


def fans_and_feed(events):
    documents = [json.loads(event.line) for event in events]
    fans = [document for document in documents if document["metadata"].get("source") == "fan"]
    return fans, [document for document in documents if document["metadata"].get("source") != "fan"]


def test_the_same_seed_and_start_send_the_same_bytes():
    once = [event.line for event in all_of(Traffic(programme(), 200, None, "seed"))]
    assert once == [event.line for event in all_of(Traffic(programme(), 200, None, "seed"))]
    assert once != [event.line for event in all_of(Traffic(programme("other"), 200, None, "other"))]


def test_events_are_valid_distinct_and_not_of_the_future():
    traffic = Traffic(programme(), 300, Spike(10, 12), "seed")
    ids = set()
    for second, events in enumerate(by_second(traffic, 30)):
        for event in events:
            document = json.loads(event.line)
            assert is_valid(document) and str(uuid.UUID(document["eventId"])) == document["eventId"]
            assert (document["matchId"], document["eventType"]) == (event.match_id, event.kind)
            at = EPOCH + timedelta(milliseconds=event.at_ms)
            assert at == datetime.fromisoformat(document["timestamp"]) <= BEGAN + timedelta(seconds=second + 1)
            ids.add(document["eventId"])
    assert len(ids) > 5_000 and len(ids) == sum(map(len, by_second(Traffic(programme(), 300, Spike(10, 12), "seed"), 30)))


def test_over_a_minute_the_rate_is_the_one_asked_for():
    for seed in ("a", "b", "c"):
        total = len(all_of(Traffic(programme(seed), 500, None, seed, duration=60), 60))
        assert 0.93 * 500 < total / 60 < 1.07 * 500


def test_processes_share_the_traffic_without_sending_anything_twice():
    whole = all_of(Traffic(programme(), 400, None, "seed"))
    parts = [all_of(Traffic(programme(), 400, None, "seed", worker, 3)) for worker in range(3)]
    joined = [event.line for part in parts for event in part]
    assert len(set(joined)) == len(joined)
    assert 0.9 < len(joined) / len(whole) < 1.1
    feed = Counter(document["eventId"] for document in fans_and_feed(whole)[1])
    assert feed == Counter(document["eventId"] for part in parts for document in fans_and_feed(part)[1])


def test_fans_never_change_a_score_line():
    fans, feed = fans_and_feed(all_of(Traffic(programme(), 800, Spike(5, 10), "seed", duration=40), 40))
    assert {document["eventType"] for document in fans} <= {
        "pass", "shot", "interception", "corner", "free_kick", "foul"}
    assert any(document["eventType"] == "goal" for document in feed)
    assert {"goal", "play"} <= {document["metadata"]["about"] for document in fans}


def test_a_goal_draws_people_to_its_match_within_seconds():
    traffic = Traffic(programme(goal_at=15.0), 500, None, "seed", duration=30)
    seconds = by_second(traffic, 30)
    match_id = next(report.fixture.match_id for report in traffic.happened if report.place == 0)

    def of_match(second):
        return sum(event.match_id == match_id for event in seconds[second])

    assert any(event.kind == "goal" and event.match_id == match_id for event in seconds[15] + seconds[16])
    assert of_match(18) > 3 * of_match(14)


def test_a_spike_multiplies_the_traffic_and_fades():
    counts = [len(events) for events in by_second(Traffic(programme(goal_at=10.0), 200, Spike(20, 10), "seed"), 30)]
    assert max(counts) in counts[10:13] and max(counts) > 12 * 200
    assert counts[15] < 0.75 * max(counts) and counts[25] < 0.25 * max(counts)


def test_matches_under_way_catch_up_first_and_a_goal_falls_when_it_should():
    for seed in map(str, range(8)):
        traffic = Traffic(programme(seed, matches=5, speed=20.0, goal_at=25.0, under_way=True), 40, None, seed)
        first, *seconds = by_second(traffic, 60)
        assert len({event.match_id for event in first}) >= 4 and len(first) > 300
        goals = [report.at for report in traffic.happened if report.event.kind == "goal" and report.at > 0]
        assert any(abs(at - 25) < 0.1 for at in goals)


def test_matches_under_way_play_in_the_present():
    for seed in map(str, range(2)):
        traffic = Traffic(programme(seed, matches=5, speed=20.0, goal_at=25.0, under_way=True), 40, None, seed)
        latest, earliest = {}, {}
        for second, events in enumerate(by_second(traffic, 420)):  # longer than a match
            now = round((BEGAN - EPOCH).total_seconds() + second) * 1000
            for event in events:
                assert event.at_ms <= now
                latest[event.match_id] = max(event.at_ms, latest.get(event.match_id, 0))
                earliest[event.match_id] = min(event.at_ms, earliest.get(event.match_id, now))
            if second >= 5:  # some may stand at half-time when the run begins
                assert sum(now - at < 20_000 for at in latest.values()) >= 3, second
        began = (BEGAN - EPOCH).total_seconds() * 1000
        assert min(earliest.values()) < began - 20 * 60_000  # what had happened, by the clock of its match
        assert len(latest) > 5


def test_a_match_has_the_names_of_its_teams():
    traffic = Traffic(programme(matches=8), 50, None, "seed")
    traffic.until(5.0)
    for report in traffic.happened:
        home, away = report.fixture.result.home.name, report.fixture.result.away.name
        assert report.fixture.match_id.startswith(f"{home} – {away} 2026-05-01 ")
    assert any(not report.fixture.match_id.replace("–", "-").isascii() for report in traffic.happened)


def test_a_place_goes_on_with_new_matches():
    reports = programme(matches=2, speed=2_000.0).reports()
    ids = {(report := next(reports)).place: {report.fixture.match_id}}
    for _ in range(8_000):
        report = next(reports)
        ids.setdefault(report.place, set()).add(report.fixture.match_id)
    assert all(len(found) >= 3 for found in ids.values())


@pytest.mark.parametrize(("late", "copies"), [(0.3, 0.0), (0.0, 0.3), (0.2, 0.2)])
def test_disorder_loses_nothing_and_copies_once(late, copies):
    disorder, sent, passed, now = Disorder(late, copies, random.Random(1)), [], [], 0.0
    for events in by_second(Traffic(programme(), 200, None, "seed"), 20):
        now += 1
        sent += events
        passed += disorder.pass_on(now, events)
    at_once = len(passed)
    passed += disorder.rest()
    ids = Counter(json.loads(event.line)["eventId"].lower() for event in passed)
    assert ids.keys() == {json.loads(event.line)["eventId"] for event in sent}
    assert set(ids.values()) <= {1, 2}
    assert abs(disorder.late / len(sent) - late) < 0.03 and abs(disorder.copies / len(sent) - copies) < 0.03
    assert sum(ids.values()) == len(sent) + disorder.copies
    assert at_once < len(passed)


def test_batches_are_full_or_have_waited():
    batcher, events = Batcher(10, random.Random(1)), all_of(Traffic(programme(), 200, None, "seed"))[:34]
    full = batcher.add(1.0, events[:25])
    assert [len(request.events) for request in full] == [10, 10]
    assert batcher.add(1.05, []) == []
    assert [len(request.events) for request in batcher.add(1.2, events[25:28])] == [8]
    assert batcher.add(2.0, events[28:29]) == [] and [r.path for r in batcher.rest(2.0)] == [EVENTS]


def test_bad_requests_are_bad_in_every_way():
    bad, event = BadFeed(random.Random(1)), all_of(Traffic(programme(), 50, None, "seed"))[5]
    seen = Counter()
    for _ in range(200):
        request = bad.request(event, 1.0)
        seen[request.trouble] += 1
        if request.path == BATCH:
            lines = [json.loads(line) for line in request.body.splitlines()]
            assert sum(is_valid(document) for document in lines) == len(request.events)
            assert all(json.loads(event.line)["eventId"] != document["eventId"] for document in lines)
        elif request.must_be == 413:
            assert len(request.body) > 64 * 1024
        else:
            try:
                assert not is_valid(json.loads(request.body))
            except ValueError:
                pass
    assert len(seen) == 5


def test_percentiles_are_right_within_a_percent():
    latencies, chance = Latencies(), random.Random(1)
    durations = sorted(chance.expovariate(50) + 0.001 for _ in range(10_000))
    for seconds in durations:
        latencies.add(seconds)
    for share in (0.5, 0.95, 0.99):
        exact = durations[round(share * len(durations)) - 1]
        assert abs(latencies.percentile(share) / exact - 1) < 0.011
    other = Latencies(latencies.take())
    assert latencies.percentile(0.5) is None and other.percentile(0.5) is not None
    assert [in_words(value) for value in (None, 0.0012, 0.052, 1.26, 12.3)] == ["-", "1.2 ms", "52 ms", "1.3 s", "12 s"]
