"""StatsBomb open data: https://github.com/statsbomb/open-data, `events/{match_id}.json`, described in its doc/ folder
("Open Data Events v4.0.0", "Lineups", "Matches").

A pass or shot that is also a corner, a free kick or an interception makes two events, and so does a foul with a card. A
goal follows its shot, as in a simulated match. An own goal is a goal of the team it counts for, by the player who scored it.
"""

import re
from collections import defaultdict
from typing import Any

from simulation.convert.feed import Conversion, FeedError, id_of, name_of, number_of, read_json, text_of, whole_of

_LENGTH, _WIDTH = 120.0, 80.0
# Milliseconds between the end of a period and the start of the next one.
_BREAKS = {1: 15 * 60_000, 2: 5 * 60_000, 3: 2 * 60_000, 4: 5 * 60_000}
_SHOOT_OUT = 5
_ALSO = {"Corner": "corner", "Free Kick": "free_kick", "Interception": "interception"}
# pandas puts a date or "0 days" before it.
_CLOCK = re.compile(r"(?:.*[T ])?(\d\d):(\d\d):(\d\d(?:\.\d+)?)Z?", re.ASCII)
_DETAILS = ("pass", "shot", "foul_committed", "bad_behaviour", "substitution", "interception")
_CARDS = {"Yellow Card": "yellow_card", "Red Card": "red_card"}
_SECOND_YELLOW = "Second Yellow"
# Qualifiers that a person should see when they lead to no event.
_TELLING = {"Goal", "Offside", "Pass Offside"}


def convert(conversion: Conversion, events_path: str, lineups_path: str | None, home: str | None) -> None:
    """`home`: the id of the home team, when it is known; else it is the one whose line-up comes first."""
    _Converter(conversion, events_path, _squads(lineups_path), home).convert()


def look_up(path: str, match_id: str) -> tuple[str | None, str | None]:
    """(id of the home team, kick-off) of a match in `matches/{competition}/{season}.json`. The file has local times without
    an offset."""
    matches = read_json(path)
    if not isinstance(matches, list):
        raise FeedError(f"{path}: no list of matches")
    for match in matches:
        if isinstance(match, dict) and text_of(match.get("match_id")) == match_id:
            home, date = match.get("home_team"), text_of(match.get("match_date"))
            hour = text_of(match.get("kick_off")) or "15:00:00"
            home = text_of(home.get("home_team_id")) if isinstance(home, dict) else None
            return home, date and f"{date[:10]}T{hour[:8]}"
    raise FeedError(f"{path} has no match {match_id}: give the file of its competition and season, or leave --matches out")


def _squads(path: str | None) -> dict[str, dict[str, Any]]:
    """Player id to what the line-ups tell of the player."""
    if path is None:
        return {}
    teams, players = read_json(path), {}
    try:
        for team in teams:
            for player in team["lineup"]:
                players[text_of(player["player_id"])] = {
                    "name": text_of(player.get("player_nickname")) or text_of(player["player_name"]),
                    "number": whole_of(player.get("jersey_number"))}
    except (KeyError, TypeError, AttributeError):
        raise FeedError(f"{path}: no line-ups as StatsBomb gives them in lineups/{{match_id}}.json") from None
    return players


