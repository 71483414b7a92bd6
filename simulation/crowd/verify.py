"""Compares an account with what the server says: every match, member for member."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulation.crowd.watch import Reader

_PATIENCE = 180.0  # seconds for the server to count what it has acknowledged
_PAUSE = 0.1


class NotCounted(Exception):
    """The server has not come so far as to be compared; the text says how far."""


def verify(url: str, api_key: str, expected: dict[str, dict[str, Any]], note: Callable[[str], None] = print,
           patience: float = _PATIENCE) -> list[str]:
    """What differs, a sentence each; nothing when all is equal. Waits until the server itself says that everything
    acknowledged up to now is counted: `lag` 0 in /ready, and an `asOf` later than now by its own clock."""
    reader = Reader(url, api_key)
    deadline = time.monotonic() + patience
    now = _patiently(reader.now, "the clock of /health", deadline)
    note(f"verify: waiting until all is counted, up to {now:%H:%M:%S} of the server's clock")
    _patiently(lambda: _settled(reader, now), "lag 0", deadline)
    differences = []
    for match_id, wanted in expected.items():
        found = _patiently(lambda match_id=match_id: _counted(reader, match_id, now), f"the metrics of {match_id}", deadline)
        differences += _compare(match_id, wanted, found)
    return differences


def _patiently(attempt: Callable[[], Any], what: str, deadline: float) -> Any:
    """What the attempt returns once that is not None; it may fail meanwhile."""
    while True:
        try:
            if (value := attempt()) is not None:
                return value
            why = "not yet"
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = str(error) or type(error).__name__
        if time.monotonic() > deadline:
            raise NotCounted(f"waited in vain for {what}: {why}")
        time.sleep(_PAUSE)


def _settled(reader: Reader, now: datetime) -> bool | None:
    _, ready = reader.get("/ready")
    waits = ready["lag"] + ready.get("retryPending", 0)
    if waits:
        raise ValueError(f"{waits:,} events are not counted yet")
    _, listed = reader.get("/api/matches?limit=1")
    return True if datetime.fromisoformat(listed["asOf"]) > now else None


def _counted(reader: Reader, match_id: str, now: datetime) -> dict[str, Any] | None:
    status, found = reader.metrics(match_id)
    if status == 404:
        return {}  # a difference, not a delay: what was acknowledged is counted by now
    if status != 200:
        raise ValueError(f"answered {status}")
    return found if datetime.fromisoformat(found["asOf"]) > now else None


def _compare(match_id: str, wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    if not found:
        return [f"{match_id} is not known, {wanted['totalEvents']:,} of its events were acknowledged"]
    differences = []
    for member, value in wanted.items():
        if member == "eventsByType":
            for kind in sorted(value.keys() | found.get(member, {}).keys()):
                has, must = found.get(member, {}).get(kind, 0), value.get(kind, 0)
                if has != must:
                    differences.append(f"{match_id}: eventsByType.{kind} is {has}, acknowledged were {must}")
        elif found.get(member) != value:
            differences.append(f"{match_id}: {member} is {found.get(member)}, by the acknowledgements it is {value}")
    return differences
