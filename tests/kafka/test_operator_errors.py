"""What operators do to topics, groups and messages: noticed in time, said in a sentence, and nothing counted twice."""

import json
import re
import uuid

import pytest

import recount
from events import EventSource, event
from test_cli import sentence
from test_contract_events import check_problem
from test_poison import ACCEPT, REFUSE
from waiting import wait_until

NOTICED_SECONDS = 10  # a server looks at its topics every two seconds


def ready_check(service, name):
    """What /ready says of one thing, "healthy" or why not; None while it says nothing of it."""
    answer = service.ready_answer()
    return answer and answer.json()["checks"].get(name)


def wait_unready(service, name, *words, seconds=NOTICED_SECONDS):
    """Until /ready is 503 for a reason that holds the words; the reason."""

    def told():
        said = ready_check(service, name)
        return said and said != "healthy" and all(word in said for word in words) and said

    return wait_until(told, lambda: f"{name} unhealthy with {words}; {service.name}: {service.ready_answer()}", seconds)


def count_stored(deployment):
    return deployment.clickhouse().value("SELECT count() AS n FROM events")


def post_all(deployment, events):
    answer = deployment.client().post_batch(events)
    assert answer.status == 202 and answer.json()["accepted"] == len(events), answer


def homes(deployment, events):
    """Event id to the partition that its message stands in."""
    wanted = {one["eventId"] for one in events}
    found = {one["key"]: one["partition"] for one in deployment.cluster.messages(deployment.events)}
    return {name: partition for name, partition in found.items() if name in wanted}


# -- topics -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("partitions", "configs", "word"), [(4, {}, "4 partitions"), (3, {"cleanup_policy": "compact"}, "compacted")]
)
def test_a_topic_that_cannot_serve_is_refused_at_start(cluster, make_deployment, partitions, configs, word):
    deployment = make_deployment(cluster, servers=0, consumers=0)
    deployment.clickhouse_server.start()
    cluster.create_topic(deployment.events, partitions, **configs)
    for result in deployment.run_both():
        said = sentence(result)
        assert deployment.events in said and word in said, said


def test_partitions_added_behind_our_back_are_noticed_and_refused_until_they_are_agreed(cluster, make_deployment):
    deployment = make_deployment(cluster).start()
    (server,), (consumer,) = deployment.servers, deployment.consumers
    before = EventSource("grown", ["grown"]).take(100)
    post_all(deployment, before)
    recount.wait_counted(deployment, ["grown"])
    deployment.wait_lag_zero()

    cluster.add_partitions(deployment.events, 4)
    for service in (server, consumer):
        wait_unready(service, "kafka", deployment.events, "4 partitions")
    check_problem(deployment.post(event("grown")), 503)
    assert count_stored(deployment) == len(before)
    for service in (server, consumer):
        service.stop()
    for result in deployment.run_both():
        said = sentence(result)
        assert deployment.events in said and "4 partitions" in said, said

    agree(deployment, 4)
    deployment.start_all()
    again = EventSource("again", ["grown"]).take(100)
    post_all(deployment, again + before)  # the old ids now belong to other partitions
    deployment.check_everything(before + again, ["grown"])


def agree(deployment, partitions):
    """The documented way to grow, with everything at rest; then the setting of every process."""
    grown = deployment.run("migrate", "--grow-partitions", str(partitions))
    assert grown.returncode == 0, grown.stderr
    deployment.set("KAFKA_PARTITIONS", partitions)
    return grown


def test_topics_grow_the_documented_way_and_old_ids_are_still_known(cluster, make_deployment):
    deployment = make_deployment(cluster, consumers=2).start()
    before = EventSource("growth", ["growth"]).take(300)
    post_all(deployment, before)
    recount.wait_counted(deployment, ["growth"])
    said = sentence(deployment.run("migrate", "--grow-partitions", "6"))
    assert "members" in said, f"refused while a consumer lives: {said}"

    deployment.wait_lag_zero()
    for service in (*deployment.servers, *deployment.consumers):
        service.stop()
    agree(deployment, 6)
    for result in deployment.run_both(extra={"KAFKA_PARTITIONS": 3}):
        assert "6 partitions" in sentence(result)
    deployment.start_all()
    after = EventSource("after", ["growth"]).take(300)
    post_all(deployment, after + before)
    deployment.check_everything(before + after, ["growth"])
    assert set(homes(deployment, after).values()) == set(range(6)), "every partition is used"
    assert len(cluster.topic(deployment.retry).leaders) == 6 and len(cluster.topic(deployment.dead).leaders) == 1


