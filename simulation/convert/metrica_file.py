"""The two file formats of Metrica Sports' sample data, https://github.com/metrica-sports/sample-data: a CSV of events
(games 1 and 2), and JSON with metadata in FIFA's EPTS format (game 3)."""

import csv
import io
import xml.etree.ElementTree as xml
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from simulation.convert.feed import FeedError, id_of, name_of, number_of, read_json, read_text, text_of, whole_of

_COLUMNS = ["Team", "Type", "Subtype", "Period", "Start Time [s]", "From", "To", "Start X", "Start Y"]
_PERIODS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Row:
    """`at_ms`: by the clock of the file, which runs on from the first half into the second. `where`: its place there."""

    where: str
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
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    home: str  # the id of the home team
    start: str | None


def read_rows(path: str, metadata: Metadata | None) -> list[Row]:
    text = read_text(path)
    if text.lstrip().startswith(("{", "[")):
        return _identified(_read_json(path, metadata.home if metadata else None))
    return _identified(_read_csv(path, text))


def _identified(rows: list[Row]) -> list[Row]:
    """Neither format has ids that last: a line number or an index is another one when an earlier row comes or goes. So a row is
    named by what corrections leave alone: its period, time, team and type. Rows that share all four (two cautions in one
    moment) are numbered by the rest of what they say; only rows that say exactly the same are numbered by their count."""
    alike: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        alike[f"{row.period}/{row.at_ms}/{row.team_name}/{row.kind}"].append(number)
    for name, numbers in alike.items():
        numbers.sort(key=lambda number: repr((rows[number].player_id, rows[number].subtypes, rows[number].receiver_id,
                                              rows[number].x, rows[number].y)))
        for count, number in enumerate(numbers):
            rows[number] = replace(rows[number], source_id=f"{name}/{count}")
    return rows


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
    return Metadata(home, root.findtext(".//Session/Start"))


def _read_csv(path: str, text: str) -> list[Row]:
    head = text.split("\n", 1)[0]
    # A spreadsheet of many countries writes semicolons, and then decimal commas.
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = next(reader, [])
        missing = [name for name in _COLUMNS if name not in names]
        if missing:
            raise FeedError(f"{path}: line 1: no column {', '.join(missing)}: is it an events file of Metrica's?")
        rows = []
        for fields in reader:
            if not any(fields):
                continue
            where = f"{path}: line {reader.line_num}"
            if len(fields) != len(names):
                raise FeedError(f"{where}: {len(fields)} fields, not {len(names)}")
            rows.append(_csv_row(where, dict(zip(names, fields)), delimiter == ";"))
    except csv.Error as error:
        raise FeedError(f"{path}: line {reader.line_num}: {error}") from None
    if not rows:
        raise FeedError(f"{path} has no row below its first line")
    return rows


def _csv_row(where: str, told: dict[str, str], decimal_comma: bool) -> Row:
    def number(name: str) -> float | None:
        return number_of(told[name].replace(",", ".") if decimal_comma else told[name])

    if told["Team"] not in ("Home", "Away"):
        raise FeedError(f"{where}: Team is '{told['Team']}', not Home or Away")
    if text_of(told["Type"]) is None:
        raise FeedError(f"{where}: Type is empty")
    at, period = number("Start Time [s]"), whole_of(told["Period"])
    if at is None or not 0 <= at < 1e6:
        raise FeedError(f"{where}: Start Time [s] is '{told['Start Time [s]']}', no number of seconds")
    if period not in _PERIODS:
        raise FeedError(f"{where}: Period is '{told['Period']}', not 1 to 5")
    player, receiver = text_of(told["From"]), text_of(told["To"])
    return Row(
        where=where, team=1 if told["Team"] == "Home" else 2, team_name=told["Team"], kind=told["Type"],
        subtypes=_parted(text_of(told["Subtype"]) or ""), period=period, at_ms=round(at * 1000), player_id=player,
        player=player, receiver_id=receiver, receiver=receiver, x=number("Start X"), y=number("Start Y"),
    )


def _parted(subtype: str) -> tuple[str, ...]:
    """HEAD-ON TARGET-GOAL."""
    return tuple(part.strip().upper() for part in subtype.split("-") if part.strip())


def _read_json(path: str, home: str | None) -> list[Row]:
    document = read_json(path)
    events = document.get("data") if isinstance(document, dict) else None
    if not isinstance(events, list) or not events:
        raise FeedError(f"{path}: no list `data` of events; is it an events file of Metrica's?")
    for number, event in enumerate(events):
        if problem := _problem(event):
            raise FeedError(f"{path}: event {number} (counted from 0): {problem}")
    teams = sorted({id_of(event["team"]) for event in events})
    if len(teams) > 2:
        raise FeedError(f"{path}: events of {len(teams)} teams, not of two")
    if home is not None and home not in teams:
        raise FeedError(f"{path}: the home team {home} has no event here")
    return [_json_row(f"{path}: event {number} (counted from 0)", event, home or teams[0])
            for number, event in enumerate(events)]


def _problem(event: Any) -> str:
    if not isinstance(event, dict):
        return "is no object"
    if not name_of(event.get("type")):
        return "`type.name` is missing"
    if id_of(event.get("team")) is None:
        return "`team.id` is missing"
    if whole_of(event.get("period")) not in _PERIODS:
        return "`period` is not 1 to 5"
    start = event.get("start")
    at = number_of(start.get("time")) if isinstance(start, dict) else None
    return "`start.time` is no number of seconds" if at is None or not 0 <= at < 1e6 else ""


def _json_row(where: str, event: dict[str, Any], home: str) -> Row:
    subtypes = event.get("subtypes") or []
    subtypes = subtypes if isinstance(subtypes, list) else [subtypes]
    player, receiver, start = event.get("from"), event.get("to"), event["start"]
    return Row(
        where=where, team=1 if id_of(event["team"]) == home else 2, team_name=name_of(event["team"]) or id_of(event["team"]),
        kind=name_of(event["type"]), subtypes=tuple(part for name in map(name_of, subtypes) for part in _parted(name or "")),
        period=whole_of(event["period"]), at_ms=round(number_of(start["time"]) * 1000), player_id=id_of(player),
        player=name_of(player), receiver_id=id_of(receiver), receiver=name_of(receiver), x=number_of(start.get("x")),
        y=number_of(start.get("y")),
    )
