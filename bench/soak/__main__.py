#!/usr/bin/env python3
"""A long run under load and faults, and a count of everything at its end.

Starts real Kafka brokers, a real ClickHouse, servers and consumers, on free ports and in a temporary folder.
Clients post events until each is acknowledged, send many twice on purpose, and write down what was acknowledged.
Meanwhile processes are killed, paused and stopped, members of the group come and go, ClickHouse gives wrong
answers, some events are refused for good, and Kafka is given records that are no events. Once everything has
settled, all is counted again by tests/kafka/audit.py, which shares no code with the service.

Prints a line every ten seconds and a table at the end. Exits 1 when an event is lost or counted twice, when the lag
does not reach zero in time, a process ends by itself or takes more memory than it may, or anything else is not as it
should be; then logs, journals and data are kept, and the last line says where.
"""

import argparse
import json
import os
import random
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "kafka"), str(ROOT / "tests" / "system")]

import processes  # noqa: E402
import recount  # noqa: E402
import report  # noqa: E402
from audit import Audit  # noqa: E402
from deployment import Deployment  # noqa: E402
from faults import Faults  # noqa: E402
from harness import run as run_binary  # noqa: E402
from kafka_cluster import Cluster  # noqa: E402
from load import LoadClients  # noqa: E402
from memory import Memory  # noqa: E402
from poison import QUICK, REFUSE  # noqa: E402
from progress import Progress  # noqa: E402
from store_proxy import StoreProxy  # noqa: E402

SERVERS, CONSUMERS = 3, 3
SETTINGS = QUICK | {"KAFKA_PARTITIONS": 6, "DRAIN_TIMEOUT": "5s", "CLICKHOUSE_TIMEOUT": "10s"}
MATCHES = [*(f"soak-{number}" for number in range(1, 12)), "Soak/12 – über"]
POISON_SHARE = 1 / 10_000  # of the events, to be refused by ClickHouse: each is isolated by some twenty inserts
EVENTS_A_CLIENT = 100  # a second, so that one that waits for an answer does not hold the others up
SETTLE_SECONDS = 300
# A backlog is read in batches of up to 32 MiB for each partition, which are decoded and encoded again; and the filter of
# ids grows with what is stored.
CONSUMER_BOUND_KIB = 512 << 10
OFTEN = {  # of each hundred faults or so
    "broker killed": 7,
    "all brokers killed": 2,
    "broker paused": 4,
    "broker stopped": 3,
    "server killed": 12,
    "server paused": 4,
    "server stopped": 4,
    "consumer killed": 12,
    "consumer paused beyond its session": 5,
    "consumer stopped": 4,
    "storm of rebalances": 4,
    "ClickHouse killed": 12,
    "ClickHouse paused": 4,
    "ClickHouse stopped": 3,
    "insert answered wrongly": 12,
    "record that is no event": 8,
}


