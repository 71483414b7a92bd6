"""Waiting for conditions with deadlines: nothing here hopes that a pause was long enough."""

import os
import subprocess
import threading
import time
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("FANFINITY_BINARY", ROOT / "build/release/fanfinity")).absolute()

_tick = threading.Event()


@lru_cache
def sanitizer():
    """The sanitizer the binary was built with ("asan", "tsan"), or "" for none."""
    libraries = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=False).stdout
    return next((name for name in ("asan", "tsan") if f"lib{name}" in libraries), "")


@lru_cache
def patience():
    """What every deadline is multiplied with: sanitizers and busy machines are slow, not wrong."""
    given = float(os.environ.get("FANFINITY_PATIENCE", "1"))
    return given * {"": 1, "asan": 3, "tsan": 5}[sanitizer()]


def wait_until(condition, what, seconds=30.0, interval=0.02):
    """Polls `condition` until it returns something true, and returns that. Past the deadline it fails,
    saying `what` was awaited (a text, or a function that yields one from the state then)."""
    deadline = time.monotonic() + seconds * patience()
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds * patience():.0f} s in vain: {what() if callable(what) else what}")
        _tick.wait(interval)
