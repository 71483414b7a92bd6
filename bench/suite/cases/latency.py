"""How long a 202 takes in an open loop: a request is due at its time whether or not the answers before it came, and its
wait counts from then."""

import disk
import services
import tools
from accounting import Meter, median, percentile
from prometheus import Reading, mean_between, quantile_between
from rows import Row

MATCHES = 20
CONNECTIONS = 256
BARS_MS = {"embedded": 5, "kafka": 10}  # p99 of the first flow


def flows(stage):
    """(events a second, events a request)."""
    return stage.pick(((1000, 1), (10_000, 1), (50_000, 1), (50_000, 10)), ((200, 1), (1000, 1), (2000, 10)))


def what_of(batch):
    return (("--batch", batch) if batch > 1 else ("--event",)) + ("--match", "latency", "--matches", MATCHES)


def embedded(stage):
    """All of `fanfinity up` at work, consumer and ClickHouse included; against the disk's own sync."""
    with stage.up() as up:
        sent = stage.acknowledged()
        disk_p99 = lambda: percentile(  # noqa: E731
            disk.sync_seconds(stage.folder / "disk", 1000, stage.pick(2, 0.2)), 0.99
        )
        yield from by_flow(stage, up, up.pids, ("fanfinity",), sent, "embedded", disk_p99)
        sent.check(up)


def kafka(stage):
    """A server and a consumer on Kafka; against the time that the server waits for its records to be confirmed."""
    with stage.deployment(servers=1, consumers=1) as deployment:
        sent = stage.acknowledged()
        groups = lambda: services.pids_of(deployment)  # noqa: E731
        yield from by_flow(stage, deployment.servers[0], groups, ("server",), sent, "kafka", None)
        sent.check(deployment)


def by_flow(stage, server, groups, charged, sent, log, disk_p99):
    """A row for each flow. `disk_p99`: a function that measures it, or None."""
    first = flows(stage)[0][0]
    tools.opened(server.port, CONNECTIONS, [(first, stage.pick(2, 0.5))], *what_of(1), acknowledged=sent.file())
    for rate, batch in flows(stage):
        runs, syncs, appends = [], [], []
        for _ in range(stage.rounds):
            if disk_p99:
                syncs.append(disk_p99() * 1000)
            before = Reading(server)
            with Meter(groups()) as meter:
                phases = [(rate // batch, stage.pick(4, 1))]
                (load,) = tools.opened(server.port, CONNECTIONS, phases, *what_of(batch), acknowledged=sent.file())
            load.check(202)
            appends.append(append_ms(before, Reading(server)))
            runs.append((load, sum(meter.cpu[name] for name in charged), meter.peak_mib))
        yield row_of((rate, batch), (rate, batch) == flows(stage)[0], log, runs, syncs, appends)


def append_ms(before, after):
    """(mean, bound of 99 %) of the time until records were durable, as the service counts."""
    name = "fanfinity_producer_append_duration_seconds"
    return mean_between(before, after, name) * 1000, quantile_between(before, after, name, 0.99) * 1000


def row_of(flow, is_first, log, runs, syncs, appends):
    rate, batch = flow
    bar = BARS_MS[log] if is_first else None
    loads = [load for load, _, _ in runs]
    p99 = median([load.milliseconds("p99") for load in loads])
    mean, bound = (median(column) for column in zip(*appends))
    ceiling = median(syncs) if syncs else bound
    slowest = min(loads, key=lambda load: load.events_a_second)
    words = f"events/s in batches of {batch}" if batch > 1 else "single events/s"
    return Row(
        f"time to the 202 at {rate:,} {words}, open loop, {'Kafka' if log == 'kafka' else 'embedded log'}",
        p99,
        "ms p99",
        ceiling=ceiling if slowest.kept_up else None,
        against=("fdatasync of 4 KiB" if syncs else "until Kafka confirms, at most")
        if slowest.kept_up
        else slowest.falling_behind,
        ratio=p99 / ceiling if slowest.kept_up else None,
        bar=f"{bar} ms" if bar else "",
        reached=p99 < bar if bar else None,
        cpu_us=median([cpu / load.events * 1e6 for load, cpu, _ in runs]),
        p50_ms=median([load.milliseconds("p50") for load in loads]),
        p99_ms=p99,
        memory_mib=runs[-1][2],
        note=f"made durable in {mean:.2f} ms on average, 99 % within {bound:g} ms, as the service counts",
        key=f"latency-{log}{'-batch' if batch > 1 else ''}-{rate}",
    )