def test_growing_is_refused_while_events_wait(cluster, make_deployment):
    deployment = make_deployment(cluster, consumers=0).start()
    sent = EventSource("waiting", ["waiting"]).take(100)
    post_all(deployment, sent)
    said = sentence(deployment.run("migrate", "--grow-partitions", "6"))
    assert deployment.events in said and "consumed up to" in said, said
    assert len(cluster.topic(deployment.events).leaders) == 3
    deployment.add_consumer().start()
    deployment.check_everything(sent, ["waiting"])


def test_what_waits_while_partitions_are_added_is_stored_first_by_the_old_number(cluster, make_deployment):
    """In `events` and in `retry`. What a server with the new number took meanwhile is not lost either, and nothing
    is counted twice."""
    deployment = make_deployment(cluster, RETRY_FIRST_DELAY="5s").start()
    (server,), (consumer,) = deployment.servers, deployment.consumers
    known = EventSource("known", ["added"]).take(60)
    refused = event("added", playerId="poison")
    deployment.clickhouse().execute(REFUSE)
    post_all(deployment, [*known, refused])
    wait_until(lambda: consumer.gauge("fanfinity_retry_pending") == 1, "the refused event in retry")
    deployment.wait_lag_zero()
    consumer.stop()
    deployment.clickhouse().execute(ACCEPT)
    late = EventSource("late", ["added"]).take(60)
    post_all(deployment, late + known[:20])

    for topic, partitions in {deployment.events: 4, deployment.retry: 4, deployment.dead: 2}.items():
        cluster.add_partitions(topic, partitions)
    wait_unready(server, "kafka", "4 partitions", "--grow-partitions 4")
    server.stop()
    deployment.clickhouse_server.stop()
    hasty = deployment.add_server(KAFKA_PARTITIONS=4).start(ready=False)
    early = EventSource("early", ["added"]).take(60)
    wait_until(hasty.ready_answer, "an answer of the hasty server")
    wait_until(lambda: hasty.client().post_batch(early + late[:20]).status == 202, "it takes events", interval=0.1)
    hasty.stop()
    deployment.clickhouse_server.start()

    agree(deployment, 4)
    stored = {row["id"] for row in deployment.clickhouse().rows("SELECT toString(event_id) AS id FROM events")}
    assert {one["eventId"] for one in [*known, refused, *late]} <= stored
    beyond = {name for name, partition in homes(deployment, early).items() if partition == 3}
    assert beyond and not beyond & stored
    assert set(cluster.positions(deployment.group, deployment.events)) == set(range(3)), "left to its new owner"

    deployment.start_all()
    replayed = deployment.run("dead", "replay", "--all")  # those that stood in another partition
    assert replayed.returncode == 0, replayed.stderr
    deployment.check_everything([*known, refused, *late, *early], ["added"])


def test_growing_waits_for_members_that_are_gone_without_a_word(cluster, make_deployment):
    deployment = make_deployment(cluster).start()
    (server,), (consumer,) = deployment.servers, deployment.consumers
    sent = EventSource("ghost", ["ghost"]).take(100)
    post_all(deployment, sent)
    recount.wait_counted(deployment, ["ghost"])
    server.stop()
    deployment.check_lag_by_kafka()  # Its last response times were read, too.
    consumer.kill()
    grown = agree(deployment, 6)
    told = [line for line in map(json.loads, grown.stderr.splitlines()) if "members" in line]
    assert told and all(line["group"].startswith(deployment.group) and line["seconds_left"] > 0 for line in told)
    deployment.start_all()
    deployment.check_everything(sent, ["ghost"])


