"""The crowd against the service: its account, the service's metrics and the raw table agree, whatever happens meanwhile."""

import json
import subprocess
import sys

import pytest

import recount
from events import rfc3339
from waiting import ROOT, patience, wait_until

FLAGS = ["--matches", "6", "--rate", "300", "--duplicates", "0.1", "--late", "0.1", "--bad", "0.1", "--batch", "20", "--under-way"]


@pytest.fixture
def start(up, tmp_path):
    """Starts a crowd; what still runs when the test is over is ended."""
    started = []

    def start(*flags):
        command = [sys.executable, "-m", "simulation", "crowd", "--url", f"http://127.0.0.1:{up.port}", *FLAGS, *flags,
                   "--verify", "--account", tmp_path / "account.json"]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for crowd in started:
        if crowd.poll() is None:
            crowd.kill()
            crowd.communicate()


def finish(crowd, folder):
    """Its account, once it has found that the metrics are equal."""
    _, told = crowd.communicate(timeout=180 * patience())
    assert crowd.returncode == 0, told
    assert "are equal, member for member" in told
    return json.loads((folder / "account.json").read_text())


def check_against_the_raw_table(up, account):
    rows = up.clickhouse().rows(
        "SELECT toString(event_id) AS id, match_id, event_type, toUnixTimestamp64Milli(event_time) AS at, team FROM events"
    )
    stored = [
        {"eventId": row["id"], "matchId": row["match_id"], "eventType": row["event_type"], "timestamp": rfc3339(row["at"]),
         "teamId": row["team"]} for row in rows
    ]
    assert len(recount.distinct(stored)) == len(stored) == account["acknowledged"]
    counted = recount.count(stored)
    assert account["matches"] == {name: match.metrics(name) for name, match in counted.items()}
    recount.check_rollups(up.clickhouse(), counted)


def events_counted(up):
    try:
        return sum(row["totalEvents"] for row in recount.all_matches(up.client()))
    except (OSError, KeyError):
        return 0


def test_a_spike_with_disorder_and_bad_feeds_is_accounted_for_exactly(up, start, tmp_path):
    account = finish(start("--duration", "8s", "--spike", "8x@3s"), tmp_path)
    assert account["exact"] and account["acknowledged"] > 3000 and account["copiesAcknowledged"] > 100
    assert account["badRequests"] == account["badRequestsRefused"] > 5
    check_against_the_raw_table(up, account)


def test_a_server_killed_and_restarted_meanwhile_is_accounted_for_exactly(up, start, tmp_path):
    crowd = start("--duration", "10s", "--seed", "kill")
    for more in (300, 1000):
        seen = events_counted(up)
        wait_until(lambda: events_counted(up) > seen + more, f"{more} more events counted")
        up.kill()
        up.start()
    account = finish(crowd, tmp_path)
    assert account["exact"] and account["retries"] > 0
    check_against_the_raw_table(up, account)


def test_an_event_too_many_is_found_by_verifying_again(up, start, tmp_path):
    account = finish(start("--duration", "2s"), tmp_path)
    match_id = next(iter(account["matches"]))
    answer = up.post({"eventId": "00000000-0000-4000-8000-000000000001", "matchId": match_id, "eventType": "pass",
                      "timestamp": account["start"], "teamId": 1})
    assert answer.status == 202
    command = [sys.executable, "-m", "simulation", "verify", "--account", tmp_path / "account.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180 * patience(), check=False)
    assert done.returncode == 1
    assert f"{match_id}: totalEvents is" in done.stderr
