"""The examples of docs/FEEDS.md against the service."""

import json
import re
import subprocess

import recount
from events import EventSource
from waiting import ROOT, patience

PAGE = (ROOT / "docs" / "FEEDS.md").read_text()


def example(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_python_example_sends_and_tells_what_is_rejected(up):
    names = {}
    exec(example("python"), names)
    batch = EventSource(1, ["feeds"]).take(50)
    bad = batch[7] | {"eventId": "00000000-0000-4000-8000-000000000001", "teamId": 3}
    rejected = names["send"](f"http://127.0.0.1:{up.port}", batch + [bad])
    assert [(event, [error["field"] for error in errors]) for event, errors in rejected] == [(bad, ["teamId"])]
    recount.wait_counted(up, ["feeds"])
    recount.check_everything(up, batch)


def test_the_curl_examples_send(up, tmp_path):
    batch = EventSource(1, ["feeds"]).take(20)
    (tmp_path / "match.ndjson").write_text("".join(f"{line}\n" for line in map(json.dumps, batch)))
    done = subprocess.run(["bash", "-ec", example("bash")], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "URL": f"http://127.0.0.1:{up.port}"}, timeout=60 * patience())
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"accepted"' in done.stdout and '"accepted":20' in done.stdout
    recount.wait_counted(up, ["feeds", "match-123"])
    assert up.get("/api/matches/feeds/metrics").json()["totalEvents"] == 20
    assert up.get("/api/matches/match-123/metrics").json()["goals"] == 1
