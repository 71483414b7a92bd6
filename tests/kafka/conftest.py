"""Fixtures: one broker for the session, three for the tests of replication, and deployments on them."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
pytest.register_assert_rewrite("audit", "deployment", "faults", "harness", "kafka_cluster", "load", "recount", "waiting")

import harness  # noqa: E402
import test_disk_full  # noqa: E402
from deployment import Deployment  # noqa: E402
from kafka_cluster import Cluster  # noqa: E402
from waiting import BINARY  # noqa: E402

small_disk = test_disk_full.small_disk


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: build it, or name another one in FANFINITY_BINARY.", returncode=2)
    if "KAFKA_HOME" not in os.environ:
        pytest.exit("KAFKA_HOME does not name Apache Kafka: `./dev test kafka` brings it and says so.", returncode=2)


def running(cluster):
    try:
        yield cluster.start()
    finally:
        cluster.discard()


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory):
    """One broker, which tests may kill if they start it again."""
    yield from running(Cluster(tmp_path_factory.mktemp("kafka")))


@pytest.fixture
def cluster(shared_cluster):
    """The same, whole again after whatever the test before has left."""
    return shared_cluster.start()


@pytest.fixture(scope="module")
def replicated_cluster(tmp_path_factory):
    """Three brokers."""
    yield from running(Cluster(tmp_path_factory.mktemp("kafka3"), brokers=3))


@pytest.fixture
def make_cluster(tmp_path):
    """Makes clusters of a test's own."""
    made = []

    def make(**options):
        made.append(Cluster(tmp_path / f"kafka{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        one.discard()


@pytest.fixture
def make_deployment(tmp_path):
    """Makes deployments for one test, not started yet. A test that succeeds ends them in order and leaves no process
    behind, which is checked here."""
    made = []

    def make(cluster, **options):
        made.append(Deployment(tmp_path / f"deployment{len(made)}", cluster, **options))
        return made[-1]

    yield make
    try:
        for deployment in made:
            deployment.stop()
    finally:
        for deployment in made:
            deployment.discard()
            for service in deployment.processes():
                harness.STARTED.remove(service)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.extend(harness.logs_of_started())
