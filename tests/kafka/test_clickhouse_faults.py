"""ClickHouse misbehaves: it fails, is slow, does the work and does not say so, refuses one row, has no disk left."""

import itertools
import json
import random

import pytest

import store_proxy
from events import EventSource, event
from http_client import match_path
from load import LoadClients
from poison import ACCEPT, QUICK, REFUSE
from store_proxy import WRONG_ANSWERS, StoreProxy
from test_disk_full import Ballast
from test_poison import dead_list, wait_dead
from waiting import wait_until

EACH = 4  # how often each of them happens
MATCHES = ["faulty-1", "faulty-2"]


@pytest.fixture
def behind_proxy(make_deployment, cluster):
    """(deployment, proxy), running: whatever servers and consumers ask ClickHouse goes through the proxy."""
    deployment = make_deployment(cluster, consumers=0, servers=0)
    proxy = StoreProxy(deployment.clickhouse_server.port)
    deployment.settings |= {"CLICKHOUSE_PORT": proxy.port, "CLICKHOUSE_TIMEOUT": "1s"}
    deployment.add_server()
    deployment.add_consumer()
    yield deployment.start(), proxy
    proxy.close()


def test_an_insert_that_fails_in_any_way_is_repeated_until_it_is_stored_once(behind_proxy, tmp_path, capsys):
    """All ways in a random order, two in a row for half of the batches."""
    deployment, proxy = behind_proxy
    pick = random.Random(7)
    deck = list(WRONG_ANSWERS) * EACH
    pick.shuffle(deck)
    plan = itertools.chain.from_iterable((one,) if pick.random() < 0.5 else (one, store_proxy.pass_on) for one in deck)
    with LoadClients(deployment.ports, tmp_path / "journals", MATCHES, count=3, seed=7, pause=0.02) as clients:
        wait_until(lambda: clients.acknowledged > 50, "traffic before the faults")
        proxy.happen(*plan)
        wait_until(
            lambda: not proxy.pending(),
            lambda: f"all faults to happen; {proxy.pending()} wait, {dict(proxy.happened)} happened",
            120,
            interval=0.1,
        )
    assert set(clients.answers) == {202}, f"a post was not answered 202: {dict(clients.answers)}"
    deployment.check_everything(clients.journalled(), MATCHES)
    assert all(proxy.happened[fault.__name__] == EACH for fault in WRONG_ANSWERS)
    with capsys.disabled():
        faults = dict(proxy.happened)
        print(f"\n  survived {proxy.happened.total()} faults: {faults}; {clients.acknowledged} acknowledged")


def test_a_batch_whose_insert_was_stored_unseen_survives_the_death_of_its_consumer(behind_proxy):
    """The store has the rows, the consumer was never told and is killed: its heir repeats the same insert."""
    deployment, proxy = behind_proxy
    (consumer,) = deployment.consumers
    sent = EventSource("unseen", ["unseen"]).take(300)
    proxy.happen(*[store_proxy.store_and_keep_silent] * 3)
    assert deployment.client().post_batch(sent).status == 202
    wait_until(lambda: deployment.clickhouse().value("SELECT count() AS n FROM events") > 0, "rows in the store")
    consumer.kill()
    consumer.start(ready=False)
    deployment.check_everything(sent, ["unseen"])


def test_a_refused_event_dies_with_its_reason_and_comes_back_when_replayed(make_deployment, cluster):
    """The road through `retry` and `dead` on Kafka, and the operator's commands on it."""
    deployment = make_deployment(cluster, consumers=2, **QUICK).start()
    deployment.clickhouse().execute(REFUSE)
    neighbours = EventSource("refused", ["refused"]).take(90)
    poison = [event("refused", playerId="poison", eventType="goal") for _ in range(3)]
    assert deployment.client().post_batch([*neighbours[:40], *poison, *neighbours[40:]]).status == 202
    wait_dead(deployment, [one["eventId"] for one in poison])
    deployment.check_everything(neighbours, ["refused"])

    dead = {message["key"]: message for message in cluster.messages(deployment.dead)}
    assert set(dead) == {one["eventId"] for one in poison}
    assert all("no_poison" in str(message["headers"]) for message in dead.values()), "the reason travels with it"
    assert json.loads(dead[poison[0]["eventId"]]["payload"])["eventType"] == "goal", "anyone can read it"
    shown = deployment.run("dead", "show", poison[0]["eventId"])
    assert shown.returncode == 0 and "no_poison" in shown.stdout, (shown.stdout, shown.stderr)
    listed = deployment.run("dead", "list", "--json")
    assert listed.returncode == 0 and poison[1]["eventId"] in listed.stdout, (listed.stdout, listed.stderr)

    deployment.clickhouse().execute(ACCEPT)
    assert deployment.run("dead", "replay", poison[0]["eventId"]).returncode == 0
    wait_until(lambda: total(deployment, "refused") == len(neighbours) + 1, "the one replayed is counted")
    assert deployment.run("dead", "replay", "--all").returncode == 0
    wait_until(lambda: total(deployment, "refused") == len(neighbours) + 3, "all are counted")
    assert deployment.run("dead", "replay", "--all").returncode == 0
    deployment.check_everything([*neighbours, *poison], ["refused"])
    assert not any(one["eventId"] in dead_list(deployment) for one in poison), "what is stored is not dead any more"


def total(deployment, match_id):
    return deployment.get(match_path(match_id)).json().get("totalEvents")


def test_a_full_disk_of_clickhouse_stops_nothing_but_the_counting(make_deployment, cluster, small_disk):
    """Posts are accepted, for Kafka's disk is another one; counting goes on by itself once there is room. Where
    nothing may be mounted the disk is the tests' own, and is not filled."""
    deployment = make_deployment(cluster)
    server = deployment.clickhouse_server
    ballast = None
    if small_disk is not None:
        server.data_dir = small_disk / "data"
        server.environment["FANFINITY_DATA_DIR"] = str(server.data_dir)
        ballast = Ballast(small_disk)
    deployment.start()
    before, during = EventSource("full", ["full"]).take(20), EventSource("fuller", ["full"]).take(200)
    assert deployment.client().post_batch(before).status == 202
    deployment.wait_lag_zero()
    if ballast:
        ballast.take_all()
    assert deployment.client().post_batch(during).status == 202
    if ballast:
        wait_until(lambda: deployment.gauge("fanfinity_consumer_insert_retries_total"), "an insert that fails", 30)
        assert max(deployment.lag()) > 0, "the lag tells of it"
        ballast.release()
    deployment.check_everything([*before, *during], ["full"])
    server.stop()  # before its disk goes
