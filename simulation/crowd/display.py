"""What a person sees while it runs: a few lines redrawn in place on a terminal, else a line every few seconds."""

import shutil
import sys
import time
from collections import Counter, deque

from simulation.crowd.latency import Latencies, in_words
from simulation.crowd.watch import Watch

_REDRAWN_EVERY = 0.2
_TOLD_EVERY = 5.0
_RECENT = 5.0  # seconds over which rates and percentiles are shown
_BARS = " ▁▂▃▄▅▆▇█"
_BARS_KEPT = 60


class Display:
    """`counts` and `latencies` are given cumulative; what is recent is found here."""

    def __init__(self, title: str, duration: float | None, watch: Watch, quiet: bool, stream=None):
        self._title = title
        self._duration = duration
        self._watch = watch
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._live = not quiet and self._stream.isatty()
        self._next = 0.0
        self._lines = 0
        self._past: deque[tuple[float, Counter, Counter]] = deque()
        self._rates: deque[float] = deque(maxlen=_BARS_KEPT)
        self._began = time.monotonic()
        self._barred = (self._began, 0)

    def note(self, sentence: str) -> None:
        if not self._quiet:
            self._erase()
            print(sentence, file=self._stream, flush=True)

    def show(self, counts: Counter, latencies: Latencies, behind: float, trouble: str) -> None:
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        self._next = now + (_REDRAWN_EVERY if self._live else _TOLD_EVERY)
        self._remember(now, counts, latencies)
        if not self._live:
            return self.note(self._one_line(now))
        lines = self._block(now, behind, trouble)
        self._erase()
        width = shutil.get_terminal_size().columns - 1
        print("\n".join(line[:width] for line in lines), file=self._stream, flush=True)
        self._lines = len(lines)

    def end(self) -> None:
        self._erase()

    def _erase(self) -> None:
        if self._lines:
            print(f"\x1b[{self._lines}F\x1b[J", end="", file=self._stream)
        self._lines = 0

    def _remember(self, now: float, counts: Counter, latencies: Latencies) -> None:
        self._past.append((now, Counter(counts), Counter(latencies.buckets)))
        while len(self._past) > 2 and self._past[1][0] < now - _RECENT:
            self._past.popleft()
        since, offered = self._barred
        if now - since >= 1:
            self._rates.append((counts["offered"] - offered) / (now - since))
            self._barred = (now, counts["offered"])

    def _recently(self, name: str) -> float:
        (then, before, _), (now, after, _) = self._past[0], self._past[-1]
        return (after[name] - before[name]) / (now - then) if now > then else 0.0

    def _percentiles(self) -> str:
        # A line every few seconds shows what is between two lines; the first one, everything.
        before = self._past[0][2] if len(self._past) > 1 else Counter()
        recent = Latencies(self._past[-1][2] - before)
        return "   ".join(f"p{share * 100:.0f} {in_words(recent.percentile(share))}" for share in (0.5, 0.95, 0.99))

    def _clock(self, now: float) -> str:
        seconds = int(now - self._began)
        total = f" of {_minutes(int(self._duration))}" if self._duration else ""
        return f"{_minutes(seconds)}{total}"

    def _server(self) -> str:
        lag = "lag -" if self._watch.lag is None else f"lag {self._watch.lag:,}"
        return f"{lag}   numbers {in_words(self._watch.age)} old   {self._watch.state}"

    def _one_line(self, now: float) -> str:
        counts = self._past[-1][1]
        return (f"{self._clock(now)}  {self._recently('offered'):,.0f}/s  {counts['acknowledged']:,} acknowledged  "
                f"{counts['in_flight'] + counts['waiting']:,} under way  {self._percentiles()}  "
                f"{counts['retries']:,} retries  {self._server()}")

    def _block(self, now: float, behind: float, trouble: str) -> list[str]:
        counts = self._past[-1][1]
        lines = [
            f"{self._title}   {self._clock(now)}",
            f"  sending       {self._recently('offered'):8,.0f}/s   {_bars(self._rates)}",
            f"  acknowledged  {self._recently('acknowledged') + self._recently('copies_acknowledged'):8,.0f}/s   "
            f"{counts['acknowledged']:,} distinct events, {counts['copies_acknowledged']:,} copies",
            f"  under way     {counts['in_flight']:8,}     in flight, {counts['waiting']:,} waiting",
            f"  answered in   {self._percentiles()}",
            f"  again         {counts['retries']:,} retries   late {counts['late']:,}   bad requests "
            f"{counts['bad_refused']:,} refused as they must be   refused wrongly {counts['refused']:,}",
            f"  server        {self._server()}",
        ]
        if trouble:
            lines.append(f"  trying again: {trouble}")
        if behind > 0.25:
            lines.append(f"  this generator is {behind:.1f} s behind its own schedule: give --processes or a larger --batch")
        return lines


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def _bars(rates: deque[float]) -> str:
    most = max(rates, default=0.0) or 1.0
    return "".join(_BARS[round(rate / most * 8)] for rate in rates)
