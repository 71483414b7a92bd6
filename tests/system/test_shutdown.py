"""SIGTERM drains; a second signal ends at once; kill -9 leaves a directory that can be used right away."""

import fcntl
import json
import random
import signal
import socket
import time

import pytest

import harness
import processes
import recount
from events import EventSource, event
from load import LoadClients
from waiting import patience, wait_until

MATCHES = ["shutdown-1", "shutdown-2"]


def test_sigterm_under_load_drains_and_loses_nothing(make_up, tmp_path):
    """Several times over, with clients that do not stop sending. One sends until the last has its 202."""
    up = make_up().start()
    with LoadClients(up.port, tmp_path / "journals", MATCHES, count=4, seed=5) as clients:
        for _ in range(4):
            goal = clients.acknowledged + 300
            wait_until(lambda: clients.acknowledged > goal, "traffic")
            assert up.terminate() == 0, up.log_tail()
            up.wait_gone()
            up.start(ready=False)
        up.wait_ready()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, clients.journalled())


def test_a_drained_stop_leaves_nothing_to_do(make_up):
    """What was acknowledged before SIGTERM is stored before the exit: the next start finds no lag."""
    up = make_up().start()
    sent = EventSource(3, MATCHES).take(2000)
    assert up.client().post_batch(sent).status == 202
    up.stop()
    up.start()
    up.wait_lag_zero()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, sent)


def test_a_second_signal_exits_at_once_and_leaves_no_orphan(make_up):
    """ClickHouse is frozen, so that the drain has something to wait for."""
    up = make_up(DRAIN_TIMEOUT="10m").start()
    sent = EventSource(4, MATCHES).take(50)
    for pid in up.clickhouse_pids():
        processes.send(pid, signal.SIGSTOP)
    assert up.client().post_batch(sent).status == 202
    up.process.send_signal(signal.SIGTERM)
    wait_until(lambda: up.ready_answer() is None, "no new connection is accepted")
    assert up.process.poll() is None, "it drains"
    up.process.send_signal(signal.SIGTERM)
    up.wait_exit(5)
    up.wait_gone(5)
    up.start()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, sent)


def test_kill_9_leaves_no_orphan_and_the_directory_can_be_used_right_away(make_up):
    up = make_up().start()
    sent = []
    source = EventSource(6, MATCHES)
    for _ in range(5):
        batch = source.take(100)
        assert up.client().post_batch(batch).status == 202
        sent += batch
        up.kill()
        up.start()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, sent)
    up.kill()
    up.wait_gone()


def test_clickhouse_comes_back_by_itself_with_its_data(up):
    sent = EventSource(8, MATCHES).take(100)
    assert up.client().post_batch(sent).status == 202
    recount.wait_counted(up, MATCHES)
    first = set(up.clickhouse_pids())
    processes.kill_all(first)
    wait_until(
        lambda: set(up.clickhouse_pids()) - first and not set(up.clickhouse_pids()) & first, "another ClickHouse"
    )
    up.wait_ready()
    more = EventSource(9, MATCHES).take(100)
    assert up.client().post_batch(more).status == 202
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, sent + more)


def log_lines(service):
    """What it has logged so far, one dictionary a line."""
    return [json.loads(line) for line in service.log_path.read_text().splitlines() if line.startswith("{")]


def wait_log(service, message):
    """The first line of the log with that message."""
    return wait_until(
        lambda: next((line for line in log_lines(service) if line["message"] == message), None),
        lambda: f"`{message}` in the log of {service.name}:\n{service.log_tail()}",
    )


@pytest.fixture
def make_service(tmp_path):
    """Makes processes that are no `up` with a directory of their own."""
    made = []

    def make(command, **settings):
        root = tmp_path / f"service{len(made)}"
        root.mkdir()
        made.append(harness.Service(command, root, **settings))
        return made[-1]

    yield make
    for service in made:
        service.discard()
        harness.STARTED.remove(service)


def terminate_in(service, seconds):
    """SIGTERM, exit code 0 within the time, nothing left behind."""
    assert service.terminate(seconds) == 0, service.log_tail()
    service.wait_gone()


def test_sigterm_at_any_moment_of_a_start_ends_it_at_once(make_up):
    up = make_up()
    moments = random.Random(12)
    for _ in range(10):
        up.start(ready=False)
        # Before that the kernel ends it, as it ends any program.
        wait_until(lambda: processes.blocks(up.process.pid, signal.SIGTERM), "its own handling", interval=0.001)
        pause = moments.uniform(0, 1)  # not to let things settle: the moment is what varies
        time.sleep(pause)
        terminate_in(up, 5)
    up.start().stop()


def test_sigterm_while_clickhouse_is_starting_does_not_wait_for_it(make_up):
    """Its directory is locked by another process, as by one that is slow to die."""
    up = make_up()
    lock = up.data_dir / "clickhouse" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        up.start(ready=False)
        wait_until(up.clickhouse_pids, "a child that waits for the lock")
        terminate_in(up, 5)
    assert not [line for line in log_lines(up) if line["level"] == "error"], up.log_tail()


@pytest.mark.parametrize("role", ["server", "consumer"])
def test_sigterm_while_kafka_is_away_and_clickhouse_hangs_does_not_wait_for_them(make_service, tmp_path, role):
    """ClickHouse takes connections and never answers; no broker is there."""
    with socket.create_server(("127.0.0.1", 0)) as clickhouse:
        service = make_service(
            role,
            port_setting=f"{role.upper()}_PORT",
            KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            CLICKHOUSE_HOST="127.0.0.1",
            CLICKHOUSE_PORT=clickhouse.getsockname()[1],
            FANFINITY_DATA_DIR=tmp_path / "data",
        )
        service.start(ready=False)
        wait_until(lambda: service.ready_answer() is not None, "an answer of any kind")
        terminate_in(service, 8)


def half_sent(port):
    """A connection whose request never ends."""
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
    return client


def test_a_drain_in_which_everything_hangs_ends_within_its_time(make_up):
    """ClickHouse is frozen with an insert under way, clients leave their requests half sent, /ready is asked for."""
    up = make_up(DRAIN_TIMEOUT="6s", REQUEST_TIMEOUT="1h", BODY_TIMEOUT="1h").start()
    stored = EventSource(21, MATCHES).take(50)
    assert up.client().post_batch(stored).status == 202
    recount.wait_counted(up, MATCHES)
    for pid in up.clickhouse_pids():
        processes.send(pid, signal.SIGSTOP)
    waiting = EventSource(22, MATCHES).take(50)
    assert up.client().post_batch(waiting).status == 202
    clients = [half_sent(up.port) for _ in range(5)]
    began = time.monotonic()
    assert up.terminate(30) == 0, up.log_tail()
    assert time.monotonic() - began < 6 + 2 * patience(), up.log_tail()
    for client in clients:
        client.close()
    up.wait_gone()
    up.start()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, stored + waiting)


def test_a_directory_in_use_is_said_at_once_and_its_holder_named(make_service, up):
    second = make_service("up", FANFINITY_DATA_DIR=up.data_dir).start(ready=False)
    said = wait_log(second, "directory found in use")
    assert said["process"] == str(up.process.pid) and str(up.data_dir) in said["directory"], said
    assert second.process.poll() is None, "it waits for what may be on its way out"
    terminate_in(second, 5)
    assert up.post(event("still-served")).status == 202


def test_a_start_waits_for_the_one_before_and_says_so(make_service, up):
    second = make_service("up", FANFINITY_DATA_DIR=up.data_dir).start(ready=False)
    wait_log(second, "directory found in use")
    up.kill()
    second.wait_ready()
    second.stop()
