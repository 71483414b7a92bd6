"""What all converters share: the events made, what had no counterpart, and how a bad file is refused."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulation.events import format_time

_NAMESPACE = uuid.UUID("b1b0a6b4-3f0e-5a6b-8a52-0c8f3f5d9d11")
_LONGEST_TEXT = 256  # bytes, of match and player ids


class FeedError(Exception):
    """A file that is not what it should be: the text says where and what."""


@dataclass
class Conversion:
    """The events of one match. Ids follow from the match id and the source's own ids, so that a file which is converted
    and sent again counts nothing twice."""

    provider: str
    match_id: str
    kick_off: datetime
    read: int = 0  # events of the source
    skipped: Counter = field(default_factory=Counter)  # those without a counterpart, by their type
    _events: list[tuple[int, bytes]] = field(default_factory=list)
    by_type: Counter = field(default_factory=Counter)

    def add(self, source_id: str, kind: str, at_ms: int, team: int, player_id: str | None,
            metadata: dict[str, Any]) -> None:
        """`at_ms`: milliseconds from kick-off, breaks included. Members of the metadata that are None are left out."""
        event_id = uuid.uuid5(_NAMESPACE, f"{self.provider}/{self.match_id}/{source_id}/{kind}")
        document: dict[str, Any] = {
            "eventId": str(event_id),
            "matchId": self.match_id,
            "eventType": kind,
            "timestamp": format_time(self.kick_off + timedelta(milliseconds=at_ms)),
            "teamId": team,
        }
        if player_id:
            document["playerId"] = shortened(player_id)
        document["metadata"] = {name: value for name, value in metadata.items() if value is not None}
        self.by_type[kind] += 1
        self._events.append((at_ms, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")))

    def lines(self) -> list[bytes]:
        """In the order of time; what happened at the same moment, in the order of the file."""
        return [line for _, line in sorted(self._events, key=lambda event: event[0])]


def shortened(text: str) -> str:
    return text.encode(errors="replace")[:_LONGEST_TEXT].decode(errors="ignore")


def read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise FeedError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FeedError(f"{path}: byte {error.start} is not UTF-8") from None


def read_json(path: str) -> Any:
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise FeedError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise FeedError(f"{path}: nested too deeply to be such a file") from None


def name_of(record: Any) -> str | None:
    """The name in {"id", "name"}, the form in which both providers give types, teams and players."""
    return record.get("name") if isinstance(record, dict) else None


def id_of(record: Any) -> str | None:
    found = record.get("id") if isinstance(record, dict) else None
    return None if found is None else str(found)
