"""Requests that must be refused, as a feed with a fault sends them. None of what is bad in them may ever be counted."""

import json
import random

from simulation.crowd.requests import BATCH, EVENTS, JSON, NDJSON, Request
from simulation.crowd.traffic import Event

_EVENT_LIMIT = 64 * 1024


class BadFeed:
    def __init__(self, chance: random.Random):
        self._chance = chance
        self._kinds = [self._invalid, self._malformed, self._oversized, self._all_invalid, self._some_invalid]

    def request(self, event: Event, due: float) -> Request:
        """A bad request made after a good event, under ids of its own."""
        return self._chance.choice(self._kinds)(event, due)

    def _spoiled(self, event: Event) -> bytes:
        document = json.loads(event.line) | {"eventId": self._id()}
        name, value = self._chance.choice([
            ("teamId", 3), ("teamId", "1"), ("eventType", "dance"), ("timestamp", "yesterday"), ("eventId", "not-a-uuid"),
            ("matchId", ""), ("playerId", 7), ("metadata", "none"), ("timestamp", None),
        ])
        return json.dumps(document | {name: value}).encode()

    def _fresh(self, event: Event) -> Event:
        document = json.loads(event.line) | {"eventId": self._id()}
        if document["eventType"] not in ("pass", "shot", "interception"):
            document["eventType"] = "pass"  # only a match's own feed has goals
        line = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return Event(line, event.match_id, document["eventType"], event.at_ms)

    def _id(self) -> str:
        bits = f"{self._chance.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-b{bits[17:20]}-{bits[20:]}"

    def _invalid(self, event: Event, due: float) -> Request:
        return Request(EVENTS, JSON, self._spoiled(event), [], due, 400, 1, "an invalid event")

    def _malformed(self, event: Event, due: float) -> Request:
        cut = self._chance.randrange(1, len(event.line))
        return Request(EVENTS, JSON, event.line[:cut], [], due, 400, 1, "an event cut short")

    def _oversized(self, event: Event, due: float) -> Request:
        document = json.loads(event.line) | {"eventId": self._id(), "metadata": {"note": "x" * _EVENT_LIMIT}}
        return Request(EVENTS, JSON, json.dumps(document).encode(), [], due, 413, 1, "an event over 64 KiB")

    def _all_invalid(self, event: Event, due: float) -> Request:
        lines = [self._spoiled(event) for _ in range(3)]
        return Request(BATCH, NDJSON, b"\n".join(lines), [], due, 400, 3, "a batch without a valid event")

    def _some_invalid(self, event: Event, due: float) -> Request:
        good = [self._fresh(event), self._fresh(event)]
        lines = [good[0].line, self._spoiled(event), good[1].line]
        return Request(BATCH, NDJSON, b"\n".join(lines), good, due, 202, 1, "a batch with an invalid event")
