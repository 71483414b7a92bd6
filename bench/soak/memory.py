"""The memory of each kind of process over a long run."""

from dataclasses import dataclass

import processes


@dataclass
class Resident:
    """MiB of the largest process of a kind."""

    start: int = 0
    most: int = 0  # at any moment of any of them
    end: int = 0


class Memory:
    """`kinds`: name to a function that yields the ids of the processes of that kind, which change over time."""

    def __init__(self, kinds):
        self.resident = {name: Resident() for name in kinds}
        self._kinds = kinds

    def look(self):
        """To be done often: what the last moments of a process took is seen only if somebody looks."""
        for name, pids in self._kinds.items():
            living = list(pids())
            told = self.resident[name]
            told.end = max(map(processes.resident_kib, living)) >> 10 or told.end
            told.start = told.start or told.end
            told.most = max(told.most, max(map(processes.peak_resident_kib, living)) >> 10)

    def __str__(self):
        return ", ".join(f"{name} {told.end}" for name, told in self.resident.items())
