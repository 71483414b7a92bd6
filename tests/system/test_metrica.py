"""A whole match replayed three times: its metrics are those that a separate count gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import recount
from http_client import match_path
from waiting import ROOT, patience, wait_until

DATA = Path(os.environ.get("FANFINITY_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
SAMPLE = DATA / "metrica-sample-game-1"


def replay_three_times(up, file, *flags):
    for _ in range(3):
        result = up.run("replay", file, "--speed", "max", "--url", f"http://127.0.0.1:{up.port}", *flags, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr


def check_metrics(up, expected):
    recount.wait_counted(up, expected)
    for match_id, metrics in expected.items():
        # Response times are published once a second.
        told = wait_until(
            lambda: (found := up.get(match_path(match_id)).json()) and "responseTimePercentiles" in found and found,
            f"response times of {match_id}",
        )
        as_of, times = told.pop("asOf"), told.pop("responseTimePercentiles")
        assert told == metrics
        assert as_of.endswith("Z")
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]


def simulate(folder, *flags):
    """A file of simulated matches, made by the simulator of this repository."""
    file = folder / "match.ndjson"
    with file.open("w") as out:
        subprocess.run(
            [sys.executable, "-m", "simulation", *flags], cwd=ROOT, stdout=out, check=True, timeout=120 * patience()
        )
    return file


def test_simulated_matches_replayed_three_times_are_counted_once(up, tmp_path):
    file = simulate(tmp_path, "--seed", "7", "--matches", "2")
    sent = [json.loads(line) for line in file.read_text().splitlines()]
    replay_three_times(up, file)
    expected = {name: match.metrics(name) for name, match in recount.count(sent).items()}
    assert len(expected) == 2 and len(sent) > 1000
    check_metrics(up, expected)
    recount.check_everything(up, sent)


if SAMPLE.with_suffix(".ndjson").exists():  # the data lies beside some checkouts only

    def test_a_real_match_replayed_three_times_is_counted_once(up):
        replay_three_times(up, SAMPLE.with_suffix(".ndjson"))
        check_metrics(up, json.loads(SAMPLE.with_suffix(".expected.json").read_text()))
        sent = [json.loads(line) for line in SAMPLE.with_suffix(".ndjson").read_text().splitlines()]
        recount.check_everything(up, sent)
