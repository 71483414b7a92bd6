"""Members of the consumer group come and go in order: nobody waits for the one that went."""

import time

import recount
from events import EventSource
from load import LoadClients
from waiting import patience, wait_until

# A member that has not left holds the group up for the first; what is left in order is shared anew at once.
LONG_SESSION = {"KAFKA_SESSION_TIMEOUT": "60s"}
SOON_SECONDS = 15


def test_consumers_stopped_one_right_after_the_other_leave_an_empty_group(cluster, make_deployment):
    deployment = make_deployment(cluster, consumers=3, **LONG_SESSION).start()
    sent = EventSource("all go", ["empty"]).take(60)
    assert deployment.client().post_batch(sent).status == 202
    recount.wait_counted(deployment, ["empty"])
    for consumer in deployment.consumers:
        consumer.stop()
    wait_until(
        lambda: not cluster.members(deployment.group),
        lambda: f"an empty group; it has {cluster.members(deployment.group)}",
        SOON_SECONDS,
    )
    first = deployment.consumers[0].start()
    more = EventSource("one comes", ["empty"]).take(60)
    assert deployment.client().post_batch(more).status == 202
    recount.wait_counted(deployment, ["empty"], seconds=SOON_SECONDS)
    assert first.partitions() == 3
    deployment.check_everything(sent + more, ["empty"])


def test_rebalances_lose_nothing_while_every_fetch_reaches_the_end(cluster, make_deployment, tmp_path):
    """A trickle of events: the members wait at the ends of their partitions when they are asked to share them."""
    deployment = make_deployment(cluster, consumers=1).start()
    (stays,) = deployment.consumers
    visitor = deployment.add_consumer()
    with LoadClients(deployment.ports, tmp_path / "journals", ["trickle"], count=2, seed=6, pause=0.03) as clients:
        for _ in range(8):
            visitor.start()
            wait_until(visitor.partitions, "the visitor owns something", 30)
            visitor.stop()
            wait_until(lambda: stays.partitions() == 3, "the other one has all again", 30)
    deployment.check_everything(clients.journalled(), ["trickle"])


def test_a_stop_ends_in_time_while_brokers_and_clickhouse_hang(cluster, make_deployment):
    """Events wait, an insert or commit is under way, and nothing that a drain needs answers."""
    deployment = make_deployment(cluster, DRAIN_TIMEOUT="6s", KAFKA_DELIVERY_TIMEOUT="5s").start()
    sent = EventSource("hangs", ["hangs"]).take(60)
    assert deployment.client().post_batch(sent).status == 202
    recount.wait_counted(deployment, ["hangs"])
    deployment.clickhouse_server.pause()
    more = EventSource("hangs on", ["hangs"]).take(60)
    assert deployment.client().post_batch(more).status == 202
    (broker,) = cluster.brokers
    broker.pause()
    try:
        for service in (*deployment.servers, *deployment.consumers):
            began = time.monotonic()
            assert service.terminate() == 0, service.log_tail()
            assert time.monotonic() - began < 6 + 2 * patience(), service.log_tail()
    finally:
        broker.resume()
        deployment.clickhouse_server.resume()
    deployment.start_all()
    deployment.check_everything(sent + more, ["hangs"])
