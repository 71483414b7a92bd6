"""What is sent at every moment: the feeds of the matches, and the crowd around them.

A match has one feed, which says everything. The crowd sends what people at their phones and television sets tag: the
passes, shots and interceptions they have just seen, each with an id of its own and `metadata.source` "fan". Goals, cards,
substitutions and offsides come from the feed alone, so a score line is the score however many people cheer; what a goal
leaves behind is a peak of tagged shots and passes in its minute.

People turn to where something happens. A second after a goal, a card or a shot the interest in its match jumps, and is
half gone a few seconds later. Over time the traffic keeps to the rate asked for: between goals it is lower, after one
higher. A spike comes on top.
"""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from datetime import timedelta

from simulation.crowd.programme import Fixture, Programme, Report
from simulation.events import EPOCH, format_time, to_line

# By how many times a match's calm traffic grows at once, and how fast that is over.
_EXCITEMENT = {"goal": 12.0, "red_card": 6.0, "yellow_card": 1.5, "shot": 0.6}
_HALF_LIFE = 4.0
_REACTION_TIME = 1.0
_WINDOW = 60.0  # seconds over which the rate is kept, if the run is not shorter
_TAGGED = {"pass", "shot", "interception", "corner", "free_kick", "foul"}
_REMEMBERED = 6  # the latest moments of a match that people tag
_APPS = ("ios", "android", "web", "tv")


class Event:
    """One event to send. `once` is shared with its copy, and tells which of them was acknowledged first."""

    __slots__ = ("line", "match_id", "kind", "at_ms", "once")

    def __init__(self, line: bytes, match_id: str, kind: str, at_ms: int):
        self.line = line
        self.match_id = match_id
        self.kind = kind
        self.at_ms = at_ms
        self.once: list[bool] | None = None


@dataclass(frozen=True)
class Spike:
    """The traffic jumps to `times` the rate at second `at` and falls back, by half every `half_life` seconds."""

    times: float
    at: float
    half_life: float = 5.0

    def extra(self, now: float) -> float:
        return (self.times - 1) * 0.5 ** ((now - self.at) / self.half_life) if now >= self.at else 0.0


def feed_rate(matches: int, speed: float) -> float:
    """About how many events a second the feeds alone make."""
    return matches * 1_150 / (112 * 60) * speed


@lru_cache(maxsize=65_536)
def _second(at: int) -> str:
    return format_time(EPOCH + timedelta(seconds=at))[:-1]


