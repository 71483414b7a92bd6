"""What runs without a container engine: the commands inside the images, units and compose file, on this machine."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "system")]

import deployment as d  # noqa: E402
import harness  # noqa: E402
from events import event  # noqa: E402
from waiting import ROOT, wait_until  # noqa: E402

KAFKA = Path(os.environ.get("KAFKA_HOME", ROOT / ".deps/kafka"))


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    service = harness.Up(tmp_path_factory.mktemp("up"))
    try:
        service.start()
        assert service.post(event("deployed")).status == 202
        service.wait_lag_zero()
        yield service
        service.stop()
    finally:
        service.discard()


# -- the build ---------------------------------------------------------------------------------------
def stage_named(name):
    return next(stage for stage in d.stages("Dockerfile") if stage.name == name)


def build_stage():
    return stage_named("build")


def test_the_build_installs_the_build_and_library_parts_of_the_list():
    (line,) = [line for line in build_stage().all("RUN") if "apt-get install" in line]
    pick = re.search(r"(sed .*?) \|", line)[1]
    picked = run("bash", "-c", pick, cwd=ROOT).stdout.split()
    text = (ROOT / "third_party/debian-packages.txt").read_text()
    parts = {part.split("\n")[0]: part.split("\n")[1:] for part in text.split("# ")}
    assert picked == [name for name in parts["build"] + parts["libraries"] if name]


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """The build context, configured by the Dockerfile's own command."""
    place = tmp_path_factory.mktemp("context")
    for file in (Path(line) for line in run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).stdout.split("\n")):
        if file.name and (ROOT / file).is_file() and d.in_context(file):
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, place / file)
    # Built by a step of its own, as in ./dev.
    assert any("third_party/librdkafka/build .deps/librdkafka" in line for line in build_stage().all("RUN"))
    (place / ".deps").mkdir()
    (place / ".deps/librdkafka").symlink_to(ROOT / ".deps/librdkafka")
    # The dashboard as its own stage builds it, with what ./dev has installed.
    install, make = stage_named("web").all("RUN")
    assert install in (ROOT / "dev").read_text()
    (place / "web/node_modules").symlink_to(ROOT / "web/node_modules")
    made = run("bash", "-c", make, cwd=place / "web")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "--from=web /fanfinity/build/web build/web" in build_stage().all("COPY")
    (line,) = [line for line in build_stage().all("RUN") if "cmake" in line]
    configure, build, _ = re.sub(r"^(--\S+ )+", "", line).split(" && ")
    result = run("bash", "-c", configure, cwd=place)
    assert result.returncode == 0, result.stdout + result.stderr
    return place, build


def test_the_context_holds_all_that_the_binary_is_built_from(configured):
    place, build = configured
    assert build == "cmake --build --preset release --target fanfinity"
    told = run("ninja", "-C", place / "build/release", "-t", "inputs", "fanfinity").stdout.splitlines()
    sources = [Path(line) for line in told if line.startswith(f"{place}/") and not line.startswith(f"{place}/build/")]
    assert len(sources) > 50
    assert [source for source in sources if not source.exists()] == []


def test_the_installed_packages_hold_all_that_the_build_found(configured):
    packages = d.with_dependencies((ROOT / "third_party/debian-packages.txt").read_text().split("# run and try")[0].split())
    cache = (configured[0] / "build/release/CMakeCache.txt").read_text()
    files = {str(Path(found).resolve()) for found in re.findall(r"=(/usr/\S+)$", cache, re.M) if Path(found).is_file()}
    assert len(files) > 10
    for file, package in d.owners(files).items():
        assert package in packages, file


def test_the_library_is_installed_as_dev_installs_it():
    (stage,) = [stage for stage in d.stages("Dockerfile") if stage.name == "clickhouse"]
    assert stage.last("RUN") in (ROOT / "dev").read_text()
    copied = d.inherited("Dockerfile", "all-in-one").last("COPY").split()[1]
    assert (ROOT / ".deps" / Path(copied).relative_to(stage.last("WORKDIR"))).exists()


# -- the images --------------------------------------------------------------------------------------
def test_the_packages_of_the_images_hold_every_library_the_binary_needs():
    packages = d.with_dependencies(d.installed(d.inherited("Dockerfile", "service")))
    for library, package in d.owners(d.libraries().values()).items():
        assert package in packages, library


def test_the_images_install_what_the_binary_names_and_nothing_else():
    found = d.libraries()
    named = d.owners([found[library] for library in d.needed_directly() if library in found]).values()
    installed = set(d.installed(d.inherited("Dockerfile", "service")))
    assert installed - set(named) == {"ca-certificates"}
    assert set(named) - d.with_dependencies([]) <= installed


def commands():
    told = [("up", "CMD of the image")]
    told += [(service["command"][0], f"service {name}") for name, service in d.services().items()]
    told += [(d.unit_lines(unit, "ExecStart")[0].split()[1], unit.name) for unit in d.units()]
    return told


@pytest.mark.parametrize("command, where", commands(), ids=[where for _, where in commands()])
def test_every_command_exists(command, where):
    assert re.search(rf"^  {command} ", harness.run("--help").stdout, re.M)
    assert harness.run(command, "--help").returncode == 0


