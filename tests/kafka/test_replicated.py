"""Three brokers, three replicas, of which two must have a record before it is acknowledged."""

import time

from events import event
from load import LoadClients
from test_cli import sentence
from test_contract_events import check_problem
from waiting import patience, wait_until

OUTAGE_SECONDS = 30.0
MATCHES = ["replicated-1", "replicated-2"]
REPLICATED = {"KAFKA_REPLICATION_FACTOR": 3}


def wait_acknowledged(clients, more, seconds=60):
    goal = clients.acknowledged + more
    wait_until(
        lambda: clients.acknowledged >= goal,
        lambda: f"{goal} acknowledgements, are {clients.acknowledged}; answers {dict(clients.answers)}",
        seconds,
    )


def test_a_partition_survives_its_leader(replicated_cluster, make_deployment, tmp_path, capsys):
    """Each broker once, so that the coordinator of the group and the controller die as well."""
    cluster = replicated_cluster
    deployment = make_deployment(cluster, servers=2, consumers=2, **REPLICATED).start()
    killed = []
    with LoadClients(deployment.ports, tmp_path / "journals", MATCHES, count=4, seed=3, pause=0.02) as clients:
        for partition in range(3):
            wait_acknowledged(clients, 200)
            leader = cluster.leader(deployment.events, partition)
            leader.kill()
            killed.append(leader.node)
            wait_acknowledged(clients, 200)
            wait_until(lambda: cluster.leader(deployment.events, partition).runs(), "another leader", 30)
            leader.start()
            cluster.wait_complete()
            for topic in (deployment.events, deployment.retry, deployment.dead, "__consumer_offsets"):
                cluster.wait_in_sync(topic)
    deployment.check_everything(clients.journalled(), MATCHES)
    with capsys.disabled():
        print(
            f"\n  survived {len(killed)} killed leaders (brokers {killed}); answers {dict(clients.answers)}; "
            f"slowest 202 {clients.slowest[202]:.1f} s"
        )


def test_posts_are_refused_in_time_while_all_brokers_are_away_and_accepted_when_they_are_back(
    replicated_cluster, make_deployment, tmp_path, capsys
):
    cluster = replicated_cluster
    deployment = make_deployment(cluster, **REPLICATED).start()
    (server,), (consumer,) = deployment.servers, deployment.consumers
    with LoadClients(server.port, tmp_path / "journals", MATCHES, count=3, seed=4, pause=0.05) as clients:
        wait_acknowledged(clients, 200)
        cluster.kill()
        end = time.monotonic() + OUTAGE_SECONDS
        for service in (server, consumer):
            wait_until(lambda service=service: service.ready_answer().status == 503, "not ready without Kafka", 10)
        not_ready = server.ready_answer().json()["checks"], consumer.ready_answer().json()["checks"]
        wait_until(lambda: clients.answers[503] > 20, "posts being refused", 15)
        refused = server.post(event("away"))
        assert server.get("/health").status == 200
        wait_until(lambda: time.monotonic() > end, "the end of the outage", OUTAGE_SECONDS + 5)
        cluster.start()
        wait_acknowledged(clients, 200)
    check_problem(refused, 503)
    assert int(refused.headers["retry-after"]) >= 1
    for checks in not_ready:
        assert checks["clickhouse"] == "healthy" and "broker" in checks["kafka"].lower(), checks
    assert set(clients.answers) == {202, 503}, dict(clients.answers)
    assert clients.slowest[503] < 10 * patience() and clients.slowest[202] < 10 * patience(), clients.slowest
    deployment.check_everything(clients.journalled(), MATCHES)
    with capsys.disabled():
        print(f"\n  answers {dict(clients.answers)}; slowest 503 {clients.slowest[503]:.1f} s")


def test_one_broker_alone_acknowledges_nothing(replicated_cluster, make_deployment):
    """What was refused may be stored or not; sent again, it is counted once."""
    cluster = replicated_cluster
    deployment = make_deployment(cluster, KAFKA_DELIVERY_TIMEOUT="3s", **REPLICATED).start()
    sent = [event("alone") for _ in range(5)]
    assert deployment.post(sent[0]).status == 202
    alone = cluster.leader(deployment.events)
    others = [broker for broker in cluster.brokers if broker is not alone]
    for broker in others:
        broker.pause()
    try:
        for one in sent[1:4]:
            check_problem(deployment.post(one), 503)
    finally:
        for broker in others:
            broker.resume()
    for one in sent[1:]:
        wait_until(lambda one=one: deployment.post(one).status == 202, "posts are accepted again", 60, interval=0.2)
    deployment.check_everything(sent, ["alone"])


def test_topics_that_one_broker_may_acknowledge_are_refused_at_start(replicated_cluster, make_deployment):
    deployment = make_deployment(replicated_cluster, servers=0, consumers=0, **REPLICATED)
    deployment.clickhouse_server.start()
    replicated_cluster.create_topic(deployment.events, 3, min_insync_replicas=1)
    for result in deployment.run_both():
        said = sentence(result)
        assert deployment.events in said and "min.insync.replicas" in said, said
