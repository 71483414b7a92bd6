"""Several matches as one stream of lines in the order of their events."""

import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.events import MatchEvent, match_id, to_line
from simulation.match import Result, play
from simulation.squads import draw_pairs

_STAGGER_MS = 60_000  # matches of a round kick off within a minute of each other
_MOST_EVENTS_BETWEEN_COPIES = 40


@dataclass(frozen=True)
class Fixture:
    """A match with its place and time. `delay` is from the round's start to its kick-off, in milliseconds."""

    match_id: str
    result: Result
    kick_off: datetime
    delay: int

    @property
    def title(self) -> str:
        return f"{self.result.home.name} v {self.result.away.name}"


@dataclass(frozen=True)
class Sending:
    """One line to send. `at`: milliseconds since the round's start."""

    at: int
    line: bytes
    fixture: Fixture
    event: MatchEvent
    copy: bool = False


@dataclass(frozen=True)
class Round:
    """Matches played at the same time, before they have a date."""

    results: list[Result]
    delays: list[int]
    seed: str

    @property
    def duration(self) -> timedelta:
        longest = max(delay + result.duration for delay, result in zip(self.delays, self.results))
        return timedelta(milliseconds=longest)


def play_round(seed: str, matches: int) -> Round:
    """The same seed plays the same matches."""
    chance = random.Random(f"{seed}/round")
    pairs = draw_pairs(matches, chance)
    delays = [0] + sorted(chance.randrange(_STAGGER_MS) for _ in range(matches - 1))
    results = [play(home, away, random.Random(f"{seed}/{number}")) for number, (home, away) in enumerate(pairs)]
    return Round(results, delays, seed)


def fix(games: Round, start: datetime) -> list[Fixture]:
    """Dates the round. Ids of matches and events follow from the seed and the kick-off alone."""
    fixtures = []
    for number, (result, delay) in enumerate(zip(games.results, games.delays)):
        kick_off = start + timedelta(milliseconds=delay)
        name = match_id(result.home.name, result.away.name, kick_off, f"{games.seed}/{number}")
        fixtures.append(Fixture(name, result, kick_off, delay))
    return fixtures


def _sendings(fixture: Fixture) -> Iterator[Sending]:
    for number, event in enumerate(fixture.result.events):
        line = to_line(event, fixture.match_id, number, fixture.kick_off)
        yield Sending(fixture.delay + event.at, line, fixture, event)


def merge(fixtures: Iterable[Fixture]) -> Iterator[Sending]:
    return heapq.merge(*map(_sendings, fixtures), key=lambda sending: sending.at)


def with_copies(sendings: Iterable[Sending], share: float, chance: random.Random) -> Iterator[Sending]:
    """Sends `share` of the events once more, after up to 40 others, at the time of the event before."""
    waiting: list[tuple[int, Sending]] = []
    last = 0
    for number, sending in enumerate(sendings):
        last = sending.at
        yield sending
        if share > 0 and chance.random() < share:
            due = number + chance.randrange(_MOST_EVENTS_BETWEEN_COPIES + 1)
            heapq.heappush(waiting, (due, number, sending))
        while waiting and waiting[0][0] <= number:
            yield _copy(heapq.heappop(waiting)[-1], last)
    while waiting:
        yield _copy(heapq.heappop(waiting)[-1], last)


def _copy(sending: Sending, at: int) -> Sending:
    return Sending(at, sending.line, sending.fixture, sending.event, copy=True)
