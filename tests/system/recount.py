"""Counts what was acknowledged, on its own, and compares that with every place where the service counts:
the raw table, each rollup, and the HTTP answers. Nothing here is shared with the service."""

import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from events import milliseconds, rfc3339
from http_client import match_path
from waiting import wait_until

_MINUTE_MS = 60_000


@dataclass
class Match:
    """What the metrics of one match must be."""

    by_type: Counter = field(default_factory=Counter)
    cells: Counter = field(default_factory=Counter)  # (minute in ms, type, team) to events
    first_ms: int = 2**62
    last_ms: int = 0

    def add(self, event):
        at = milliseconds(event["timestamp"])
        self.by_type[event["eventType"]] += 1
        self.cells[at // _MINUTE_MS * _MINUTE_MS, event["eventType"], event["teamId"]] += 1
        self.first_ms = min(self.first_ms, at)
        self.last_ms = max(self.last_ms, at)

    @property
    def total(self):
        return sum(self.by_type.values())

    def peak(self):
        """(minute, events): the fullest minute, the earliest on a tie."""
        minutes = Counter()
        for (minute, _, _), count in self.cells.items():
            minutes[minute] += count
        return min(minutes.items(), key=lambda item: (-item[1], item[0]))

    def metrics(self, match_id):
        """The metrics object of the contract, but for what only the service knows."""
        minute, count = self.peak()
        return {
            "matchId": match_id,
            "totalEvents": self.total,
            "eventsByType": dict(self.by_type),
            "goals": self.by_type["goal"],
            "yellowCards": self.by_type["yellow_card"],
            "redCards": self.by_type["red_card"],
            "firstEventAt": rfc3339(self.first_ms),
            "lastEventAt": rfc3339(self.last_ms),
            "peakMinute": {"minute": rfc3339(minute), "eventCount": count},
        }


def distinct(acknowledged):
    """Event id, in lower case, to event: an id names one event however often it was sent."""
    return {event["eventId"].lower(): event for event in acknowledged}


def count(acknowledged):
    """Match id to Match, over distinct events."""
    matches = defaultdict(Match)
    add_to(matches, distinct(acknowledged))
    return dict(matches)


def add_to(matches, events):
    """The same, of events by id, added to what has been counted before."""
    for event in events.values():
        matches[event["matchId"]].add(event)


def wait_counted(up, match_ids, since_ms=None, seconds=120.0):
    """Until the answer for every match says that what was acknowledged up to now (or `since_ms`) is counted."""
    since = time.time_ns() // 1_000_000 if since_ms is None else since_ms
    for match_id in match_ids:
        seen = {}

        def counted(match_id=match_id, seen=seen):
            try:
                answer = up.get(match_path(match_id))
            except OSError:
                return False
            seen["answer"] = answer
            return answer.status == 200 and milliseconds(answer.json()["asOf"]) > since

        wait_until(
            counted,
            lambda match_id=match_id, seen=seen: f"asOf of {match_id} past {rfc3339(since)}; last answer: {seen.get('answer')}",
            seconds,
        )


def check_everything(up, acknowledged):
    """The raw table, every rollup and the HTTP answers against the acknowledged events. Nothing else may be stored."""
    check_raw(up.clickhouse(), distinct(acknowledged))
    expected = count(acknowledged)
    check_rollups(up.clickhouse(), expected)
    check_http(up, expected)


@dataclass
class RawDifference:
    """How the raw table differs from what was acknowledged, by event id."""

    rows: int  # in the table
    repeated: dict  # to how often it is stored, of those that are more than once
    missing: set  # acknowledged and not stored
    extra: set  # stored, and nobody was told so
    altered: dict  # to (as sent, as stored)


def compare_raw(clickhouse, expected, where="true"):
    """The rows that `where` chooses against the events expected there, by id."""
    stored = clickhouse.rows(
        "SELECT toString(event_id) AS id, match_id, event_type, toUnixTimestamp64Milli(event_time) AS at, team,"
        f" player_id, metadata FROM events WHERE {where}"
    )
    times = Counter(row["id"] for row in stored)
    found = {row["id"]: row for row in stored}
    pairs = {name: (_as_sent(expected[name]), _as_stored(found[name])) for name in expected.keys() & found.keys()}
    return RawDifference(
        rows=len(stored),
        repeated={name: often for name, often in times.items() if often > 1},
        missing=expected.keys() - found.keys(),
        extra=found.keys() - expected.keys(),
        altered={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )


def _as_sent(event):
    return (
        event["matchId"],
        event["eventType"],
        milliseconds(event["timestamp"]),
        event["teamId"],
        event.get("playerId") or "",
        event.get("metadata"),
    )


def _as_stored(row):
    return (
        row["match_id"],
        row["event_type"],
        row["at"],
        row["team"],
        row["player_id"] or "",
        json.loads(row["metadata"]) if row["metadata"] else None,
    )


def check_raw(clickhouse, expected):
    told = compare_raw(clickhouse, expected)
    assert not told.repeated, f"{len(told.repeated)} ids are stored more than once, as {list(told.repeated)[:5]}"
    assert (
        not told.missing
    ), f"{len(told.missing)} of {len(expected)} acknowledged events are not stored, as {sorted(told.missing)[:5]}"
    assert not told.extra, f"{len(told.extra)} events are stored that nobody was told of, as {sorted(told.extra)[:5]}"
    assert not told.altered, f"{len(told.altered)} events are not stored as sent: {list(told.altered.items())[:5]}"


def check_rollups(clickhouse, expected):
    assert minute_counts(clickhouse) == {name: match.cells for name, match in expected.items()}, "match_minutes differs"
    assert match_counts(clickhouse) == {
        name: (match.total, match.by_type["goal"], match.first_ms, match.last_ms) for name, match in expected.items()
    }, "matches differs"


def minute_counts(clickhouse):
    """Match id to the cells of a Match, by the rollup of minutes."""
    cells = defaultdict(Counter)
    for row in clickhouse.rows(
        "SELECT match_id, toUnixTimestamp64Second(minute) AS at, event_type, team, sum(events) AS count"
        " FROM match_minutes GROUP BY match_id, minute, event_type, team"
    ):
        cells[row["match_id"]][row["at"] * 1000, row["event_type"], row["team"]] = row["count"]
    return dict(cells)


def match_counts(clickhouse):
    """Match id to (events, goals, first ms, last ms), by the rollup of matches."""
    rows = clickhouse.rows(
        "SELECT match_id, sum(events) AS events, sum(goals) AS goals,"
        " toUnixTimestamp64Milli(min(first_at)) AS first, toUnixTimestamp64Milli(max(last_at)) AS last"
        " FROM matches GROUP BY match_id"
    )
    return {row["match_id"]: (row["events"], row["goals"], row["first"], row["last"]) for row in rows}


def check_http(up, expected):
    client = up.client()
    for match_id, match in expected.items():
        answer = client.get(match_path(match_id))
        assert answer.status == 200, answer
        metrics = answer.json()
        as_of, times = metrics.pop("asOf"), metrics.pop("responseTimePercentiles", None)
        assert milliseconds(as_of) > 0 and (times is None or set(times) == {"p50", "p95", "p99"})
        assert metrics == match.metrics(match_id)
        check_timeline(client.get(match_path(match_id, "timeline")).json(), match)
    listed = {row["matchId"]: row for row in all_matches(client)}
    assert {
        name: (row["totalEvents"], row["goals"], row["firstEventAt"], row["lastEventAt"])
        for name, row in listed.items()
    } == {
        name: (match.total, match.by_type["goal"], rfc3339(match.first_ms), rfc3339(match.last_ms))
        for name, match in expected.items()
    }
    client.close()


def check_timeline(timeline, match):
    cells = Counter()
    for bucket in timeline["buckets"]:
        teams = bucket["teams"]
        for team, by_type in teams.items():
            for kind, events in by_type.items():
                cells[milliseconds(bucket["start"]), kind, int(team)] = events
        assert bucket["byTeam"] == {team: sum(by_type.values()) for team, by_type in teams.items()}
        assert bucket["byType"] == dict(sum(map(Counter, teams.values()), Counter()))
        assert bucket["total"] == sum(bucket["byTeam"].values())
    assert cells == match.cells
    starts = [bucket["start"] for bucket in timeline["buckets"]]
    assert starts == sorted(starts)


def all_matches(client, limit=100):
    """Every row of GET /api/matches, page by page."""
    rows, path = [], f"/api/matches?limit={limit}"
    while path:
        page = client.get(path).json()
        rows += page["matches"]
        cursor = page.get("nextCursor")
        path = cursor and f"/api/matches?limit={limit}&cursor={cursor}"
    return rows


def response_times_count(clickhouse, match_id):
    """How many 202s the servers have published a response time for."""
    return int(clickhouse.value(f"SELECT sum(requests) AS n FROM response_times WHERE match_id = '{match_id}'"))
