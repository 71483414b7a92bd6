"""Events put into requests: single ones, JSON arrays and NDJSON."""

import random
from dataclasses import dataclass, field

from simulation.crowd.traffic import Event

JSON, NDJSON = "application/json", "application/x-ndjson"
EVENTS, BATCH = "/api/events", "/api/events/batch"
_LONGEST_WAIT = 0.1  # seconds for which an event waits for others to fill its batch


@dataclass(slots=True)
class Request:
    """`due`: the second of the run at which it should leave. `must_be`: None for 202 to every event; else what a bad
    request is answered with, and then `events` are the good ones in it."""

    path: str
    media_type: str
    body: bytes
    events: list[Event]
    due: float
    must_be: int | None = None
    bad: int = 0  # events in it that must be rejected
    trouble: str = field(default="", repr=False)  # what is wrong with a bad one

    @property
    def expected(self) -> int:
        return 202 if self.must_be is None else self.must_be


def pack(events: list[Event], due: float, chance: random.Random) -> Request:
    if len(events) == 1:
        return Request(EVENTS, JSON, events[0].line, events, due)
    lines = [event.line for event in events]
    if chance.random() < 0.5:
        return Request(BATCH, JSON, b"[" + b",".join(lines) + b"]", events, due)
    return Request(BATCH, NDJSON, b"\n".join(lines) + b"\n", events, due)


class Batcher:
    def __init__(self, size: int, chance: random.Random):
        self._size = size
        self._chance = chance
        self._events: list[Event] = []
        self._since = 0.0

    def add(self, now: float, events: list[Event]) -> list[Request]:
        """The requests that are full, or whose first event has waited long enough."""
        if not self._events:
            self._since = now
        self._events += events
        requests = []
        while len(self._events) >= self._size or (self._events and now - self._since >= _LONGEST_WAIT):
            requests.append(pack(self._events[: self._size], now, self._chance))
            self._events = self._events[self._size:]
            self._since = now
        return requests

    def rest(self, now: float) -> list[Request]:
        self._since = now - _LONGEST_WAIT
        return self.add(now, [])
