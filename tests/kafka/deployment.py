"""The service on Kafka, as it is deployed: API servers, consumers and a ClickHouse server, each a process of its
own that can be killed and started again."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import recount
from harness import Service, run
from sql import ClickHouse
from waiting import sanitizer, wait_until

SESSION_SECONDS = 6  # the shortest that KAFKA_SESSION_TIMEOUT may be
PARTITIONS = 3
USER, PASSWORD, DATABASE = "tester", "secret", "fanfinity"
# What a server or a consumer may take at most, whatever happens around it. The load of these tests is small:
# what is kept for each event, and not given back, would pass them.
SERVER_BOUND_KIB = 80 << 10
CONSUMER_BOUND_KIB = 200 << 10


class ClickHouseServer(Service):
    """`fanfinity clickhouse`, with port and data that stay the same over restarts."""

    def __init__(self, root):
        root.mkdir()
        self.data_dir = root / "data"
        super().__init__(
            "clickhouse",
            root,
            "CLICKHOUSE_PORT",
            CLICKHOUSE_USER=USER,
            CLICKHOUSE_PASSWORD=PASSWORD,
            FANFINITY_DATA_DIR=self.data_dir,
        )

    def ready_answer(self):
        try:
            return self.get("/ping", **{"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD})
        except OSError:
            return None

    def sql(self):
        return ClickHouse(
            {"url": f"http://127.0.0.1:{self.port}", "user": USER, "password": PASSWORD, "database": DATABASE}
        )

    def discard(self, keep=False):
        super().discard()
        if not keep:
            shutil.rmtree(self.data_dir, ignore_errors=True)


class Server(Service):
    """`fanfinity server`: the API alone."""

    bound_kib = SERVER_BOUND_KIB

    def __init__(self, root, **settings):
        root.mkdir()
        super().__init__("server", root, "SERVER_PORT", **settings)


class Consumer(Service):
    """`fanfinity consumer`: the pipeline alone."""

    def __init__(self, root, bound_kib=CONSUMER_BOUND_KIB, **settings):
        root.mkdir()
        super().__init__("consumer", root, "CONSUMER_PORT", **settings)
        self.bound_kib = bound_kib

    def partitions(self):
        """How many it owns; 0 while it does not answer."""
        try:
            return self.gauge("fanfinity_consumer_partitions") or 0
        except OSError:
            return 0


class Deployment:
    """All of them on one Kafka cluster, with topics and a group of their own. It answers what `Up` answers, so
    that the recount takes either."""

    def __init__(
        self,
        root,
        cluster,
        servers=1,
        consumers=1,
        clickhouse_port=None,
        consumer_bound_kib=CONSUMER_BOUND_KIB,
        **settings,
    ):
        """`clickhouse_port`: where servers and consumers look for ClickHouse, when something stands between."""
        self.root = root
        self.cluster = cluster
        self.consumer_bound_kib = consumer_bound_kib
        root.mkdir()
        self.clickhouse_server = ClickHouseServer(root / "clickhouse")
        name = self.clickhouse_server.tag[:8]
        self.events, self.retry, self.dead = (f"{topic}-{name}" for topic in ("events", "retry", "dead"))
        self.group = f"group-{name}"
        self.settings = {
            "KAFKA_BOOTSTRAP_SERVERS": cluster.servers,
            "KAFKA_EVENTS_TOPIC": self.events,
            "KAFKA_RETRY_TOPIC": self.retry,
            "KAFKA_DEAD_TOPIC": self.dead,
            "KAFKA_GROUP": self.group,
            "KAFKA_PARTITIONS": PARTITIONS,
            "KAFKA_SESSION_TIMEOUT": f"{SESSION_SECONDS}s",
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": clickhouse_port or self.clickhouse_server.port,
            "CLICKHOUSE_USER": USER,
            "CLICKHOUSE_PASSWORD": PASSWORD,
            "CLICKHOUSE_DATABASE": DATABASE,
        } | settings
        self.servers = []
        self.consumers = []
        for _ in range(servers):
            self.add_server()
        for _ in range(consumers):
            self.add_consumer()

    def add_server(self, **settings):
        """One more, not started."""
        self.servers.append(Server(self.root / f"server{len(self.servers)}", **(self.settings | settings)))
        return self.servers[-1]

    def add_consumer(self, **settings):
        root = self.root / f"consumer{len(self.consumers)}"
        self.consumers.append(Consumer(root, self.consumer_bound_kib, **(self.settings | settings)))
        return self.consumers[-1]

    def set(self, name, value):
        """Changes a setting for the next start of each."""
        self.settings[name] = value
        for service in (*self.servers, *self.consumers):
            service.environment[name] = str(value)

    # -- life ---------------------------------------------------------------------------------------
    def processes(self):
        return [*self.servers, *self.consumers, self.clickhouse_server]

    def start(self):
        self.clickhouse_server.start()
        return self.start_all()

    def start_all(self):
        """Servers and consumers, beside a ClickHouse that runs."""
        for service in (*self.servers, *self.consumers):
            service.start(ready=False)
        return self.wait_ready()

    def wait_ready(self):
        """Until all that run are ready, and the consumers share all partitions."""
        ended = self.clickhouse_server.process.poll()
        assert ended is None, f"ClickHouse ended by itself with {ended}:\n{self.clickhouse_server.log_tail()}"
        for service in self.processes():
            if service.runs():
                service.wait_ready()
        self.wait_shared()
        return self

    def wait_shared(self, seconds=60):
        """Until the consumers that run own all partitions between them, each at least one."""
        everything = self.settings["KAFKA_PARTITIONS"]

        def shared():
            owned = self.owned()
            return not owned or (sum(owned) == everything and min(owned) > 0)

        wait_until(shared, lambda: f"{everything} partitions shared by the consumers; they own {self.owned()}", seconds)

    def owned(self):
        """How many partitions each consumer that runs owns."""
        return [consumer.partitions() for consumer in self.consumers if consumer.runs()]

    def stop(self):
        """An orderly end of all: exit code 0, in bounded memory, nothing left behind."""
        running = [service for service in self.processes() if service.runs()]
        for service in running:
            service.stop()
        for service in self.processes():
            service.wait_gone()
        self.check_memory()

    def discard(self, keep=False):
        """The end: no process left, and no data unless they are to be kept."""
        for service in (*self.servers, *self.consumers):
            service.discard()
        self.clickhouse_server.discard(keep)

    # -- what a client sees, as of one `up` ---------------------------------------------------------
    @property
    def ports(self):
        return [server.port for server in self.servers]

    def client(self, timeout=30.0):
        return self.servers[0].client(timeout)

    def get(self, path, **headers):
        return self.servers[0].get(path, **headers)

    def post(self, event):
        return self.servers[0].post(event)

    def clickhouse(self):
        """SQL straight to ClickHouse, past the service."""
        return self.clickhouse_server.sql()

    def run(self, *arguments, extra=None, **options):
        """A command of the binary with the settings of all of them, and `extra` ones."""
        settings = {"SERVER_PORT": 0, "CONSUMER_PORT": 0} | self.settings | (extra or {})
        environment = {name: str(value) for name, value in settings.items()}
        return run(*arguments, env=environment, **options)

    def run_both(self, **options):
        """A server and a consumer that are to end by themselves, at the same time: their results."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda command: self.run(command, **options), ("server", "consumer")))

    def gauge(self, name):
        """The sum of a metric over the consumers; None when none of them has it."""
        told = [consumer.gauge(name) for consumer in self.consumers if consumer.runs()]
        return sum(one for one in told if one is not None) if any(one is not None for one in told) else None

    # -- the end of every test ----------------------------------------------------------------------
    def lag(self):
        """As every consumer tells it: each knows of all partitions."""
        return [consumer.lag() for consumer in self.consumers if consumer.runs()]

    def wait_lag_zero(self, seconds=60.0):
        wait_until(lambda: not any(self.lag()), lambda: f"lag zero, is {self.lag()}", seconds, interval=0.1)

    def check_everything(self, acknowledged, match_ids):
        """All of it is ready and has caught up by itself; what was acknowledged is what is stored, rolled up and
        told, each event once; and no process has grown without bound."""
        self.wait_ready()
        recount.wait_counted(self, match_ids)
        self.wait_lag_zero()
        recount.check_everything(self, acknowledged)
        self.check_memory()

    def check_lag_by_kafka(self):
        """The same lag by Kafka's own account."""

        def behind():
            found = self.cluster.positions(self.group, self.events)
            return {p: at for p, at in found.items() if at.committed != at.end}

        wait_until(lambda: not behind(), lambda: f"no lag by Kafka's account, is {behind()}", 30)

    def check_memory(self):
        for service in (*self.servers, *self.consumers):
            bound = service.bound_kib * (1 if not sanitizer() else 8)
            assert service.peak_kib() <= bound, f"{service.name} took {service.peak_kib()} KiB, more than {bound}"

    def peaks_mib(self):
        """Name to the most memory that one of that name took."""
        peaks = {}
        for service in (*self.servers, *self.consumers):
            peaks[service.name] = max(peaks.get(service.name, 0), service.peak_kib() >> 10)
        return peaks
