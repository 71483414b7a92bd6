"""How much of the machine something else took while a case ran: figures of a busy machine are worth less."""

import os
from pathlib import Path


class Elsewhere:
    """From its making on."""

    def __init__(self):
        self._begin = _machine_ticks(), _own_ticks()

    def share(self):
        """Of the time of all cores."""
        (busy_before, all_before), own_before = self._begin
        (busy, everything), own = _machine_ticks(), _own_ticks()
        return max(0.0, (busy - busy_before) - (own - own_before)) / max(1, everything - all_before)


def _machine_ticks():
    """(busy, all) of all cores."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]  # waiting for the disk is idle as well
    return sum(fields) - idle, sum(fields)


def _own_ticks():
    """Of this process, those that it and its children have started, and all of those that have ended."""
    parents, ticks = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # gone meanwhile
                continue
            parents[int(folder.name)] = int(fields[1])
            ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    own = {os.getpid()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in own} - own
        own |= more
        grown = bool(more)
    return sum(ticks.get(pid, 0) for pid in own)
