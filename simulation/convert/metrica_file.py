"""The two file formats of Metrica Sports' sample data, https://github.com/metrica-sports/sample-data: a CSV of events
(games 1 and 2), and JSON with metadata in FIFA's EPTS format (game 3)."""

import csv
import io
import math
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from simulation.convert.feed import FeedError, id_of, name_of, read_json, read_text

_COLUMNS = ["Team", "Type", "Subtype", "Period", "Start Frame", "Start Time [s]", "End Frame", "End Time [s]", "From", "To",
            "Start X", "Start Y", "End X", "End Y"]


@dataclass(frozen=True, slots=True)
class Row:
    """`at_ms`: by the clock of the file, which runs on from the first half into the second."""

    source_id: str
    team: int
    team_name: str
    kind: str
    subtypes: tuple[str, ...]
    period: int
    at_ms: int
    player_id: str | None
    player: str | None
    receiver_id: str | None
    receiver: str | None
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True)
class Metadata:
    home: str  # the id of the home team
    start: datetime | None


def read_rows(path: str, metadata: Metadata | None) -> list[Row]:
    if path.lower().endswith(".json"):
        return _read_json(path, metadata.home if metadata else None)
    return _read_csv(path)


def read_metadata(path: str) -> Metadata:
    try:
        root = xml.fromstring(read_text(path).encode())
    except xml.ParseError as error:
        line, column = error.position
        raise FeedError(f"{path}: line {line}, column {column}: no XML") from None
    score = root.find(".//Score")
    home = score.get("idLocalTeam") if score is not None else None
    if not home:
        raise FeedError(f"{path}: no `Score` with an `idLocalTeam`; is it the metadata of a game?")
    try:
        start = datetime.fromisoformat(root.findtext(".//Session/Start") or "").astimezone(timezone.utc)
    except ValueError:
        start = None
    return Metadata(home, start)


def _read_csv(path: str) -> list[Row]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        if next(reader, None) != _COLUMNS:
            raise FeedError(f"{path}: line 1: not the columns of Metrica's events: {', '.join(_COLUMNS)}")
        return [_csv_row(path, reader.line_num, fields) for fields in reader if fields]
    except csv.Error as error:
        raise FeedError(f"{path}: line {reader.line_num}: {error}") from None


def _csv_row(path: str, line: int, fields: list[str]) -> Row:
    where = f"{path}: line {line}"
    if len(fields) != len(_COLUMNS):
        raise FeedError(f"{where}: {len(fields)} fields, not {len(_COLUMNS)}")
    told = dict(zip(_COLUMNS, fields))
    if told["Team"] not in ("Home", "Away"):
        raise FeedError(f"{where}: Team is '{told['Team']}', not Home or Away")
    at = _number(told["Start Time [s]"])
    if at is None or at < 0:
        raise FeedError(f"{where}: Start Time [s] is '{told['Start Time [s]']}', no number of seconds")
    if told["Period"] not in ("1", "2", "3", "4", "5"):
        raise FeedError(f"{where}: Period is '{told['Period']}', not 1 to 5")
    player, receiver = told["From"] or None, told["To"] or None
    return Row(
        source_id=str(line), team=1 if told["Team"] == "Home" else 2, team_name=told["Team"], kind=told["Type"],
        subtypes=tuple(filter(None, told["Subtype"].split("-"))), period=int(told["Period"]), at_ms=round(at * 1000),
        player_id=player, player=player, receiver_id=receiver, receiver=receiver,
        x=_number(told["Start X"]), y=_number(told["Start Y"]),
    )


def _read_json(path: str, home: str | None) -> list[Row]:
    document = read_json(path)
    events = document.get("data") if isinstance(document, dict) else None
    if not isinstance(events, list) or not events:
        raise FeedError(f"{path}: no list `data` of events; is it the events file of a game?")
    for number, event in enumerate(events):
        if problem := _problem(event):
            raise FeedError(f"{path}: event {number} (counted from 0): {problem}")
    teams = sorted({id_of(event["team"]) for event in events})
    if len(teams) > 2:
        raise FeedError(f"{path}: events of {len(teams)} teams, not of two")
    if home is not None and home not in teams:
        raise FeedError(f"{path}: the home team {home} has no event here")
    return [_json_row(event, home or teams[0]) for event in events]


def _problem(event: Any) -> str:
    if not isinstance(event, dict):
        return "is no object"
    if type(event.get("index")) is not int:
        return "`index` is no whole number"
    if not name_of(event.get("type")):
        return "`type.name` is missing"
    if id_of(event.get("team")) is None:
        return "`team.id` is missing"
    if type(event.get("period")) is not int:
        return "`period` is no whole number"
    start = event.get("start")
    at = _number(start.get("time")) if isinstance(start, dict) else None
    return "`start.time` is no number of seconds" if at is None or at < 0 else ""


def _json_row(event: dict[str, Any], home: str) -> Row:
    subtypes = event.get("subtypes") or []
    subtypes = subtypes if isinstance(subtypes, list) else [subtypes]
    player, receiver, start = event.get("from"), event.get("to"), event["start"]
    return Row(
        source_id=str(event["index"]), team=1 if id_of(event["team"]) == home else 2,
        team_name=name_of(event["team"]) or "", kind=event["type"]["name"],
        subtypes=tuple(filter(None, map(name_of, subtypes))), period=event["period"],
        at_ms=round(_number(start["time"]) * 1000), player_id=id_of(player), player=name_of(player),
        receiver_id=id_of(receiver), receiver=name_of(receiver), x=_number(start.get("x")), y=_number(start.get("y")),
    )


def _number(value: Any) -> float | None:
    """None for what is no finite number; Metrica writes NaN where there is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
