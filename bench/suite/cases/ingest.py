"""Events in: how many a second one core takes, and what one costs."""

from dataclasses import dataclass

import services
import tools
from accounting import LOAD_CORE, SERVICE_CORE, Meter, most, pin
from rounds import interleaved, median_of, median_ratio
from rows import Row

MATCHES = 20
SINGLE = ("--event", "--match", "ingest", "--matches", MATCHES)


@dataclass
class Run:
    """One run of the load generator, and what the process that answered it took."""

    load: tools.Load
    cpu: float
    peak_mib: dict

    @property
    def requests_a_second(self):
        return self.load.requests_a_second

    @property
    def events_a_second(self):
        return self.load.events_a_second

    @property
    def cpu_us(self):
        """An event."""
        return self.cpu / self.load.events * 1e6

    @property
    def a_core(self):
        """Events for each second of a core's time."""
        return self.load.events / self.cpu


def measured(port, groups, charged, connections, seconds, what, sent=None):
    """One closed run. `groups`: of a Meter; the CPU time of those in `charged` counts."""
    with Meter(groups) as meter:
        load = tools.closed(port, connections, seconds, *what, acknowledged=sent.file() if sent else None)
    load.check(202)
    return Run(load, sum(meter.cpu[name] for name in charged), meter.peak_mib)


def single_row(case, ours, theirs, reach, needs_rate, key):
    """`reach`: the least share of the raw server's requests for each second of a core's time. `needs_rate`: whether the
    requests/s by the clock have to reach it as well."""
    ratio = median_ratio(ours, theirs, lambda run: run.requests_a_second)
    a_core = median_ratio(ours, theirs, lambda run: run.a_core)
    return Row(
        case,
        median_of(ours, lambda run: run.requests_a_second),
        "requests/s",
        ceiling=median_of(theirs, lambda run: run.requests_a_second),
        against="raw epoll server",
        ratio=ratio if needs_rate else a_core,
        bar=f"{reach:.2f}" + (", CPU at most 1.35 times" if needs_rate else " a core"),
        reached=(ratio >= reach and a_core >= 1 / 1.35) if needs_rate else a_core >= reach,
        cpu_us=median_of(ours, lambda run: run.cpu_us),
        ceiling_cpu_us=median_of(theirs, lambda run: run.cpu_us),
        p50_ms=median_of(ours, lambda run: run.load.milliseconds("p50")),
        p99_ms=median_of(ours, lambda run: run.load.milliseconds("p99")),
        memory_mib=most(*(run.peak_mib for run in ours)),
        note=f"requests for each second of a core's time: {a_core:.2f} of the raw server's",
        key=key,
    )


def embedded(stage):
    """Single events into the embedded log. The service has one core and one thread that serves, and ClickHouse is
    paused, so that what is measured is the way to the 202 and nothing else; once it goes on, all of it has to be
    stored."""
    seconds = stage.pick(2, 0.5)
    with stage.up(SERVER_THREADS=1) as up, tools.Ceiling() as raw:
        pin(up.process.pid, SERVICE_CORE)
        sent = stage.acknowledged()
        groups, bare = {"fanfinity": [up.process.pid]}, {"raw": [raw.pid]}
        with up.clickhouse_paused():
            # What a paused ClickHouse leaves to do, reading the first batches, is done by then.
            measured(up.port, groups, ("fanfinity",), 64, stage.pick(4, 0.5), SINGLE, sent)
            for connections in stage.pick((64, 256), (64,)):
                found = interleaved(
                    stage.rounds,
                    ours=lambda c=connections: measured(up.port, groups, ("fanfinity",), c, seconds, SINGLE, sent),
                    theirs=lambda c=connections: measured(raw.port, bare, ("raw",), c, seconds, SINGLE),
                )
                yield single_row(
                    f"single events, embedded log with fsync, {connections} connections",
                    found["ours"],
                    found["theirs"],
                    reach=0.75,
                    needs_rate=True,
                    key=f"single-embedded-{connections}",
                )
        yield with_consumer(stage, up, sent)
        sent.check(up)


def with_consumer(stage, up, sent):
    """The whole service on one core, its consumer and ClickHouse included."""
    up.wait_lag_zero(300)
    for pid in up.clickhouse_pids():
        pin(pid, SERVICE_CORE)
    groups = up.pids()
    run = measured(up.port, groups, tuple(groups), 64, stage.pick(5, 0.5), SINGLE, sent)
    for pid in up.clickhouse_pids():
        pin(pid)
    return Row(
        "the same while consumer and ClickHouse share the core, 64 connections",
        run.requests_a_second,
        "requests/s",
        cpu_us=run.cpu_us,
        p50_ms=run.load.milliseconds("p50"),
        p99_ms=run.load.milliseconds("p99"),
        memory_mib=run.peak_mib,
        note="CPU of fanfinity and ClickHouse together, as far as the consumer got meanwhile",
        key="single-embedded-all",
    )


def kafka(stage):
    """Single events into real Kafka, by a server of its own. Server and broker have a core each; the load generator
    shares the broker's."""
    seconds = stage.pick(3, 0.5)
    with stage.deployment(servers=1, consumers=0, SERVER_THREADS=1) as deployment, tools.Ceiling() as raw:
        server = deployment.servers[0]
        pin(server.process.pid, SERVICE_CORE)
        for broker in stage.cluster.brokers:
            pin(broker.process.pid, LOAD_CORE)
        sent = stage.acknowledged()
        groups, bare = services.pids_of(deployment), {"raw": [raw.pid]}
        measured(server.port, groups, ("server",), 64, stage.pick(4, 0.5), SINGLE, sent)
        for connections in stage.pick((64, 256), (64,)):
            found = interleaved(
                stage.rounds,
                ours=lambda c=connections: measured(server.port, groups, ("server",), c, seconds, SINGLE, sent),
                theirs=lambda c=connections: measured(raw.port, bare, ("raw",), c, seconds, SINGLE),
            )
            yield single_row(
                f"single events, Kafka, acks=all, idempotent, {connections} connections",
                found["ours"],
                found["theirs"],
                reach=0.5,
                needs_rate=False,
                key=f"single-kafka-{connections}",
            )
        services.add_consumer(deployment)
        sent.check(deployment)
        for broker in stage.cluster.brokers:
            pin(broker.process.pid)
