"""SIGTERM drains; a second signal ends at once; kill -9 leaves a directory that can be used right away."""

import signal

import processes
import recount
from events import EventSource
from load import LoadClients
from waiting import wait_until

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
