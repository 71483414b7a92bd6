"""Processes of the service under test: start, kill, stop, and look inside.

Settings are given through the environment, as an operator does. Whatever a test leaves running is
killed at the end, by process id."""

import json
import os
import random
import signal
import socket
import subprocess
import uuid
from pathlib import Path

import processes
from http_client import Client
from sql import ClickHouse
from waiting import BINARY, patience, sanitizer, wait_until

STARTED = []  # what the running test has made, for conftest: each has a `name` and a `log_tail()`
_ports = random.Random()
_given = set()


def free_port():
    """A port that nobody has, and below those that the kernel gives to outgoing connections: a service that
    was killed finds it free again."""
    ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = _ports.randrange(10_000, max(ephemeral, 20_000))
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def base_environment():
    """The caller's environment without any setting of the service that could leak in from outside."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LIBCHDB_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    if sanitizer() == "asan":  # a small quarantine, so that memory bounds mean something
        given = environment.get("ASAN_OPTIONS")
        environment["ASAN_OPTIONS"] = f"{given}:quarantine_size_mb=16" if given else "quarantine_size_mb=16"
    return environment


def run(*arguments, env=None, timeout=60.0, binary=BINARY, **options):
    """Runs one command of the binary to its end."""
    return subprocess.run(
        [binary, *arguments],
        env=base_environment() | (env or {}),
        capture_output=True,
        text=True,
        timeout=timeout * patience(),
        check=False,
        **options,
    )


class Service:
    """One process of the binary that serves HTTP on a port that stays the same over restarts."""

    def __init__(self, command, root: Path, port_setting="SERVER_PORT", **settings):
        self.name = command
        self.log_path = root / f"{command}.log"
        self.port = free_port()
        self.tag = str(uuid.uuid4())
        self.environment = (
            base_environment()
            | {port_setting: str(self.port), "TEST_TAG": self.tag}
            | {key: str(setting) for key, setting in settings.items()}
        )
        self.process = None
        self._command = command
        self._peak_kib = 0
        STARTED.append(self)

    # -- life ---------------------------------------------------------------------------------------
    def start(self, ready=True, arguments=()):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, self._command, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if ready:
            self.wait_ready()
        return self

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, seconds=60.0):
        wait_until(self.is_ready, lambda: f"{self.name} ready; last answer: {self.ready_answer()}", seconds)

    def is_ready(self):
        assert (
            self.process.poll() is None
        ), f"`{self.name}` ended by itself with {self.process.returncode}:\n{self.log_tail()}"
        answer = self.ready_answer()
        return answer is not None and answer.status == 200

    def ready_answer(self):
        """The answer of /ready, or None while nobody listens."""
        try:
            return self.get("/ready")
        except OSError:
            return None

    def kill(self):
        """kill -9 of this process itself, and nothing else."""
        self._note_peak()
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def terminate(self, seconds=60.0):
        """SIGTERM; the exit code."""
        self._note_peak()
        self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(seconds)

    def wait_exit(self, seconds=60.0):
        try:
            return self.process.wait(seconds * patience())
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds * patience():.0f} s:\n{self.log_tail()}") from None

    def stop(self):
        """An orderly end: exit code 0 and nothing left behind."""
        code = self.terminate()
        assert code == 0, f"SIGTERM ended `{self.name}` with {code}:\n{self.log_tail()}"
        self.wait_gone()

    def wait_gone(self, seconds=20.0):
        """Until no process of this tree lives; an orphan fails the test."""
        wait_until(
            lambda: not self.tree(),
            lambda: f"no orphan; left: {[(p, processes.command_line(p)) for p in self.tree()]}",
            seconds,
        )

    def discard(self):
        """Kills whatever is left, for the end of a test that failed."""
        processes.kill_all(self.tree())
        if self.process is not None:
            self.process.wait()
        processes.kill_all(self.tree())

    # -- a look inside ------------------------------------------------------------------------------
    def tree(self):
        return processes.mentioning(self.tag)

    def log_tail(self, size=6000):
        data = self.log_path.read_bytes() if self.log_path.exists() else b""
        return data[-size:].decode(errors="replace")

    def peak_kib(self):
        """The most memory that this process, or one before it, ever had."""
        if self.runs():
            self._note_peak()
        return self._peak_kib

    def _note_peak(self):
        self._peak_kib = max(self._peak_kib, processes.peak_resident_kib(self.process.pid))

    def client(self, timeout=30.0):
        return Client(self.port, timeout * patience())

    def get(self, path, **headers):
        """One GET on a connection of its own."""
        client = self.client()
        try:
            return client.get(path, **headers)
        finally:
            client.close()

    def post(self, event):
        client = self.client()
        try:
            return client.post_event(event)
        finally:
            client.close()

    def run(self, *arguments, **options):
        """Another command of the binary with the settings of this process."""
        return run(*arguments, env=self.environment, **options)

    def gauge(self, name):
        """The sum of a metric of /metrics over its labels; None when it is not there."""
        return prometheus_sum(self.get("/metrics").body.decode(), name)

    def lag(self):
        return self.gauge("fanfinity_consumer_lag")

    def wait_lag_zero(self, seconds=60.0):
        wait_until(lambda: self.lag() == 0, lambda: f"lag zero, is {self.lag()}", seconds, interval=0.1)


class Up(Service):
    """One `fanfinity up`, with a data directory that stays the same over restarts as well."""

    def __init__(self, root: Path, **settings):
        settings = {"FANFINITY_DATA_DIR": root / "data"} | settings
        self.data_dir = Path(settings["FANFINITY_DATA_DIR"])
        super().__init__("up", root, **settings)

    def tree(self):
        return processes.mentioning(self.tag, str(self.data_dir))

    def clickhouse_pids(self):
        """The children of `up`: nothing but the embedded ClickHouse."""
        return [pid for pid in self.tree() if pid != self.process.pid]

    def clickhouse(self):
        """SQL straight to the embedded ClickHouse, past the service."""
        return ClickHouse(json.loads((self.data_dir / "clickhouse" / "endpoint.json").read_text()))


def logs_of_started():
    """[(title, end of the log)] of everything the running test has made, for the report of its failure."""
    return [
        (f"log {number} of {service.name} ({service.log_path})", service.log_tail())
        for number, service in enumerate(STARTED)
    ]


def prometheus_samples(text):
    """[(name, labels as text, value)] of the Prometheus text format."""
    samples = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name, _, labels = series.partition("{")
            samples.append((name, labels.rstrip("}"), float(value)))
    return samples


def prometheus_sum(text, wanted, label=""):
    values = [value for name, labels, value in prometheus_samples(text) if name == wanted and label in labels]
    return sum(values) if values else None
