"""An audience that follows one match by streams, while a goal is scored now and then."""

import time

import processes
from accounting import Meter, percentile
from cases.connections import SPARE_DESCRIPTORS, raised_limit
from events import event
from rows import Row
from viewers import Viewers

MATCH = "streamed"
PATH = f"/api/matches/{MATCH}/stream"
FRAMES = "fanfinity_http_stream_frames_total"


def run(stage):
    """Each event is posted when everyone has seen the one before, so that no state is skipped. The CPU of one viewer,
    who costs the pipeline and ClickHouse the same, is taken off."""
    wanted = stage.pick(20_000, 300)
    count = min(wanted, raised_limit(wanted) - SPARE_DESCRIPTORS)
    goals = stage.pick(30, 3)
    with stage.up(STREAM_HEARTBEAT="1m") as up:
        client = up.client()
        assert client.post_event(event(MATCH)).status == 202
        up.wait_lag_zero()
        alone = follow(up, client, 1, goals, 1)
        watched = follow(up, client, count, goals, 1 + goals)
    each_us = (watched["cpu"] - alone["cpu"]) / watched["frames"] * 1e6
    yield Row(
        f"{count:,} streams of one match, an event when all have seen the one before",
        watched["kib"] / count,
        "KiB a stream",
        bar="1 KiB a stream",
        reached=watched["kib"] / count <= 1,
        cpu_us=each_us,
        p50_ms=percentile(watched["ages"], 0.5) * 1000,
        p99_ms=percentile(watched["ages"], 0.99) * 1000,
        memory_mib=watched["peak_mib"],
        note=f"CPU a delivered frame; from the 202 to every viewer's having read it, which one thread of Python does"
        f" for all: a single viewer p50 {percentile(alone['ages'], 0.5) * 1000:.0f} ms",
        key="streams",
    )


def follow(up, client, count, goals, total):
    """What `count` viewers cost and see of so many goals; the match has `total` events before."""
    before = processes.resident_kib(up.process.pid)
    ages = []
    with Viewers(up.port, PATH, count) as viewers:
        viewers.wait_total(total)
        own_kib = processes.resident_kib(up.process.pid) - before
        frames = up.gauge(FRAMES)
        with Meter(up.pids()) as meter:
            for number in range(total + 1, total + 1 + goals):
                assert client.post_event(event(MATCH, eventType="goal")).status == 202
                posted = time.monotonic()
                ages += [seen - posted for seen in viewers.wait_total(number)]
        frames = up.gauge(FRAMES) - frames
        assert frames >= goals * count
    return {
        "kib": own_kib,
        "frames": frames,
        "cpu": meter.cpu["fanfinity"],
        "ages": ages,
        "peak_mib": meter.peak_mib,
    }
