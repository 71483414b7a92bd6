"""Metrics out of one hot match, from memory."""

import tools
from accounting import SERVICE_CORE, Meter, most, pin
from checks import wait_told
from http_client import match_path
from rounds import interleaved, median_of, median_ratio
from rows import Row

MATCH = "hot-0"


def hot(stage):
    """Many readers of one match, on one core and one thread that serves; ClickHouse, asked ten times a second whatever
    they do, has the other. Against the raw server with the same body."""
    events, seconds = stage.pick((20_000, 2), (1000, 0.5))
    with stage.up(SERVER_THREADS=1) as up:
        sent = stage.acknowledged()
        what = ("--event", "--match", "hot", "--matches", 1)
        (load,) = tools.opened(up.port, 64, [(events, 1)], *what, acknowledged=sent.file())
        load.check(202)
        sent.check(up)
        body = stage.folder / "metrics.json"
        body.write_bytes(up.get(match_path(MATCH)).body)
        pin(up.process.pid, SERVICE_CORE)
        with tools.Ceiling(status=200, body=body) as raw:
            for connections in stage.pick((64, 256), (64,)):
                found = interleaved(
                    stage.rounds,
                    ours=lambda c=connections: read(up.port, up.process.pid, c, seconds),
                    theirs=lambda c=connections: read(raw.port, raw.pid, c, seconds),
                )
                yield row_of(connections, found["ours"], found["theirs"])
        wait_told(up, sent.count)


def read(port, pid, connections, seconds):
    """(Load, CPU microseconds a request, peaks)."""
    with Meter({"fanfinity": [pid]}) as meter:
        load = tools.closed(port, connections, seconds, "--get", match_path(MATCH))
    load.check(200)
    return load, meter.cpu["fanfinity"] / load.requests * 1e6, meter.peak_mib


def row_of(connections, ours, theirs):
    ratio = median_ratio(ours, theirs, lambda run: run[0].requests_a_second)
    return Row(
        f"GET metrics of one hot match, {connections} connections",
        median_of(ours, lambda run: run[0].requests_a_second),
        "requests/s",
        ceiling=median_of(theirs, lambda run: run[0].requests_a_second),
        against="raw epoll server",
        ratio=ratio,
        bar="0.70",
        reached=ratio >= 0.7,
        cpu_us=median_of(ours, lambda run: run[1]),
        ceiling_cpu_us=median_of(theirs, lambda run: run[1]),
        p50_ms=median_of(ours, lambda run: run[0].milliseconds("p50")),
        p99_ms=median_of(ours, lambda run: run[0].milliseconds("p99")),
        memory_mib=most(*(run[2] for run in ours)),
        key=f"hot-{connections}",
    )
