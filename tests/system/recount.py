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
    for event in distinct(acknowledged).values():
        matches[event["matchId"]].add(event)
    return dict(matches)


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


def check_raw(clickhouse, expected):
    stored = clickhouse.rows(
        "SELECT toString(event_id) AS id, match_id, event_type, toUnixTimestamp64Milli(event_time) AS at, team,"
        " player_id, metadata FROM events"
    )
    repeated = [name for name, times in Counter(row["id"] for row in stored).items() if times > 1]
    assert not repeated, f"{len(repeated)} ids are stored more than once, as {repeated[:5]}"
    found = {row["id"]: row for row in stored}
    missing, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert (
        not missing
    ), f"{len(missing)} of {len(expected)} acknowledged events are not stored, as {sorted(missing)[:5]}"
    assert not extra, f"{len(extra)} events are stored that nobody was told of, as {sorted(extra)[:5]}"
    for name, event in expected.items():
        row = found[name]
        as_sent = (
            event["matchId"],
            event["eventType"],
            milliseconds(event["timestamp"]),
            event["teamId"],
            event.get("playerId") or "",
            event.get("metadata"),
        )
        as_stored = (
            row["match_id"],
            row["event_type"],
            row["at"],
            row["team"],
            row["player_id"] or "",
            json.loads(row["metadata"]) if row["metadata"] else None,
        )
        assert as_stored == as_sent


def check_rollups(clickhouse, expected):
    cells = defaultdict(Counter)
    for row in clickhouse.rows(
        "SELECT match_id, toUnixTimestamp64Second(minute) AS at, event_type, team, sum(events) AS count"
        " FROM match_minutes GROUP BY match_id, minute, event_type, team"
    ):
        cells[row["match_id"]][row["at"] * 1000, row["event_type"], row["team"]] = row["count"]
    assert dict(cells) == {name: match.cells for name, match in expected.items()}, "match_minutes differs"
    rows = clickhouse.rows(
        "SELECT match_id, sum(events) AS events, sum(goals) AS goals,"
        " toUnixTimestamp64Milli(min(first_at)) AS first, toUnixTimestamp64Milli(max(last_at)) AS last"
        " FROM matches GROUP BY match_id"
    )
    found = {row["match_id"]: (row["events"], row["goals"], row["first"], row["last"]) for row in rows}
    assert found == {
        name: (match.total, match.by_type["goal"], match.first_ms, match.last_ms) for name, match in expected.items()
    }, "matches differs"


def check_http(up, expected):
    client = up.client()
    for match_id, match in expected.items():
        metrics = client.get(match_path(match_id)).json()
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