class _Converter:
    def __init__(self, conversion: Conversion, path: str, squads: dict[str, dict[str, Any]], home: str | None):
        self._out = conversion
        self._path = path
        self._squads = squads
        self._events = self._read()
        self._starts = self._period_starts()
        self._teams = self._number_teams(home)
        self._team_names = {self._teams[id_of(event["team"])]: name_of(event["team"]) for event in self._events}
        self._by_id = {event["id"]: event for event in self._events}

    def convert(self) -> None:
        self._out.read = len(self._events)
        self._out.team_names = {number: name for number, name in self._team_names.items() if name}
        makers = {
            "Pass": self._pass, "Shot": self._shot, "Own Goal For": self._own_goal_for, "Foul Committed": self._foul,
            "Own Goal Against": self._own_goal_against, "Bad Behaviour": self._bad_behaviour,
            "Substitution": self._substitution, "Offside": self._offside, "Interception": self._interception,
        }
        for event in self._events:
            kind = event["type"]["name"]
            if event["period"] >= _SHOOT_OUT:
                self._out.skipped["penalty shoot-out"] += 1
            elif kind not in makers:
                self._out.skipped[kind] += 1
                self._name_apart(event)
            else:
                makers[kind](event)

    # Reading

    def _read(self) -> list[dict[str, Any]]:
        events = read_json(self._path)
        if not isinstance(events, list) or not events:
            raise FeedError(f"{self._path}: no list of events; is it a file of StatsBomb's data/events?")
        for number, event in enumerate(events):
            problem = _problem(event)
            if problem:
                raise FeedError(f"{self._path}: event {number} (counted from 0): {problem}")
            hours, minutes, seconds = _CLOCK.fullmatch(event["timestamp"]).groups()
            event["period"] = whole_of(event["period"])
            event["where"] = f"{self._path}: event {number} (counted from 0)"
            event["at"] = round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)
        return events

    def _period_starts(self) -> dict[int, int]:
        lengths: dict[int, int] = defaultdict(int)
        for event in self._events:
            lengths[event["period"]] = max(lengths[event["period"]], event["at"])
        starts, at = {}, 0
        for period in range(1, max(lengths) + 1):
            starts[period] = at
            if period in lengths:
                at += lengths[period] + _BREAKS.get(period, 0)
        return starts

    def _number_teams(self, home: str | None) -> dict[str, int]:
        teams = list(dict.fromkeys(id_of(event["team"]) for event in self._events))
        if len(teams) != 2:
            raise FeedError(f"{self._path}: events of {len(teams)} teams, not of two")
        if home is not None and home not in teams:
            raise FeedError(f"{self._path}: the home team {home} has no event here")
        first = home or teams[0]
        return {team: 1 if team == first else 2 for team in teams}

    # Events

    def _add(self, event: dict, kind: str, player: Any = None, number: int | None = None, **details: Any) -> None:
        player = player or event.get("player")
        player_id = id_of(player)
        known = self._squads.get(player_id or "", {})
        metadata = {"minute": whole_of(event.get("minute")), "second": whole_of(event.get("second")), "period": event["period"],
                    "name": known.get("name") or name_of(player), "number": known.get("number"),
                    "team": name_of(event["team"]), **_spot(event), **details}
        at = self._starts[event["period"]] + event["at"]
        number = number or self._teams[id_of(event["team"])]
        self._out.add(event["id"], kind, at, number, player_id, metadata, event["where"])

    def _name(self, player: Any) -> str | None:
        return self._squads.get(id_of(player) or "", {}).get("name") or name_of(player)

    def _pass(self, event: dict) -> None:
        told = event.get("pass") or {}
        outcome = name_of(told.get("outcome"))
        receiver = told.get("recipient")
        details = {"receiver": id_of(receiver), "receiverName": self._name(receiver), "completed": outcome is None,
                   "outcome": outcome, "height": name_of(told.get("height")), "situation": name_of(told.get("type"))}
        self._add(event, "pass", **details)
        self._also(event, told)
        if outcome == "Pass Offside":
            self._add(event, "offside", player=receiver)

    def _also(self, event: dict, told: dict) -> None:
        kind = _ALSO.get(name_of(told.get("type")) or "")
        if kind:
            self._add(event, kind)

    def _shot(self, event: dict) -> None:
        told = event.get("shot") or {}
        outcome = name_of(told.get("outcome"))
        details = {"outcome": outcome, "situation": name_of(told.get("type")), "xg": number_of(told.get("statsbomb_xg")),
                   "bodyPart": name_of(told.get("body_part"))}
        self._also(event, told)
        self._add(event, "shot", **details)
        if outcome == "Goal":
            assist = (self._by_id.get(text_of(told.get("key_pass_id"))) or {}).get("player")
            self._add(event, "goal", scorer=self._name(event.get("player")), assist=self._name(assist), **details)

    def _own_goal_for(self, event: dict) -> None:
        against = self._counterpart(event, "Own Goal Against") or {}
        scorer = against.get("player") or event.get("player")
        self._add(event, "goal", player=scorer, scorer=self._name(scorer), ownGoal=True)

    def _own_goal_against(self, event: dict) -> None:
        if self._counterpart(event, "Own Goal For"):
            self._out.skipped["Own Goal Against (counted as Own Goal For)"] += 1
            return
        other = 3 - self._teams[id_of(event["team"])]
        self._add(event, "goal", number=other, team=self._team_names[other], scorer=self._name(event.get("player")),
                  ownGoal=True)

    def _counterpart(self, event: dict, kind: str) -> dict | None:
        """The same own goal as the other team's event."""
        named = event.get("related_events")
        related = [self._by_id.get(text_of(name)) for name in named] if isinstance(named, list) else []
        near = [other for other in self._events if (other["period"], other["at"]) == (event["period"], event["at"])]
        return next((other for other in related + near if other and other["type"]["name"] == kind), None)

    def _foul(self, event: dict) -> None:
        told = event.get("foul_committed") or {}
        self._add(event, "foul", reason=name_of(told.get("type")), penalty=told.get("penalty") or None)
        self._card(event, told)

    def _bad_behaviour(self, event: dict) -> None:
        told = event.get("bad_behaviour") or {}
        if name_of(told.get("card")) is None:
            self._out.skipped["Bad Behaviour without a card"] += 1
        self._card(event, told)

    def _card(self, event: dict, told: dict) -> None:
        card = name_of(told.get("card"))
        if card == _SECOND_YELLOW:
            self._add(event, "yellow_card", secondYellow=True)
            self._add(event, "red_card", reason="second yellow")
        elif card in _CARDS:
            self._add(event, _CARDS[card])
        elif card is not None:
            self._out.unread[f"{event['type']['name']} with card {card}"] += 1

    def _name_apart(self, event: dict) -> None:
        """A card, goal or offside under a type that makes no event."""
        kind = event["type"]["name"]
        told = event.get(re.sub(r"\W+", "_", kind.lower()).strip("_"))
        if not isinstance(told, dict):
            return
        card, outcome = name_of(told.get("card")), name_of(told.get("outcome"))
        if card is not None:
            self._out.unread[f"{kind} with card {card}"] += 1
        if outcome in _TELLING:
            self._out.unread[f"{kind} with outcome {outcome}"] += 1

    def _substitution(self, event: dict) -> None:
        told = event.get("substitution") or {}
        off = event.get("player")
        # playerId is the one who comes on, as in a simulated match.
        self._add(event, "substitution", player=told.get("replacement"), playerOff=id_of(off), nameOff=self._name(off),
                  reason=name_of(told.get("outcome")))

    def _offside(self, event: dict) -> None:
        self._add(event, "offside")

    def _interception(self, event: dict) -> None:
        self._add(event, "interception", outcome=name_of((event.get("interception") or {}).get("outcome")))


