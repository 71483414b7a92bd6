"""The C++ tools of bench/, started with a core of their own. Each prints one JSON object as its last line."""

import json
import subprocess
from dataclasses import dataclass

from accounting import LOAD_CORE, SERVICE_CORE
from waiting import BINARY

TOOLS = BINARY.parent / "bench"


class ToolFailed(Exception):
    """A tool ended with an error: its own words."""


def command(name, *arguments, core=None):
    """It dies with the thread that starts it, so that a run that is killed leaves nothing behind."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    return ["setpriv", "--pdeathsig", "KILL", *pinned, str(TOOLS / name), *map(str, arguments)]


def run(name, *arguments, core=None, timeout=600, env=None):
    """Runs one to its end: what it found."""
    result = subprocess.run(
        command(name, *arguments, core=core), capture_output=True, text=True, timeout=timeout, check=False, env=env
    )
    return _found(name, result.returncode, result.stdout, result.stderr)


def _found(name, code, output, errors):
    lines = output.splitlines()
    if code != 0 or not lines:
        raise ToolFailed(f"`{name}` ended with {code}: {errors.strip()[-500:]}")
    return json.loads(lines[-1])


class Ceiling:
    """The raw epoll server on a core, as a context."""

    def __init__(self, core=SERVICE_CORE, status=202, body=None):
        """`body`: a file that holds what it answers, instead of a 202's body."""
        self._arguments = ["--port", 0, "--status", status]
        if body is not None:
            self._arguments += ["--body", body]
        self._core = core

    def __enter__(self):
        self._process = subprocess.Popen(
            command("http_ceiling", *self._arguments, core=self._core), stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line:
            raise ToolFailed(f"`http_ceiling` ended with {self._process.wait()} before it listened")
        self.port = json.loads(line)["port"]
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    @property
    def pid(self):
        return self._process.pid


@dataclass
class Load:
    """What the load generator saw, of one phase."""

    requests: int
    events: int
    seconds: float
    statuses: dict  # status to requests
    errors: int
    latency_us: dict  # p50, p90, p99, p999, max
    rate: float | None = None  # requests a second, of an open loop
    unsent: int = 0  # due, but no connection was free until the generator gave up
    idle_open: int = 0
    own_cpu: float = 0.0  # of the whole run

    @property
    def requests_a_second(self):
        return self.requests / self.seconds

    @property
    def events_a_second(self):
        return self.events / self.seconds

    @property
    def kept_up(self):
        """Whether an open loop was answered at the rate at which it asked."""
        return self.unsent == 0 and self.requests_a_second >= 0.98 * self.rate

    @property
    def falling_behind(self):
        return f"not kept up with: {self.events_a_second:,.0f} events/s answered"

    def milliseconds(self, name):
        return self.latency_us[name] / 1000

    def check(self, status):
        """Every request was answered, and with this status."""
        assert self.errors == 0 and set(self.statuses) <= {status}, (
            f"not every request was answered {status}: {self.statuses}, {self.errors} without an answer"
        )
        assert self.requests > 0, "no request was answered"


def closed(port, connections, seconds, *what, core=LOAD_CORE, **more):
    """Each connection has one request under way. `what`: arguments that say what is sent."""
    (phase,) = start("closed", port, connections, ("--seconds", seconds), *what, core=core, **more).phases()
    return phase


def opened(port, connections, phases, *what, core=LOAD_CORE, **more):
    """An open loop. `phases`: [(requests a second, seconds)]. A Load for each of them."""
    return start("open", port, connections, open_phases(phases), *what, core=core, **more).phases()


def open_phases(phases):
    return "--phases", ",".join(f"{rate}:{seconds:g}" for rate, seconds in phases)


def start(mode, port, connections, how, *what, core=LOAD_CORE, acknowledged=None, idle=0):
    """The load generator, under way. `acknowledged`: the file that gets the ids of what was acknowledged."""
    arguments = [mode, "--port", port, "--connections", connections, *how, *what]
    if acknowledged is not None:
        arguments += ["--acknowledged", acknowledged]
    if idle:
        arguments += ["--idle", idle]
    return Running("http_load", *arguments, core=core)


class Running:
    """A tool that has been started."""

    def __init__(self, name, *arguments, core=None):
        self._name = name
        self._process = subprocess.Popen(
            command(name, *arguments, core=core), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def runs(self):
        return self._process.poll() is None

    def result(self, timeout=600):
        try:
            output, errors = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        return _found(self._name, self._process.returncode, output, errors)

    def phases(self):
        told = self.result()
        return [
            Load(
                requests=phase["requests"],
                events=phase["events"],
                seconds=phase["seconds"],
                statuses={int(status): count for status, count in phase["statuses"].items()},
                errors=phase["errors"],
                latency_us=phase["latency_us"],
                rate=phase["rate"],
                unsent=phase["unsent"],
                idle_open=told.get("idle_open", 0),
                own_cpu=told["own_cpu_seconds"],
            )
            for phase in told["phases"]
        ]
