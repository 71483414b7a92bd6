"""Late events and copies, as networks and feeds that fail over produce them."""

import heapq
import json
import math
import random

from simulation.crowd.traffic import Event

_LATEST = 120.0  # seconds by which an event is late at most
_COPY_WITHIN = 20.0  # seconds in which a copy follows


class Disorder:
    """`late`: the share of events that come a second to two minutes after their time, most of them early in that span.
    `copies`: the share that comes once more, at times with its id in upper case. What was late or copied is counted."""

    def __init__(self, late: float, copies: float, chance: random.Random):
        self._late = late
        self._copies = copies
        self._chance = chance
        self._waiting: list[tuple[float, int, Event]] = []
        self._order = 0
        self.late = 0
        self.copies = 0

    def pass_on(self, now: float, events: list[Event]) -> list[Event]:
        """Those of `events` that are not late, and of earlier ones what is due."""
        passed = []
        for event in events:
            if self._copies and self._chance.random() < self._copies:
                self._keep(now + self._chance.uniform(0, _COPY_WITHIN), self._copy(event))
            if self._late and self._chance.random() < self._late:
                self.late += 1
                self._keep(now + math.exp(self._chance.uniform(0, math.log(_LATEST))), event)
            else:
                passed.append(event)
        while self._waiting and self._waiting[0][0] <= now:
            passed.append(heapq.heappop(self._waiting)[-1])
        return passed

    def rest(self) -> list[Event]:
        """All that still waits, when the run is over."""
        events = [entry[-1] for entry in sorted(self._waiting)]
        self._waiting.clear()
        return events

    def _keep(self, due: float, event: Event) -> None:
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, event))

    def _copy(self, event: Event) -> Event:
        self.copies += 1
        line = event.line
        if self._chance.random() < 0.3:
            event_id = json.loads(line)["eventId"]
            line = line.replace(event_id.encode(), event_id.upper().encode(), 1)
        copy = Event(line, event.match_id, event.kind, event.at_ms)
        copy.once = event.once = [False]
        return copy
