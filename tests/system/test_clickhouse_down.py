"""Ingest goes on without ClickHouse, and the consumer catches up by itself."""

import os
import signal
import threading
import time

import pytest

import processes
import recount
from http_client import match_path
from load import LoadClients
from waiting import wait_until

# A minute of outage altogether; FANFINITY_LONG=1 makes it a minute for each way of being down.
SECONDS = 60.0 if os.environ.get("FANFINITY_LONG") == "1" else 30.0
MATCHES = ["outage-1", "outage-2"]


class Outage:
    """Keeps every ClickHouse of the tree from answering, those that the supervisor starts meanwhile too."""

    def __init__(self, up, signal_number):
        self._up = up
        self._signal = signal_number
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hold, daemon=True)

    def _hold(self):
        while not self._over.wait(0.05):
            for pid in self._up.clickhouse_pids():
                processes.send(pid, self._signal)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        for pid in self._up.clickhouse_pids():
            processes.send(pid, signal.SIGCONT)


def test_a_clickhouse_killed_while_up_starts_is_started_again(make_up):
    up = make_up()
    up.start(ready=False)
    for pid in wait_until(up.clickhouse_pids, "the first ClickHouse", interval=0.001):
        processes.send(pid, signal.SIGKILL)
    up.wait_ready()


def stale_metrics(up):
    """The metrics of a match while the service counts stale answers; None while it does not."""
    answer = up.get(match_path(MATCHES[0]))
    return answer.json() if answer.status == 200 and up.gauge("fanfinity_stale_answers_total") else None


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["frozen", "killed"])
def test_every_post_is_accepted_and_the_lag_returns_to_zero(up, tmp_path, how):
    with LoadClients(up.port, tmp_path / "journals", MATCHES, count=3, seed=int(how), pause=0.02) as clients:
        wait_until(lambda: clients.acknowledged > 100, "traffic before the outage")
        recount.wait_counted(up, MATCHES)
        before = up.get(match_path(MATCHES[0])).json()
        with Outage(up, how):
            wait_until(lambda: up.ready_answer().status == 503, "not ready while ClickHouse is away")
            stale = wait_until(lambda: stale_metrics(up), "an older answer in place of one that cannot be read")
            not_ready = up.ready_answer().json()
            end = time.monotonic() + SECONDS
            wait_until(lambda: time.monotonic() > end, "the end of the outage", SECONDS + 30)
            during = clients.acknowledged
            assert up.lag() > 0, "the lag tells of the outage"
            refused = up.get(match_path("nobody-has-asked-for-this")).json()
        wait_until(lambda: clients.acknowledged > during + 100, "traffic after the outage")
    assert set(clients.answers) == {202}, f"a post was not answered 202: {dict(clients.answers)}"
    assert not_ready["checks"]["clickhouse"] != "healthy", not_ready
    assert not_ready["checks"]["log"] == "healthy", not_ready
    assert not_ready["staleAnswers"] > 0 and up.gauge("fanfinity_stale_answers_total") > 0
    assert stale["totalEvents"] >= before["totalEvents"]
    assert "DB::Exception" not in str(refused) and refused["status"] == 503, refused
    up.wait_lag_zero()
    up.wait_ready()
    recount.wait_counted(up, MATCHES)
    recount.check_everything(up, clients.journalled())
