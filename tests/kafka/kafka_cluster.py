"""Real Apache Kafka for the tests: brokers that start, are killed, stop answering and come back, and what an
operator does to them. Raw messages go through kcat, the rest through Kafka's own tools."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import processes
from harness import STARTED, free_port
from waiting import patience, wait_until

# Listeners that every broker has.
CLIENTS, BROKERS, CONTROLLER = "CLIENTS", "BROKERS", "CONTROLLER"
CLUSTER_ID = "Zm9yLXRlc3RzLW9ubHktMQ"
TOPICS = "org.apache.kafka.tools.TopicCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
CONFIGS = "kafka.admin.ConfigCommand"
STORAGE = "kafka.tools.StorageTool"
SEGMENTS = "kafka.tools.DumpLogSegments"


def java(*arguments, heap="256m", quick=True):
    """The command that runs a class of Kafka's. A small heap and, when `quick`, a compiler that is quick rather than
    thorough: it lives a few seconds. It dies with the thread that started it, so that a test run that is killed
    leaves nothing behind."""
    return [
        *("setpriv", "--pdeathsig", "KILL", "java", f"-Xmx{heap}", "-XX:+UseSerialGC"),
        *(("-XX:TieredStopAtLevel=1",) if quick else ()),
        *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{os.environ['KAFKA_HOME']}/libs/*"),
        *arguments,
    ]


class KafkaRefused(Exception):
    """A tool of Kafka's ended with an error."""


def tool(*arguments, seconds=60):
    """Runs one tool of Kafka's to its end: what it printed."""
    result = subprocess.run(
        java(*map(str, arguments)), capture_output=True, text=True, timeout=seconds * patience(), check=False
    )
    if result.returncode != 0 or "Error" in result.stdout:
        raise KafkaRefused(f"{arguments}: {result.stdout}{result.stderr}")
    return result.stdout


@dataclass
class Topic:
    name: str
    leaders: list  # broker of each partition, -1 for none
    in_sync: list  # of each partition, how many replicas


@dataclass
class Position:
    """What the group of a partition has committed, and where the partition ends."""

    committed: int | None
    end: int


class Broker:
    """One node, broker and controller at once, on ports that stay the same over restarts."""

    def __init__(self, node, folder, listeners, quick=True):
        self.node = node
        self.name = f"Kafka broker {node}"
        self.folder = folder
        self.log_path = folder / "output"
        self.process = None
        self._quick = quick
        self._ports = {name: free_port() for name in listeners}
        STARTED.append(self)

    def address(self, listener=CLIENTS):
        return f"127.0.0.1:{self._ports[listener]}"

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                java("kafka.Kafka", self.folder / "server.properties", heap="512m", quick=self._quick),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30.0):
        """In order: it hands its partitions over first. One that finds nobody to take them is killed in the end."""
        self.process.terminate()
        try:
            self.process.wait(seconds * patience())
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log_tail(self, size=6000):
        data = self.log_path.read_bytes() if self.log_path.exists() else b""
        return data[-size:].decode(errors="replace")


