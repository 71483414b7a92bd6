"""Fixtures: an `up` for a test alone, one shared by the tests that harm nothing, and its log with every failure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("harness", "load", "recount", "waiting")

import harness  # noqa: E402
from waiting import BINARY, wait_until  # noqa: E402


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: build it, or name another one in FANFINITY_BINARY.", returncode=2)


@pytest.fixture
def make_up(tmp_path):
    """Makes `up`s for one test, not started yet. A test that succeeds leaves no process behind: checked here."""
    made = []

    def make(**settings):
        root = tmp_path / f"up{len(made)}"
        root.mkdir()
        made.append(harness.Up(root, **settings))
        return made[-1]

    yield make
    try:
        for up in made:
            if up.process is not None and up.process.poll() is None:
                up.stop()
            up.wait_gone()
    finally:
        for up in made:
            up.discard()
            harness.STARTED.remove(up)


@pytest.fixture
def up(make_up):
    """A running `up` of this test's own."""
    return make_up().start()


@pytest.fixture(scope="session")
def shared_up(tmp_path_factory):
    """A running `up` for tests that leave it as it was, apart from events of matches of their own."""
    service = harness.Up(tmp_path_factory.mktemp("shared"), LOG_LEVEL="info")
    try:
        yield service.start()
        service.stop()
    finally:
        service.discard()


@pytest.fixture(scope="module")
def module_up(tmp_path_factory):
    """Makes running `up`s with settings of their own, for the tests of one file."""
    made = []

    def make(ready=True, **settings):
        made.append(harness.Up(tmp_path_factory.mktemp("module"), **settings))
        made[-1].start(ready)
        wait_until(made[-1].ready_answer, "an answer of any kind")
        return made[-1]

    try:
        yield make
        for service in made:
            service.stop()
    finally:
        for service in made:
            service.discard()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.extend(harness.logs_of_started())
