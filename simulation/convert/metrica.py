"""Metrica Sports: which row is which event, by its events-definitions.pdf.

A row's type says what the ball did, its qualifiers (the subtype) what that meant: a goal is a SHOT with GOAL, or, as an own
goal, a BALL OUT with GOAL. So qualifiers are read under every type. A shot that scores is a goal and not a shot as well; a
corner and the pass it is played with are two rows. The file says who was fouled; the foul is that of the other team, by the
player whose lost challenge says FAULT at that time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulation.convert.feed import Conversion
from simulation.convert.metrica_file import Row

_GOALS = {"GOAL", "OWN GOAL"}
_CARDS = {"YELLOW": ("yellow_card",), "RED": ("red_card",), "DISMISSAL": ("red_card",),
          "SECOND YELLOW": ("yellow_card", "red_card")}
_SET_PIECES = {"CORNER KICK": "corner", "FREE KICK": "free_kick"}
# Qualifiers that a person should see when they led to no event.
_TELLING = ("GOAL", "OFFSIDE", "CARD", "YELLOW", "RED", "DISMISSAL", "PENALTY", "HANDBALL", "CORNER", "FREE")
_CHALLENGE_WITHIN_MS = 5_000
_SHOOT_OUT = 5


@dataclass(frozen=True)
class _Event:
    row: Row
    kind: str
    team: int
    player: tuple[str | None, str | None]  # id and name
    details: dict[str, Any] = field(default_factory=dict)
    aside: bool = False  # read from a qualifier of a row of another type


def convert(conversion: Conversion, rows: list[Row]) -> None:
    conversion.read = len(rows)
    conversion.team_names = {row.team: row.team_name for row in rows}
    played = [row for row in rows if row.period < _SHOOT_OUT]
    if len(played) < len(rows):
        conversion.skipped["penalty shoot-out"] = len(rows) - len(played)
    read = [(row, list(_events(row, played))) for row in played]
    # Metrica gives corners, free kicks and cards rows of their own; a qualifier that repeats one adds nothing.
    own = {(event.kind, event.team, row.at_ms) for row, events in read for event in events if not event.aside}
    for row, events in read:
        for event in events:
            if not event.aside or (event.kind, event.team, row.at_ms) not in own:
                _add(conversion, event)
        if not events:
            conversion.skipped[f"{row.kind} {' '.join(row.subtypes)}" if row.kind in ("SET PIECE", "CARD") else row.kind] += 1
        for name in _unread(row):
            conversion.unread[f"{row.kind} with {name}"] += 1


def _events(row: Row, rows: list[Row]) -> Iterator[_Event]:
    has, actor = set(row.subtypes), (row.player_id, row.player)
    if row.kind == "PASS":
        yield _Event(row, "pass", row.team, actor)
    if row.kind == "SHOT" and not has & _GOALS:
        yield _Event(row, "shot", row.team, actor)
    if row.kind == "RECOVERY" and "INTERCEPTION" in has:
        yield _Event(row, "interception", row.team, actor)
    offender = (None, None)
    if row.kind == "FAULT RECEIVED":
        offender = _offender(row, rows)
        yield _Event(row, "foul", 3 - row.team, offender, {"on": row.player_id, "onName": row.player})
    if has & _GOALS:
        yield _goal(row, rows, own=row.kind != "SHOT" or "OWN GOAL" in has)
    if "OFFSIDE" in has:
        by_pass = row.kind == "PASS" and row.receiver_id
        yield _Event(row, "offside", row.team, (row.receiver_id, row.receiver) if by_pass else actor)
    for name in row.subtypes:
        if name in _SET_PIECES:
            yield _Event(row, _SET_PIECES[name], row.team, actor, aside=row.kind != "SET PIECE")
    by_fouled = row.kind == "FAULT RECEIVED"
    for kind in sorted({kind for name in has & _CARDS.keys() for kind in _CARDS[name]}, reverse=True):
        details = {"yellow_card": {"secondYellow": True}, "red_card": {"reason": "second yellow"}}[kind]
        yield _Event(row, kind, 3 - row.team if by_fouled else row.team, offender if by_fouled else actor,
                     details if "SECOND YELLOW" in has else {}, aside=row.kind != "CARD")


def _goal(row: Row, rows: list[Row], own: bool) -> _Event:
    """Under another type than SHOT it is an own goal, and that of the team which does not kick off next."""
    scored = 3 - row.team if own else row.team
    if own:
        later = (other for other in rows if other.period == row.period and other.at_ms > row.at_ms)
        kick_off = min((other for other in later if "KICK OFF" in other.subtypes), key=lambda other: other.at_ms, default=None)
        scored = 3 - kick_off.team if kick_off else scored
    return _Event(row, "goal", scored, (row.player_id, row.player),
                  {"scorer": row.player, **({"ownGoal": True} if scored != row.team else {})})


def _offender(row: Row, rows: list[Row]) -> tuple[str | None, str | None]:
    near = [other for other in rows if other.kind == "CHALLENGE" and {"FAULT", "LOST"} <= set(other.subtypes)
            and other.team != row.team and abs(other.at_ms - row.at_ms) <= _CHALLENGE_WITHIN_MS]
    offender = min(near, key=lambda other: abs(other.at_ms - row.at_ms), default=None)
    return (offender.player_id, offender.player) if offender else (None, None)


def _unread(row: Row) -> list[str]:
    known = _GOALS | {"OFFSIDE", "GOAL KICK", "KICK OFF"} | _CARDS.keys() | _SET_PIECES.keys()
    names = [name for name in row.subtypes if name not in known and any(word in name.split() for word in _TELLING)]
    return names + (["no known colour"] if row.kind == "CARD" and not set(row.subtypes) & _CARDS.keys() else [])


def _add(conversion: Conversion, event: _Event) -> None:
    row, (player_id, player) = event.row, event.player
    seconds = row.at_ms // 1000
    metadata = {
        "minute": seconds // 60, "second": seconds % 60, "period": row.period, "name": player,
        "team": conversion.team_names.get(event.team), "detail": "-".join(row.subtypes).lower() or None,
        "x": row.x, "y": row.y, "receiver": row.receiver_id, "receiverName": row.receiver, **event.details,
    }
    conversion.add(row.source_id, event.kind, row.at_ms, event.team, player_id, metadata, row.where)
