"""A service for the session, and a folder where its client is generated."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "system"))
pytest.register_assert_rewrite("harness", "waiting")

import harness  # noqa: E402
from waiting import BINARY, ROOT, patience  # noqa: E402

PACKAGES = ROOT / ".deps/client/node_modules"


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: build it, or name another one in FANFINITY_BINARY.", returncode=2)
    if not PACKAGES.exists():
        pytest.exit(f"{PACKAGES} does not exist: `./dev test client` installs it.", returncode=2)


@pytest.fixture(scope="session")
def up(tmp_path_factory):
    service = harness.Up(tmp_path_factory.mktemp("client-up"))
    try:
        yield service.start()
        service.stop()
    finally:
        service.discard()


@pytest.fixture(scope="session")
def run(tmp_path_factory, up):
    """Runs a command where the sources of the client, its packages and the document of the service lie."""
    folder = tmp_path_factory.mktemp("client")
    for source in ("client.ts", "check.mjs", "tsconfig.json", "package.json"):
        (folder / source).write_text((HERE / source).read_text())
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "openapi.json").write_bytes(up.get("/openapi.json").body)

    def run_there(*command):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120 * patience(), check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    return run_there


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        outcome.get_result().sections.extend(harness.logs_of_started())
