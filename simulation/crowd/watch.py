"""What the server says about itself meanwhile: how many events are not counted yet, and how old its numbers are."""

import http.client
import json
import threading
from datetime import datetime
from typing import Any
from urllib.parse import quote

from simulation.sender import parse_url

_EVERY = 1.0
_TIMEOUT = 5.0


class Reader:
    """GETs of a server's JSON. Each on a connection of its own, so that a restarted server is found again."""

    def __init__(self, url: str, api_key: str = ""):
        scheme, self._host, self._port, path = parse_url(url)
        self._prefix = path.removesuffix("/api/events")
        self._kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def get(self, path: str) -> tuple[int, Any]:
        """(status, document). OSError or ValueError when there is no such answer."""
        connection = self._kind(self._host, self._port, timeout=_TIMEOUT)
        try:
            connection.request("GET", self._prefix + path, headers=self._headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except http.client.HTTPException as error:
            raise OSError(str(error) or type(error).__name__) from None
        finally:
            connection.close()

    def metrics(self, match_id: str) -> tuple[int, Any]:
        return self.get(f"/api/matches/{quote(match_id, safe='')}/metrics")

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.fromisoformat(self.get("/health")[1]["timestamp"])


class Watch:
    """Asks once a second in a thread of its own, until `stop`. `lag`: events not counted yet; `age`: seconds between the
    server's clock and the `asOf` of its latest match. None while the server does not tell."""

    def __init__(self, url: str, api_key: str = ""):
        self._reader = Reader(url, api_key)
        self._stop = threading.Event()
        self.lag: int | None = None
        self.most_lag = 0
        self.age: float | None = None
        self.state = "no answer yet"
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(2 * _TIMEOUT)

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                self.lag = self.age = None
                self.state = "does not answer"
            self._stop.wait(_EVERY)

    def _look(self) -> None:
        status, ready = self._reader.get("/ready")
        checks = ready.get("checks", {})
        bad = ", ".join(f"{name} {state}" for name, state in checks.items() if state != "healthy")
        self.state = "ready" if status == 200 else f"not ready: {bad or status}"
        self.lag = ready["lag"] + ready.get("retryPending", 0) if "lag" in ready else None
        self.most_lag = max(self.most_lag, self.lag or 0)
        status, listed = self._reader.get("/api/matches?limit=1")
        if status == 200:
            age = datetime.fromisoformat(ready["timestamp"]) - datetime.fromisoformat(listed["asOf"])
            self.age = max(0.0, age.total_seconds())
