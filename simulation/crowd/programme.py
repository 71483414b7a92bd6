"""Which match says what at which second of the run.

There are as many places as matches at once; in each, one match follows the other. Event times run `speed` times as fast
as the clock and reach the present at full time, so that no event lies in the future. Of matches under way at the start, what
has happened lies in the past by the clock of the match, and what happens during the run is of the moment it is sent.
"""

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from simulation.events import MatchEvent, kick_off_ms, match_id
from simulation.match import Result, play
from simulation.squads import draw_pairs

_STAGGER = 60.0  # seconds of match time within which the first matches kick off
_PAUSE = 300.0  # seconds of match time between two matches in one place
_ATTEMPTS = 50  # matches played in search of one with a goal


@dataclass(frozen=True, slots=True)
class Fixture:
    """A match with its date. `begins`: its kick-off, in seconds of the run."""

    match_id: str
    result: Result
    begins: float
    kick_off_ms: int
    speed: float
    began_ms: int | None = None  # second 0 of a run whose events are of the moment they are sent

    @property
    def ends(self) -> float:
        return self.begins + self.result.duration / 1000 / self.speed

    def clock_ms(self, at: float) -> int:
        """The event time at a second of the run. After the final whistle it is the time of day."""
        if self.began_ms is not None:
            return self.began_ms + round(at * 1000 * (max(self.speed, 1.0) if at < 0 else 1.0))
        played = min(at, self.ends) - self.begins
        return self.kick_off_ms + round(played * self.speed * 1000 + max(0.0, at - self.ends) * 1000)

    def event_ms(self, event: MatchEvent) -> int:
        if self.began_ms is not None:
            return self.clock_ms(self.begins + event.at / 1000 / self.speed)
        return self.kick_off_ms + event.at

    @property
    def title(self) -> str:
        return f"{self.result.home.name} v {self.result.away.name}"


@dataclass(frozen=True, slots=True)
class Report:
    """What the feed of a match says. Before second 0 of the run: a match under way catches up."""

    at: float
    place: int
    fixture: Fixture
    number: int
    event: MatchEvent


class Programme:
    """`goal_at`: a second of the run at which a goal falls in the first place, the best attended one. `under_way`: the
    matches are at different stages when the run begins, instead of kicking off then."""

    def __init__(self, seed: str, matches: int, speed: float, began: datetime, goal_at: float | None = None,
                 under_way: bool = False):
        self.matches = matches
        self._seed = seed
        self._speed = speed
        self._began = began
        self._goal_at = goal_at
        self._under_way = under_way
        self._pairs = lru_cache(maxsize=4)(lambda turn: draw_pairs(matches, random.Random(f"{seed}/draw/{turn}")))

    def reports(self) -> Iterator[Report]:
        """In the order of the run, for ever."""
        return heapq.merge(*map(self._place, range(self.matches)), key=lambda report: report.at)

    def _place(self, place: int) -> Iterator[Report]:
        begins = 0.0
        for turn in itertools.count():
            result = self._play(place, turn)
            if turn == 0:
                begins = self._first_kick_off(place, result)
            fixture = self._date(result, place, begins)
            for number, event in enumerate(result.events):
                yield Report(begins + event.at / 1000 / self._speed, place, fixture, number, event)
            begins = fixture.ends + _PAUSE / self._speed

    def _play(self, place: int, turn: int) -> Result:
        home, away = self._pairs(turn)[place]
        for attempt in range(_ATTEMPTS):
            result = play(home, away, random.Random(f"{self._seed}/{place}/{turn}/{attempt}"))
            if turn or place or self._goal_at is None or sum(result.score):
                break
        return result

    def _first_kick_off(self, place: int, result: Result) -> float:
        chance = random.Random(f"{self._seed}/kick-off/{place}")
        if place == 0 and self._goal_at is not None:
            goals = [event.at / 1000 / self._speed for event in result.events if event.kind == "goal"]
            # Under way, with something of the match to be seen already; else as a kick-off within the run, if one can be.
            goal = goals[len(goals) // 2] if self._under_way else goals[0]
            return self._goal_at - goal
        if self._under_way:
            return -chance.uniform(0.05, 0.85) * result.duration / 1000 / self._speed
        return chance.uniform(0.0, _STAGGER) / self._speed if place else 0.0

    def _date(self, result: Result, place: int, begins: float) -> Fixture:
        lasts = timedelta(milliseconds=result.duration)
        if self._under_way:
            kick_off = self._began + timedelta(seconds=begins * (max(self._speed, 1.0) if begins < 0 else 1.0))
        else:
            kick_off = self._began + timedelta(seconds=begins) + min(lasts / self._speed - lasts, timedelta())
        kick_off = kick_off.replace(microsecond=kick_off.microsecond // 1000 * 1000)
        name = match_id(result.home.name, result.away.name, kick_off, f"{self._seed}/{place}")
        began_ms = kick_off_ms(self._began) if self._under_way else None
        return Fixture(name, result, begins, kick_off_ms(kick_off), self._speed, began_ms)
