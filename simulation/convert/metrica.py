"""Metrica Sports: which row is which event.

One row makes at most one event, as in the conversion of game 1 that the tests know: a shot that scores is a goal and not a
shot as well, a corner and the pass it is played with are two rows already. The file tells who was fouled; the foul is that of
the other team, by the player whose lost challenge says FAULT at that time.
"""

from simulation.convert.feed import Conversion
from simulation.convert.metrica_file import Row

_SET_PIECES = {"CORNER KICK": "corner", "FREE KICK": "free_kick"}
_CHALLENGE_WITHIN_MS = 5_000


def convert(conversion: Conversion, rows: list[Row]) -> None:
    conversion.read = len(rows)
    challenges = [row for row in rows if row.kind == "CHALLENGE" and {"FAULT", "LOST"} <= set(row.subtypes)]
    for row in rows:
        kind = _kind(row)
        if kind is None:
            label = f"{row.kind} {' '.join(row.subtypes)}" if row.kind in ("SET PIECE", "CARD") else row.kind
            conversion.skipped[label] += 1
        elif kind == "foul":
            _foul(conversion, row, challenges)
        elif kind == "second yellow":
            _add(conversion, row, "yellow_card", secondYellow=True)
            _add(conversion, row, "red_card", reason=kind)
        else:
            _add(conversion, row, kind)


def _kind(row: Row) -> str | None:
    """The event type, or None when it has no counterpart."""
    if row.kind == "PASS":
        return "pass"
    if row.kind == "SHOT":
        return "goal" if "GOAL" in row.subtypes else "shot"
    if row.kind == "RECOVERY":
        return "interception" if "INTERCEPTION" in row.subtypes else None
    if row.kind == "SET PIECE":
        return next((_SET_PIECES[name] for name in row.subtypes if name in _SET_PIECES), None)
    if row.kind == "FAULT RECEIVED":
        return "foul"
    if row.kind == "CARD":
        if "SECOND YELLOW" in row.subtypes:
            return "second yellow"
        return next((f"{name.lower()}_card" for name in ("YELLOW", "RED") if name in row.subtypes), None)
    return "offside" if "OFFSIDE" in row.subtypes else None


def _add(conversion: Conversion, row: Row, kind: str, **details) -> None:
    seconds = row.at_ms // 1000
    metadata = {
        "minute": seconds // 60, "second": seconds % 60, "period": row.period, "name": row.player, "team": row.team_name,
        "detail": "-".join(row.subtypes).lower() or None, "x": row.x, "y": row.y,
        "receiver": row.receiver_id, "receiverName": row.receiver, **details,
    }
    if kind == "goal":
        metadata["scorer"] = row.player
    conversion.add(row.source_id, kind, row.at_ms, row.team, row.player_id, metadata)


def _foul(conversion: Conversion, row: Row, challenges: list[Row]) -> None:
    near = [challenge for challenge in challenges
            if challenge.team != row.team and abs(challenge.at_ms - row.at_ms) <= _CHALLENGE_WITHIN_MS]
    offender = min(near, key=lambda challenge: abs(challenge.at_ms - row.at_ms), default=None)
    seconds = row.at_ms // 1000
    metadata = {
        "minute": seconds // 60, "second": seconds % 60, "period": row.period, "name": offender and offender.player,
        "team": offender and offender.team_name, "on": row.player_id, "onName": row.player, "x": row.x, "y": row.y,
    }
    conversion.add(row.source_id, "foul", row.at_ms, 3 - row.team, offender and offender.player_id, metadata)
