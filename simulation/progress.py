"""The live line, and notes that scroll above it."""

import shutil
import sys
import threading
import time

from simulation.sender import Counts
from simulation.stream import Sending


class Progress:
    """Writes to standard error. A terminal gets a line that changes; a log file only what is worth a line of its own.
    Thread-safe."""

    def __init__(self, quiet: bool = False, stream=None):
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty()
        self._lock = threading.Lock()
        self._shown = False
        self._scores: dict[str, str] = {}
        self._started = time.monotonic()
        self._next = 0.0

    def note(self, sentence: str) -> None:
        if self._quiet:
            return
        with self._lock:
            self._clear()
            print(sentence, file=self._stream, flush=True)

    def happened(self, sending: Sending) -> None:
        """Follows the match, and notes its goals and red cards."""
        event, fixture = sending.event, sending.fixture
        if sending.copy or self._quiet:
            return
        home, away = fixture.result.home.name, fixture.result.away.name
        if event.kind == "goal":
            self._scores[fixture.match_id] = event.metadata["score"]
        score = self._scores.get(fixture.match_id, "0-0")
        if event.kind == "goal":
            self.note(f"{_minute(event.metadata)}  {home} {score} {away}  ({event.metadata['scorer']})")
        elif event.kind == "red_card":
            self.note(f"{_minute(event.metadata)}  red card: {event.metadata['name']} ({home} v {away})")

    def show(self, sending: Sending, counts: Counts, matches: int) -> None:
        """The live line, at most five times a second."""
        now = time.monotonic()
        if not self._live or now < self._next:
            return
        self._next = now + 0.2
        fixture = sending.fixture
        if matches == 1:
            score = self._scores.get(fixture.match_id, "0-0")
            head = f"{fixture.result.home.name} {score} {fixture.result.away.name}"
        else:
            head = f"{matches} matches"
        rate = counts.accepted / max(0.001, now - self._started)
        parts = [_minute(sending.event.metadata), head, f"{counts.accepted:,} accepted", f"{rate:,.0f}/s"]
        parts += [f"{number:,} {name}" for name, number in
                  (("copies", counts.copies), ("retries", counts.retries), ("rejected", counts.rejected)) if number]
        with self._lock:
            width = shutil.get_terminal_size().columns - 1
            print("\r\x1b[K" + "  ".join(parts)[:width], end="", file=self._stream, flush=True)
            self._shown = True

    def _clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=self._stream)
        self._shown = False


def _minute(metadata: dict) -> str:
    stoppage = metadata.get("stoppage")
    return f"{metadata['minute']}+{stoppage}'" if stoppage else f"{metadata['minute']}'"
