"""The command line: exit codes, help, settings, and starts that cannot work."""

import json
import os
import pty
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from events import event
from harness import base_environment, free_port, run
from http_client import Client
from waiting import BINARY, wait_until

SUBCOMMANDS = ("up", "server", "consumer", "clickhouse", "migrate", "dead", "replay", "config")
NOBODY = 65534


def sentence(result, code=1):
    """The one sentence of a command that failed: a log line of a process of the service, plain of a tool. Not a
    stack."""
    assert result.returncode == code, f"exit code {result.returncode}:\n{result.stdout}\n{result.stderr}"
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    said = [line for line in lines if not line.startswith("{")]
    said += [line["detail"] for line in logged if line["message"] == "start failed"]
    assert len(said) == 1, lines
    assert said[0].rstrip().endswith((".", "!")) or " " in said[0]
    return said[0]


def first_line(result):
    """The first line that a start logged, which is why it failed."""
    line = json.loads(result.stderr.splitlines()[0])
    assert line["level"] == "error" and line["message"] == "start failed", result.stderr
    return line["detail"]


def test_help_names_every_subcommand_and_setting():
    result = run("--help")
    assert result.returncode == 0
    assert all(name in result.stdout for name in SUBCOMMANDS), result.stdout
    for name in SUBCOMMANDS:
        assert run(name, "--help").returncode == 0, name
    assert "--server-port" in run("up", "--help").stdout


