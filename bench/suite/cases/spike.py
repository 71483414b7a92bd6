"""A goal: the traffic grows forty times within a second, and falls back."""

import threading
import time

import tools
from accounting import Meter
from rows import Row

CONNECTIONS = 512
SINGLE = ("--event", "--match", "spike", "--matches", 20)


def run(stage):
    """Single events in an open loop while the lag is watched. It counts as gone when no more waits than the quiet phase
    brings in a second: that is what the promised freshness allows."""
    quiet, busy, after = stage.pick(((500, 3), (20_000, 10), (500, 12)), ((100, 0.5), (1000, 1), (100, 1)))
    with stage.up() as up:
        sent = stage.acknowledged()
        with Meter(up.pids()) as meter:
            phases = tools.open_phases([quiet, busy, after])
            load = tools.start("open", up.port, CONNECTIONS, phases, *SINGLE, acknowledged=sent.file())
            seen = watch_lag(up, load.runs)
            results = load.phases()
        for result in results:
            result.check(202)
        sent.check(up)
    end = quiet[1] + busy[1]
    gone = next((at - end for at, lag in seen if at >= end and lag <= quiet[0]), float("inf"))
    during = results[1]
    p99 = during.milliseconds("p99")
    yield Row(
        f"goal spike: {quiet[0]:,} to {busy[0]:,} single events/s and back, embedded log",
        p99,
        "ms p99 meanwhile",
        against=f"lag at most {max(lag for _, lag in seen):,.0f} events, gone {gone:.1f} s after",
        bar="no error, 50 ms, lag gone in 10 s",
        reached=p99 < 50 and gone <= 10 and during.kept_up,
        p50_ms=during.milliseconds("p50"),
        p99_ms=p99,
        memory_mib=meter.peak_mib,
        note=f"p99 before {results[0].milliseconds('p99'):.1f} ms, after {results[2].milliseconds('p99'):.1f} ms;"
        f" slowest answer {max(result.milliseconds('max') for result in results):.0f} ms",
        key="spike",
    )


def watch_lag(service, while_it_runs):
    """[(seconds since the beginning, lag)], ten times a second."""
    seen, pause, begin = [], threading.Event(), time.monotonic()
    while while_it_runs():
        seen.append((time.monotonic() - begin, service.lag() or 0))
        pause.wait(0.1)
    return seen
