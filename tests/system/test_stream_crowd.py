"""Thousands of streams at once, held by the client library that many use: each sees every final state."""

import json
import os
import resource
import select
import subprocess
from pathlib import Path

import pytest

import processes
from events import event
from http_client import match_path
from waiting import ROOT, patience, sanitizer

LIBRARY = Path(os.environ.get("EVENTSOURCE_HOME", ROOT / ".deps/eventsource")) / "node_modules"
MATCHES = ["crowd-1", "crowd-2", "crowd ⚽ 3", "crowd-4"]


def affordable(wanted):
    """As many streams as descriptors permit here, for both ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - 500)


class Crowd:
    def __init__(self, urls, count):
        self._process = subprocess.Popen(
            ["node", Path(__file__).with_name("stream_crowd.cjs"), str(count), *urls],
            env=os.environ | {"NODE_PATH": str(LIBRARY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def answer(self, seconds=60):
        ready, _, _ = select.select([self._process.stdout], [], [], seconds * patience())
        assert ready, "the crowd says nothing"
        return json.loads(self._process.stdout.readline())

    def wait_total(self, total):
        self._process.stdin.write(json.dumps({"total": total}).encode() + b"\n")
        self._process.stdin.flush()
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_every_stream_sees_every_final_state_and_resumes_after_kill_9(make_up, capsys):
    if not LIBRARY.exists():
        pytest.fail(f"{LIBRARY} is missing: run this by ./dev test, or name it in EVENTSOURCE_HOME.")
    count = affordable(500 if sanitizer() else 2_000)
    up = make_up().start()
    client = up.client()

    def post_one_each():
        assert client.post_batch([event(match_id) for match_id in MATCHES]).status == 202

    post_one_each()
    up.wait_lag_zero()
    urls = [f"http://127.0.0.1:{up.port}{match_path(match_id, 'stream')}" for match_id in MATCHES]
    before_kib = processes.resident_kib(up.process.pid)
    with Crowd(urls, count) as crowd:
        assert crowd.answer() == {"opened": count}
        crowd.wait_total(1)
        assert up.gauge("fanfinity_http_open_streams") == count
        each_kib = (processes.resident_kib(up.process.pid) - before_kib) / count
        cpu, frames = cpu_seconds(up.process.pid), up.gauge("fanfinity_http_stream_frames_total")
        for total in range(2, 22):
            post_one_each()
            crowd.wait_total(total)
        frames = up.gauge("fanfinity_http_stream_frames_total") - frames
        cpu = cpu_seconds(up.process.pid) - cpu
        assert frames >= 20 * count
        assert each_kib < 32, "a stream costs what an idle connection does, and a little"

        up.kill()
        up.start()
        client = up.client()
        post_one_each()
        crowd.wait_total(22)
        assert up.gauge("fanfinity_http_streams_dropped_total") == 0
        up.stop()
    with capsys.disabled():
        print(
            f"\n{count} streams: {each_kib:.1f} KiB of memory each; "
            f"{cpu / frames * 1e6:.1f} us of CPU a delivered frame, reading ClickHouse included"
        )
