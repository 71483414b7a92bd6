"""More threads, servers and consumers, as far as two cores tell. Nothing is pinned: what shares the machine competes
for it, the load generator and Kafka included."""

import signal
import time

import processes
import services
import tools
from accounting import Meter
from rows import Row
from waiting import wait_until

CONNECTIONS = 64
SINGLE = ("--event", "--match", "scaling", "--matches", 20)
BATCH = ("--batch", 1000, "--match", "scaling", "--matches", 20)


def threads(stage):
    """Threads of one `fanfinity up` that serve."""
    for count in stage.pick((1, 2, 4), (1, 2)):
        with stage.up(SERVER_THREADS=count) as up:
            sent = stage.acknowledged()
            with up.clickhouse_paused():
                load, meter = posts([up.port], {"fanfinity": [up.process.pid]}, sent, stage.pick(4, 0.5))
            yield row_of(f"embedded log, threads that serve: {count}", load, meter, "fanfinity", f"threads-{count}")
            sent.check(up)


def servers(stage):
    """API servers on one Kafka."""
    with stage.deployment(servers=4, consumers=0) as deployment:
        sent = stage.acknowledged()
        ports = [server.port for server in deployment.servers]
        posts(ports, {}, sent, stage.pick(4, 0.5))
        for count in stage.pick((1, 2, 4), (1, 2)):
            groups = {"server": [server.process.pid for server in deployment.servers[:count]]}
            load, meter = posts(ports[:count], groups, sent, stage.pick(4, 0.5))
            yield row_of(f"Kafka, servers: {count}", load, meter, "server", f"servers-{count}")
        services.add_consumer(deployment)
        sent.check(deployment)


def posts(ports, groups, sent, seconds):
    """(Loads, Meter) of closed runs at the same time, one a port, with as many connections in all."""
    share = CONNECTIONS // len(ports)
    with Meter(groups) as meter:
        under_way = [
            tools.start("closed", port, share, ("--seconds", seconds), *SINGLE, core=None, acknowledged=sent.file())
            for port in ports
        ]
        loads = [one.phases()[0] for one in under_way]
    for load in loads:
        load.check(202)
    return loads, meter


def row_of(words, loads, meter, charged, key):
    return Row(
        f"single events, {words}, {CONNECTIONS} connections",
        sum(load.requests_a_second for load in loads),
        "requests/s",
        cpu_us=meter.cpu[charged] / sum(load.requests for load in loads) * 1e6,
        p50_ms=max(load.milliseconds("p50") for load in loads),
        p99_ms=max(load.milliseconds("p99") for load in loads),
        memory_mib=meter.peak_mib,
        key=key,
    )


def consumers(stage):
    """Members of one group, from a backlog in Kafka that gathered while ClickHouse was paused."""
    batches = stage.pick(1500, 30)
    with stage.deployment(servers=1, consumers=0) as deployment:
        sent = stage.acknowledged()
        for count in stage.pick((1, 2, 4), (1, 2)):
            while len(deployment.consumers) < count:
                services.add_consumer(deployment)
            yield consumers_row(stage, deployment, sent, count, batches)
        sent.check(deployment)


def consumers_row(stage, deployment, sent, count, batches):
    clickhouse = deployment.clickhouse_server.tree()
    for pid in clickhouse:
        processes.send(pid, signal.SIGSTOP)
    try:
        rate = stage.pick(150, 30)
        (load,) = tools.opened(
            deployment.servers[0].port, 4, [(rate, batches / rate)], *BATCH, core=None, acknowledged=sent.file()
        )
        load.check(202)
    finally:
        for pid in clickhouse:
            processes.send(pid, signal.SIGCONT)
    begin = time.monotonic()
    with Meter(services.pids_of(deployment)) as meter:
        wait_until(
            lambda: deployment.clickhouse().value("SELECT sum(events) AS n FROM matches") == sent.count,
            f"{sent.count} events stored",
            300,
            interval=0.05,
        )
        seconds = time.monotonic() - begin
    return Row(
        f"backlog of {load.events:,} events in Kafka, consumers: {count}",
        load.events / seconds,
        "rows/s",
        cpu_us=(meter.cpu["consumer"] + meter.cpu["ClickHouse"]) / load.events * 1e6,
        cpu_parts_us={name: spent / load.events * 1e6 for name, spent in meter.cpu.items()},
        memory_mib=meter.peak_mib,
        key=f"consumers-{count}",
    )
