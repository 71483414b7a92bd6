"""Feed files become events by the contract, the same ones each time; what is no such file is refused where it is wrong."""

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEEDS = Path(__file__).parent / "feeds"
STATSBOMB = FEEDS / "7001.json"
CSV = FEEDS / "Sample_Game_9_RawEventsData.csv"
EPTS = FEEDS / "Sample_Game_8_events.json"
DATA = Path(os.environ.get("FANFINITY_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
SAMPLE = DATA / "metrica-sample-game-1"


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "simulation", "convert", *map(str, arguments)], cwd=ROOT,
                          capture_output=True, timeout=60)


def convert(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(events, kind):
    return [event for event in events if event["eventType"] == kind]


def the(events, kind):
    (event,) = of(events, kind)
    return event


def test_statsbomb_events_are_counted_by_type():
    counts = Counter(event["eventType"] for event in convert("statsbomb", STATSBOMB))
    assert counts == {"pass": 6, "interception": 2, "foul": 2, "yellow_card": 2, "red_card": 2, "free_kick": 2, "corner": 1,
                      "shot": 2, "goal": 2, "offside": 2, "substitution": 1}


def test_what_has_no_counterpart_is_told_by_type():
    told = run("statsbomb", STATSBOMB).stderr.decode()
    assert "24 events" in told
    for words in ("10 of 25", "1 Ball Receipt*", "1 Carry", "2 Half End", "1 penalty shoot-out"):
        assert words in told


def test_statsbomb_times_run_from_kick_off_over_the_break():
    events = convert("statsbomb", STATSBOMB, "--start", "2025-03-01T20:00:00+01:00")
    assert events[0]["timestamp"] == "2025-03-01T19:00:00.512Z"
    # 47 minutes, a quarter of an hour, and 15 minutes of the second half.
    assert the(events, "substitution")["timestamp"] == "2025-03-01T20:17:00Z"
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_a_goal_has_scorer_assist_and_place():
    goal = of(convert("statsbomb", STATSBOMB, "--lineups", FEEDS / "7001-lineups.json"), "goal")[0]
    assert (goal["teamId"], goal["playerId"]) == (1, "13")
    wanted = {"minute": 9, "second": 1, "period": 1, "scorer": "Leo", "assist": "Hugo Vidal Ramos", "number": 9, "x": 0.95,
              "y": 0.5, "outcome": "Goal", "xg": 0.31, "team": "Río Alto"}
    assert {name: goal["metadata"][name] for name in wanted} == wanted


def test_an_own_goal_counts_once_and_for_the_other_team():
    goal = of(convert("statsbomb", STATSBOMB), "goal")[1]
    assert (goal["teamId"], goal["playerId"], goal["metadata"]["scorer"]) == (2, "14", "Noah Lima")
    assert goal["metadata"]["ownGoal"] is True


def test_an_own_goal_of_which_only_one_side_is_told_counts_for_the_other_team(tmp_path):
    events = [event for event in json.loads(STATSBOMB.read_text()) if event["type"]["name"] != "Own Goal For"]
    file = tmp_path / "7001.json"
    file.write_text(json.dumps(events))
    goal = of(convert("statsbomb", file), "goal")[1]
    assert (goal["teamId"], goal["playerId"], goal["metadata"]["team"]) == (2, "14", "Østervik")


def test_a_second_yellow_is_a_yellow_and_a_red():
    events = convert("statsbomb", STATSBOMB)
    yellow, red = of(events, "yellow_card")[1], of(events, "red_card")[0]
    assert yellow["metadata"]["secondYellow"] is True and yellow["metadata"]["second"] == 0
    assert red["metadata"]["reason"] == "second yellow"
    assert yellow["playerId"] == red["playerId"] == "22"


def test_who_comes_on_is_the_player_of_a_substitution():
    substitution = the(convert("statsbomb", STATSBOMB), "substitution")
    assert (substitution["playerId"], substitution["metadata"]["playerOff"]) == ("15", "12")


def test_the_file_of_matches_tells_home_team_and_date():
    events = convert("statsbomb", STATSBOMB, "--matches", FEEDS / "7001-matches.json", "--timezone", "Europe/Madrid")
    assert events[0]["timestamp"] == "2019-05-04T18:45:00.512Z"
    assert events[0]["teamId"] == 2


def test_metrica_rows_become_events():
    events = convert("metrica", CSV)
    assert Counter(event["eventType"] for event in events) == {
        "pass": 3, "interception": 1, "foul": 1, "yellow_card": 1, "red_card": 1, "free_kick": 1, "shot": 1, "corner": 1,
        "goal": 1, "offside": 1}
    first = events[0]
    assert (first["matchId"], first["timestamp"], first["teamId"]) == ("metrica-sample-game-9", "2024-01-15T14:00:00.040Z", 1)
    assert the(events, "interception")["metadata"]["x"] == 0.71
    assert "x" not in the(events, "corner")["metadata"]


def test_a_foul_is_that_of_the_offender():
    foul = the(convert("metrica", CSV), "foul")
    assert (foul["teamId"], foul["playerId"], foul["metadata"]["on"]) == (1, "Player6", "Player24")


def test_metrica_json_takes_home_team_and_date_from_its_metadata():
    events = convert("metrica", EPTS, "--metadata", FEEDS / "Sample_Game_8_metadata.xml")
    goal = the(events, "goal")
    assert (goal["teamId"], goal["timestamp"], goal["metadata"]["scorer"]) == (1, "2019-02-21T03:30:32.500Z", "Player 22")
    assert the(convert("metrica", EPTS), "goal")["teamId"] == 2
    assert "playerId" not in the(events, "foul") and the(events, "foul")["teamId"] == 1


@pytest.mark.parametrize("arguments", [("statsbomb", STATSBOMB), ("metrica", CSV), ("metrica", EPTS)])
def test_converted_twice_the_ids_are_the_same_and_another_match_has_others(arguments):
    ids = [event["eventId"] for event in convert(*arguments)]
    assert ids == [event["eventId"] for event in convert(*arguments, "--start", "2030-01-01T00:00:00Z")]
    assert len(set(ids)) == len(ids)
    assert set(ids).isdisjoint(event["eventId"] for event in convert(*arguments, "--match-id", "again"))


def test_output_is_written_whole_or_not_at_all(tmp_path):
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    assert run("metrica", CSV, "--output", good).stdout == b""
    assert good.read_bytes() == run("metrica", CSV).stdout
    broken = tmp_path / "broken.csv"
    broken.write_text(CSV.read_text() + "Home,PASS\n")
    assert run("metrica", broken, "--output", bad).returncode == 2
    assert not bad.exists() and {path.name for path in tmp_path.iterdir()} == {"good.ndjson", "broken.csv"}


def spoiled(number, **members):
    events = json.loads(STATSBOMB.read_text())
    events[number] |= members
    return json.dumps(events)


@pytest.mark.parametrize(("form", "name", "text", "words"), [
    ("statsbomb", "a.json", '[\n{"id": }]', "line 2"),
    ("statsbomb", "a.json", "{}", "no list of events"),
    ("statsbomb", "a.json", "[]", "no list of events"),
    ("statsbomb", "a.json", "[" * 100_000, "nested"),
    ("statsbomb", "a.json", spoiled(3, timestamp="late"), "event 3 (counted from 0): `timestamp`"),
    ("statsbomb", "a.json", spoiled(4, team={}), "event 4 (counted from 0): `team.id`"),
    ("statsbomb", "a.json", spoiled(4, period="first"), "event 4 (counted from 0): `period`"),
    ("statsbomb", "a.json", spoiled(4, type=None), "event 4 (counted from 0): `type.name`"),
    ("statsbomb", "a.json", spoiled(3, **{"pass": 7}), "event 3 (counted from 0): `pass`"),
    ("statsbomb", "a.json", spoiled(3, team={"id": 5, "name": "third"}), "3 teams"),
    ("metrica", "a.csv", "Team,Type\n", "line 1"),
    ("metrica", "a.csv", "", "is empty"),
    ("metrica", "a.csv", CSV.read_text().splitlines()[0], "no row"),
    ("metrica", "a.csv", CSV.read_text().replace("Away,SHOT", "Guest,SHOT", 1), "line 14: Team is 'Guest'"),
    ("metrica", "a.csv", CSV.read_text().replace(",12.4,", ",NaN,", 1), "line 10: Start Time [s] is 'NaN'"),
    ("metrica", "a.csv", CSV.read_text().replace("RED,2", "RED,x"), "line 18: Period is 'x'"),
    ("metrica", "a.csv", CSV.read_text() + "Home,PASS\n", "line 19: 2 fields"),
    ("metrica", "a.json", "[]", "no list `data`"),
    ("metrica", "a.json", '{"data":[{"index":1}]}', "event 0 (counted from 0): `type.name`"),
])
def test_a_malformed_file_is_refused_with_the_place(form, name, text, words, tmp_path):
    file = tmp_path / name
    file.write_text(text)
    done = run(form, file)
    assert (done.returncode, done.stdout) == (2, b"")
    told = done.stderr.decode()
    assert words in told and name in told and "Traceback" not in told


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    assert run("metrica", tmp_path / "none.csv").returncode == 2
    binary = tmp_path / "a.csv"
    binary.write_bytes(b"Team\xff\xfe")
    done = run("metrica", binary)
    assert done.returncode == 2 and "byte 4 is not UTF-8" in done.stderr.decode()
    done = run("statsbomb", STATSBOMB, "--matches", FEEDS / "7001-lineups.json")
    assert done.returncode == 2 and "no match 7001" in done.stderr.decode()


def as_metrica_row(event):
    """The row of Metrica's file of which the known conversion of game 1 made an event."""
    told, kind = event["metadata"], event["eventType"]
    types = {"pass": "PASS", "shot": "SHOT", "goal": "SHOT", "interception": "RECOVERY", "corner": "SET PIECE",
             "free_kick": "SET PIECE", "foul": "FAULT RECEIVED", "offside": "BALL LOST", "yellow_card": "CARD"}
    at = datetime.fromisoformat(event["timestamp"]) - datetime.fromisoformat("2024-01-15T14:00:00Z")
    seconds = at / timedelta(seconds=1)
    team = "Home" if event["teamId"] == 1 else "Away"
    return [team, types[kind], told.get("detail", "").upper(), told["period"], round(seconds * 25), seconds, 0, seconds,
            event["playerId"], told.get("receiver", ""), told.get("x", "NaN"), told.get("y", "NaN"), "NaN", "NaN"]


if SAMPLE.with_suffix(".ndjson").exists():  # the data lies beside some checkouts only

    def test_a_real_match_of_metrica_gives_the_metrics_it_must(tmp_path):
        known = [json.loads(line) for line in SAMPLE.with_suffix(".ndjson").read_text().splitlines()]
        rows = io.StringIO()
        writer = csv.writer(rows)
        writer.writerow(CSV.read_text().splitlines()[0].split(","))
        writer.writerows(map(as_metrica_row, known))
        file = tmp_path / "Sample_Game_1_RawEventsData.csv"
        file.write_text(rows.getvalue())
        events = convert("metrica", file)
        (expected,) = json.loads(SAMPLE.with_suffix(".expected.json").read_text()).values()
        assert {event["matchId"] for event in events} == {expected["matchId"]}
        assert Counter(event["eventType"] for event in events) == expected["eventsByType"]
        times = [event["timestamp"] for event in events]
        assert (times[0], times[-1]) == (expected["firstEventAt"], expected["lastEventAt"])
        minute, most = min(Counter(time[:16] for time in times).items(), key=lambda item: (-item[1], item[0]))
        assert {"minute": f"{minute}:00Z", "eventCount": most} == expected["peakMinute"]
        for event, original in zip(events, known, strict=True):
            same = ("eventType", "timestamp") if event["eventType"] == "foul" else (
                "eventType", "timestamp", "teamId", "playerId")
            assert {name: event[name] for name in same} == {name: original[name] for name in same}
            assert {"minute", "period"} <= event["metadata"].keys()
            assert event["metadata"]["minute"] == original["metadata"]["minute"]
