"""The examples of docs/FEEDS.md against the service."""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

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


def run_curl_examples(port, folder):
    (folder / "match.ndjson").write_text("".join(json.dumps(one) + "\n" for one in EventSource(1, ["feeds"]).take(20)))
    return subprocess.run(["bash", "-ec", example("bash")], cwd=folder, capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "URL": f"http://127.0.0.1:{port}"}, timeout=60 * patience())


@pytest.mark.parametrize("statuses, code", [([400], 22), ([413], 22), ([503, 202, 429, 202], 0)])
def test_the_curl_examples_repeat_what_may_help_and_nothing_else(tmp_path, statuses, code):
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(left.pop(0) if left else 202)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_curl_examples(server.server_port, tmp_path)
        server.shutdown()
    assert (done.returncode, left) == (code, []), done.stderr


def test_the_curl_examples_send(up, tmp_path):
    done = run_curl_examples(up.port, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"accepted"' in done.stdout and '"accepted":20' in done.stdout
    recount.wait_counted(up, ["feeds", "match-123"])
    assert up.get("/api/matches/feeds/metrics").json()["totalEvents"] == 20
    assert up.get("/api/matches/match-123/metrics").json()["goals"] == 1