class Soak:
    """One run. What goes wrong is noted in `problems`, and the next step is tried nevertheless: the numbers of a
    run that failed are worth the most."""

    def __init__(self, options, folder):
        self.problems = []
        self._options = options
        self._folder = folder
        self._cluster = Cluster(folder / "kafka", brokers=options.brokers)
        self._deployment = self._make_deployment()
        self._lasting_server, self._lasting_consumer = self._deployment.servers[0], self._deployment.consumers[0]
        self._memory = Memory(self._kinds())
        self._clients = LoadClients(
            self._deployment.ports,
            folder / "journals",
            MATCHES,
            count=max(6, options.rate // EVENTS_A_CLIENT),
            seed=options.seed,
            rate=options.rate,
            poison=POISON_SHARE,
        )
        self._faults = Faults(
            self._deployment,
            self._clients,
            options.seed,
            spared=(self._lasting_server, self._lasting_consumer),
            proxy=self._proxy,
        )
        self._verdict = None
        self._minutes = 0.0

    def _make_deployment(self):
        """Servers and consumers ask ClickHouse through a proxy, which can let answers go wrong."""
        deployment = Deployment(
            self._folder / "deployment",
            self._cluster,
            servers=0,
            consumers=0,
            consumer_bound_kib=CONSUMER_BOUND_KIB,
            **SETTINGS,
            KAFKA_REPLICATION_FACTOR=self._options.brokers,
        )
        self._proxy = StoreProxy(deployment.clickhouse_server.port)
        deployment.settings["CLICKHOUSE_PORT"] = self._proxy.port
        for _ in range(SERVERS):
            deployment.add_server()
        for _ in range(CONSUMERS):
            deployment.add_consumer()
        return deployment

    def _kinds(self):
        deployment = self._deployment
        groups = {
            "server": deployment.servers[1:],
            "server never ended": deployment.servers[:1],
            "consumer": deployment.consumers[1:],
            "consumer never ended": deployment.consumers[:1],
            "ClickHouse": [deployment.clickhouse_server],
            "Kafka broker": self._cluster.brokers,
        }
        kinds = {
            name: lambda group=group: [one.process.pid for one in group if one.process] for name, group in groups.items()
        }
        return kinds | {"this script": lambda: [os.getpid()]}

    # -- the story ----------------------------------------------------------------------------------
    def run(self):
        """Everything, from the start to the report."""
        if self._try(self._start):
            self._try(self._load)
            self._try(self._settle)
            self._memory.look()
            self._try(self._audit)
            self._try(self._end)
        return self._report()

    def _start(self):
        self._cluster.start()
        self._deployment.start()
        self._deployment.clickhouse().execute(REFUSE)
        self._memory.look()

    def _load(self):
        with self._clients, Progress(self._clients, self._faults, self._memory, self._lasting_consumer):
            self._try(self._make_faults)
            self._try(self._come_back)

    def _make_faults(self):
        pick, rest = random.Random(self._options.seed), threading.Event()
        began = time.monotonic()
        kinds, weights = zip(*OFTEN.items())
        try:
            while time.monotonic() < began + self._options.minutes * 60:
                self._faults.make(*pick.choices(kinds, weights))
                rest.wait(pick.uniform(0, 2 * self._options.every))
        finally:
            self._minutes = (time.monotonic() - began) / 60

    def _come_back(self):
        self._cluster.wait_complete()
        self._deployment.wait_ready()
        self._faults.check_alive()

    def _settle(self):
        recount.wait_counted(self._deployment, MATCHES, seconds=SETTLE_SECONDS)
        self._deployment.wait_lag_zero(SETTLE_SECONDS)
        self._deployment.check_lag_by_kafka()

    def _audit(self):
        print("counting everything again", flush=True)
        audit = Audit(self._deployment, self._clients.journal(), self._faults.no_events, self._folder / "audit")
        self._verdict = audit.run()
        if self._verdict.lost:
            self.problems.append(f"{self._verdict.lost} events are lost")
        if self._verdict.twice:
            self.problems.append(f"{self._verdict.twice} events are counted twice")
        self.problems += self._verdict.complaints

    def _end(self):
        self._faults.check_alive()
        self._deployment.stop()

    def _try(self, step):
        """Whether it went well."""
        try:
            step()
        except Exception as error:
            traceback.print_exc()
            problem, *_ = (str(error) or type(error).__name__).splitlines()
            if problem not in self.problems:
                self.problems.append(problem)
            return False
        return True

    # -- what is left of it -------------------------------------------------------------------------
    def _report(self):
        options = self._options
        run = report.Run(
            command=command_line(options),
            version=run_binary("--version").stdout.strip(),
            processes=f"Kafka brokers: {options.brokers}, servers: {SERVERS}, consumers: {CONSUMERS} and one that "
            f"comes and goes, ClickHouse: 1; partitions: {SETTINGS['KAFKA_PARTITIONS']}",
            load=f"at most {options.rate:,} events a second; 1 in 5 is sent twice on purpose, "
            f"1 in {round(1 / POISON_SHARE):,} is refused by ClickHouse",
            minutes=self._minutes,
            clients=self._clients,
            problems=self.problems,
        )
        return report.markdown(run, self._verdict, self._faults, self._memory)

    def discard(self):
        """No process left; what helps to find out is left in the folder when something went wrong."""
        keep = bool(self.problems)
        self._proxy.close()
        self._deployment.discard(keep)
        self._cluster.discard(keep)
        if keep:
            history = "".join(f"{at:.3f} {kind}\n" for at, kind in self._faults.history)
            (self._folder / "faults.txt").write_text(history)
            details = self._verdict.details if self._verdict else {}
            (self._folder / "differences.json").write_text(json.dumps(details, indent=1))
        else:
            shutil.rmtree(self._folder)


def command_line(options):
    """The command that does it again."""
    words = ["./dev", "soak", f"{options.minutes:g}", "--seed", str(options.seed)]
    for name in ("rate", "every", "brokers"):
        value = getattr(options, name)
        if value != PARSER.get_default(name):
            words += [f"--{name}", f"{value:g}"]
    return shlex.join(words)


def parser():
    seed = os.environ.get("FANFINITY_SEED")
    made = argparse.ArgumentParser(prog="./dev soak", description="Minutes of load with random faults, then a count.")
    made.add_argument("minutes", type=float, nargs="?", default=20, help="how long (default %(default)s)")
    made.add_argument(
        "--seed",
        type=int,
        default=int(seed) if seed else random.SystemRandom().randrange(1_000_000),
        help="of the events and of the order of faults (default FANFINITY_SEED, or any)",
    )
    made.add_argument("--rate", type=int, default=1000, help="most events a second (default %(default)s)")
    made.add_argument("--every", type=float, default=3, help="seconds of rest between faults, on average (%(default)s)")
    made.add_argument("--brokers", type=int, choices=(1, 3), default=3, help="of Kafka (default %(default)s)")
    made.add_argument("--markdown", type=Path, metavar="FILE", help="write the report there as well")
    return made


PARSER = parser()


def main():
    options = PARSER.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"seed {options.seed}: {command_line(options)}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="fanfinity-soak-"))
    soak = Soak(options, folder)
    try:
        text = soak.run()
    finally:
        soak.discard()
    print(f"\n{text}")
    print(f"This script took at most {processes.peak_resident_kib(os.getpid()) >> 10} MiB, the counting included.")
    if options.markdown:
        options.markdown.write_text(text)
    if soak.problems:
        print(f"logs, journals and data are kept in {folder}", file=sys.stderr)
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
