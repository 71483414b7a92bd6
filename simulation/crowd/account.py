"""What was acknowledged, event by event: the metrics that the server must show in the end."""

from collections import Counter
from datetime import timedelta
from typing import Any

from simulation.crowd.traffic import Event
from simulation.events import EPOCH, format_time

_MINUTE_MS = 60_000


def _time(at_ms: int) -> str:
    return format_time(EPOCH + timedelta(milliseconds=at_ms))


class MatchAccount:
    __slots__ = ("by_type", "minutes", "first_ms", "last_ms")

    def __init__(self):
        self.by_type: Counter[str] = Counter()
        self.minutes: Counter[int] = Counter()
        self.first_ms = 2**62
        self.last_ms = 0

    def add(self, kind: str, at_ms: int) -> None:
        self.by_type[kind] += 1
        self.minutes[at_ms // _MINUTE_MS] += 1
        self.first_ms = min(self.first_ms, at_ms)
        self.last_ms = max(self.last_ms, at_ms)

    def merge(self, other: "MatchAccount") -> None:
        self.by_type.update(other.by_type)
        self.minutes.update(other.minutes)
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)

    def metrics(self, match_id: str) -> dict[str, Any]:
        """As `GET /api/matches/{matchId}/metrics` must answer, but for what only the server knows."""
        minute, most = min(self.minutes.items(), key=lambda item: (-item[1], item[0]))
        return {
            "matchId": match_id,
            "totalEvents": self.by_type.total(),
            "eventsByType": dict(sorted(self.by_type.items())),
            "goals": self.by_type["goal"],
            "yellowCards": self.by_type["yellow_card"],
            "redCards": self.by_type["red_card"],
            "firstEventAt": _time(self.first_ms),
            "lastEventAt": _time(self.last_ms),
            "peakMinute": {"minute": _time(minute * _MINUTE_MS), "eventCount": most},
        }


class Account:
    """Distinct events: a copy counts when its original did not."""

    def __init__(self):
        self.matches: dict[str, MatchAccount] = {}

    def acknowledge(self, event: Event) -> bool:
        """False for what was acknowledged before."""
        if event.once is not None:
            if event.once[0]:
                return False
            event.once[0] = True
        match = self.matches.get(event.match_id)
        if match is None:
            match = self.matches[event.match_id] = MatchAccount()
        match.add(event.kind, event.at_ms)
        return True

    def merge(self, other: "Account") -> None:
        for match_id, match in other.matches.items():
            self.matches.setdefault(match_id, MatchAccount()).merge(match)

    @property
    def total(self) -> int:
        return sum(match.by_type.total() for match in self.matches.values())

    def by_type(self) -> Counter[str]:
        return sum((match.by_type for match in self.matches.values()), Counter())

    def metrics(self) -> dict[str, dict[str, Any]]:
        return {match_id: match.metrics(match_id) for match_id, match in sorted(self.matches.items())}