def _time(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z" if milliseconds else f"{_second(seconds)}Z"


class _Place:
    """A match as the crowd sees it."""

    def __init__(self, weight: float):
        self.weight = weight
        self.fixture: Fixture | None = None
        self.moments: deque[Report] = deque(maxlen=_REMEMBERED)
        self.interest = 0.0
        self.about = "play"


class Traffic:
    """The share of one of `workers` processes: the feeds of some matches and an equal part of the crowd. All of them see
    all matches, so that they agree on where the interest is."""

    def __init__(self, programme: Programme, rate: float, spike: Spike | None, seed: str, worker: int = 0,
                 workers: int = 1, duration: float | None = None):
        self._reports = _Ahead(programme.reports())
        self._rate = rate
        self._spike = spike
        self._worker, self._workers = worker, workers
        self._window = min(_WINDOW, duration or _WINDOW)
        self._chance = random.Random(f"{seed}/crowd/{worker}")
        # Few matches have most of the people: the second has half as many as the first, and so on.
        weights = [1 / (place + 1) for place in range(programme.matches)]
        self._places = [_Place(weight / sum(weights)) for weight in weights]
        self._reactions: list[tuple[float, int, float, str]] = []
        self._now = 0.0
        self._calm = 0.0
        self._window_ends = 0.0
        self.happened: list[Report] = []  # goals and the like of this worker's feeds, for whoever tells people
        self._keep_rate()  # plays the first matches, which takes a moment, before the clock runs

    def until(self, now: float) -> list[Event]:
        """Everything from the last call to second `now` of the run."""
        if now > self._window_ends:
            self._keep_rate()
        events = []
        for report in self._reports.take(now):
            self._follow(report)
            if report.place % self._workers == self._worker:
                self.happened.append(report)
                events.append(_of_feed(report))
        while self._reactions and self._reactions[0][0] <= now:
            _, number, interest, about = heapq.heappop(self._reactions)
            place = self._places[number]
            place.interest += interest
            place.about = about
        events += self._crowd(now)
        fading = 0.5 ** ((now - self._now) / _HALF_LIFE)
        for place in self._places:
            place.interest *= fading
        self._now = now
        return events

    def _follow(self, report: Report) -> None:
        place = self._places[report.place]
        if place.fixture is not report.fixture:
            place.fixture, place.interest = report.fixture, 0.0
            place.moments.clear()
        kind = report.event.kind
        if kind in _TAGGED:
            place.moments.append(report)
        if kind in _EXCITEMENT and report.at >= 0:
            heapq.heappush(self._reactions, (report.at + _REACTION_TIME, report.place, _EXCITEMENT[kind], kind))

    def _keep_rate(self) -> None:
        """Chooses the calm traffic such that with the excitement that lies ahead the window has the rate asked for."""
        begins, ends = self._window_ends, self._window_ends + self._window
        feeds, excitement = 0, 0.0
        lasts = _HALF_LIFE / 0.6931
        for report in self._reports.peek(ends):
            feeds += report.at >= begins
            left = ends - report.at - _REACTION_TIME
            if report.at >= begins and left > 0:
                share = 1 - 0.5 ** (left / _HALF_LIFE)
                excitement += self._places[report.place].weight * _EXCITEMENT.get(report.event.kind, 0.0) * share * lasts
        excitement += lasts * sum(place.weight * place.interest for place in self._places)
        crowd = max(0.0, self._rate - feeds / self._window)
        self._calm = crowd / (1 + excitement / self._window)
        self._window_ends = ends

    def _crowd(self, now: float) -> Iterator[Event]:
        playing = [place for place in self._places if place.moments]
        if not playing:
            return
        seconds = now - self._now
        weights = [place.weight * (1 + place.interest) for place in playing]
        for place in self._chance.choices(playing, weights, k=self._some(self._calm * sum(weights) * seconds)):
            yield self._tag(place, self._chance.uniform(self._now, now))
        if self._spike and self._places[0].moments:
            for _ in range(self._some(self._rate * self._spike.extra(now) * seconds)):
                yield self._tag(self._places[0], self._chance.uniform(self._now, now))

    def _some(self, expected: float) -> int:
        return int(expected / self._workers + self._chance.random())

    def _tag(self, place: _Place, at: float) -> Event:
        chance, fixture = self._chance, place.fixture
        report = place.moments[int(chance.random() * len(place.moments))]
        event = report.event
        at_ms = max(fixture.clock_ms(at), fixture.event_ms(event))
        bits = f"{chance.getrandbits(128):032x}"
        # A random UUID, of version 4.
        event_id = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
        line = (
            f'{{"eventId":"{event_id}","matchId":"{fixture.match_id}","eventType":"{event.kind}",'
            f'"timestamp":"{_time(at_ms)}","teamId":{event.team},"playerId":"{event.player_id}",'
            f'"metadata":{{"minute":{event.metadata["minute"]},"period":{event.metadata["period"]},"source":"fan",'
            f'"about":"{place.about}","app":"{_APPS[int(chance.random() * 4)]}"}}}}'
        )
        return Event(line.encode(), fixture.match_id, event.kind, at_ms)


def _of_feed(report: Report) -> Event:
    fixture = report.fixture
    at_ms = fixture.event_ms(report.event)
    line = to_line(report.event, fixture.match_id, report.number, EPOCH + timedelta(milliseconds=at_ms - report.event.at))
    return Event(line, fixture.match_id, report.event.kind, at_ms)


class _Ahead:
    """Reports that can be looked at before they are taken."""

    def __init__(self, reports: Iterator[Report]):
        self._reports = reports
        self._seen: deque[Report] = deque()

    def peek(self, until: float) -> Iterator[Report]:
        while not self._seen or self._seen[-1].at <= until:
            self._seen.append(next(self._reports))
        return (report for report in self._seen if report.at <= until)

    def take(self, until: float) -> Iterator[Report]:
        self.peek(until)
        while self._seen[0].at <= until:
            yield self._seen.popleft()
            if not self._seen:
                return
