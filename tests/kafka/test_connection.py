"""Connections to Kafka and ClickHouse that do not come about: in a sentence, and cured without a restart where
waiting can cure it."""

import contextlib
import socket
import time

import pytest

from certificates import Authority
from events import EventSource, event
from harness import free_port
from kafka_cluster import Cluster
from test_cli import sentence
from test_contract_events import check_problem
from waiting import patience, wait_until

USERS = {"feeds": "right"}
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required user_feeds=right;"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("trusted") / "ca")


@pytest.fixture(scope="module")
def secure_cluster(tmp_path_factory, authority):
    """One broker that listens in every way there is: with a login, with TLS, with both, asking for a certificate, and
    as somebody else."""
    root = tmp_path_factory.mktemp("secure")
    *_, here = authority.sign("broker")
    *_, elsewhere = authority.sign("elsewhere", address="DNS:elsewhere.example")
    listeners = {"LOGIN": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL", "MUTUAL": "SSL", "ELSEWHERE": "SSL"}
    properties = {"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512"}
    for name, how in listeners.items():
        of_listener = f"listener.name.{name.lower()}."
        if how.startswith("SASL"):
            properties[f"{of_listener}plain.sasl.jaas.config"] = PLAIN_LOGIN
            properties[f"{of_listener}scram-sha-512.sasl.jaas.config"] = SCRAM_LOGIN
        if how.endswith("SSL"):
            properties |= {
                f"{of_listener}ssl.keystore.type": "PEM",
                f"{of_listener}ssl.keystore.location": elsewhere if name == "ELSEWHERE" else here,
                f"{of_listener}ssl.truststore.type": "PEM",
                f"{of_listener}ssl.truststore.location": authority.file,
            }
    properties["listener.name.mutual.ssl.client.auth"] = "required"
    cluster = Cluster(root, listeners=listeners, properties=properties, users=USERS)
    try:
        yield cluster.start()
    finally:
        cluster.discard()


def login(mechanism="SCRAM-SHA-512", password="right", protocol="sasl_plaintext"):
    return {
        "KAFKA_SECURITY_PROTOCOL": protocol,
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_USER": "feeds",
        "KAFKA_SASL_PASSWORD": password,
    }


# -- what works -------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["PLAIN", "PLAIN over TLS", "SCRAM over TLS", "client certificate"])
def test_events_go_through_a_secured_kafka(secure_cluster, authority, make_deployment, way):
    certificate, key, _ = authority.sign("service")
    trust = {"KAFKA_CA_FILE": authority.file}
    listener, settings = {
        "PLAIN": ("LOGIN", login("PLAIN")),
        "PLAIN over TLS": ("BOTH", login("PLAIN", protocol="sasl_ssl") | trust),
        "SCRAM over TLS": ("BOTH", login(protocol="sasl_ssl") | trust),
        "client certificate": (
            "MUTUAL",
            {"KAFKA_SECURITY_PROTOCOL": "ssl", "KAFKA_CERT_FILE": certificate, "KAFKA_KEY_FILE": key} | trust,
        ),
    }[way]
    servers = secure_cluster.servers_at(listener)
    deployment = make_deployment(secure_cluster, KAFKA_BOOTSTRAP_SERVERS=servers, **settings).start()
    sent = EventSource(way, ["secured"]).take(50)
    assert deployment.client().post_batch(sent).status == 202
    deployment.check_everything(sent, ["secured"])
    assert deployment.run("dead", "list").returncode == 0


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_events_go_through_kafka_compressed_in_every_way(cluster, make_deployment, codec):
    deployment = make_deployment(cluster, KAFKA_COMPRESSION=codec).start()
    sent = EventSource(codec, ["compressed"]).take(500)
    assert deployment.client().post_batch(sent).status == 202
    deployment.check_everything(sent, ["compressed"])
    assert codec in {name.lower() for name in cluster.codecs(deployment.events)}


# -- what waiting cannot cure -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "mistake",
    [
        *("wrong password", "no such mechanism", "untrusted", "another host", "wrong CA file"),
        *("no certificate", "a stranger's certificate"),
    ],
)
def test_what_waiting_cannot_cure_is_a_sentence_and_an_exit_code(
    secure_cluster, authority, make_deployment, tmp_path, mistake
):
    stranger = Authority(tmp_path / "stranger", "Stranger")
    certificate, key, _ = stranger.sign("service")
    tls = {"KAFKA_SECURITY_PROTOCOL": "ssl", "KAFKA_CA_FILE": authority.file}
    ours = ("client certificate", "KAFKA_CERT_FILE", "KAFKA_KEY_FILE")
    listener, settings, words = {
        "wrong password": ("LOGIN", login(password="wrong"), ("Logging in", "password")),
        "no such mechanism": ("LOGIN", login("SCRAM-SHA-256"), ("mechanism",)),
        "untrusted": ("TLS", tls | {"KAFKA_CA_FILE": stranger.file}, ("TLS", "CA file")),
        "another host": ("ELSEWHERE", tls, ("TLS", "names the host")),
        "wrong CA file": ("TLS", tls | {"KAFKA_CA_FILE": tmp_path / "missing.pem"}, ("missing.pem",)),
        "no certificate": ("MUTUAL", tls, ours),
        "a stranger's certificate": ("MUTUAL", tls | {"KAFKA_CERT_FILE": certificate, "KAFKA_KEY_FILE": key}, ours),
    }[mistake]
    servers = secure_cluster.servers_at(listener)
    deployment = make_deployment(
        secure_cluster, servers=0, consumers=0, KAFKA_BOOTSTRAP_SERVERS=servers, **settings
    )
    deployment.clickhouse_server.start()
    command = deployment.run("dead", "list", timeout=20)
    # A file that is not there is a fault of the settings; the rest may have been repaired at the brokers meanwhile.
    code = 2 if mistake == "wrong CA file" else 1
    for result in (*deployment.run_both(timeout=20), command):
        said = sentence(result, code)
        assert all(word in said for word in words), said


