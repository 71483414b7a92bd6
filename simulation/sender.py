"""Posts events over several connections and repeats each until it is accepted."""

import http.client
import json
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from simulation.stream import Sending

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0
_LONGEST_RETRY_AFTER = 60.0
_TIMEOUT = 30.0
_NO_SERVICE = {401, 403, 404, 405}


class NoService(Exception):
    """The server takes no events from us at all; the text says what to do."""


@dataclass
class Counts:
    accepted: int = 0  # events, copies not counted
    copies: int = 0
    rejected: int = 0
    retries: int = 0


def parse_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path of the event resource). ValueError when it is no address of a server."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{url}' is not the address of a server; give one like http://127.0.0.1:8080")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/") + "/api/events"


def wait_before_retry(attempt: int, retry_after: float, chance: random.Random) -> float:
    """Seconds: doubling from 0.1 to 5 with jitter, and never less than the server asked for (up to 60)."""
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 10)) * chance.uniform(0.5, 1.0)
    if retry_after > 0:
        return min(retry_after, _LONGEST_RETRY_AFTER) + wait / 4
    return wait


class Sender:
    """`submit` blocks while the queue is full. `note` is called from any thread with sentences for a person."""

    def __init__(self, url: str, connections: int, api_key: str = "", note: Callable[[str], None] = print):
        self._scheme, self._host, self._port, self._path = parse_url(url)
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._note = note
        self._queue: queue.Queue[Sending] = queue.Queue(maxsize=max(256, connections * 4))
        self._last = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._counts = Counts()
        self._failure: NoService | None = None
        self._troubled_at = -1e9
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(connections)]
        for thread in self._threads:
            thread.start()

    def submit(self, sending: Sending, unless: threading.Event) -> None:
        """Gives up when `unless` is set. NoService when the server has turned out not to take events."""
        while not unless.is_set():
            if self._failure:
                raise self._failure
            try:
                return self._queue.put(sending, timeout=0.1)
            except queue.Full:
                continue

    def drain(self, unless: threading.Event) -> None:
        """Returns when everything submitted is accepted or refused for good, or `unless` is set. Nothing can
        be submitted afterwards."""
        self._last.set()
        for thread in self._threads:
            while thread.is_alive() and not self._failure and not unless.is_set():
                thread.join(0.1)
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Ends early: requests under way are answered or given up within two seconds, what waits is dropped."""
        self._stop.set()
        deadline = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def counts(self) -> Counts:
        with self._lock:
            return Counts(**vars(self._counts))

    def _work(self) -> None:
        connection = self._connect()
        chance = random.Random()
        while not self._stop.is_set():
            try:
                sending = self._queue.get(timeout=0.1)
            except queue.Empty:
                if self._last.is_set():
                    break
                continue
            try:
                self._deliver(connection, sending, chance)
            except NoService as failure:
                self._failure = failure
                self._stop.set()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._scheme == "https" else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=_TIMEOUT)

    def _deliver(self, connection: http.client.HTTPConnection, sending: Sending, chance: random.Random) -> None:
        attempt = 0
        while not self._stop.is_set():
            status, retry_after, what = self._post(connection, sending.line)
            if status == 202:
                return self._count("copies" if sending.copy else "accepted")
            if status in _NO_SERVICE or 0 < status < 400:
                hint = "give an API key that may post with --api-key" if status in (401, 403) else "check --url"
                raise NoService(f"{self._url} answered {status} to POST /api/events: {hint}")
            if 400 <= status < 500 and status not in (408, 425, 429):
                self._note(f"refused for good with {status}: {what}")
                return self._count("rejected")
            self._trouble(f"no answer from {self._url} ({what})" if status == 0 else f"{self._url} answered {status}")
            if self._stop.wait(wait_before_retry(attempt, retry_after, chance)):
                return
            attempt += 1
            self._count("retries")

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> tuple[int, float, str]:
        """(status or 0, seconds the server asks to wait, why)."""
        try:
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the next request opens it again
            return 0, 0.0, str(error) or type(error).__name__
        try:
            retry_after = float(answer.headers.get("Retry-After", "0"))
        except ValueError:
            retry_after = 0.0
        return answer.status, retry_after, detail_of(text)

    def _count(self, what: str) -> None:
        with self._lock:
            setattr(self._counts, what, getattr(self._counts, what) + 1)

    def _trouble(self, sentence: str) -> None:
        with self._lock:
            if time.monotonic() - self._troubled_at < 5:
                return
            self._troubled_at = time.monotonic()
        self._note(sentence + "; trying again until it accepts")


def detail_of(text: bytes) -> str:
    """What a problem document says."""
    try:
        problem = json.loads(text)
        fields = "; ".join(f"{error['field']}: {error['detail']}" for error in problem.get("errors", []))
        return fields or str(problem.get("detail", ""))
    except (ValueError, AttributeError, KeyError, TypeError):
        return text[:200].decode(errors="replace")