# -- offsets ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["set back", "deleted"])
def test_a_partition_whose_offset_is_lost_stops_and_the_others_go_on(cluster, make_deployment, what):
    """The sentence says how to mend it, and that mends it."""
    deployment = make_deployment(cluster).start()
    (consumer,) = deployment.consumers
    before = EventSource("offsets", ["offsets"]).take(200)
    post_all(deployment, before)
    recount.wait_counted(deployment, ["offsets"])
    deployment.wait_lag_zero()
    consumer.stop()
    if what == "deleted":
        cluster.forget_offset(deployment.group, deployment.events, 1)
    else:
        cluster.set_offset(deployment.group, deployment.events, 1, 0)

    consumer.start(ready=False)
    said = wait_unready(consumer, "pipeline", "partition 1", seconds=20)
    after = EventSource("later", ["offsets"]).take(200)
    post_all(deployment, after)
    at = homes(deployment, after)
    others = [one for one in after if at[one["eventId"]] != 1]
    assert others and len(others) < len(after)
    wait_until(lambda: count_stored(deployment) >= len(before + others), "the other partitions being stored", 30)
    recount.check_raw(deployment.clickhouse(), recount.distinct(before + others))
    assert consumer.gauge("fanfinity_consumer_partition_stopped") == 1
    assert max(deployment.lag()) > 0, "the lag tells of what waits"

    consumer.stop()
    (offset,) = re.findall(r"[Ss]et the group's offset to (\d+)", said)
    cluster.set_offset(deployment.group, deployment.events, 1, int(offset))
    consumer.start()
    deployment.check_everything(before + after, ["offsets"])


# -- messages ---------------------------------------------------------------------------------------
def test_what_is_no_event_is_buried_with_its_reason_and_its_neighbours_are_counted(cluster, make_deployment):
    deployment = make_deployment(cluster, consumers=2).start()
    before, after = EventSource("before", ["raw"]).take(60), EventSource("behind", ["raw"]).take(60)
    post_all(deployment, before)
    lost = event("raw")  # written by hand to every partition: at home in one of them
    other = event("raw")
    bad = event("raw", eventType="own_goal", teamId=3)
    keys = [str(uuid.uuid4()) for _ in range(2)]
    by_hand = [
        *((partition, lost["eventId"], json.dumps(lost)) for partition in range(3)),
        (0, keys[0], "this is no JSON \u26bd"),
        (1, keys[1], None),
        (2, None, "no key"),
        (0, "not-a-uuid", json.dumps(event("raw"))),
        (1, str(uuid.uuid4()), json.dumps(other)),
        (2, bad["eventId"], json.dumps(bad)),
    ]
    for partition, key, value in by_hand:
        cluster.produce(deployment.events, partition, key, value)
    post_all(deployment, after)
    deployment.check_everything([*before, lost, *after], ["raw"])

    buried = cluster.messages(deployment.dead)
    assert len(buried) == len(by_hand) - 1
    reasons = [dict(zip(one["headers"][::2], one["headers"][1::2]))["attempts"] for one in buried]
    for words, times in {"another partition": 2, "not the id": 2, "eventType": 1}.items():
        assert sum(words in reason for reason in reasons) == times, (words, reasons)
    listed = deployment.run("dead", "list")
    assert listed.returncode == 0 and keys[0] in listed.stdout and bad["eventId"] in listed.stdout, listed
    assert lost["eventId"] not in listed.stdout, "what is stored is not dead"
    shown = deployment.run("dead", "show", keys[0])
    assert shown.returncode == 0 and "this is no JSON" in shown.stdout, shown


def test_replaying_what_is_no_event_buries_it_again_and_stops_nothing(cluster, make_deployment):
    deployment = make_deployment(cluster).start()
    key = str(uuid.uuid4())
    cluster.produce(deployment.events, 0, key, "still no JSON")
    wait_until(lambda: key in deployment.run("dead", "list").stdout, "the dead letter", 30, interval=0.2)
    assert deployment.run("dead", "replay", "--all").returncode == 0
    wait_until(lambda: cluster.end(deployment.dead, 0) == 2, "it dies again", 30, interval=0.1)
    sent = EventSource("goes on", ["raw"]).take(30)
    post_all(deployment, sent)
    deployment.check_everything(sent, ["raw"])


def test_a_topic_that_takes_small_batches_only_is_refused_with_advice(cluster, make_deployment):
    """Events are bounded, batches of them are not so small: a limit below Kafka's own would refuse many at once."""
    deployment = make_deployment(cluster, servers=0, consumers=0)
    deployment.clickhouse_server.start()
    cluster.create_topic(deployment.events, 3, max_message_bytes=20_000)
    for result in deployment.run_both():
        assert "max.message.bytes" in sentence(result)
