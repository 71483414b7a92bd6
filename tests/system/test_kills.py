"""Exactly once through kill -9 of anything, at any moment."""

import os
import random
import threading
from collections import Counter

import processes
import recount
from load import LoadClients
from waiting import wait_until

KILLS = int(os.environ.get("FANFINITY_KILLS", "50"))
SEED = int(os.environ.get("FANFINITY_SEED", "20240115"))
MATCHES = ["kills-1", "kills-2", "Kills/3 – über"]


class Killer:
    """Kills one of the tree's processes at a time. `up` is started again at once; it brings ClickHouse
    back by itself. Half of the kills wait for acknowledgements first, so that there is work to interrupt;
    the others come at a random moment, starts included."""

    def __init__(self, up, clients, seed):
        self._up = up
        self._clients = clients
        self._random = random.Random(seed)
        self._moment = threading.Event()
        self.faults = Counter()

    def kill_one(self):
        if self._random.random() < 0.5:
            goal = self._clients.acknowledged + self._random.randrange(20, 200)
            wait_until(
                lambda: self._clients.acknowledged >= goal,
                lambda: f"{goal} acknowledgements, are {self._clients.acknowledged}",
                30,
            )
        self._moment.wait(self._random.uniform(0, 0.6))
        self._random.choice((self._kill_up, self._kill_clickhouse, self._kill_both))()

    def _kill_up(self):
        self._up.kill()
        self.faults["server and consumer killed"] += 1
        self._up.start(ready=False)

    def _kill_clickhouse(self):
        wait_until(self._up.clickhouse_pids, "a ClickHouse to kill", 30)
        processes.kill_all(self._up.clickhouse_pids())
        self.faults["ClickHouse killed"] += 1

    def _kill_both(self):
        processes.kill_all(self._up.clickhouse_pids())
        self._up.kill()
        self.faults["all killed"] += 1
        self._up.start(ready=False)


def test_everything_is_counted_once_however_often_anything_is_killed(make_up, tmp_path, capsys):
    up = make_up().start()
    with LoadClients(up.port, tmp_path / "journals", MATCHES, count=6, seed=SEED, pause=0.01) as clients:
        killer = Killer(up, clients, SEED)
        while killer.faults.total() < KILLS:
            killer.kill_one()
        up.wait_ready()
    acknowledged = clients.journalled()
    recount.wait_counted(up, MATCHES)
    up.wait_lag_zero()
    recount.check_everything(up, acknowledged)
    assert up.clickhouse_pids(), "ClickHouse runs"
    with capsys.disabled():
        print(
            f"\n  seed {SEED}: {dict(killer.faults)}; {len(recount.distinct(acknowledged))} distinct events, "
            f"{len(acknowledged)} acknowledged, {clients.resent} resent on purpose; answers {dict(clients.answers)}"
        )
    assert killer.faults.total() == KILLS and len(acknowledged) > 2000
