"""Looking at processes through /proc."""

import os
import signal
from pathlib import Path


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # gone meanwhile
        return b""


def mentioning(*needles):
    """The living processes whose environment or command line holds one of the texts: children inherit
    the environment, and keep it when their parent has died."""
    wanted = [needle.encode() for needle in needles]
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if pid != os.getpid():
            told = _read(pid, "environ") + _read(pid, "cmdline")
            if any(needle in told for needle in wanted):
                found.append(pid)
    return found


def command_line(pid):
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def parent(pid):
    return _status_number(pid, "PPid:")


def resident_kib(pid):
    return _status_number(pid, "VmRSS:")


def peak_resident_kib(pid):
    return _status_number(pid, "VmHWM:")


def reset_peak(pid):
    """Makes the peak count from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status_number(pid, key):
    for line in _read(pid, "status").decode().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0


def blocks(pid, signal_number):
    """Whether the process (its main thread) has blocked the signal, to take it in its own way."""
    for line in _read(pid, "status").decode().splitlines():
        if line.startswith("SigBlk:"):
            return bool(int(line.split()[1], 16) >> (signal_number - 1) & 1)
    return False


def send(pid, signal_number):
    """True when the process was there to get it."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return False
    return True


def kill_all(pids):
    for pid in pids:
        send(pid, signal.SIGKILL)
