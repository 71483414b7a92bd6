"""Exactly once on Kafka, through faults of every kind at random moments."""

import os
import random
import threading
import time
from collections import Counter

import recount
from deployment import SESSION_SECONDS
from load import LoadClients
from waiting import wait_until

SEED = int(os.environ.get("FANFINITY_SEED", "20240115"))
# How often each happens; FANFINITY_CHAOS=3 makes it three times as often.
TIMES = int(os.environ.get("FANFINITY_CHAOS", "1"))
MATCHES = ["chaos-1", "chaos-2", "Chaos/3 – über"]


class Chaos:
    """One fault after the other, in an order that the seed decides. What was killed is started again at once and not
    waited for, so that the next fault may meet it starting. Many wait until new events have gone all the way
    first, so that there is work to interrupt."""

    def __init__(self, deployment, clients, seed):
        self._deployment = deployment
        self._clients = clients
        self._random = random.Random(seed)
        self._moment = threading.Event()
        self._consumers = list(deployment.consumers)
        self._visitor = deployment.add_consumer()  # comes and goes in a storm
        self.survived = Counter()

    def run(self, times):
        plan = {
            "broker killed": (self._kill_broker, 5),
            "consumer killed": (self._kill_consumer, 9),
            "consumer paused beyond its session": (self._pause_consumer, 3),
            "storm of rebalances": (self._storm, 3),
            "server killed": (self._kill_server, 12),
            "ClickHouse killed": (self._kill_clickhouse, 9),
        }
        deck = [(name, fault) for name, (fault, often) in plan.items() for _ in range(often * times)]
        self._random.shuffle(deck)
        for name, fault in deck:
            if self._random.random() < 0.4:
                self._wait_for_work()
            self._moment.wait(self._random.uniform(0, 0.4))
            fault()
            self.survived[name] += 1

    def _wait_for_work(self):
        stored, acknowledged = self._stored(), self._clients.acknowledged
        wait_until(
            lambda: self._clients.acknowledged > acknowledged and self._stored() > max(stored, 0),
            lambda: f"events going through; {self._clients.acknowledged} acknowledged, {self._stored()} stored",
            60,
            interval=0.1,
        )

    def _stored(self):
        try:
            return self._deployment.clickhouse().value("SELECT count() AS n FROM events")
        except OSError:  # starting
            return -1

    def _kill_broker(self):
        (broker,) = self._deployment.cluster.brokers
        broker.kill()
        broker.start()

    def _kill_consumer(self):
        _kill(self._random.choice(self._consumers))

    def _kill_server(self):
        _kill(self._random.choice(self._deployment.servers))

    def _kill_clickhouse(self):
        _kill(self._deployment.clickhouse_server)

    def _pause_consumer(self):
        """A zombie: the others have taken over what it believes to own when it wakes."""
        zombie = self._random.choice(self._consumers)
        others = [consumer for consumer in self._consumers if consumer is not zombie]
        expired = time.monotonic() + SESSION_SECONDS + 0.5
        zombie.pause()
        try:
            everything = self._deployment.settings["KAFKA_PARTITIONS"]
            wait_until(
                lambda: sum(one.partitions() for one in others) == everything and time.monotonic() > expired,
                lambda: f"the others take over; they own {[one.partitions() for one in others]}",
                60,
                interval=0.1,
            )
        finally:
            zombie.resume()

    def _storm(self):
        """Four members come and go in a row, some in order, some not."""
        for _ in range(4):
            self._visitor.start(ready=False)
            wait_until(lambda: self._visitor.ready_answer() is not None, "the visitor answers", 30)
            self._moment.wait(self._random.uniform(0, 0.8))
            if self._random.random() < 0.25:
                self._visitor.kill()
            else:
                code = self._visitor.terminate()
                assert code == 0, f"SIGTERM ended a consumer with {code}:\n{self._visitor.log_tail()}"


def _kill(service):
    service.kill()
    service.start(ready=False)


def test_everything_is_counted_once_whatever_fails_at_whatever_moment(cluster, make_deployment, tmp_path, capsys):
    deployment = make_deployment(cluster, servers=2, consumers=2, DRAIN_TIMEOUT="5s").start()
    began = time.monotonic()
    with LoadClients(deployment.ports, tmp_path / "journals", MATCHES, count=6, seed=SEED, pause=0.02) as clients:
        chaos = Chaos(deployment, clients, SEED)
        chaos.run(TIMES)
        cluster.wait_complete()
        deployment.wait_ready()
    acknowledged = clients.journalled()
    chaotic = time.monotonic() - began
    deployment.check_everything(acknowledged, MATCHES)
    deployment.check_lag_by_kafka()
    with capsys.disabled():
        print(
            f"\n  seed {SEED}: survived {chaos.survived.total()} faults in {chaotic:.0f} s: {dict(chaos.survived)}; "
            f"{len(recount.distinct(acknowledged))} distinct events, {len(acknowledged)} acknowledged, "
            f"{clients.resent} resent on purpose; answers {dict(clients.answers)}; "
            f"slowest 503 {clients.slowest[503]:.1f} s; at most {deployment.peaks_mib()} MiB"
        )
    assert chaos.survived.total() >= 40 and len(acknowledged) > 2000
