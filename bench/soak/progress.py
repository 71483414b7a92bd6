"""A line every ten seconds, and a look at the memory every second, while faults keep the main thread busy."""

import threading
import time

from harness import prometheus_sum

LINE_SECONDS = 10
LOOK_SECONDS = 1


class Progress(threading.Thread):
    """As a context: it runs inside. `watched`: the consumer that is asked for the lag."""

    def __init__(self, clients, faults, memory, watched):
        super().__init__(daemon=True)
        self._clients = clients
        self._faults = faults
        self._memory = memory
        self._watched = watched
        self._over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()

    def run(self):
        began = time.monotonic()
        due = began + LINE_SECONDS
        while not self._over.wait(LOOK_SECONDS):
            self._memory.look()
            if time.monotonic() >= due:
                due = time.monotonic() + LINE_SECONDS
                print(self._line((time.monotonic() - began) / 60), flush=True)

    def _line(self, minutes):
        clients, lag = self._clients, self._lag()
        return (
            f"{minutes:5.1f} min: sent {clients.sent:,}, acknowledged {clients.acknowledged:,}, "
            f"lag {'unknown' if lag is None else format(int(lag), ',')}, faults {self._faults.survived.total()}; "
            f"MiB: {self._memory}"
        )

    def _lag(self):
        """None while the consumer does not answer: it may be paused."""
        client = self._watched.client(timeout=LOOK_SECONDS)
        try:
            return prometheus_sum(client.get("/metrics").body.decode(), "fanfinity_consumer_lag")
        except OSError:
            return None
        finally:
            client.close()
