"""What the service takes as an event (docs/API.md), so that a tool can check what it writes before it exits."""

import json
import re
from datetime import datetime, timezone
from typing import Any

EVENT_TYPES = frozenset({"goal", "shot", "pass", "foul", "yellow_card", "red_card", "substitution", "offside", "corner",
                         "free_kick", "interception"})
MOST_EVENT_BYTES = 64 * 1024
MOST_ID_BYTES = 256  # of match and player ids
_MOST_LEVELS = 64  # of JSON, the event itself included
_FIRST_YEAR, _LAST_YEAR = 1970, 2261

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:[0-5]\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def without_control_characters(text: str) -> str:
    return _CONTROL.sub("", text)


def fault_of_match_id(text: str) -> str:
    """What the service has against it, or nothing."""
    if not 1 <= len(text.encode(errors="replace")) <= MOST_ID_BYTES or _CONTROL.search(text):
        return f"must be 1 to {MOST_ID_BYTES} bytes of text without control characters"
    if text in (".", "..") or text.isspace():
        return "must be a name: no address can hold '.', '..' or blanks alone"
    return ""


def faults(line: bytes) -> list[str]:
    """Why the service would refuse an event, a phrase for each bad member. Empty when it takes it."""
    if len(line) > MOST_EVENT_BYTES:
        return [f"has {len(line):,} bytes, more than {MOST_EVENT_BYTES:,}"]
    try:
        event = json.loads(line.decode(), parse_constant=_no_number)
        json.dumps(event, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
    except (ValueError, RecursionError) as error:
        return [f"is no JSON: {error}"]
    if not isinstance(event, dict):
        return ["is no object"]
    if _levels(event) > _MOST_LEVELS:
        return [f"is nested deeper than {_MOST_LEVELS} levels"]
    checks = {"eventId": _event_id, "matchId": _match_id, "eventType": _event_type, "timestamp": _timestamp,
              "teamId": _team_id, "playerId": _player_id, "metadata": _metadata}
    found = ((name, check(event.get(name))) for name, check in checks.items())
    return [f"{name} {fault}" for name, fault in found if fault]


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _levels(value: Any) -> int:
    deepest, level = 0, [value]
    while level := [inner for outer in level if isinstance(outer, (dict, list))
                    for inner in [*(outer.values() if isinstance(outer, dict) else outer), None]]:
        deepest += 1
    return deepest


def _event_id(value: Any) -> str:
    return "" if isinstance(value, str) and _UUID.fullmatch(value) else "is no UUID"


def _match_id(value: Any) -> str:
    return fault_of_match_id(value) if isinstance(value, str) else "must be a string"


def _event_type(value: Any) -> str:
    return "" if isinstance(value, str) and value in EVENT_TYPES else f"is none of the {len(EVENT_TYPES)} types"


def _timestamp(value: Any) -> str:
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        if parts is None:
            raise ValueError
        offset = "+00:00" if parts[3] in "Zz" else parts[3]
        year = datetime.fromisoformat(f"{parts[1]}T{parts[2]}{offset}").astimezone(timezone.utc).year
    except (ValueError, OverflowError):
        return "is no RFC 3339 date-time"
    return "" if _FIRST_YEAR <= year <= _LAST_YEAR else f"is not of the years {_FIRST_YEAR} to {_LAST_YEAR}"


def _team_id(value: Any) -> str:
    return "" if type(value) is int and value in (1, 2) else "is neither 1 nor 2"


def _player_id(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or _CONTROL.search(value):
        return "must be a string without control characters"
    return "" if len(value.encode()) <= MOST_ID_BYTES else f"has more than {MOST_ID_BYTES} bytes"


def _metadata(value: Any) -> str:
    return "" if value is None or isinstance(value, dict) else "must be an object"
