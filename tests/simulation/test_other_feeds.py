"""Files as other people's tools leave them: what they mean is read, what they do not say is not guessed, and none of them
ends in a traceback."""

import csv
import gzip
import io
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from simulation.convert import cli

FEEDS = Path(__file__).parent / "feeds"
STATSBOMB = FEEDS / "7001.json"
CSV = FEEDS / "Sample_Game_9_RawEventsData.csv"
EPTS = FEEDS / "Sample_Game_8_events.json"
HEAD, *ROWS = CSV.read_text().splitlines()


@pytest.fixture
def convert(tmp_path, capsys):
    """(exit code, events, standard error) of one conversion of `content`."""

    def run(form, content, *flags, name=None):
        file, output = tmp_path / (name or {"statsbomb": "7001.json", "metrica": CSV.name}[form]), tmp_path / "out.ndjson"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        output.unlink(missing_ok=True)
        try:
            code = cli.main([form, str(file), "--output", str(output), *flags])
        except SystemExit as end:
            code = end.code
        events = [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []
        return code, events, capsys.readouterr().err

    return run


def ids(events):
    return {event["eventId"] for event in events}


def table(*rows):
    return "\n".join([HEAD, *rows]) + "\n"


# Ids


def test_an_edition_without_a_row_keeps_the_ids_of_all_others(convert):
    whole = ids(convert("metrica", table(*ROWS))[1])
    assert len(whole) == 12
    for number in range(len(ROWS)):
        rest = ids(convert("metrica", table(*ROWS[:number], *ROWS[number + 1:]))[1])
        assert rest <= whole and len(whole - rest) <= 1
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    assert ids(convert("metrica", table(*shuffled))[1]) == whole
    early = "Away,PASS,,1,0,0.01,20,0.8,Player20,Player21,0.5,0.5,0.4,0.5"
    assert ids(convert("metrica", table(early, *ROWS))[1]) > whole


def test_an_index_that_counts_rows_is_no_id(convert):
    document = json.loads(EPTS.read_text())
    whole = ids(convert("metrica", json.dumps(document), name=EPTS.name)[1])
    for number in range(len(document["data"])):
        rest = [event | {"index": index} for index, event in enumerate(document["data"]) if index != number]
        assert ids(convert("metrica", json.dumps({"data": rest}), name=EPTS.name)[1]) <= whole


def test_a_correction_of_who_or_where_is_the_same_event(convert):
    whole = ids(convert("metrica", table(*ROWS))[1])
    corrected = table(*ROWS).replace("Player24,,0.08,0.5", "Player27,,0.1,0.45").replace("Player7,Player8", "Player6,Player8")
    assert corrected != table(*ROWS)
    assert ids(convert("metrica", corrected)[1]) == whole


def test_rows_that_say_the_same_are_as_many_events_as_rows(convert):
    caution = ROWS[9]
    once = convert("metrica", table(*ROWS))[1]
    twice = convert("metrica", table(*ROWS, caution))[1]
    other = convert("metrica", table(caution.replace("Player6", "Player7"), *ROWS))[1]
    assert len(ids(twice)) == len(ids(other)) == len(once) + 1
    assert ids(once) < ids(twice) and ids(once) < ids(other)


def test_an_event_that_stands_twice_under_one_id_counts_once(convert):
    events = json.loads(STATSBOMB.read_text())
    code, found, told = convert("statsbomb", json.dumps(events + events[3:6]))
    assert code == 0 and len(ids(found)) == len(found) == 24
    assert "the same event once more" in told


# What qualifiers mean


def goals(events):
    return [(event["teamId"], event["metadata"].get("ownGoal", False)) for event in events if event["eventType"] == "goal"]


def test_a_goal_under_another_type_is_an_own_goal(convert):
    own = "Home,BALL OUT,WOODWORK-GOAL,2,80000,3200,80010,3200.4,Player5,,0.9,0.5,1,0.5"
    code, events, told = convert("metrica", table(*ROWS, own))
    assert (code, goals(events)) == (0, [(2, False), (2, True)])
    assert events[-1]["metadata"] | {"scorer": "Player5", "team": "Away"} == events[-1]["metadata"]
    assert "score 0:2 (Home 0, Away 2)" in told
    # Who kicks off afterwards did not score.
    kick_off = "Away,SET PIECE,KICK OFF,2,81000,3240,0,0,Player21,,NaN,NaN,NaN,NaN"
    assert goals(convert("metrica", table(*ROWS, own, kick_off))[1]) == [(2, False), (1, False)]
    assert goals(convert("metrica", table(*ROWS, own, kick_off.replace("Away", "Home")))[1]) == [(2, False), (2, True)]


@pytest.mark.parametrize(("row", "made"), [
    ("Home,SHOT,HEAD-ON TARGET-GOAL", {"goal": 1}),
    ("Home,SHOT,ON TARGET-SAVED", {"shot": 1}),
    ("Home,SHOT,WOODWORK-OUT", {"shot": 1}),
    ("Home,PASS,OFFSIDE", {"pass": 1, "offside": 1}),
    ("Home,BALL OUT,OFFSIDE", {"offside": 1}),
    ("Home,FAULT RECEIVED,YELLOW", {"foul": 1, "yellow_card": 1}),
    ("Home,CHALLENGE,TACKLE-FAULT-LOST-RED", {"red_card": 1}),
    ("Home,CARD,SECOND YELLOW", {"yellow_card": 1, "red_card": 1}),
    ("Home,CARD,DISMISSAL", {"red_card": 1}),
    ("Home,PASS,CROSS-CORNER KICK", {"pass": 1, "corner": 1}),
    ("Home,PASS,GOAL KICK", {"pass": 1}),
    ("Home,BALL LOST,INTERCEPTION", {}),
    ("Home,RECOVERY,SAVED", {}),
])
def test_qualifiers_are_read_under_every_type(row, made, convert):
    assert row.count(",") == 2
    code, events, told = convert("metrica", table(*ROWS, row + ",2,81000,3240,0,0,Player9,Player8,0.5,0.5,NaN,NaN"))
    assert code == 0 and "look at these" not in told
    assert Counter(event["eventType"] for event in events[12:]) == made


def test_a_card_of_a_fouled_player_is_that_of_the_offender(convert):
    rows = table(*ROWS).replace("FAULT RECEIVED,,", "FAULT RECEIVED,YELLOW,")
    cards = [event for event in convert("metrica", rows)[1] if event["eventType"] == "yellow_card"]
    assert [(card["teamId"], card["playerId"]) for card in cards] == [(1, "Player6")] * 2


def test_a_set_piece_that_its_pass_names_again_is_one(convert):
    rows = table(*ROWS).replace("Away,PASS,,1,900", "Away,PASS,FREE KICK,1,900")
    assert Counter(event["eventType"] for event in convert("metrica", rows)[1])["free_kick"] == 1


@pytest.mark.parametrize(("row", "words"), [
    ("Home,SET PIECE,PENALTY", "1 SET PIECE with PENALTY"),
    ("Home,CARD,GREEN", "1 CARD with no known colour"),
    ("Home,BALL LOST,HANDBALL", "1 BALL LOST with HANDBALL"),
])
def test_qualifiers_that_lead_to_no_event_are_named_apart(row, words, convert):
    code, events, told = convert("metrica", table(*ROWS, row + ",2,81000,3240,0,0,Player9,,0.5,0.5,NaN,NaN"))
    assert (code, len(events)) == (0, 12)
    assert f"look at these: what they say led to no event ({words})" in told


def test_cards_of_statsbomb_under_another_type_are_named_apart(convert):
    events = json.loads(STATSBOMB.read_text())
    strange = [event | {"id": f"x{number}", "type": {"name": "Player Off"}, "player_off": {"card": {"name": "Red Card"}}}
               for number, event in enumerate(events[3:4])]
    assert "1 Player Off with card Red Card" in convert("statsbomb", json.dumps(events + strange))[2]


def test_a_shoot_out_of_metrica_is_left_out(convert):
    code, events, told = convert("metrica", table(*ROWS, "Home,SHOT,ON TARGET-GOAL,5,81000,7000,0,0,Player9,,1,1,NaN,NaN"))
    assert len(events) == 12 and "1 penalty shoot-out" in told


# What tools do to files


def as_pandas_writes_json(value):
    """Whole numbers as fractions, NaN for what is absent."""
    if isinstance(value, dict):
        return {name: as_pandas_writes_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_pandas_writes_json(inner) for inner in value]
    return float(value) if type(value) is int else value


def test_files_that_went_through_pandas_are_the_same_match(convert):
    events = json.loads(STATSBOMB.read_text())
    names = {name for event in events for name in event}
    whole = [as_pandas_writes_json({name: event.get(name, float("nan")) for name in names}) for event in events]
    plain, tabled = convert("statsbomb", STATSBOMB.read_text()), convert("statsbomb", json.dumps(whole))
    assert plain[0] == tabled[0] == 0
    assert plain[1] == tabled[1]


def test_numbers_that_json_has_not_are_left_out(convert):
    text = STATSBOMB.read_text().replace('"statsbomb_xg": 0.31', '"statsbomb_xg": Infinity')
    assert text != STATSBOMB.read_text()
    code, events, _ = convert("statsbomb", text.replace('"statsbomb_xg": 0.0', '"statsbomb_xg": 1e999'))
    assert code == 0 and any("xg" not in event["metadata"] for event in events if event["eventType"] == "goal")


def rewritten(delimiter=",", change=lambda value: value, first=(), line_end="\n"):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    for number, row in enumerate(csv.reader([HEAD, *ROWS])):
        writer.writerow([*(str(number - 1) if number and name == "" else name for name in first), *map(change, row)])
    return out.getvalue()


@pytest.mark.parametrize("content", [
    rewritten(line_end="\r\n"),
    b"\xef\xbb\xbf" + CSV.read_bytes(),
    gzip.compress(CSV.read_bytes()),
    rewritten(delimiter=";", change=lambda value: value.replace(".", ",")),
    rewritten(delimiter="\t"),
    rewritten(first=[""]),  # the index that pandas writes
    rewritten(change=lambda value: {"1": "1.0", "2": "2.0", "NaN": ""}.get(value, value)),
], ids=["crlf", "byte order mark", "gzip", "semicolons", "tabs", "index", "fractions"])
def test_other_ways_to_write_a_table_are_the_same_match(content, convert):
    assert convert("metrica", content)[1] == convert("metrica", CSV.read_bytes())[1]


def test_a_packed_file_has_the_name_of_its_match(convert):
    code, events, _ = convert("statsbomb", gzip.compress(STATSBOMB.read_bytes()), name="7001.json.gz")
    assert (code, events[0]["matchId"]) == (0, "statsbomb-7001")


def test_a_field_may_hold_a_line_end(convert):
    code, events, _ = convert("metrica", table(*ROWS).replace("Player6", '"Player\n6"'))
    assert code == 0
    assert {event["playerId"] for event in events if event["eventType"] == "yellow_card"} == {"Player6"}


@pytest.mark.parametrize(("form", "content"), [
    ("metrica", b""), ("metrica", b" \n\n"), ("statsbomb", b""), ("statsbomb", b"\xef\xbb\xbf"),
    ("metrica", HEAD.encode()), ("metrica", b"\x00" * 100), ("metrica", b"\xff\xfe" + HEAD.encode("utf-16-le")),
    ("metrica", STATSBOMB.read_bytes()), ("statsbomb", CSV.read_bytes()), ("statsbomb", EPTS.read_bytes()),
    ("statsbomb", (FEEDS / "7001-lineups.json").read_bytes()), ("metrica", b"<html>not found</html>"),
    ("statsbomb", STATSBOMB.read_bytes()[:-40]), ("metrica", EPTS.read_bytes()[:-40]),
    ("statsbomb", gzip.compress(STATSBOMB.read_bytes())[:-40]), ("statsbomb", b"\x1f\x8b rubbish"),
    ("metrica", table(ROWS[0]).encode()), ("metrica", table("Home,PASS,\"").encode()),
    ("metrica", table("Home,PASS,,1,1,1e300,0,0,P,,0,0,0,0").encode()), ("statsbomb", b"[" + b"9" * 5_000 + b"]"),
])
def test_what_is_no_such_file_ends_with_a_sentence(form, content, convert):
    code, events, told = convert(form, content)
    assert (code, events) == (2, [])
    assert told.startswith("convert: ") and told.count("\n") == 1 and told.endswith((".\n", "?\n"))


def test_no_value_of_a_file_ends_in_a_traceback(convert):
    """Each member of each kind of event, replaced by what does not belong there."""
    events = json.loads(STATSBOMB.read_text())
    chance, strange = random.Random(1), [None, 7, -1.5, True, "", "nan", [], [None], {}, {"id": []}, {"name": {}}, "\ud800", 1e300]
    for number, event in enumerate(events):
        for name in event:
            spoiled = [*events[:number], event | {name: chance.choice(strange)}, *events[number + 1:]]
            assert convert("statsbomb", json.dumps(spoiled))[0] in (0, 2)
    rows = json.loads(EPTS.read_text())["data"]
    for number, row in enumerate(rows):
        for name in row:
            spoiled = [*rows[:number], row | {name: chance.choice(strange)}, *rows[number + 1:]]
            assert convert("metrica", json.dumps({"data": spoiled}), name=EPTS.name)[0] in (0, 2)


# What is written is what the service takes


def test_what_the_service_would_refuse_is_named_and_not_written(convert):
    code, events, told = convert("metrica", CSV.read_bytes(), "--start", "2261-12-31T23:30:00Z")
    assert (code, events) == (1, [])
    assert "line 17: offside timestamp is not of the years 1970 to 2261" in told
    assert "the service would refuse 2 events. Nothing is written" in told


@pytest.mark.parametrize("match_id", [".", "..", " ", "a\tb", "", "é" * 129])
def test_a_match_id_that_the_service_refuses_is_wrong_use(match_id, convert):
    assert convert("metrica", CSV.read_bytes(), "--match-id", match_id)[0] == 2


# Times of some zone


def test_a_time_without_an_offset_is_not_taken_for_utc(convert):
    code, events, told = convert("metrica", CSV.read_bytes(), "--start", "2024-07-15T21:00:00")
    assert (code, events) == (2, []) and "has no offset" in told and "--timezone" in told
    for flags in (["--start", "2024-07-15T21:00:00", "--timezone", "Europe/Madrid"], ["--start", "2024-07-15T21:00:00+02:00"],
                  ["--start", "2024-07-15T19:00:00Z"], ["--start", "2024-07-15 19:00Z", "--timezone", "Asia/Tokyo"]):
        assert convert("metrica", CSV.read_bytes(), *flags)[1][0]["timestamp"] == "2024-07-15T19:00:00.040Z"
    assert convert("metrica", CSV.read_bytes(), "--timezone", "Europe/Nowhere")[0] == 2
    assert convert("metrica", CSV.read_bytes(), "--timezone", "Europe")[0] == 2


def test_nor_is_the_kick_off_of_a_file(convert):
    matches = ("--matches", str(FEEDS / "7001-matches.json"))
    code, events, told = convert("statsbomb", STATSBOMB.read_bytes(), *matches)
    assert (code, events) == (2, []) and "2019-05-04T20:45:00" in told and "--timezone" in told
    first = convert("statsbomb", STATSBOMB.read_bytes(), *matches, "--timezone", "Europe/Lisbon")[1][0]
    assert first["timestamp"] == "2019-05-04T19:45:00.512Z"
    first = convert("statsbomb", STATSBOMB.read_bytes(), *matches, "--start", "2019-05-04T18:45:00Z")[1][0]
    assert (first["timestamp"], first["teamId"]) == ("2019-05-04T18:45:00.512Z", 2)


def test_nor_is_that_of_metadata(convert, tmp_path):
    metadata = tmp_path / "metadata.xml"
    metadata.write_text((FEEDS / "Sample_Game_8_metadata.xml").read_text().replace("07.000Z", "07.000"))
    flags = ("--metadata", str(metadata))
    assert convert("metrica", EPTS.read_bytes(), *flags, name=EPTS.name)[0] == 2
    first = convert("metrica", EPTS.read_bytes(), *flags, "--timezone", "Asia/Tokyo", name=EPTS.name)[1][0]
    assert first["timestamp"].startswith("2019-02-20T18:30:")
