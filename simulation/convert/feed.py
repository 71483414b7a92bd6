"""What all converters share: the events made, what had no counterpart, and how a bad file is refused."""

import gzip
import io
import json
import math
import re
import uuid
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulation import contract
from simulation.events import format_time

_NAMESPACE = uuid.UUID("b1b0a6b4-3f0e-5a6b-8a52-0c8f3f5d9d11")
_GZIP = b"\x1f\x8b"
_LARGEST_FILE = 512 * 1024 * 1024  # bytes, unpacked
_NOTHING = {"", "nan", "none", "null", "<na>"}  # what tools write into a field that has no value


class FeedError(Exception):
    """A file that is not what it should be: the text says where and what."""


@dataclass
class Conversion:
    """The events of one match. Ids follow from the match id and what the source says, so that a file which is converted
    and sent again counts nothing twice."""

    provider: str
    match_id: str
    kick_off: datetime
    read: int = 0  # events of the source
    skipped: Counter = field(default_factory=Counter)  # those without a counterpart, by their type
    unread: Counter = field(default_factory=Counter)  # qualifiers with a meaning that led to no event
    by_type: Counter = field(default_factory=Counter)
    goals: Counter = field(default_factory=Counter)  # by team
    team_names: dict[int, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # events that the service would refuse, and why
    _ids: set[uuid.UUID] = field(default_factory=set)
    _events: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, source_id: str, kind: str, at_ms: int, team: int, player_id: str | None, metadata: dict[str, Any],
            where: str) -> None:
        """`source_id` names what the source says, the same in each edition of its file. `at_ms`: milliseconds from kick-off,
        breaks included. Members of the metadata that are None are left out. `where`: the place in the file, for a person."""
        event_id = uuid.uuid5(_NAMESPACE, f"{self.provider}/{self.match_id}/{source_id}/{kind}")
        if event_id in self._ids:
            self.skipped["the same event once more"] += 1
            return
        document: dict[str, Any] = {"eventId": str(event_id), "matchId": self.match_id, "eventType": kind,
                                    "timestamp": self._time(at_ms), "teamId": team}
        if player_id:
            document["playerId"] = shortened(player_id)
        document["metadata"] = {name: value for name, value in metadata.items() if value is not None}
        line = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        if found := contract.faults(line):
            self.faults.append(f"{where}: {kind} {', '.join(found)}")
            return
        self._ids.add(event_id)
        self.by_type[kind] += 1
        if kind == "goal":
            self.goals[team] += 1
        self._events.append((at_ms, line))

    def lines(self) -> list[bytes]:
        """In the order of time; what happened at the same moment, in the order of the file."""
        return [line for _, line in sorted(self._events, key=lambda event: event[0])]

    def _time(self, at_ms: int) -> str:
        try:
            return format_time(self.kick_off + timedelta(milliseconds=at_ms))
        except OverflowError:
            return "beyond the year 9999"


def shortened(text: str) -> str:
    """As an id may be."""
    text = contract.without_control_characters(text)
    return text.encode(errors="replace")[:contract.MOST_ID_BYTES].decode(errors="ignore")


def read_text(path: str) -> str:
    """Of a file in UTF-8, packed by gzip or not, with or without a byte order mark."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if data.startswith(_GZIP):
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_LARGEST_FILE + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FeedError(f"{path}: its gzip data is damaged or cut short; fetch it again") from None
    except (OSError, ValueError) as error:  # a ValueError: a path with a NUL
        raise FeedError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > _LARGEST_FILE:
        raise FeedError(f"{path} is larger than {_LARGEST_FILE >> 20} MiB; give the file of one match")
    if not data.strip():
        raise FeedError(f"{path} is empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeedError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from None


def read_json(path: str) -> Any:
    """NaN and Infinity, which pandas writes where there is no value, become None."""
    text = read_text(path)
    try:
        document = json.loads(text, parse_constant=lambda _: None, parse_float=number_of)
        if "\\ud" in text.lower():  # perhaps half a surrogate pair, which no other text can hold
            document = json.loads(json.dumps(document, ensure_ascii=False).encode(errors="replace"))
        return document
    except json.JSONDecodeError as error:
        raise FeedError(f"{path}: line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from None
    except RecursionError:
        raise FeedError(f"{path}: nested too deeply to be such a file") from None
    except ValueError as error:  # an integer of thousands of digits
        raise FeedError(f"{path}: no JSON that can be read: {error}") from None


def number_of(value: Any) -> float | None:
    """None for what is no finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def whole_of(value: Any) -> int | None:
    """7 for 7, 7.0, "7" and "7.0", None for anything else: tables turn whole numbers into fractions."""
    number = None if isinstance(value, bool) else number_of(value)
    return int(number) if number is not None and number.is_integer() else None


def text_of(value: Any) -> str | None:
    """An id or a name as text, "5246" for 5246.0 and "5246.0". None where there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        whole = whole_of(value)
        return str(value if whole is None or isinstance(value, int) else whole)
    if not isinstance(value, str) or value.strip().lower() in _NOTHING:
        return None
    return value.split(".")[0] if re.fullmatch(r"\d+\.0+", value) else value


def name_of(record: Any) -> str | None:
    """The name in {"id", "name"}, the form in which both providers give types, teams and players."""
    return text_of(record.get("name")) if isinstance(record, dict) else None


def id_of(record: Any) -> str | None:
    return text_of(record.get("id")) if isinstance(record, dict) else None