def _problem(event: Any) -> str:
    """Why it is no event of StatsBomb's; empty if it is one."""
    if not isinstance(event, dict):
        return "is no object"
    if not isinstance(event.get("id"), str) or text_of(event["id"]) is None:
        return "`id` is no text"
    if not name_of(event.get("type")):
        return "`type.name` is missing"
    if id_of(event.get("team")) is None:
        return "`team.id` is missing"
    if whole_of(event.get("period")) not in range(1, _SHOOT_OUT + 1):
        return "`period` is not 1 to 5"
    if not isinstance(event.get("timestamp"), str) or not _CLOCK.fullmatch(event["timestamp"]):
        return "`timestamp` is not like 00:12:34.567"
    return next((f"`{name}` is no object" for name in _DETAILS if not isinstance(event.get(name) or {}, dict)), "")


def _spot(event: dict) -> dict[str, float]:
    """x 0 the own goal line, 1 the opponent's; y 0 to 1 from left to right of the attack, as StatsBomb looks at it."""
    location = event.get("location")
    if not isinstance(location, list) or len(location) < 2:
        return {}
    x, y = number_of(location[0]), number_of(location[1])
    return {} if x is None or y is None else {"x": round(x / _LENGTH, 3), "y": round(y / _WIDTH, 3)}
