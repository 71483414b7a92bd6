"""An audience that is there and silent, and a few who ask."""

import resource

import processes
import services
import tools
from accounting import Meter, median
from rounds import interleaved
from rows import Row

A_SECOND = 1000
SINGLE = ("--event", "--match", "audience", "--matches", 20)
ACTIVE = 64  # connections that ask, of each server
SPARE_DESCRIPTORS = 1500  # the service's own, those that ask, and some that do not divide evenly


def run(stage):
    """Idle connections that have each asked once, and 1,000 posts a second on others; against the same without them.
    As many servers as the limit of open files makes necessary, each with its share."""
    audience = stage.pick(50_000, 300)
    count = -(-audience // (raised_limit(audience) - SPARE_DESCRIPTORS))
    with stage.deployment(servers=count, consumers=1, MAX_CONNECTIONS=audience + SPARE_DESCRIPTORS) as deployment:
        sent = stage.acknowledged()
        post(stage, deployment, sent, 0)
        found = interleaved(
            stage.rounds,
            alone=lambda: post(stage, deployment, sent, 0),
            watched=lambda: post(stage, deployment, sent, audience // count),
        )
        sent.check(deployment)
    alone, watched = found["alone"], found["watched"]
    p99, p99_alone = (median([one["p99"] for one in runs]) for runs in (watched, alone))
    # Memory that was given back to the allocator is used again: only what was not there before shows.
    own = max(one["kib"] for one in watched) / (audience // count * count)
    yield Row(
        f"{audience:,} open connections, {A_SECOND:,} single events/s among them",
        p99,
        "ms p99",
        ceiling=p99_alone,
        against="without them",
        ratio=p99 / p99_alone,
        bar="3 times, 2 KB a connection",
        reached=p99 <= 3 * p99_alone and own <= 2,
        p50_ms=median([one["p50"] for one in watched]),
        p99_ms=p99,
        memory_mib=watched[-1]["peak_mib"],
        note=f"{own:.2f} KiB of our memory a connection; {count} servers, because one may open"
        f" {raised_limit(audience):,} files",
        key="connections",
    )


def raised_limit(audience):
    """How many files a process may open, after asking for what one server would need."""
    wanted = audience + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, wanted))
            hard = wanted
        except (ValueError, OSError):  # not ours to raise
            pass
    return wanted if hard == resource.RLIM_INFINITY else hard


def post(stage, deployment, sent, idle):
    """One load generator a server, at the same time. The worst of their p50 and p99 in ms, and the KiB that the servers
    have grown by, all together."""
    servers = deployment.servers
    before = [processes.resident_kib(server.process.pid) for server in servers]
    phases = tools.open_phases([(A_SECOND / len(servers), stage.pick(5, 1))])
    with Meter(services.pids_of(deployment)) as meter:
        under_way = [
            tools.start("open", server.port, ACTIVE, phases, *SINGLE, acknowledged=sent.file(), idle=idle)
            for server in servers
        ]
        loads = [load for one in under_way for load in one.phases()]
    for load in loads:
        load.check(202)
        assert load.unsent == 0, f"{load.unsent} requests found no free connection"
        assert load.idle_open == idle, f"of {idle} idle connections {load.idle_open} were still open at the end"
    peaks = [processes.peak_resident_kib(server.process.pid) for server in servers]
    return {
        "p50": max(load.milliseconds("p50") for load in loads),
        "p99": max(load.milliseconds("p99") for load in loads),
        "kib": sum(peaks) - sum(before),
        "peak_mib": meter.peak_mib,
    }
