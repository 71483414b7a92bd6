"""One process of the crowd: makes its share of the traffic by the clock, and delivers it.

The schedule does not wait for the server. What the server cannot take in time waits here, and its wait is part of the
measured time of its acknowledgement.
"""

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection

from simulation.crowd.badfeed import BadFeed
from simulation.crowd.delivery import Delivery
from simulation.crowd.disorder import Disorder
from simulation.crowd.programme import Programme, Report
from simulation.crowd.requests import Batcher, Request
from simulation.crowd.traffic import Event, Spike, Traffic

_STEP = 0.02  # seconds of the run made at a time
_TOLD_EVERY = 0.2
_HURRY = 2.0  # seconds for the answers that are missing when it is told to end soon


@dataclass(frozen=True)
class Plan:
    """What all workers know. Two runs of the same plan send the same events."""

    url: str
    api_key: str
    seed: str
    matches: int
    speed: float
    began: datetime
    rate: float
    duration: float | None  # seconds; None is for ever
    spike: Spike | None
    under_way: bool
    late: float
    copies: float
    bad: float
    batch: int
    connections: int
    workers: int
    drain: float  # seconds after the end in which everything must be acknowledged

    def programme(self) -> Programme:
        return Programme(self.seed, self.matches, self.speed, self.began, self.spike and self.spike.at, self.under_way)


def work(plan: Plan, number: int, parent: Connection) -> None:
    """The process. Says "ready", is told ("go", when), tells what it does as dictionaries, and ends with its account."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the parent decides
    worker = _Worker(plan, number, parent)
    parent.send({"ready": True})
    try:
        _, began = parent.recv()
        asyncio.run(worker.run(began))
    except (EOFError, BrokenPipeError):
        os._exit(1)  # nobody is left to tell


class _Worker:
    def __init__(self, plan: Plan, number: int, parent: Connection):
        self._plan = plan
        self._parent = parent
        chance = random.Random(f"{plan.seed}/worker/{number}")
        self._chance = chance
        self._traffic = Traffic(plan.programme(), plan.rate, plan.spike, plan.seed, number, plan.workers,
                                plan.duration)
        self._disorder = Disorder(plan.late, plan.copies, chance)
        self._batcher = Batcher(plan.batch, chance)
        self._bad = BadFeed(chance)
        self._stopped = False
        self._given_up = False
        self._drain_for = plan.drain
        self._behind = 0.0
        self._most_behind = 0.0

    async def run(self, began: float) -> None:
        self._began = began
        plan = self._plan
        self._delivery = Delivery(plan.url, plan.api_key, plan.connections, self._second, self._chance)
        self._delivery.start()
        asyncio.get_running_loop().add_reader(self._parent.fileno(), self._listen)
        telling = asyncio.create_task(self._tell())
        await self._send()
        await self._drain()
        telling.cancel()
        await self._delivery.stop()
        asyncio.get_running_loop().remove_reader(self._parent.fileno())
        self._parent.send(self._state() | {"account": self._delivery.account, "sent_for": self._sent_for})

    def _second(self) -> float:
        return time.monotonic() - self._began

    def _listen(self) -> None:
        told = self._parent.recv()
        self._stopped = True
        if told == "hurry":
            self._drain_for = min(self._drain_for, _HURRY)
        elif told == "give up":
            self._given_up = True

    @property
    def _over(self) -> bool:
        return self._stopped or self._given_up or bool(self._delivery.failure)

    async def _send(self) -> None:
        now, ends = 0.0, self._plan.duration or float("inf")
        while now < ends and not self._over:
            early = now - self._second()
            self._behind = max(0.0, -early)
            self._most_behind = max(self._most_behind, self._behind)
            await asyncio.sleep(max(0.0, early))
            self._offer(self._batcher.add(now, self._disorder.pass_on(now, self._traffic.until(now))))
            now = min(now + _STEP, ends)
        self._behind, self._sent_for = 0.0, now
        rest = self._batcher.add(now, self._disorder.rest())
        self._offer(rest + self._batcher.rest(now))

    def _offer(self, requests: list[Request]) -> None:
        for request in requests:
            offered = self._delivery.offer(request)
            if offered and self._plan.bad and self._chance.random() < self._plan.bad:
                self._delivery.offer(self._bad.request(self._any_of(request.events), request.due))

    def _any_of(self, events: list[Event]) -> Event:
        return events[int(self._chance.random() * len(events))]

    async def _drain(self) -> None:
        began = time.monotonic()
        while not self._delivery.idle and not self._given_up and not self._delivery.failure:
            if time.monotonic() - began > self._drain_for:
                self._given_up = True
            await asyncio.sleep(0.02)

    async def _tell(self) -> None:
        while True:
            self._parent.send(self._state())
            await asyncio.sleep(_TOLD_EVERY)

    def _state(self) -> dict:
        happened, self._traffic.happened = self._traffic.happened, []
        delivery = self._delivery
        return {
            "counts": dict(delivery.counts) | {"late": self._disorder.late, "copies": self._disorder.copies},
            "latencies": delivery.latencies.take(),
            "behind": self._behind,
            "most_behind": self._most_behind,
            "trouble": delivery.trouble,
            "surprises": delivery.surprises,
            "failure": delivery.failure,
            "news": [_news(report) for report in happened if report.at >= 0 and report.event.kind in ("goal", "red_card")],
        }


def _news(report: Report) -> str:
    event, title = report.event, report.fixture.title
    minute, stoppage = event.metadata["minute"], event.metadata.get("stoppage")
    when = f"{minute}+{stoppage}'" if stoppage else f"{minute}'"
    if event.kind == "red_card":
        return f"{when}  red card: {event.metadata['name']} ({title})"
    home, away = report.fixture.result.home.name, report.fixture.result.away.name
    return f"{when}  GOAL  {home} {event.metadata['score']} {away}  ({event.metadata['scorer']})"
