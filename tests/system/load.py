"""Clients that send until they read 202, on purpose many things twice, and write down what was acknowledged."""

import http.client
import itertools
import json
import math
import random
import threading
import time
from collections import Counter, deque

from events import EventSource
from http_client import BATCH, EVENTS, JSON, NDJSON, Client
from waiting import patience

_pause = threading.Event()


class Journal:
    """What one client was told is durable: a line an acknowledgement, on disk before the next request."""

    def __init__(self, path):
        self._path = path
        self._file = path.open("w", encoding="utf-8")

    def acknowledge(self, sent):
        self._file.write("".join(json.dumps(event) + "\n" for event in sent))
        self._file.flush()

    def __iter__(self):
        with self._path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


class Memory:
    """Events that were acknowledged, for clients to send again: the latest ones, and a fair sample of all. It is as
    large after an hour as after a minute."""

    LATEST, SAMPLE = 1_000, 50_000

    def __init__(self):
        self._latest = deque(maxlen=self.LATEST)
        self._sample = []
        self._seen = 0
        self._lock = threading.Lock()

    def __bool__(self):
        return self._seen > 0

    def add(self, events, pick):
        with self._lock:
            self._latest.extend(events)
            for event in events:
                self._seen += 1
                if len(self._sample) < self.SAMPLE:
                    self._sample.append(event)
                elif (place := pick.randrange(self._seen)) < self.SAMPLE:
                    self._sample[place] = event

    def recall(self, pick):
        with self._lock:
            return pick.choice(self._latest if pick.random() < 0.5 else self._sample)


class LoadClient(threading.Thread):
    """Posts single events and batches until told to stop; every request again and again until 202.

    A fifth of what it sends is something acknowledged before, by it or by another client (`memory` is
    shared), now and then with the id in upper case: a client retry as the contract allows it. Of several
    servers it takes any, and the next one when it has to send again. It rests `pause` seconds after each request,
    and does not send more than `rate` events a second; `poison` is of an EventSource."""

    def __init__(self, ports, name, seed, match_ids, folder, memory, pause=0.0, rate=math.inf, poison=0.0):
        super().__init__(name=name, daemon=True)
        self.journal = Journal(folder / f"{name}.ndjson")
        self.sent = 0  # events in requests, those sent again after an error included
        self.answers = Counter()  # status, or the kind of connection error, to how often
        self.slowest = Counter()  # the same to the most seconds that one took
        self.acknowledged = 0  # events told to be durable, duplicates included
        self.resent = 0
        self.last_ack_ms = 0
        self.failure = None
        self._ports = ports
        self._source = EventSource(seed, match_ids, poison=poison)
        self._random = random.Random(seed)
        self._memory = memory
        self._pause = pause
        self._rate = rate
        self._stop_event = threading.Event()

    def run(self):
        clients = [Client(port, timeout=20 * patience()) for port in self._ports]
        try:
            while not self._stop_event.is_set():
                began, events = time.monotonic(), self._pick()
                self._send_until_accepted(clients, events)
                due = began + len(events) / self._rate
                self._stop_event.wait(max(self._pause, due - time.monotonic()))
        except Exception as error:  # shown by LoadClients.stop
            self.failure = error
        finally:
            for client in clients:
                client.close()

    def stop(self):
        """Ends after the request under way has been acknowledged."""
        self._stop_event.set()

    def _pick(self):
        """One event, or the events of a batch."""
        size = 1 if self._random.random() < 0.7 else self._random.randrange(2, 40)
        return [
            self._duplicate() if self._memory and self._random.random() < 0.2 else self._source.next()
            for _ in range(size)
        ]

    def _duplicate(self):
        self.resent += 1
        again = dict(self._memory.recall(self._random))
        if self._random.random() < 0.3:
            again["eventId"] = again["eventId"].upper()
        return again

    def _send_until_accepted(self, clients, events):
        path, headers, body = self._encode(events)
        for turn in itertools.count(self._random.randrange(len(clients))):
            began = time.monotonic()
            self.sent += len(events)
            try:
                answer = clients[turn % len(clients)].request("POST", path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self._note(type(error).__name__, began)
                _pause.wait(0.02)
                continue
            self._note(answer.status, began)
            if answer.status == 202:
                break
            assert answer.status in (408, 429, 503), f"a valid request was refused for good: {answer}"
            assert answer.status != 503 or int(answer.headers["retry-after"]) >= 1, answer
            _pause.wait(0.02)
        if path == BATCH:
            assert answer.json()["accepted"] == len(events), answer
        self.last_ack_ms = time.time_ns() // 1_000_000
        self.journal.acknowledge(events)
        self.acknowledged += len(events)
        self._memory.add(events, self._random)

    def _note(self, outcome, began):
        self.answers[outcome] += 1
        self.slowest[outcome] = max(self.slowest[outcome], time.monotonic() - began)

    def _encode(self, events):
        if len(events) == 1:
            return EVENTS, JSON, json.dumps(events[0]).encode()
        if self._random.random() < 0.5:
            return BATCH, JSON, json.dumps(events).encode()
        return BATCH, NDJSON, "\n".join(map(json.dumps, events)).encode()


class LoadClients:
    """Several of them, as a context: they start on entry, and are stopped and asked for failures on exit.
    `ports`: that of the server, or of each server. `rate`: of all of them together."""

    def __init__(self, ports, folder, match_ids, count=6, seed=1, rate=math.inf, **options):
        folder.mkdir(exist_ok=True)
        memory = Memory()
        ports = [ports] if isinstance(ports, int) else list(ports)
        options["rate"] = rate / count
        self._clients = [
            LoadClient(ports, f"client{seed}-{n}", seed * 1000 + n, match_ids, folder, memory, **options)
            for n in range(count)
        ]

    def __enter__(self):
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, kind, *_):
        for client in self._clients:
            client.stop()
        if kind is None:
            self.stop()

    def stop(self, seconds=60.0):
        """Waits until every client has had its last request acknowledged."""
        for client in self._clients:
            client.stop()
        deadline = time.monotonic() + seconds * patience()
        for client in self._clients:
            client.join(max(0.0, deadline - time.monotonic()))
            assert not client.is_alive(), f"{client.name} got no 202 in {seconds} s: {dict(client.answers)}"
            if client.failure:
                raise client.failure

    @property
    def sent(self):
        return sum(client.sent for client in self._clients)

    @property
    def acknowledged(self):
        return sum(client.acknowledged for client in self._clients)

    @property
    def resent(self):
        return sum(client.resent for client in self._clients)

    @property
    def answers(self):
        """Status or connection error to how often, over all clients."""
        return sum((client.answers for client in self._clients), Counter())

    @property
    def slowest(self):
        """Status or connection error to the most seconds that one took, over all clients."""
        worst = Counter()
        for client in self._clients:
            worst |= client.slowest
        return worst

    @property
    def last_ack_ms(self):
        return max(client.last_ack_ms for client in self._clients)

    def journal(self):
        """Every acknowledged event, duplicates included, one after the other from disk."""
        for client in self._clients:
            yield from client.journal

    def journalled(self):
        """The same as a list."""
        return list(self.journal())