class Cluster:
    """Brokers on loopback. `listeners`: to have beside the plain one, name to protocol. `properties`: of every
    broker, over those here. `users`: name to password, for SCRAM. `quick`: whether it is better that the brokers
    start soon than that they are fast once they run."""

    def __init__(self, root: Path, brokers=1, listeners=None, properties=None, users=None, quick=True):
        self.root = root
        self._protocols = dict.fromkeys((CLIENTS, BROKERS, CONTROLLER), "PLAINTEXT") | (listeners or {})
        self.brokers = [Broker(n + 1, root / f"broker{n + 1}", self._protocols, quick) for n in range(brokers)]
        for broker in self.brokers:
            broker.folder.mkdir(parents=True)
            self._configure(broker, properties or {})
        self._format(users or {})

    # -- life ---------------------------------------------------------------------------------------
    def start(self):
        for broker in self.brokers:
            if not broker.runs():
                broker.start()
        return self.wait_complete()

    def wait_complete(self, seconds=90):
        """Until every broker says that all of them are there."""
        for broker in self.brokers:
            wait_until(lambda broker=broker: self._is_complete(broker), f"{broker.name} in a whole cluster", seconds)
        return self

    def kill(self):
        """kill -9 of all at once."""
        for broker in self.brokers:
            broker.process.send_signal(signal.SIGKILL)
        for broker in self.brokers:
            broker.process.wait()

    def discard(self, keep=False):
        """The end: no process left, and no data unless they are to be kept."""
        for broker in self.brokers:
            if broker.process is not None:
                broker.process.kill()
                broker.process.wait()
            STARTED.remove(broker)
            if not keep:
                shutil.rmtree(broker.folder / "data", ignore_errors=True)
        wait_until(lambda: not processes.mentioning(str(self.root)), f"no process of {self.root}", 10)

    @property
    def servers(self):
        return self.servers_at(CLIENTS)

    def servers_at(self, listener):
        return ",".join(broker.address(listener) for broker in self.brokers)

    def broker(self, node):
        return self.brokers[node - 1]

    def _configure(self, broker, more):
        voters = ",".join(f"{one.node}@{one.address(CONTROLLER)}" for one in self.brokers)
        replicas = len(self.brokers)
        properties = {
            "process.roles": "broker,controller",
            "node.id": broker.node,
            "controller.quorum.voters": voters,
            "listeners": ",".join(f"{name}://{broker.address(name)}" for name in self._protocols),
            "listener.security.protocol.map": ",".join(f"{name}:{how}" for name, how in self._protocols.items()),
            "controller.listener.names": CONTROLLER,
            "inter.broker.listener.name": BROKERS,
            "log.dirs": broker.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": replicas,
            "default.replication.factor": replicas,
            "min.insync.replicas": min(2, replicas),
            "group.initial.rebalance.delay.ms": 0,
            # After a kill -9 the controller refuses the same broker until it takes the one before for dead.
            "broker.session.timeout.ms": 1500 if replicas == 1 else 3000,
            "broker.heartbeat.interval.ms": 300,
        } | more
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (broker.folder / "server.properties").write_text(text)

    def _format(self, users):
        """Formats the storage of one node, and copies it for the others: they differ in two ids."""
        first = self.brokers[0]
        scram = [
            word
            for name, password in users.items()
            for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]
        settings = first.folder / "server.properties"
        tool(STORAGE, "format", "--cluster-id", CLUSTER_ID, "--config", settings, *scram)
        for broker in self.brokers[1:]:
            shutil.copytree(first.folder / "data", broker.folder / "data")
            directory = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            (broker.folder / "data" / "meta.properties").write_text(
                f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={broker.node}\ndirectory.id={directory}\n"
            )

    def _is_complete(self, broker):
        assert broker.runs(), f"{broker.name} ended by itself:\n{broker.log_tail()}"
        try:
            told = self._metadata(broker.address())
        except KafkaRefused:
            return False
        return {one["id"] for one in told["brokers"]} == {one.node for one in self.brokers}

    # -- messages -----------------------------------------------------------------------------------
    def _kcat(self, *arguments, servers=None, text=None, seconds=30):
        result = subprocess.run(
            ["kcat", "-b", servers or self.servers, *map(str, arguments)],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds * patience(),
            check=False,
        )
        if result.returncode != 0:
            raise KafkaRefused(f"kcat {arguments}: {result.stderr}")
        return result.stdout

    def _metadata(self, servers=None, topic=None):
        only = ["-t", topic] if topic else []
        return json.loads(self._kcat("-L", "-J", "-m", 2, *only, servers=servers))

    def topic(self, name):
        (found,) = self._metadata(topic=name)["topics"]
        partitions = sorted(found["partitions"], key=lambda one: one["partition"])
        return Topic(name, [one["leader"] for one in partitions], [len(one["isrs"]) for one in partitions])

    def leader(self, topic, partition=0):
        """The broker that leads a partition."""
        return self.broker(self.topic(topic).leaders[partition])

    def wait_in_sync(self, topic, seconds=60):
        """Until every replica of a topic has caught up and leads where it should be able to."""

        def in_sync():
            try:
                found = self.topic(topic)
            except KafkaRefused:
                return False
            return min(found.leaders) > 0 and min(found.in_sync) == len(self.brokers)

        wait_until(in_sync, f"all replicas of {topic} in sync", seconds, interval=0.1)

    def produce(self, topic, partition, key, value):
        """One raw message past the service: a line of text, or None, as is its key."""
        self._kcat("-P", "-Z", "-t", topic, "-p", partition, "-K", "\t", text=f"{key or ''}\t{value or ''}\n")

    def messages(self, topic):
        """All messages of a topic, as kcat tells them: {"partition", "offset", "key", "payload", "headers"}."""
        told = self._kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J")
        return [json.loads(line) for line in told.splitlines()]

    def end(self, topic, partition):
        """The offset after the last message."""
        return int(self._kcat("-Q", "-t", f"{topic}:{partition}:-1").split()[-1])

    def codecs(self, topic):
        """How the batches of a topic are compressed, as its segments on the first broker's disk say: "NONE", "lz4"."""
        files = ",".join(map(str, self.brokers[0].folder.glob(f"data/{topic}-*/*.log")))
        return set(re.findall(r"compresscodec: (\w+)", tool(SEGMENTS, "--files", files)))

    # -- what an operator does ----------------------------------------------------------------------
    def create_topic(self, name, partitions, **configs):
        """`configs`: settings of the topic, with _ for the dots."""
        settings = [word for key, value in configs.items() for word in ("--config", f"{key.replace('_', '.')}={value}")]
        self._admin(TOPICS, "--create", "--topic", name, "--partitions", partitions, *settings)

    def add_partitions(self, topic, partitions):
        self._admin(TOPICS, "--alter", "--topic", topic, "--partitions", partitions)

    def set_offset(self, group, topic, partition, offset):
        """Commits an offset for a group at rest, as an operator may."""
        self._admin(
            *(GROUPS, "--group", group, "--topic", f"{topic}:{partition}"),
            *("--reset-offsets", "--to-offset", offset, "--execute"),
        )

    def forget_offset(self, group, topic, partition):
        self._admin(GROUPS, "--group", group, "--topic", f"{topic}:{partition}", "--delete-offsets")

    def positions(self, group, topic):
        """Partition to Position, by Kafka's own account of the group."""
        found = {}
        for line in self._admin(GROUPS, "--group", group, "--describe").splitlines():
            words = line.split()
            if words[:2] == [group, topic]:
                found[int(words[2])] = Position(None if words[3] == "-" else int(words[3]), int(words[4]))
        return found

    def members(self, group):
        """The ids of the members of a group."""
        told = self._admin(GROUPS, "--group", group, "--describe", "--members").splitlines()
        return [line.split()[1] for line in told if line.startswith(group)]

    def _admin(self, command, *arguments):
        return tool(command, "--bootstrap-server", self.servers, *arguments)