def test_a_wrong_password_of_clickhouse_is_a_sentence_and_exit_code_1(cluster, make_deployment):
    deployment = make_deployment(cluster, servers=0, consumers=0)
    deployment.clickhouse_server.start()
    for result in deployment.run_both(extra={"CLICKHOUSE_PASSWORD": "wrong"}, timeout=20):
        said = sentence(result)
        assert "CLICKHOUSE_PASSWORD" in said, said


# -- what waiting can cure --------------------------------------------------------------------------
@contextlib.contextmanager
def nobody():
    yield f"127.0.0.1:{free_port()}"


@contextlib.contextmanager
def no_such_name():
    yield "kafka.invalid:9092"


@contextlib.contextmanager
def silence():
    """Somebody who takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        yield "127.0.0.1:{}".format(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("where", "words"),
    [(nobody, ("Nothing listens", "127.0.0.1:")), (no_such_name, ("kafka.invalid", "resolved")), (silence, ())],
    ids=["nobody listens", "no such name", "never an answer"],
)
def test_without_kafka_from_the_start_everything_stays_up_and_says_why(cluster, make_deployment, where, words):
    with where() as servers:
        deployment = make_deployment(cluster, KAFKA_BOOTSTRAP_SERVERS=servers)
        check_alive_without_kafka(deployment, words)


def check_alive_without_kafka(deployment, words):
    """Started, and not ready; posts are refused in time."""
    deployment.clickhouse_server.start()
    for service in (*deployment.servers, *deployment.consumers):
        service.start(ready=False)
    for service in (*deployment.servers, *deployment.consumers):

        def told(service=service):
            answer = service.ready_answer()
            said = answer and answer.json()["checks"].get("kafka", "")
            return answer and answer.status == 503 and said != "healthy" and all(word in said for word in words)

        wait_until(told, lambda service=service: f"{words} in /ready: {service.ready_answer()}", 20)
        assert service.get("/health").status == 200
    for _ in range(3):
        began = time.monotonic()
        refused = deployment.post(event("nowhere"))
        check_problem(refused, 503)
        assert int(refused.headers["retry-after"]) >= 1 and time.monotonic() - began < 10 * patience()


def test_kafka_that_comes_later_is_found_without_a_restart(cluster, make_deployment):
    cluster.kill()
    deployment = make_deployment(cluster)
    check_alive_without_kafka(deployment, ("Nothing listens",))
    cluster.start()
    deployment.wait_ready()
    sent = EventSource("later", ["later"]).take(50)
    assert deployment.client().post_batch(sent).status == 202
    deployment.check_everything(sent, ["later"])


def test_clickhouse_that_comes_later_is_found_without_a_restart(cluster, make_deployment):
    """Until then posts are accepted, for they wait in Kafka."""
    deployment = make_deployment(cluster)
    for service in (*deployment.servers, *deployment.consumers):
        service.start(ready=False)
    sent = EventSource("early", ["early"]).take(50)
    wait_until(
        lambda: all(service.ready_answer() for service in (*deployment.servers, *deployment.consumers)), "answers"
    )
    wait_until(lambda: deployment.client().post_batch(sent).status == 202, "posts being accepted", 30, interval=0.2)
    for service in (*deployment.servers, *deployment.consumers):
        wait_until(
            lambda service=service: service.ready_answer().json()["checks"]["kafka"] == "healthy",
            lambda service=service: f"Kafka healthy alone; {service.name}: {service.ready_answer()}",
        )
        assert service.ready_answer().json()["checks"]["clickhouse"] != "healthy", service.ready_answer()
    deployment.clickhouse_server.start()
    deployment.check_everything(sent, ["early"])
