"""Batches of events in: how many a second one core takes."""

import tools
from accounting import SERVICE_CORE, most, pin
from cases.ingest import measured
from rounds import interleaved, median_of
from rows import Row

EVENTS = 1000
MATCHES = 20
CONNECTIONS = 4
STEPS = {"ndjson": "simdjson_batch", "array": "simdjson_array"}


def run(stage):
    """Into the embedded log, on one core and while ClickHouse is paused, as single events are; against the parser alone
    with the same bytes, and the log alone."""
    with stage.up(SERVER_THREADS=1) as up:
        pin(up.process.pid, SERVICE_CORE)
        sent = stage.acknowledged()
        with up.clickhouse_paused():
            for kind in ("ndjson", "array"):
                yield row_of(stage, up, sent, kind)
        sent.check(up)


def row_of(stage, up, sent, kind):
    groups = {"fanfinity": [up.process.pid]}
    what = ("--batch", EVENTS, "--format", kind, "--match", "batches", "--matches", MATCHES)

    def ours():
        return measured(up.port, groups, ("fanfinity",), CONNECTIONS, stage.pick(2, 0.2), what, sent)

    ours()
    found = interleaved(
        stage.rounds, ours=ours, simdjson=lambda: step(stage, STEPS[kind]), log=lambda: log_alone(stage)
    )
    runs = found["ours"]
    a_core = median_of(runs, lambda run: run.a_core)
    simdjson = median_of(found["simdjson"], lambda told: told["count"] / told["seconds"])
    log = median_of(found["log"], lambda told: told["count"] / told["seconds"])
    return Row(
        f"batches of {EVENTS:,} events, {kind}, embedded log with fsync",
        a_core,
        "events/s a core",
        ceiling=simdjson,
        against="simdjson alone",
        ratio=a_core / simdjson,
        bar="500,000 a core",
        reached=a_core >= 500_000,
        cpu_us=median_of(runs, lambda run: run.cpu_us),
        ceiling_cpu_us=1e6 / simdjson,
        p50_ms=median_of(runs, lambda run: run.load.milliseconds("p50")),
        p99_ms=median_of(runs, lambda run: run.load.milliseconds("p99")),
        memory_mib=most(*(run.peak_mib for run in runs)),
        note=f"{median_of(runs, lambda run: run.events_a_second):,.0f} events/s by the clock; "
        f"the embedded log alone, {EVENTS:,} records an append: {log:,.0f} events/s",
        key=f"batch-{kind}",
    )


def step(stage, name, *options):
    """One step of one event, many times."""
    return tools.run("event_cost", name, stage.pick(1_000_000, 100_000), *options, core=SERVICE_CORE)


def log_alone(stage):
    return step(
        stage, "log", "--dir", stage.new_folder("log"), "--waiting", EVENTS, "--appends", CONNECTIONS
    )
