"""From the start of `fanfinity up` until it is ready, and until a new event is counted."""

import time

from accounting import median, resident_mib
from cases.table_size import sizes
from events import event
from http_client import match_path
from rows import Row
from waiting import wait_until

LONGEST_WINDOW = "365d"


def run(stage):
    """With many rows stored: as it is by default, where the consumer reads the ids of the last seven days, and with a
    window for duplicates that holds every row."""
    stage.table.grow(sizes(stage)[-1])
    yield from start_rows(stage, stage.rounds, {}, "")
    yield from start_rows(stage, 1, {"DEDUP_WINDOW": LONGEST_WINDOW}, ", every row within DEDUP_WINDOW")


def start_rows(stage, rounds, settings, words):
    up = stage.table.up
    usual = dict(up.environment)
    up.environment |= settings
    ready, visible, memory = [], [], {}
    try:
        for _ in range(rounds):
            up.stop()
            begin = time.monotonic()
            up.start()
            ready.append(time.monotonic() - begin)
            visible.append(time_until_counted(stage.table, begin))
            memory = resident_mib(up.pids())
    finally:
        up.environment = usual
    key = "start-whole" if settings else "start"
    rows = f"{stage.table.rows:,} rows stored{words}"
    yield Row(
        f"`fanfinity up` until ready, {rows}",
        median(ready),
        "s",
        bar="" if settings else "3 s",
        reached=None if settings else median(ready) <= 3,
        memory_mib=memory,
        key=key,
    )
    yield Row(
        f"`fanfinity up` until an event posted when it was ready is counted, {rows}",
        median(visible),
        "s",
        note="" if settings else "before it counts anything, the consumer reads the ids that its filter is to hold",
        key=f"{key}-counted",
    )


def time_until_counted(table, begin):
    up = table.up
    one = event(f"start-{time.time_ns()}")
    assert up.post(one).status == 202
    table.sent += 1
    client = up.client()
    wait_until(lambda: client.get(match_path(one["matchId"])).status == 200, "the event counted", 300, interval=0.01)
    client.close()
    return time.monotonic() - begin