def test_version_is_one_line():
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.split()[-1][0].isdigit() and len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("up", "--no-such-flag"),
        ("dead",),
        ("dead", "bury"),
        ("replay",),
        ("up", "--server-port", "eighty"),
        ("up", "surplus"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_is_wrong(arguments, tmp_path):
    result = run(*arguments, env={"FANFINITY_DATA_DIR": str(tmp_path / "data")})
    assert result.returncode == 2, (result.stdout, result.stderr)
    assert result.stderr.strip()
    assert not (tmp_path / "data").exists()


def test_config_masks_secrets_and_names_origins(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    result = run(
        "config",
        "--server-port",
        "9999",
        env={"CLICKHOUSE_PASSWORD_FILE": str(secret), "API_WRITE_KEYS": "hidden-key", "LOG_LEVEL": "warn"},
    )
    assert result.returncode == 0, result.stderr
    assert "from-a-file" not in result.stdout and "hidden-key" not in result.stdout
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "9999" in lines["SERVER_PORT"] and "flag" in lines["SERVER_PORT"]
    assert "warn" in lines["LOG_LEVEL"] and "environment" in lines["LOG_LEVEL"]
    assert str(secret) in lines["CLICKHOUSE_PASSWORD"] and "default" in lines["CLICKHOUSE_DATABASE"]


@pytest.mark.parametrize(
    "name, value, hint",
    [
        ("CLICKHOUSE_PORT", "9000", "8123"),
        ("CLICKHOUSE_PORT", "9440", "native"),
        ("SERVER_PORT", "70000", "65535"),
        ("BATCH_MAX_AGE", "5 parsecs", "ms"),
        ("LOG_LEVEL", "loud", "debug"),
        ("CLICKHOUSE_PASSWORD_FILE", "/nowhere/secret", "/nowhere/secret"),
        ("CLICKHOUSE_HOST", "http://clickhouse:8123", "CLICKHOUSE_PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "http://kafka:9092", "host:port"),
        ("KAFKA_CA_FILE", "/nowhere/ca.pem", "cannot be read"),
        ("MAX_STREAMS", "60000", "MAX_CONNECTIONS=50000"),
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_a_remedy(tmp_path, name, value, hint):
    result = run("up", env={"FANFINITY_DATA_DIR": str(tmp_path / "data"), name: value})
    said = sentence(result, code=2)
    assert name in said and value in said and hint in said, said
    assert first_line(result) == said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["up", "server", "consumer", "config"])
def test_a_misspelt_setting_is_refused_and_not_replaced_by_a_default(tmp_path, command):
    environment = {"FANFINITY_DATA_DIR": str(tmp_path / "data"), "KAFKA_BOOTSTRAP_SERVER": "kafka:9092"}
    said = sentence(run(command, env=environment), code=2)
    assert "KAFKA_BOOTSTRAP_SERVER is not a setting, but KAFKA_BOOTSTRAP_SERVERS is" in said, said


def test_variables_of_kubernetes_and_of_other_programs_stop_no_start(make_up):
    """As in a pod beside Services called `server`, `clickhouse`, `kafka` and `consumer`."""
    links = {}
    for name in ("SERVER", "CLICKHOUSE", "KAFKA", "CONSUMER"):
        links |= {
            f"{name}_PORT": "tcp://10.96.0.7:80",
            f"{name}_SERVICE_HOST": "10.96.0.7",
            f"{name}_SERVICE_PORT": "80",
            f"{name}_PORT_80_TCP": "tcp://10.96.0.7:80",
            f"{name}_PORT_80_TCP_ADDR": "10.96.0.7",
        }
    up = make_up(**links, KAFKA_HOME="/opt/kafka", KAFKA_HEAP_OPTS="-Xmx1g", KAFKA_BROKERS="kafka:9092")
    up.start(ready=False, arguments=("--server-port", str(up.port)))
    wait_until(lambda: answers(up.port), "the port of the flag")
    questioned = [line["detail"] for line in map(json.loads, up.log_path.read_text().splitlines()) if "setting" in line["message"]]
    assert any("SERVER_PORT=tcp://10.96.0.7:80 was made by Kubernetes" in detail for detail in questioned), questioned
    assert any(detail.startswith("KAFKA_BROKERS in the environment is no setting") for detail in questioned), questioned
    assert not any("KAFKA_HOME" in detail or "SERVICE_HOST" in detail for detail in questioned), questioned


def test_a_failed_start_is_a_plain_sentence_on_a_terminal():
    terminal, of_process = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        environment = base_environment() | {"SERVER_PORT": "eighty"}
        subprocess.run([BINARY, "up"], env=environment, stderr=of_process, timeout=30, check=False)
        os.close(of_process)
        shown = screen.read(4096).decode().splitlines()
    assert shown[0].startswith("fanfinity: SERVER_PORT=eighty must be a whole number"), shown
    assert json.loads(shown[1])["message"] == "start failed"


def test_listening_to_every_network_without_a_key_is_said(make_up):
    up = make_up(SERVER_HOST="0.0.0.0").start(ready=False)
    wait_until(lambda: "SERVER_HOST=0.0.0.0 without API_WRITE_KEYS" in up.log_tail(), "the warning")


def test_a_native_clickhouse_port_is_recognised_whatever_its_number(tmp_path):
    """A server that greets as ClickHouse's native port does to an HTTP client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        greeting = (
            f"HTTP/1.0 400 Bad Request\r\n\r\nPort {port} is for clickhouse-client program\r\n"
            "You must use port 8123 for HTTP.\r\n"
        ).encode()
        import threading

        def greet():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(4096)
                    peer.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        result = run(
            "migrate",
            env={
                "CLICKHOUSE_HOST": "127.0.0.1",
                "CLICKHOUSE_PORT": str(port),
                "FANFINITY_DATA_DIR": str(tmp_path / "data"),
            },
        )
        assert "native" in sentence(result)


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("up", env={"SERVER_PORT": port, "FANFINITY_DATA_DIR": str(tmp_path / "data")})
    assert port in sentence(result)
    assert port in first_line(result), "before ClickHouse or anything else is started"
    assert not (tmp_path / "data" / "clickhouse").exists()


def test_a_data_directory_in_use_is_one_sentence(shared_up):
    result = run("up", env={"SERVER_PORT": str(free_port()), "FANFINITY_DATA_DIR": str(shared_up.data_dir)})
    said = sentence(result)
    assert str(shared_up.data_dir) in said and f"process {shared_up.process.pid}" in said, said
    assert shared_up.post(event("still-served")).status == 202


def test_a_missing_library_is_one_sentence(tmp_path):
    result = run(
        "up",
        env={
            "LIBCHDB_PATH": str(tmp_path / "libchdb.so"),
            "SERVER_PORT": str(free_port()),
            "FANFINITY_DATA_DIR": str(tmp_path / "data"),
        },
    )
    assert "libchdb.so" in sentence(result, code=2) and "libchdb.so" in first_line(result)
    assert not (tmp_path / "data").exists()


def test_a_library_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "libchdb.so").write_bytes(b"not a library")
    result = run(
        "up",
        env={
            "LIBCHDB_PATH": str(tmp_path / "libchdb.so"),
            "SERVER_PORT": str(free_port()),
            "FANFINITY_DATA_DIR": str(tmp_path / "data"),
        },
    )
    assert "libchdb.so" in sentence(result)


def test_a_data_directory_that_is_a_file_is_one_sentence(tmp_path):
    (tmp_path / "data").write_text("")
    result = run("up", env={"FANFINITY_DATA_DIR": str(tmp_path / "data"), "SERVER_PORT": str(free_port())})
    assert str(tmp_path / "data") in sentence(result)


def test_a_data_directory_without_permission_is_one_sentence():
    """As nobody when this runs as root, whom no permission stops."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        binary = place / "fanfinity"
        shutil.copy(BINARY, binary)
        data = place / "data"
        data.mkdir(mode=0o500)
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        result = run(
            "up",
            binary=binary,
            cwd=folder,
            env={"FANFINITY_DATA_DIR": str(data), "SERVER_PORT": str(free_port()), "HOME": folder},
            **identity,
        )
    assert str(data) in sentence(result)


def test_a_newer_schema_is_refused_before_any_event_is_taken(make_up):
    up = make_up().start()
    up.clickhouse().execute("INSERT INTO fanfinity.schema_migrations (number, name, checksum) VALUES (999, 'later', 'x')")
    up.stop()
    before = len(up.log_path.read_text())
    up.start(ready=False)
    assert up.wait_exit() == 2, up.log_tail()
    said = [json.loads(line) for line in up.log_path.read_text()[before:].splitlines()]
    assert "listening" not in [line["message"] for line in said], said
    failed = [line["detail"] for line in said if line["message"] == "start failed"]
    assert len(failed) == 1 and "migration 999 (later)" in failed[0] and "newer version" in failed[0], said
    up.wait_gone()


def test_a_thread_that_the_system_refuses_is_one_sentence(tmp_path):
    def larger_stacks_than_there_are_addresses():
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 47, resource.getrlimit(resource.RLIMIT_STACK)[1]))

    said = sentence(
        run("up", env={"FANFINITY_DATA_DIR": str(tmp_path)}, preexec_fn=larger_stacks_than_there_are_addresses)
    )
    assert "ulimit -u" in said


def test_flags_win_over_the_environment(make_up):
    up = make_up()
    port = free_port()
    up.start(ready=False, arguments=("--server-port", str(port)))
    wait_until(lambda: answers(port), "the port of the flag")
    up.port = port
    up.wait_ready()


def test_sigint_ends_as_sigterm_does(make_up):
    up = make_up().start()
    up.process.send_signal(signal.SIGINT)
    assert up.wait_exit() == 0
    up.wait_gone()


def test_it_listens_on_this_machine_only_unless_told_otherwise(shared_up):
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        with pytest.raises(OSError):
            socket.create_connection((address, shared_up.port), 5).close()
    assert answers(shared_up.port)


def answers(port):
    client = Client(port)
    try:
        return client.get("/health").status == 200
    except OSError:
        return False
    finally:
        client.close()
