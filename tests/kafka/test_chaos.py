"""Exactly once on Kafka, through faults of every kind at random moments."""

import os
import random
import time

import recount
from faults import Faults
from load import LoadClients

SEED = int(os.environ.get("FANFINITY_SEED", "20240115"))
# How often each happens; FANFINITY_CHAOS=3 makes it three times as often.
TIMES = int(os.environ.get("FANFINITY_CHAOS", "1"))
MATCHES = ["chaos-1", "chaos-2", "Chaos/3 – über"]
OFTEN = {
    "broker killed": 5,
    "consumer killed": 9,
    "consumer paused beyond its session": 3,
    "storm of rebalances": 3,
    "server killed": 12,
    "ClickHouse killed": 9,
}


def shuffled(seed, times):
    """The faults to make, in an order that the seed decides."""
    kinds = [kind for kind, often in OFTEN.items() for _ in range(often * times)]
    random.Random(seed).shuffle(kinds)
    return kinds


def test_everything_is_counted_once_whatever_fails_at_whatever_moment(cluster, make_deployment, tmp_path, capsys):
    deployment = make_deployment(cluster, servers=2, consumers=2, DRAIN_TIMEOUT="5s").start()
    began = time.monotonic()
    with LoadClients(deployment.ports, tmp_path / "journals", MATCHES, count=6, seed=SEED, pause=0.02) as clients:
        faults = Faults(deployment, clients, SEED)
        for kind in shuffled(SEED, TIMES):
            faults.make(kind)
        cluster.wait_complete()
        deployment.wait_ready()
    acknowledged = clients.journalled()
    chaotic = time.monotonic() - began
    deployment.check_everything(acknowledged, MATCHES)
    deployment.check_lag_by_kafka()
    faults.check_alive()
    with capsys.disabled():
        print(
            f"\n  seed {SEED}: survived {faults.survived.total()} faults in {chaotic:.0f} s: {dict(faults.survived)}; "
            f"{len(recount.distinct(acknowledged))} distinct events, {len(acknowledged)} acknowledged, "
            f"{clients.resent} resent on purpose; answers {dict(clients.answers)}; "
            f"slowest 503 {clients.slowest[503]:.1f} s; at most {deployment.peaks_mib()} MiB"
        )
    assert faults.survived.total() >= 40 and len(acknowledged) > 2000
