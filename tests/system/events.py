"""Events for the tests, repeatable by seed."""

import random
import uuid
from datetime import datetime, timedelta, timezone

from poison import POISON

TYPES = (
    "goal",
    "shot",
    "pass",
    "foul",
    "yellow_card",
    "red_card",
    "substitution",
    "offside",
    "corner",
    "free_kick",
    "interception",
)
_WEIGHTS = (1, 8, 120, 10, 2, 1, 3, 3, 5, 8, 20)
_MINUTE_MS = 60_000
_EPOCH = datetime(1970, 1, 1)
# Half an hour before a month's end: matches lie over the border of two monthly partitions.
KICK_OFF_MS = 1_706_743_800_000  # 2024-01-31T23:30:00Z


def rfc3339(at_ms):
    """As the service prints times: UTC, milliseconds only when they are not zero."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def milliseconds(text):
    """The same backwards, for any offset; further digits are dropped."""
    return (datetime.fromisoformat(text).astimezone(timezone.utc).replace(tzinfo=None) - _EPOCH) // timedelta(
        milliseconds=1
    )


def event(match_id, **members):
    """A valid event with a fresh id; `members` replace or add, and None takes away."""
    whole = {
        "eventId": str(uuid.uuid4()),
        "matchId": match_id,
        "eventType": "pass",
        "timestamp": "2024-01-15T14:30:00Z",
        "teamId": 1,
    } | members
    return {name: value for name, value in whole.items() if value is not None}


class EventSource:
    """An endless stream of believable events of some matches. One thread at a time.
    `poison`: the share of events that a ClickHouse told to refuse them refuses."""

    def __init__(self, seed, match_ids, minutes=100, poison=0.0):
        self._random = random.Random(seed)
        self._match_ids = match_ids
        self._span_ms = minutes * _MINUTE_MS
        self._poison = poison

    def next(self):
        pick = self._random
        made = {
            "eventId": str(uuid.UUID(int=pick.getrandbits(128), version=4)),
            "matchId": pick.choice(self._match_ids),
            "eventType": pick.choices(TYPES, _WEIGHTS)[0],
            "timestamp": rfc3339(KICK_OFF_MS + pick.randrange(self._span_ms)),
            "teamId": pick.choice((1, 2)),
        }
        if pick.random() < 0.8:
            made["playerId"] = f"player-{pick.randrange(22)}"
        if pick.random() < 0.5:
            made["metadata"] = {"minute": pick.randrange(95), "x": round(pick.random(), 3), "by": "Zoë \u26bd\n"}
        if self._poison and pick.random() < self._poison:
            made["playerId"] = POISON
        return made

    def take(self, count):
        return [self.next() for _ in range(count)]
