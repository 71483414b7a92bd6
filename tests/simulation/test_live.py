"""Live over HTTP, against a server that fails at random: everything arrives, nothing is lost."""

import http.server
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from simulation.sender import wait_before_retry
from simulation.stream import play_round

ROOT = Path(__file__).resolve().parents[2]


class Server(http.server.ThreadingHTTPServer):
    """Answers what `decide(event)` says: a status, (status, Retry-After), or None to cut the connection."""

    daemon_threads = True

    def __init__(self, decide):
        super().__init__(("127.0.0.1", 0), Handler)
        self.decide = decide
        self.lock = threading.Lock()
        self.accepted = Counter()
        self.requests = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass  # a client that leaves is part of the tests


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((time.monotonic(), self.path, self.headers.get("Authorization"), event))
            decision = self.server.decide(event)
            status, retry_after = decision if isinstance(decision, tuple) else (decision, None)
            if status == 202:
                self.server.accepted[event["eventId"]] += 1
        if status is None:
            self.close_connection = True
            return
        body = json.dumps({"detail": "because", "errors": []}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(decide):
        servers.append(Server(decide))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def command(*arguments):
    return [sys.executable, "-m", "simulation", *arguments]


def run(*arguments):
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=120)


def expected_events(seed, matches=1):
    return sum(len(result.events) for result in play_round(seed, matches).results)


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def test_retries_until_accepted_and_loses_nothing(serve):
    chance = random.Random(1)
    server = serve(lambda event: chance.choices([202, 500, 503, 429, 408, None], [80, 5, 5, 4, 2, 4])[0])
    done = run("--url", server.url, "--seed", "7", "--speed", "max", "--connections", "32")
    assert done.returncode == 0, done.stderr
    assert len(server.accepted) == expected_events("7")
    assert len(server.requests) > len(server.accepted)
    assert f"{len(server.accepted):,} events accepted" in done.stderr
    assert {path for _, path, _, _ in server.requests} == {"/api/events"}


def test_honours_retry_after(serve):
    seen = set()

    def once_refused(event):
        if event["metadata"]["minute"] > 1 or event["eventId"] in seen or len(seen) > 2:
            return 202
        seen.add(event["eventId"])
        return 429, 1

    server = serve(once_refused)
    assert run("--url", server.url, "--seed", "7", "--speed", "max").returncode == 0
    for event_id in seen:
        times = [at for at, _, _, event in server.requests if event["eventId"] == event_id]
        assert times[1] - times[0] >= 1.0
    assert seen


def test_waits_for_a_server_that_is_not_there_yet(serve):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(command("--url", f"http://127.0.0.1:{port}", "--seed", "7", "--speed", "max"),
                               cwd=ROOT, stderr=subprocess.PIPE, text=True)
    seen = ""
    while "trying again" not in seen:
        line = process.stderr.readline()
        assert line, "it ended instead of trying again"
        seen += line
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


def test_duplicates_are_sent_and_events_all_arrive(serve):
    server = serve(lambda event: 202)
    done = run("--url", server.url, "--seed", "7", "--speed", "max", "--duplicates", "0.3")
    assert done.returncode == 0, done.stderr
    assert len(server.accepted) == expected_events("7")
    assert len(server.requests) > 1.15 * len(server.accepted)


def test_an_event_refused_for_good_is_not_repeated(serve):
    server = serve(lambda event: 400 if event["eventType"] == "offside" else 202)
    done = run("--url", server.url, "--seed", "7", "--speed", "max")
    assert done.returncode == 1
    offsides = [event["eventId"] for _, _, _, event in server.requests if event["eventType"] == "offside"]
    assert offsides and len(offsides) == len(set(offsides))
    assert "refused for good with 400: because" in done.stderr


def test_a_server_that_wants_a_key_ends_the_run_with_advice(serve):
    server = serve(lambda event: 401)
    done = run("--url", server.url, "--seed", "7", "--speed", "max")
    assert done.returncode == 1
    assert "--api-key" in done.stderr


def test_sends_the_key(serve):
    server = serve(lambda event: 202)
    assert run("--url", server.url, "--seed", "7", "--speed", "max", "--api-key", "secret").returncode == 0
    assert {key for _, _, key, _ in server.requests} == {"Bearer secret"}


def test_an_interrupt_ends_it_with_a_summary(serve):
    server = serve(lambda event: 202)
    process = subprocess.Popen(command("--url", server.url, "--seed", "7", "--speed", "60"), cwd=ROOT,
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(server.accepted) >= 5)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert "events accepted" in stderr
    assert len(server.accepted) < expected_events("7")


def test_loop_goes_on_with_new_matches(serve):
    server = serve(lambda event: 202)
    process = subprocess.Popen(command("--url", server.url, "--seed", "7", "--speed", "max", "--loop", "--quiet"),
                               cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len({event["matchId"] for _, _, _, event in list(server.requests)}) >= 3, 60)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")


def test_paces_events_by_their_times(serve):
    # At 3,000 times real time the match takes over two seconds, however fast the server is.
    server = serve(lambda event: 202)
    began = time.monotonic()
    assert run("--url", server.url, "--seed", "7", "--speed", "3000", "--connections", "16").returncode == 0
    assert time.monotonic() - began >= play_round("7", 1).duration.total_seconds() / 3000
    assert len(server.accepted) == expected_events("7")


def test_waits_grow_to_a_limit_and_respect_the_server():
    chance = random.Random(1)
    waits = [wait_before_retry(attempt, 0, chance) for attempt in range(12)]
    assert 0.05 <= waits[0] <= 0.1 and all(2.5 <= wait <= 5 for wait in waits[6:])
    assert 2 <= wait_before_retry(0, 2, chance) < 2.1
    assert wait_before_retry(0, 86_400, chance) < 62
