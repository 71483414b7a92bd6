"""Reading and writing beside many stored rows: how the cost grows with the table, and with the events of a match."""

import random
import time

import tools
from accounting import Meter, percentile
from bare_query import BareQuery
from http_client import match_path
from big_table import EVENTS_A_MATCH
from rows import Row

SEED = 7


def sizes(stage):
    return stage.pick((1_000_000, 10_000_000, 100_000_000), (10_000, 50_000, 200_000))


def by_table_size(stage):
    """At each size: metrics of different matches through the service and by the bare query, the list of matches, and
    the rows a second of the bare client that inserts into the same tables."""
    table = stage.table
    for size in sizes(stage):
        table.grow(size)
        with Meter(table.up.pids()) as meter:
            reads = read_different(stage, table, stage.pick(1000, 20))
        yield reads_row(stage, size, reads, meter)
        yield listing_row(stage, size)
        yield insert_row(stage, size)


def read_different(stage, table, count):
    """Seconds of each read, (through the service, by the bare query): turn by turn, and each of a match that nobody has
    asked for before."""
    chosen = random.Random(SEED + table.rows).sample(range(table.matches), min(2 * count, table.matches))
    bare, client = BareQuery(table.up.endpoint()), table.up.client()
    ours, theirs = [], []
    try:
        warm = f"match-{chosen[0]}"
        bare.ask(warm)
        client.get(match_path(warm))
        for mine, other in zip(chosen[::2], chosen[1::2]):
            begin = time.perf_counter()
            answer = client.get(match_path(f"match-{mine}"))
            ours.append(time.perf_counter() - begin)
            told = answer.json()
            assert answer.status == 200 and told["totalEvents"] == EVENTS_A_MATCH, (
                f"match-{mine} has {EVENTS_A_MATCH} events, it is told: {answer}"
            )
            begin = time.perf_counter()
            bare.ask(f"match-{other}")
            theirs.append(time.perf_counter() - begin)
    finally:
        bare.close()
        client.close()
    return ours, theirs


def reads_row(stage, size, reads, meter):
    ours, theirs = reads
    p99, bare_p99 = percentile(ours, 0.99) * 1000, percentile(theirs, 0.99) * 1000
    largest = size == sizes(stage)[-1]
    return Row(
        f"GET metrics of {len(ours):,} different matches, {size:,} rows stored",
        p99,
        "ms p99",
        ceiling=bare_p99,
        against="one bare query",
        ratio=p99 / bare_p99,
        bar="1.5 times, 50 ms" if largest else "",
        reached=(p99 <= 1.5 * bare_p99 and p99 < 50) if largest else None,
        p50_ms=percentile(ours, 0.5) * 1000,
        p99_ms=p99,
        memory_mib=meter.peak_mib,
        note=f"p50 of the bare query {percentile(theirs, 0.5) * 1000:.1f} ms" if largest else "",
        key=f"stored-read-{size}",
    )


def listing_row(stage, size):
    """GET /api/matches, which looks at every match."""
    seconds = []
    client = stage.table.up.client()
    for limit in range(50, 50 + stage.pick(20, 3)):  # another limit is another answer, so none comes from memory
        begin = time.perf_counter()
        answer = client.get(f"/api/matches?limit={limit}")
        seconds.append(time.perf_counter() - begin)
        assert answer.status == 200, answer
    client.close()
    return Row(
        f"GET /api/matches, {stage.table.matches:,} matches in {size:,} rows",
        percentile(seconds, 0.99) * 1000,
        "ms p99",
        p50_ms=percentile(seconds, 0.5) * 1000,
        p99_ms=percentile(seconds, 0.99) * 1000,
        key=f"stored-list-{size}",
    )


def insert_row(stage, size):
    """How fast the same tables take rows beside those that they hold."""
    rows = stage.pick(500_000, 10_000)
    to = stage.table.up.endpoint()
    told = tools.run(
        "row_sender",
        *("--port", to["url"].rpartition(":")[2], "--database", to["database"]),
        *("--user", to["user"], "--password", to["password"]),
        *("--rows", rows, "--block", min(50_000, rows), "--connections", 1),
    )
    stage.table.sent += rows
    return Row(
        f"bare client inserts, {size:,} rows stored",
        told["rows_per_second"],
        "rows/s",
        key=f"stored-insert-{size}",
    )


def by_match_size(stage):
    """Metrics of one match, by its events: what is read is its minutes, not its events."""
    table = stage.table
    table.grow(sizes(stage)[-1])
    for events in stage.pick((1000, 100_000, 10_000_000), (1000, 5000)):
        name = table.add_match(events)
        client, bare = table.up.client(), BareQuery(table.up.endpoint())
        ours, theirs = [], []
        client.get(match_path(name))
        bare.ask(name)
        for _ in range(stage.pick(100, 3)):
            time.sleep(0.12)  # METRICS_REFRESH: an answer younger than that would come from memory
            begin = time.perf_counter()
            answer = client.get(match_path(name))
            ours.append(time.perf_counter() - begin)
            assert answer.json()["totalEvents"] == events, answer
            begin = time.perf_counter()
            bare.ask(name)
            theirs.append(time.perf_counter() - begin)
        client.close()
        bare.close()
        yield Row(
            f"GET metrics of a match of {events:,} events, {table.rows:,} rows stored",
            percentile(ours, 0.99) * 1000,
            "ms p99",
            ceiling=percentile(theirs, 0.99) * 1000,
            against="one bare query",
            ratio=percentile(ours, 0.99) / percentile(theirs, 0.99),
            p50_ms=percentile(ours, 0.5) * 1000,
            p99_ms=percentile(ours, 0.99) * 1000,
            key=f"match-size-{events}",
        )