def test_the_image_starts_the_command_that_is_checked():
    image = d.inherited("Dockerfile", "all-in-one")
    assert (image.last("ENTRYPOINT"), image.last("CMD")) == ('["fanfinity"]', '["up"]')


# -- the health check --------------------------------------------------------------------------------
def healthy(**ports):
    command, options = d.health_check(d.inherited("Dockerfile", "service"))
    environment = {"PATH": os.environ["PATH"]} | {name: str(port) for name, port in ports.items()}
    seconds = int(re.search(r"--timeout=(\d+)s", options)[1])
    return run(*command, env=environment, timeout=seconds).returncode == 0


@contextlib.contextmanager
def answering(answer):
    """A server that says this and nothing else to everyone."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            peers = []  # kept open: one that is silent stays so
            with contextlib.suppress(OSError):
                while True:
                    peers.append(server.accept()[0])
                    peers[-1].sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_server_that_answers_is_healthy(up):
    assert healthy(SERVER_PORT=up.port, CONSUMER_PORT=harness.free_port())


def test_a_consumer_that_answers_is_healthy(up):
    assert healthy(SERVER_PORT=harness.free_port(), CONSUMER_PORT=up.port)


def test_where_nobody_listens_nothing_is_healthy():
    assert not healthy(SERVER_PORT=harness.free_port(), CONSUMER_PORT=harness.free_port())


def test_one_that_answers_something_else_is_not_healthy():
    with answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") as port:
        assert not healthy(SERVER_PORT=port, CONSUMER_PORT=harness.free_port())


def test_one_that_is_silent_is_not_healthy_and_the_check_ends_in_time():
    with answering(b"") as port:
        assert not healthy(SERVER_PORT=port, CONSUMER_PORT=port)


def test_clickhouse_answers_what_its_health_check_asks(up):
    (url,) = [word for word in d.compose()["services"]["clickhouse"]["healthcheck"]["test"] if "://" in word]
    path = url.removeprefix("http://127.0.0.1:8123/")
    endpoint = json.loads((up.data_dir / "clickhouse" / "endpoint.json").read_text())
    # The image's server answers anybody's ping, the embedded one its own user only.
    headers = {"X-ClickHouse-User": endpoint["user"], "X-ClickHouse-Key": endpoint["password"]}
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint['url']}/{path}", headers=headers)) as answer:
        assert (answer.status, answer.read()) == (200, b"Ok.\n")


# -- Kafka -------------------------------------------------------------------------------------------
def java(*arguments):
    tuned = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{KAFKA}/libs/*"]
    return [*tuned, *map(str, arguments)]


def test_kafka_takes_its_environment_and_its_health_check_tells_whether_it_runs(tmp_path):
    """By the code that Apache's image runs, on other ports and another directory."""
    client_port, controller_port = harness.free_port(), harness.free_port()
    service = d.compose()["services"]["kafka"]
    text = "\n".join(f"{key}={value}" for key, value in service["environment"].items())
    text = re.sub("(kafka|//):9092", rf"\1:{client_port}", text).replace("kafka:9093", f"kafka:{controller_port}")
    text = text.replace("//:9093", f"//:{controller_port}").replace("kafka:", "127.0.0.1:").replace("//:", "//127.0.0.1:")
    text = text.replace("/var/lib/kafka/data", str(tmp_path / "data"))
    environment = {"PATH": os.environ["PATH"]} | dict(line.split("=", 1) for line in text.splitlines())
    folders = [tmp_path / name for name in ("default", "mounted", "final")]
    for folder in folders:
        folder.mkdir()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (folders[0] / name).touch()
    names = ("--default-configs-dir", "--mounted-configs-dir", "--final-configs-dir")
    options = [word for pair in zip(names, folders) for word in pair]
    made = run(*java("kafka.docker.KafkaDockerWrapper", "setup", *options), env=environment)
    assert made.returncode == 0, made.stderr

    tool, option, address = service["healthcheck"]["test"][1:]
    assert (Path(tool).name, option, address) == ("kafka-broker-api-versions.sh", "--bootstrap-server", "kafka:9092")
    check = java("org.apache.kafka.tools.BrokerApiVersionsCommand", option, f"127.0.0.1:{client_port}")
    assert run(*check).returncode != 0
    log = (tmp_path / "log").open("wb")
    broker = subprocess.Popen(java("kafka.Kafka", folders[2] / "server.properties"), env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: run(*check).returncode == 0, lambda: (tmp_path / "log").read_text()[-3000:])
    finally:
        broker.terminate()
        broker.wait()


# -- metrics -----------------------------------------------------------------------------------------
def test_every_label_that_alerts_and_panels_group_by_is_there(up):
    labels = {}
    for name, text, _ in harness.prometheus_samples(up.get("/metrics").body.decode()):
        labels.setdefault(d.base_metric(name), {"job", "instance"}).update(re.findall(r'(\w+)="', text))
    seen = 0
    for where, expression in d.expressions():
        grouped = set(", ".join(re.findall(r"by \(([^)]*)\)", expression)).split(", ")) - {""}
        chosen = set(re.findall(r"(\w+)(?:=~|!=|=)\"", expression))
        for name in d.PREFIX.findall(expression):
            if d.base_metric(name) in labels:
                seen += 1
                assert grouped | chosen <= labels[d.base_metric(name)], where
    assert seen > 30
