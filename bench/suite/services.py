"""Real services for the cases, each as a context that ends in order, or at least completely."""

import json
import shutil
import signal
import sys
from contextlib import contextmanager

import processes
from deployment import Deployment
from harness import STARTED, Up, run
from kafka_cluster import Cluster

UNBOUNDED_KIB = 1 << 40  # What a process takes is measured here, not judged.
PARTITIONS = 4


def setting(name):
    """The service's default."""
    told = (line.split() for line in run("config").stdout.splitlines())
    return next(words[1] for words in told if words[:1] == [name])


class BenchUp(Up):
    """One `fanfinity up`, asked for what the cases want to know."""

    def pids(self):
        """Name to process ids, for a Meter."""
        return {"fanfinity": [self.process.pid], "ClickHouse": self.clickhouse_pids()}

    def endpoint(self):
        """Of the embedded ClickHouse: {"url", "user", "password", "database"}."""
        return json.loads((self.data_dir / "clickhouse" / "endpoint.json").read_text())

    @contextmanager
    def clickhouse_paused(self):
        """Events are taken and wait in the log meanwhile, as if ClickHouse hung."""
        paused = self.clickhouse_pids()
        for pid in paused:
            processes.send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in paused:
                processes.send(pid, signal.SIGCONT)


@contextmanager
def running_up(folder, prepare=None, **settings):
    """A BenchUp that has been started, in a folder of its own that is gone afterwards. `prepare`: is
    given it before that."""
    folder.mkdir()
    up = BenchUp(folder, **settings)
    with _ending(up, folder):
        if prepare:
            prepare(up)
        yield up.start()
        up.stop()


@contextmanager
def running_cluster(folder):
    """One broker of Apache Kafka."""
    cluster = Cluster(folder, quick=False)
    try:
        yield cluster.start()
    finally:
        cluster.discard()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_deployment(folder, cluster, servers=1, consumers=0, **settings):
    """Servers, consumers and a ClickHouse on Kafka, all started."""
    deployment = Deployment(
        folder,
        cluster,
        servers=servers,
        consumers=consumers,
        consumer_bound_kib=UNBOUNDED_KIB,
        **({"KAFKA_PARTITIONS": PARTITIONS, "KAFKA_SESSION_TIMEOUT": "10s"} | settings),
    )
    for server in deployment.servers:
        server.bound_kib = UNBOUNDED_KIB
    with _ending(deployment, folder):
        yield deployment.start()
        deployment.stop()


def add_consumer(deployment, **settings):
    """One more consumer, which has its share of the partitions when this returns."""
    consumer = deployment.add_consumer(**settings)
    consumer.start()
    deployment.wait_shared()
    return consumer


@contextmanager
def _ending(service, folder):
    try:
        yield
    except BaseException:
        _show_logs(service)
        raise
    finally:
        service.discard()
        for one in _processes(service):
            if one in STARTED:
                STARTED.remove(one)
        shutil.rmtree(folder, ignore_errors=True)


def _processes(service):
    return service.processes() if hasattr(service, "processes") else [service]


def _show_logs(service):
    for one in _processes(service):
        print(f"--- end of the log of {one.name}\n{one.log_tail(2000)}", file=sys.stderr)


def pids_of(deployment):
    """Name to process ids, for a Meter."""
    found = {
        "server": [server.process.pid for server in deployment.servers if server.runs()],
        "consumer": [consumer.process.pid for consumer in deployment.consumers if consumer.runs()],
        "ClickHouse": deployment.clickhouse_server.tree(),
        "Kafka": [broker.process.pid for broker in deployment.cluster.brokers],
    }
    return {name: pids for name, pids in found.items() if pids}
