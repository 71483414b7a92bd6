"""Requests repeated until they are accepted, by the contract: nothing but a 202 says that an event is stored."""

import asyncio
import json
import random
from collections import Counter, deque

from simulation.crowd.account import Account
from simulation.crowd.latency import Latencies
from simulation.crowd.link import Answer, Link, NoAnswer
from simulation.crowd.requests import Request
from simulation.sender import detail_of, wait_before_retry

_NO_SERVICE = {401, 403, 404, 405}
_TRY_AGAIN = {408, 425, 429}
_MOST_WAITING = 400_000  # events; beyond it a request is left out, and that is told
_SURPRISES_KEPT = 5


class Delivery:
    """Several connections that take what is offered. `second` tells the second of the run."""

    def __init__(self, url: str, api_key: str, connections: int, second, chance: random.Random):
        self._url = url
        self._api_key = api_key
        self._connections = connections
        self._second = second
        self._chance = chance
        self._waiting: deque[Request] = deque()
        self._offered = asyncio.Event()
        self._tasks: list[asyncio.Task] = []
        self.account = Account()
        self.latencies = Latencies()
        self.counts: Counter[str] = Counter()
        self.surprises: list[str] = []
        self.trouble = ""  # why the latest try failed, until one succeeds
        self.failure = ""  # why it is of no use to go on

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._connections)]

    def offer(self, request: Request) -> bool:
        """False when too much waits already, and it is left out."""
        events = len(request.events)
        if self.counts["waiting"] + events > _MOST_WAITING:
            self.counts["left_out"] += events
            return False
        self.counts["offered"] += events
        self.counts["waiting"] += events
        self._waiting.append(request)
        self._offered.set()
        return True

    @property
    def idle(self) -> bool:
        return not self._waiting and not self.counts["in_flight_requests"]

    async def stop(self) -> None:
        """At once: what was not answered by now stays unknown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        link = Link(self._url, self._api_key)
        try:
            while True:
                while not self._waiting:
                    self._offered.clear()
                    await self._offered.wait()
                request = self._waiting.popleft()
                events = len(request.events)
                self.counts["waiting"] -= events
                self.counts["in_flight"] += events
                self.counts["in_flight_requests"] += 1
                await self._deliver(link, request)
                self.counts["in_flight_requests"] -= 1
                self.counts["in_flight"] -= events
        finally:
            link.close()

    async def _deliver(self, link: Link, request: Request) -> None:
        attempt = 0
        while True:
            try:
                answer = await link.post(request.path, request.media_type, request.body)
            except NoAnswer as error:
                answer = Answer(0, 0.0, b"")
                self.trouble = f"no answer ({error})"
            status = answer.status
            if status and status < 500 and status not in _TRY_AGAIN:
                break
            if status:
                self.trouble = f"answered {status}: {detail_of(answer.body)}"
            self.counts["retries"] += 1
            await asyncio.sleep(wait_before_retry(attempt, answer.retry_after, self._chance))
            attempt += 1
        self.trouble = ""
        if status in _NO_SERVICE:
            self.failure = f"{self._url} answered {status} to POST {request.path}: " + (
                "give an API key that may post with --api-key" if status in (401, 403) else "check --url")
        elif request.must_be is None:
            self._settle(request, answer)
        else:
            self._settle_bad(request, answer)

    def _settle(self, request: Request, answer: Answer) -> None:
        if answer.status != 202:
            self.counts["refused"] += len(request.events)
            return self._surprise(f"valid events were refused with {answer.status}: {detail_of(answer.body)}")
        self.latencies.add(self._second() - request.due)
        self.counts["requests"] += 1
        self._acknowledge(request, answer)

    def _settle_bad(self, request: Request, answer: Answer) -> None:
        self.counts["bad_requests"] += 1
        if answer.status != request.must_be:
            return self._surprise(f"{request.trouble} was answered {answer.status}, not {request.must_be}")
        if request.events and self._rejected(answer) != {1}:
            return self._surprise(f"{request.trouble}: rejected were {sorted(self._rejected(answer))}, not the second")
        self.counts["bad_refused"] += 1
        self.counts["bad_events"] += request.bad
        for event in request.events:
            self._count(event)

    def _acknowledge(self, request: Request, answer: Answer) -> None:
        rejected = self._rejected(answer) if len(request.events) > 1 else set()
        for index, event in enumerate(request.events):
            if index in rejected:
                self.counts["refused"] += 1
                self._surprise(f"a valid event was rejected in a batch: {event.line.decode()[:200]}")
            else:
                self._count(event)

    def _count(self, event) -> None:
        self.counts["acknowledged" if self.account.acknowledge(event) else "copies_acknowledged"] += 1

    def _rejected(self, answer: Answer) -> set[int]:
        try:
            return {int(error["index"]) for error in json.loads(answer.body)["errors"]}
        except (ValueError, KeyError, TypeError):
            self._surprise(f"the answer to a batch has no readable `errors`: {answer.body[:100]!r}")
            return set()

    def _surprise(self, sentence: str) -> None:
        self.counts["surprises"] += 1
        if len(self.surprises) < _SURPRISES_KEPT:
            self.surprises.append(sentence)
