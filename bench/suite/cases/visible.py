"""How long after its 202 an event is counted in the metrics."""

import time
from argparse import Namespace

import freshness
import tools
from accounting import Meter, percentile
from checks import wait_told
from rows import Row

# bench/freshness.py explains "proved": the first answer whose asOf lies past the acknowledgement.
PROVED = 2
LOOK_SECONDS = 0.01
MOMENT_SECONDS = 0.001
SMALL_BATCH = 10


def slow(stage):
    """1,000 events/s by the senders of bench/freshness.py, which note each acknowledgement."""
    options = Namespace(rate=stage.pick(1000, 200), seconds=stage.pick(15, 1), connections=8, period=LOOK_SECONDS)
    with stage.up() as up:
        with Meter(up.pids()) as meter:
            acknowledged, seen, behind = freshness.measure(up, options)
        own = own_histogram(up)
        check_all_proved(acknowledged, seen, len(acknowledged))
        wait_told(up, len(acknowledged))
    yield row_of(
        f"{options.rate:,} single events/s",
        freshness.ages(acknowledged, seen, PROVED),
        meter,
        bar=(0.3, 1.0),
        note=f"until stored, by the service's own histogram: p50 at most {own[0]:g} s, p99 at most {own[1]:g} s;"
        f" the schedule was missed by {behind:.3f} s at most",
        key="visible",
    )


def fast(stage):
    """50,000 events/s by the C++ load generator, as single requests and in small batches. It does not note when each
    was acknowledged, but they flow evenly: as many moments, spread evenly over the same time, stand for them."""
    rate = stage.pick(50_000, 1000)
    yield fast_row(stage, rate, 1)
    yield fast_row(stage, rate, SMALL_BATCH)


def fast_row(stage, rate, batch):
    seconds = stage.pick(15, 1)
    what = ("--batch", batch) if batch > 1 else ("--event",)
    with stage.up() as up:
        sent = stage.acknowledged()
        reader = freshness.Reader(up, LOOK_SECONDS, "fast-0")
        reader.start()
        with Meter(up.pids()) as meter:
            phases = [(rate // batch, seconds)]
            (load,) = tools.opened(up.port, 256, phases, *what, "--match", "fast", acknowledged=sent.file())
            end = time.time()
        load.check(202)
        reader.finish(sent.count, end, time.time() + 60)
        moments = [end - seconds + number * MOMENT_SECONDS for number in range(int(seconds / MOMENT_SECONDS))]
        check_all_proved(moments, reader.seen, sent.count)
        own = own_histogram(up)
        sent.check(up)
    return row_of(
        f"{rate:,} events/s " + (f"in batches of {batch}" if batch > 1 else "as single requests"),
        freshness.ages(moments, reader.seen, PROVED),
        meter,
        bar=(None, 2.0),
        note=f"until stored, by the service's own histogram: p50 at most {own[0]:g} s, p99 at most {own[1]:g} s;"
        f" p99 of the 202 {load.milliseconds('p99'):.1f} ms",
        key=f"visible-fast-{batch}",
        load=load,
    )


def own_histogram(up):
    return freshness.own_histogram(up.get("/metrics").body.decode())


def check_all_proved(moments, seen, count):
    assert seen and seen[-1][1] == count, f"{count} events were acknowledged, {seen[-1] if seen else None} is told"
    assert len(freshness.ages(moments, seen, PROVED)) == len(moments), "asOf did not pass the last acknowledgement"


def row_of(words, ages, meter, bar, note, key, load=None):
    """`bar`: seconds that p50 and p99 may take, or None. `load`: whose rate has to be kept up with."""
    p50, p99 = percentile(ages, 0.5), percentile(ages, 0.99)
    wanted = [f"{name} {limit:g} s" for name, limit in zip(("p50", "p99"), bar) if limit]
    within = all(value <= limit for value, limit in zip((p50, p99), bar) if limit)
    kept_up = load is None or load.kept_up
    return Row(
        f"accept to visible at {words}, embedded log",
        p99,
        "s p99",
        against="" if kept_up else load.falling_behind,
        bar=", ".join(wanted),
        reached=within and kept_up,
        p50_ms=p50 * 1000,
        p99_ms=p99 * 1000,
        memory_mib=meter.peak_mib,
        note=note,
        key=key,
    )
