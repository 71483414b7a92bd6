"""A full disk answers 503; what was acknowledged stays and is counted; it recovers once there is room."""

import os
import signal
import subprocess

import pytest

import harness
import processes
import recount
from events import event
from test_contract_events import check_problem
from waiting import wait_until

MIB = 1 << 20
FILLING = {"text": "x" * 50_000}  # nearly as big as an event may be


def fill(up, match_id):
    """Posts until an answer other than 202 comes: (acknowledged events, that answer)."""
    client = up.client()
    acknowledged = []

    def refusal():
        for _ in range(20):
            one = event(match_id, metadata=FILLING)
            answer = client.post_event(one)
            if answer.status != 202:
                return answer
            acknowledged.append(one)
        return None

    answer = wait_until(refusal, "a refusal at the limit", 120, interval=0)
    client.close()
    return acknowledged, answer


def check_refusal(answer):
    check_problem(answer, 503)
    assert int(answer.headers["retry-after"]) >= 1


def accepted_again(up, match_id):
    """The event that was accepted after a while."""
    one = event(match_id)
    wait_until(lambda: up.post(one).status == 202, "posts are accepted again", 60, interval=0.1)
    return one


def test_the_limit_of_the_log_is_503_until_the_consumer_has_caught_up(make_up):
    """ClickHouse is frozen, so that the log cannot shrink."""
    up = make_up(LOG_MAX_SIZE="32MiB", LOG_SEGMENT_SIZE="2MiB").start()
    frozen = up.clickhouse_pids()
    for pid in frozen:
        processes.send(pid, signal.SIGSTOP)
    acknowledged, answer = fill(up, "log-full")
    check_refusal(answer)
    assert len(acknowledged) > 50
    log_bytes = sum(
        file.stat().st_size
        for file in up.data_dir.rglob("*")
        if file.is_file() and "clickhouse" not in file.relative_to(up.data_dir).parts
    )
    assert log_bytes < 2 * 32 * MIB, "the disk it takes is bounded"
    for pid in frozen:
        processes.send(pid, signal.SIGCONT)
    acknowledged.append(accepted_again(up, "log-full"))
    recount.wait_counted(up, ["log-full"])
    recount.check_everything(up, acknowledged)


def test_a_full_log_survives_kill_9(make_up):
    up = make_up(LOG_MAX_SIZE="16MiB", LOG_SEGMENT_SIZE="1MiB").start()
    for pid in up.clickhouse_pids():
        processes.send(pid, signal.SIGSTOP)
    acknowledged, answer = fill(up, "killed-full")
    check_refusal(answer)
    processes.kill_all(up.clickhouse_pids())
    up.kill()
    up.start()
    acknowledged.append(accepted_again(up, "killed-full"))
    recount.wait_counted(up, ["killed-full"])
    recount.check_everything(up, acknowledged)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own of 400 MiB; None where nothing may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400m", "fanfinity-test", place], capture_output=True, check=False
        ).returncode
        == 0
    )
    yield place if mounted else None
    if mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


class Ballast:
    """A file that takes all the room there is."""

    def __init__(self, folder):
        self._path = folder / "ballast"

    def take_all(self):
        with self._path.open("ab", buffering=0) as file:
            for size in (MIB, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def release(self):
        os.truncate(self._path, 0)


def test_a_full_disk_is_503_and_recovers_by_itself(make_up, small_disk):
    """Log and ClickHouse share the full disk. Without the right to mount, the log's own limit stands in for it."""
    if small_disk is None:
        test_the_limit_of_the_log_is_503_until_the_consumer_has_caught_up(make_up)
        return
    up = make_up(LOG_MAX_SIZE="256MiB", LOG_SEGMENT_SIZE="4MiB")
    up.data_dir = small_disk / "data"
    up.environment["FANFINITY_DATA_DIR"] = str(up.data_dir)
    up.start()
    before = event("disk-full")
    assert up.post(before).status == 202
    ballast = Ballast(small_disk)
    ballast.take_all()
    acknowledged, answer = fill(up, "disk-full")
    check_refusal(answer)
    assert up.get("/health").status == 200
    ballast.release()
    after = accepted_again(up, "disk-full")
    recount.wait_counted(up, ["disk-full"])
    recount.check_everything(up, [before, *acknowledged, after])
    up.stop()
    assert harness.processes.mentioning(str(small_disk)) == []
