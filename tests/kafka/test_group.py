"""Members of the consumer group come and go in order: nobody waits for the one that went."""

import recount
from events import EventSource
from waiting import wait_until

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
