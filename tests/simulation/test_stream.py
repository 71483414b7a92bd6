"""What is written keeps the contract, and the same seed writes the same bytes."""

import json
import re
import subprocess
import sys
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from simulation.cli import live_start, parse_arguments
from simulation.stream import play_round

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"goal", "shot", "pass", "foul", "yellow_card", "red_card", "substitution", "offside", "corner", "free_kick",
         "interception"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


def run(*arguments):
    done = subprocess.run([sys.executable, "-m", "simulation", *arguments], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_every_event_is_valid_by_the_contract():
    lines = run("--seed", "contract", "--matches", "6").splitlines()
    ids = set()
    for line in lines:
        assert len(line) <= 64 * 1024
        event = json.loads(line)
        assert list(event) == ["eventId", "matchId", "eventType", "timestamp", "teamId", "playerId", "metadata"]
        assert str(uuid.UUID(event["eventId"])) == event["eventId"]
        assert 1 <= len(event["matchId"].encode()) <= 256 and event["matchId"].isprintable()
        assert event["eventType"] in TYPES
        assert TIME.fullmatch(event["timestamp"]) and not event["timestamp"].endswith(".000Z")
        assert type(event["teamId"]) is int and event["teamId"] in (1, 2)
        assert 1 <= len(event["playerId"].encode()) <= 256
        assert isinstance(event["metadata"], dict)
        ids.add(event["eventId"])
    assert len(ids) == len(lines)


def test_the_same_seed_gives_the_same_bytes():
    once = run("--seed", "7", "--matches", "3", "--duplicates", "0.1")
    assert once == run("--seed", "7", "--matches", "3", "--duplicates", "0.1")
    assert once != run("--seed", "8", "--matches", "3", "--duplicates", "0.1")


def test_another_start_makes_other_matches_of_the_same_play():
    first = [json.loads(line) for line in run("--seed", "7", "--start", "2025-08-01T18:30:00+02:00").splitlines()]
    second = [json.loads(line) for line in run("--seed", "7", "--start", "2025-08-02T16:30:00Z").splitlines()]
    assert first[0]["timestamp"].startswith("2025-08-01T16:30:")
    assert [e["playerId"] for e in first] == [e["playerId"] for e in second]
    assert {e["eventId"] for e in first}.isdisjoint(e["eventId"] for e in second)
    assert first[0]["matchId"] != second[0]["matchId"]


def test_several_matches_are_interleaved_in_the_order_of_time():
    events = [json.loads(line) for line in run("--seed", "x", "--matches", "5").splitlines()]
    assert len({e["matchId"] for e in events}) == 5
    moments = [datetime.fromisoformat(e["timestamp"].replace("Z", "+00:00")) for e in events]
    assert moments == sorted(moments)
    assert len({e["matchId"] for e in events[:300]}) == 5
    assert max(moments) - min(moments) < timedelta(minutes=125)


def test_duplicates_repeat_lines_and_add_nothing_else():
    plain = run("--seed", "7").splitlines()
    doubled = run("--seed", "7", "--duplicates", "0.2").splitlines()
    counts = Counter(doubled)
    assert set(counts) == set(plain) and max(counts.values()) == 2
    share = (len(doubled) - len(plain)) / len(plain)
    assert 0.12 < share < 0.28
    first_seen = list(dict.fromkeys(doubled))
    assert first_seen == plain


def test_output_goes_to_a_file(tmp_path):
    target = tmp_path / "match.ndjson"
    assert run("--seed", "7", "--output", str(target)) == b""
    assert target.read_bytes() == run("--seed", "7")


def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(f"{sys.executable} -m simulation --seed 7 --matches 5 | head -n 1", shell=True, cwd=ROOT,
                          capture_output=True, timeout=60)
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


@pytest.mark.parametrize("speed", [1.0, 60.0, None])
def test_live_event_times_reach_the_present_at_full_time(speed):
    now = datetime(2026, 5, 1, 20, 0, tzinfo=timezone.utc)
    games = play_round("live", 2)
    start = live_start(games, speed, now)
    ends = now + (games.duration / speed if speed else timedelta())
    assert start <= now
    assert abs(start + games.duration - ends) < timedelta(seconds=1)


@pytest.mark.parametrize("arguments", [
    ["--speed", "0"], ["--speed", "fast"], ["--duplicates", "2"], ["--matches", "0"], ["--start", "tomorrow"],
    ["--url", "ftp://x"], ["--loop"], ["--url", "http://x", "--output", "y"],
])
def test_wrong_use_is_refused_with_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        parse_arguments(arguments)
    assert refused.value.code == 2
    assert "error:" in capsys.readouterr().err
