"""What can go wrong with a deployment while it works: whatever may be killed, paused or stopped is, members of the
group come and go, ClickHouse gives wrong answers, and Kafka holds what is no event."""

import contextlib
import functools
import json
import random
import subprocess
import threading
import time
import uuid
from collections import Counter

from deployment import SESSION_SECONDS
from events import event
from kafka_cluster import KafkaRefused
from store_proxy import WRONG_ANSWERS
from waiting import wait_until

# Longer than a broker may be silent in the tests' clusters: others lead its partitions when it wakes.
BROKER_PAUSE_SECONDS = (4, 8)
PAUSE_SECONDS = (0.5, 8)


class Faults:
    """Faults of the kinds that `kinds` names, at moments that the seed decides. What was ended is started again at
    once and not waited for, so that the next fault may meet it starting.

    `spared` are servers and consumers that are never ended, so that what grows in a process would show. `proxy`
    is the StoreProxy that the deployment asks ClickHouse through, if there is one."""

    def __init__(self, deployment, clients, seed, spared=(), proxy=None):
        self.kinds = {
            "broker killed": self._kill_broker,
            "all brokers killed": self._kill_brokers,
            "broker paused": self._pause_broker,
            "broker stopped": self._stop_broker,
            "server killed": self._kill_server,
            "server paused": self._pause_server,
            "server stopped": self._stop_server,
            "consumer killed": self._kill_consumer,
            "consumer paused beyond its session": self._pause_consumer,
            "consumer stopped": self._stop_consumer,
            "storm of rebalances": self._storm,
            "ClickHouse killed": self._kill_clickhouse,
            "ClickHouse paused": self._pause_clickhouse,
            "ClickHouse stopped": self._stop_clickhouse,
            "insert answered wrongly": self._answer_wrongly,
            "record that is no event": self._write_no_event,
        }
        self.survived = Counter()
        self.history = []  # (time, kind), in the order in which they began
        self.no_events = []  # the keys of records that were no events
        self._deployment = deployment
        self._cluster = deployment.cluster
        self._clients = clients
        self._random = random.Random(seed)
        self._moment = threading.Event()
        self._proxy = proxy
        self._consumers = list(deployment.consumers)
        self._mortal_servers = [server for server in deployment.servers if server not in spared]
        self._mortal_consumers = [consumer for consumer in self._consumers if consumer not in spared]

    def make(self, kind):
        """One fault. Many wait until new events have gone all the way first, so that there is work to interrupt."""
        if self._random.random() < 0.4:
            self._wait_for_work()
        self._moment.wait(self._random.uniform(0, 0.4))
        self.check_alive()
        self.history.append((time.time(), kind))
        self.kinds[kind]()
        self.survived[kind] += 1

    @functools.cached_property
    def _visitor(self):
        """A consumer that comes and goes in a storm, made for the first."""
        return self._deployment.add_consumer()

    def check_alive(self):
        """Nothing has ended but by a fault."""
        deployment = self._deployment
        for one in (*self._cluster.brokers, deployment.clickhouse_server, *deployment.servers, *self._consumers):
            if not one.runs():
                last_words = "".join(one.log_tail().splitlines()[-1:])
                raise AssertionError(f"{one.name} ended by itself with {one.process.returncode}: {last_words}")

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

    # -- brokers ------------------------------------------------------------------------------------
    def _kill_broker(self):
        broker = self._random.choice(self._cluster.brokers)
        broker.kill()
        broker.start()

    def _kill_brokers(self):
        self._cluster.kill()
        for broker in self._cluster.brokers:
            broker.start()

    def _pause_broker(self):
        self._pause(self._random.choice(self._cluster.brokers), BROKER_PAUSE_SECONDS)

    def _stop_broker(self):
        broker = self._random.choice(self._cluster.brokers)
        broker.stop()
        broker.start()

    # -- servers ------------------------------------------------------------------------------------
    def _kill_server(self):
        _kill(self._random.choice(self._mortal_servers))

    def _pause_server(self):
        self._pause(self._random.choice(self._deployment.servers), PAUSE_SECONDS)

    def _stop_server(self):
        _stop(self._random.choice(self._mortal_servers))

    # -- consumers ----------------------------------------------------------------------------------
    def _kill_consumer(self):
        _kill(self._random.choice(self._mortal_consumers))

    def _stop_consumer(self):
        _stop(self._random.choice(self._mortal_consumers))

    def _pause_consumer(self):
        """A zombie: the others have taken over what it believes to own when it wakes."""
        zombie = self._random.choice(self._consumers)
        others = [consumer for consumer in self._consumers if consumer is not zombie]
        expired = time.monotonic() + SESSION_SECONDS + 0.5
        with _paused(zombie):
            everything = self._deployment.settings["KAFKA_PARTITIONS"]
            wait_until(
                lambda: sum(one.partitions() for one in others) == everything and time.monotonic() > expired,
                lambda: f"the others take over; they own {[one.partitions() for one in others]}",
                60,
                interval=0.1,
            )

    def _storm(self):
        """Four members come and go in a row, some in order, some not."""
        for _ in range(4):
            self._visitor.start(ready=False)
            wait_until(lambda: self._visitor.ready_answer() is not None, "the visitor answers", 30)
            self._moment.wait(self._random.uniform(0, 0.8))
            if self._random.random() < 0.25:
                self._visitor.kill()
            else:
                self._visitor.stop()

    # -- ClickHouse ---------------------------------------------------------------------------------
    def _kill_clickhouse(self):
        _kill(self._deployment.clickhouse_server)

    def _pause_clickhouse(self):
        self._pause(self._deployment.clickhouse_server, PAUSE_SECONDS)

    def _stop_clickhouse(self):
        _stop(self._deployment.clickhouse_server)

    def _answer_wrongly(self):
        """One to three inserts in a row, each in a way of its own."""
        self._proxy.happen(*self._random.sample(WRONG_ANSWERS, self._random.randint(1, 3)))
        wait_until(
            lambda: not self._proxy.pending(),
            lambda: f"inserts to meet the wrong answers; {self._proxy.pending()} wait",
            60,
            interval=0.1,
        )

    # -- records ------------------------------------------------------------------------------------
    def _write_no_event(self):
        """Past the service, to any partition; once more when Kafka did not confirm it."""
        key = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        value = self._random.choice(
            (
                "no JSON \u26bd",
                None,
                json.dumps(event("no event")),  # under the key of another
                json.dumps(event("no event", eventId=key, eventType="own_goal")),
            )
        )
        partition = self._random.randrange(self._deployment.settings["KAFKA_PARTITIONS"])
        self.no_events.append(key)

        def written():
            try:
                self._cluster.produce(self._deployment.events, partition, key, value)
            except (KafkaRefused, subprocess.TimeoutExpired):
                return False
            return True

        wait_until(written, "a record that is no event being taken by Kafka", 60, interval=0.2)

    def _pause(self, process, seconds):
        with _paused(process):
            self._moment.wait(self._random.uniform(*seconds))


@contextlib.contextmanager
def _paused(process):
    process.pause()
    try:
        yield
    finally:
        process.resume()


def _kill(service):
    service.kill()
    service.start(ready=False)


def _stop(service):
    """In order; it says so with exit code 0."""
    service.stop()
    service.start(ready=False)
