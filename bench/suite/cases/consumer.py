"""From a backlog into ClickHouse, with rollups and deduplication, against the same rows sent by a bare HTTP client."""

import threading
import time

import services
import tools
from accounting import Meter, median
from checks import wait_told
from prometheus import Reading
from rows import Row

# As the consumer does it: blocks of BATCH_MAX_EVENTS, one under way for each partition of the embedded log.
CONNECTIONS = 4
MATCHES = 1000
INSERTED = "fanfinity_clickhouse_events_inserted_total"


def run(stage):
    """Both have the whole machine, one after the other: an insert is as parallel as ClickHouse makes it."""
    events = stage.pick(10_000_000, 200_000)
    rates = bare(stage, events // 2)
    ours, meter, stored = backlog(stage, events)
    rates += bare(stage, events // 2)
    ceiling = median(rates)
    ratio = ours / ceiling
    yield Row(
        f"consumer from a backlog of {events:,} events, rollups and deduplication on",
        ours,
        "rows/s",
        ceiling=ceiling,
        against="bare HTTP client",
        ratio=ratio,
        bar="0.70",
        reached=ratio >= 0.7,
        cpu_us=sum(meter.cpu.values()) / stored * 1e6,
        cpu_parts_us={name: seconds / stored * 1e6 for name, seconds in meter.cpu.items()},
        memory_mib=meter.peak_mib,
        key="consumer",
    )


def backlog(stage, events):
    """(rows/s, Meter, events it saw stored) of a `fanfinity up` that finds so many events waiting."""

    def fill(up):
        tools.run("fill_log", up.data_dir, events, "--matches", MATCHES, env=up.environment)

    with stage.up(prepare=fill, LOG_MAX_SIZE="24GiB") as up:
        with Meter(up.pids()) as meter:
            seen = watch_inserted(up, events)
        up.wait_lag_zero()
        told = up.clickhouse().rows("SELECT count() AS rows, uniqExact(event_id) AS ids FROM events")[0]
        assert told == {"rows": events, "ids": events}, f"{events} events waited in the log, ClickHouse holds {told}"
        wait_told(up, events)
    # From the last moment before the first insert that was seen.
    begin, stored_before = next(one for one, after in zip(seen, seen[1:]) if after[1] > one[1])
    end, stored = seen[-1]
    return (stored - stored_before) / (end - begin), meter, stored - stored_before


def watch_inserted(up, events, seconds=600):
    """[(moment, events inserted so far)], ten times a second until all are."""
    seen, pause, deadline = [], threading.Event(), time.monotonic() + seconds
    while not seen or seen[-1][1] < events:
        assert time.monotonic() < deadline, f"{seen[-1][1]:,.0f} of {events:,} events were stored in {seconds} s"
        seen.append((time.monotonic(), Reading(up).sum(INSERTED)))
        pause.wait(0.1)
    return seen


def bare(stage, rows):
    """[rows/s] of the bare client, into the empty tables of an `up` that has nothing else to do."""
    block = int(services.setting("BATCH_MAX_EVENTS"))
    with stage.up() as up:
        to = up.endpoint()
        told = tools.run(
            "row_sender",
            *("--port", to["url"].rpartition(":")[2], "--database", to["database"]),
            *("--user", to["user"], "--password", to["password"]),
            # The same matches: with fewer of them the rollups of a block have fewer rows.
            *("--matches", MATCHES, "--rows", rows, "--block", min(block, rows // CONNECTIONS), "--connections", CONNECTIONS),
        )
        stored = up.clickhouse().value("SELECT sum(events) AS events FROM matches")
        assert stored == rows, f"{rows} rows were sent, the rollup counts {stored}"
    return [told["rows_per_second"]]
