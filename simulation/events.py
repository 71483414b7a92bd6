"""Events as the contract wants them: ids, times and JSON lines."""

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

_NAMESPACE = uuid.UUID("5f0b3a52-7c1e-5d6c-9a3f-0f8f6e1f2a77")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class MatchEvent:
    """One thing that happened. `at` counts milliseconds since kick-off, the break included."""

    at: int
    kind: str
    team: int
    player_id: str
    metadata: dict[str, Any] = field(default_factory=dict)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC, milliseconds only when there are some."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


class NoOffset(ValueError):
    """A time that may be of any zone."""


def parse_time(text: str, zone: tzinfo | None = None) -> datetime:
    """An RFC 3339 date-time, or a date alone (its midnight). Without an offset it is local to `zone`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None and zone is None:
        raise NoOffset(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(timezone.utc)


def kick_off_ms(kick_off: datetime) -> int:
    return (kick_off - EPOCH) // timedelta(milliseconds=1)


def event_id(match: str, number: int) -> uuid.UUID:
    """The same event of the same match always has the same id, so sending a match again counts nothing twice."""
    return uuid.uuid5(_NAMESPACE, f"{match}#{number}")


def match_id(home: str, away: str, kick_off: datetime, seed: str) -> str:
    """ "Río Alto – Østervik 2026-12-01 3f2a1b", as people write it. The end tells matches of other seeds apart."""
    tag = random.Random(f"{seed}/{kick_off_ms(kick_off)}").getrandbits(24)
    return f"{home} – {away} {kick_off:%Y-%m-%d} {tag:06x}"


def to_line(event: MatchEvent, match: str, number: int, kick_off: datetime) -> bytes:
    document = {
        "eventId": str(event_id(match, number)),
        "matchId": match,
        "eventType": event.kind,
        "timestamp": format_time(kick_off + timedelta(milliseconds=event.at)),
        "teamId": event.team,
        "playerId": event.player_id,
        "metadata": event.metadata,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
