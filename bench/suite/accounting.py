"""CPU time and memory of processes, and the cores they may use."""

import os
import statistics
from pathlib import Path

import processes

# One core serves and the other asks, so that neither slows the other down more than the kernel has to.
SERVICE_CORE = 0
LOAD_CORE = min(1, os.cpu_count() - 1)
ALL_CORES = frozenset(range(os.cpu_count()))

_TICKS = os.sysconf("SC_CLK_TCK")


def pin(pid, *cores):
    """All threads of a process, and those that they will make."""
    for task in _tasks(pid):
        try:
            os.sched_setaffinity(int(task.name), cores or ALL_CORES)
        except ProcessLookupError:  # ended meanwhile
            pass


def cpu_seconds(pid):
    """Of all its threads since it began; 0 for one that is gone.

    What the scheduler counts for living threads is exact; what the process as a whole is charged holds threads that
    have ended, in steps of 10 ms. Both are at most the truth."""
    living = 0
    for task in _tasks(pid):
        try:
            living += int((task / "schedstat").read_text().split()[0])
        except (OSError, IndexError):
            pass
    try:
        # The name may hold spaces; it ends with the last parenthesis.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return max(living / 1e9, (int(fields[11]) + int(fields[12])) / _TICKS)


def _tasks(pid):
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


class Meter:
    """As a context: what groups of processes take while it is open. `groups`: a name to process ids.

    `cpu`: seconds, by name. `peak_mib`: the most resident memory at any moment, by name, summed over a group."""

    def __init__(self, groups):
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self.cpu = {}
        self.peak_mib = {}

    def __enter__(self):
        for pids in self._groups.values():
            for pid in pids:
                processes.reset_peak(pid)
        self._before = self._cpu()
        return self

    def __exit__(self, *_):
        self.cpu = {name: seconds - self._before[name] for name, seconds in self._cpu().items()}
        self.peak_mib = {
            name: sum(map(processes.peak_resident_kib, pids)) / 1024 for name, pids in self._groups.items()
        }

    def _cpu(self):
        return {name: sum(map(cpu_seconds, pids)) for name, pids in self._groups.items()}


def resident_mib(groups):
    """Name to MiB resident now."""
    return {name: sum(map(processes.resident_kib, pids)) / 1024 for name, pids in groups.items()}


def most(*peaks):
    """The larger of each name's figures."""
    return {name: max(peak.get(name, 0) for peak in peaks) for name in dict.fromkeys(n for peak in peaks for n in peak)}


def percentile(values, share):
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def median(values):
    return statistics.median(values)
