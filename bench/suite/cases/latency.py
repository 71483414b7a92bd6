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
SINGLE = ("--event", "--match", "latency", "--matches", MATCHES)
BARS_MS = {"embedded": 5, "kafka": 10}  # p99 at the first rate


def rates(stage):
    return stage.pick((1000, 10_000, 50_000), (200, 500, 1000))


def embedded(stage):
    """All of `fanfinity up` at work, consumer and ClickHouse included; against the disk's own sync."""
    with stage.up() as up:
        sent = stage.acknowledged()
        disk_p99 = lambda: percentile(  # noqa: E731
            disk.sync_seconds(stage.folder / "disk", 1000, stage.pick(2, 0.2)), 0.99
        )
        yield from by_rate(stage, up, up.pids, ("fanfinity",), sent, "embedded", disk_p99)
        sent.check(up)


def kafka(stage):
    """A server and a consumer on Kafka; against the time that the server waits for its records to be confirmed."""
    with stage.deployment(servers=1, consumers=1) as deployment:
        sent = stage.acknowledged()
        groups = lambda: services.pids_of(deployment)  # noqa: E731
        yield from by_rate(stage, deployment.servers[0], groups, ("server",), sent, "kafka", None)
        sent.check(deployment)


def by_rate(stage, server, groups, charged, sent, log, disk_p99):
    """A row for each rate. `disk_p99`: a function that measures it, or None."""
    tools.opened(server.port, CONNECTIONS, [(rates(stage)[0], stage.pick(2, 0.5))], *SINGLE, acknowledged=sent.file())
    for rate in rates(stage):
        runs, syncs, appends = [], [], []
        for _ in range(stage.rounds):
            if disk_p99:
                syncs.append(disk_p99() * 1000)
            before = Reading(server)
            with Meter(groups()) as meter:
                phases = [(rate, stage.pick(4, 1))]
                (load,) = tools.opened(server.port, CONNECTIONS, phases, *SINGLE, acknowledged=sent.file())
            load.check(202)
            after = Reading(server)
            appends.append(
                (
                    mean_between(before, after, "fanfinity_producer_append_duration_seconds") * 1000,
                    quantile_between(before, after, "fanfinity_producer_append_duration_seconds", 0.99) * 1000,
                )
            )
            runs.append((load, sum(meter.cpu[name] for name in charged), meter.peak_mib))
        yield row_of(stage, rate, log, runs, syncs, appends)


def row_of(stage, rate, log, runs, syncs, appends):
    bar = BARS_MS[log] if rate == rates(stage)[0] else None
    p99 = median([load.milliseconds("p99") for load, _, _ in runs])
    mean, bound = (median(column) for column in zip(*appends))
    ceiling = median(syncs) if syncs else bound
    return Row(
        f"time to the 202 at {rate:,} single events/s, open loop, {'Kafka' if log == 'kafka' else 'embedded log'}",
        p99,
        "ms p99",
        ceiling=ceiling,
        against="fdatasync of 4 KiB" if syncs else "until Kafka confirms, at most",
        ratio=p99 / ceiling,
        bar=f"{bar} ms" if bar else "",
        reached=p99 < bar if bar else None,
        cpu_us=median([cpu / load.events * 1e6 for load, cpu, _ in runs]),
        p50_ms=median([load.milliseconds("p50") for load, _, _ in runs]),
        p99_ms=p99,
        memory_mib=runs[-1][2],
        note=f"made durable in {mean:.2f} ms on average, 99 % within {bound:g} ms, as the service counts;"
        f" answered {median([load.events_a_second for load, _, _ in runs]):,.0f} events/s",
        key=f"latency-{log}-{rate}",
    )
