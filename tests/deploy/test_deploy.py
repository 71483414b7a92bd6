"""No container engine runs here, so what can be checked without one is: linters accept the files, they agree with
the service, with each other and with what third_party pins. What can run without an engine runs in test_runs.py."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "system")]

import deployment as d  # noqa: E402
from waiting import ROOT  # noqa: E402

DOCKERFILES = ["Dockerfile", ".devcontainer/Dockerfile"]
IMAGES = ["service", "all-in-one"]
PROMTOOL = ROOT / ".deps/promtool"
DOCKERFILE_LINT = ROOT / ".deps/dockerfile-lint/node_modules/.bin/dockerfile-utils"
YAML_RULES = "{extends: default, rules: {line-length: {max: 120}, document-start: disable}}"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


def accepts(*command, **options):
    result = run(*command, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def given(*names):
    """Parameters for files, named by their paths."""
    return pytest.mark.parametrize("path", names, ids=str)


# -- linters -----------------------------------------------------------------------------------------
@given(
    "docker-compose.yml",
    "deploy/prometheus/alerts.yml",
    "deploy/prometheus/prometheus.yml",
    "tests/deploy/alerts_test.yml",
)
def test_yaml_is_clean(path):
    accepts("yamllint", "--strict", "-d", YAML_RULES, path, cwd=ROOT)


@given(".devcontainer/devcontainer.json", "deploy/grafana/fanfinity.json", "third_party/dockerfile-lint/package.json")
def test_json_is_valid_and_names_nothing_twice(path):
    def unique(pairs):
        assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
        return dict(pairs)

    assert json.loads((ROOT / path).read_text(), object_pairs_hook=unique)


@given(*DOCKERFILES)
def test_the_linter_of_dockerfiles_finds_nothing(path):
    assert json.loads(accepts(DOCKERFILE_LINT, "lint", "--json", ROOT / path)) == []


@given(*DOCKERFILES)
def test_shell_in_dockerfiles_is_clean(path):
    for stage in d.stages(path):
        shell = "bash" if any("bash" in line for line in stage.all("SHELL")) else "sh"
        for line in stage.all("RUN"):
            command = re.sub(r"^(--\S+ )+", "", line)
            accepts("shellcheck", "--shell", shell, "-", input=command + "\n")


def test_the_health_check_is_clean_and_executable():
    script = ROOT / "deploy/docker/healthcheck"
    accepts("shellcheck", script)
    assert script.stat().st_mode & 0o111 == 0o111


def test_compose_accepts_its_file():
    accepts("docker-compose", "--file", ROOT / "docker-compose.yml", "config", "--quiet")


@given(*(unit.name for unit in d.units()))
def test_systemd_accepts_the_unit_and_finds_it_hardened(path, tmp_path):
    unit = tmp_path / path
    text = (ROOT / "deploy/systemd" / path).read_text()
    unit.write_text(text.replace("ExecStart=/usr/local/bin/fanfinity", f"ExecStart={d.BINARY}"))
    result = run("systemd-analyze", "verify", "--man=no", unit)
    assert (result.returncode, result.stderr) == (0, "")
    accepts("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


def test_systemd_accepts_the_user(tmp_path):
    accepts("systemd-sysusers", "--dry-run", f"--root={tmp_path}", ROOT / "deploy/systemd/fanfinity.sysusers.conf")


def test_prometheus_accepts_rules_and_configuration():
    accepts(PROMTOOL, "check", "config", "--lint=all", "--lint-fatal", ROOT / "deploy/prometheus/prometheus.yml")


def test_prometheus_accepts_every_expression(tmp_path):
    rules = [{"record": "x", "labels": {"number": str(n)}, "expr": e} for n, (_, e) in enumerate(d.expressions())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    accepts(PROMTOOL, "check", "rules", file)


def test_alerts_fire_when_they_should_and_only_then():
    accepts(PROMTOOL, "test", "rules", ROOT / "tests/deploy/alerts_test.yml")


# -- names: settings ---------------------------------------------------------------------------------
@given(*(f"service {name}" for name in d.services()))
def test_every_variable_of_a_service_is_a_setting(path):
    names = set(d.services()[path.split()[1]]["environment"])
    assert names <= set(d.settings()), names - set(d.settings())


def test_every_variable_taken_from_the_shell_is_a_setting():
    names = set(re.findall(r"\$\{([A-Z_]+)", json.dumps(d.compose())))
    assert names and names <= set(d.settings())


@given(*IMAGES)
def test_every_variable_of_an_image_is_a_setting(path):
    assert set(d.environment(d.inherited("Dockerfile", path))) <= set(d.settings())


def test_every_variable_of_the_health_check_is_a_setting():
    names = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy/docker/healthcheck").read_text()))
    assert names == {"SERVER_PORT", "CONSUMER_PORT"}


@given(*(unit.name for unit in d.units()))
def test_every_variable_of_a_unit_is_a_setting(path):
    lines = d.unit_lines(ROOT / "deploy/systemd" / path, "Environment")
    assert lines and {line.split("=")[0] for line in lines} <= set(d.settings())


def test_the_devcontainer_sets_no_variable_but_settings():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert set(container.get("containerEnv", {})) | set(container.get("remoteEnv", {})) <= set(d.settings())


def test_health_check_and_exposed_ports_are_the_defaults_of_the_settings():
    ports = [d.settings()["SERVER_PORT"], d.settings()["CONSUMER_PORT"]]
    assert re.findall(r"PORT:-(\d+)\}", (ROOT / "deploy/docker/healthcheck").read_text()) == ports
    assert d.inherited("Dockerfile", "service").last("EXPOSE").split() == ports
    assert d.services()["server"]["ports"] == [f"127.0.0.1:${{SERVER_PORT:-{ports[0]}}}:{ports[0]}"]


# -- names: metrics ----------------------------------------------------------------------------------
@pytest.mark.parametrize("where, expression", d.expressions(), ids=[where for where, _ in d.expressions()])
def test_every_metric_exists_and_is_used_as_what_it_is(where, expression):
    bare = re.sub(r'\{[^}]*\}|"[^"]*"|\[[^]]*\]|\b(by|without) \([^)]*\)', " ", expression)
    words = set(re.findall(r"(?<![\w:.])[a-z_]\w*\b(?!\s*\()", bare)) - {"and", "or", "unless", "offset", "up"}
    assert words or where == "FanfinityDown", "an expression without a metric of ours"
    for name in words:
        assert d.base_metric(name), f"there is no metric {name}"
        kind, text = d.metrics()[d.base_metric(name)]
        accumulates = kind in ("counter", "histogram") or "since start" in text
        rated = re.search(rf"\b(rate|increase)\({name}\b", expression) is not None
        assert rated == accumulates, f"{name} is a {kind}: {text}"


def test_every_worrying_metric_has_an_alert():
    """What docs/OPERATIONS.md says to worry about, that is; what it calls normal needs none."""
    alerted = " ".join(rule["expr"] for rule in d.alerts())
    rows = re.findall(r"^\| (`(?:fanfinity|http)_.*?) \| .* \| (.*) \|$", (ROOT / "docs/OPERATIONS.md").read_text(), re.M)
    assert len(rows) > 10
    for metrics, worry in rows:
        if not worry.startswith("(normal"):
            assert any(name in alerted for name in d.PREFIX.findall(metrics)), metrics


def test_every_alert_is_shown_to_fire_and_says_what_to_do():
    fired = (ROOT / "tests/deploy/alerts_test.yml").read_text()
    for rule in d.alerts():
        assert f'alertname="{rule["alert"]}"' in fired, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]


def test_panels_of_the_dashboard_have_their_own_ids_and_places():
    panels = d.dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in itertools.combinations((panel["gridPos"] for panel in panels), 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


# -- images ------------------------------------------------------------------------------------------
def images():
    own = [stage for path in DOCKERFILES for stage in d.stages(path)]
    names = {stage.name for stage in own}
    return [stage.image for stage in own if stage.image not in names] + [
        service["image"] for service in d.compose()["services"].values()
    ]


def test_every_image_is_pinned_by_a_tag():
    for image in images():
        assert re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?:\w[\w.-]*", image) and not image.endswith(":latest"), image


def test_kafka_and_clickhouse_are_what_third_party_pins():
    pom = (ROOT / "third_party/kafka/pom.xml").read_text()
    kafka = re.search(r"<kafka\.version>(.*)</kafka\.version>", pom)[1]
    library = json.loads((ROOT / "third_party/clickhouse/package.json").read_text())["dependencies"]
    clickhouse = re.match(r"\d+\.\d+", library["@chdb/lib-linux-x64-gnu"])[0]
    assert d.compose()["services"]["kafka"]["image"] == f"apache/kafka:{kafka}"
    assert d.compose()["services"]["clickhouse"]["image"] == f"clickhouse/clickhouse-server:{clickhouse}"


@given(*IMAGES)
def test_an_image_runs_as_a_user_of_fixed_id_that_owns_the_data(path):
    image = d.inherited("Dockerfile", path)
    (made,) = [line for line in image.all("RUN") if "useradd" in line]
    uid = re.search(r"--uid (\d+)", made)[1]
    data = d.environment(image)["FANFINITY_DATA_DIR"]
    assert image.last("USER") == f"{uid}:{uid}" and int(uid) > 0
    assert re.search(rf"install -d -o fanfinity -g fanfinity -m 0750 {data}$", made)
    assert image.last("WORKDIR") == data
    for service in d.services().values():
        assert f"{data}:uid={uid},gid={uid},mode=0750" in service["tmpfs"]


def test_the_image_with_data_has_a_volume_and_the_library():
    image = d.inherited("Dockerfile", "all-in-one")
    assert json.loads(image.last("VOLUME")) == [d.environment(image)["FANFINITY_DATA_DIR"]]
    assert any(line.split()[-1] == d.environment(image)["LIBCHDB_PATH"] for line in image.all("COPY"))


def test_the_default_image_is_the_small_one():
    assert d.stages("Dockerfile")[-1].name == "service"
    assert all(service["build"]["target"] == "service" for service in d.services().values())


def test_every_file_that_is_copied_is_in_the_context():
    for line in [line for path in DOCKERFILES for stage in d.stages(path) for line in stage.all("COPY")]:
        for source in line.split()[:-1] if not line.startswith("--from") else ():
            assert source == "." or (ROOT / source).exists() and d.in_context(Path(source)), source


@given("deploy/secrets/clickhouse_password", ".env", "data/log/FORMAT", ".git/config", ".deps/package.json")
def test_secrets_and_data_never_enter_the_context(path):
    assert not d.in_context(Path(path))


def test_secrets_are_not_committed():
    for secret in d.compose()["secrets"].values():
        accepts("git", "check-ignore", secret["file"], cwd=ROOT)


# -- the compose file --------------------------------------------------------------------------------
def gates(name):
    return d.compose()["services"][name].get("depends_on", {})


def test_a_service_starts_when_what_it_needs_is_healthy_and_no_circle_waits_for_itself():
    every = d.compose()["services"]
    for name in d.services():
        assert set(gates(name)) == {"kafka", "clickhouse"}
    for name in every:
        for other, gate in gates(name).items():
            assert gate == {"condition": "service_healthy"}
            assert "healthcheck" in every[other] or other in d.services()

    def above(name, path=()):
        assert name not in path, path
        for other in gates(name):
            above(other, (*path, name))

    for name in every:
        above(name)


def test_only_the_api_is_published_and_on_this_machine_only():
    published = {name: s["ports"] for name, s in d.compose()["services"].items() if "ports" in s}
    assert list(published) == ["server"]
    assert all(port.startswith("127.0.0.1:") for port in published["server"])


def test_consumers_can_be_many():
    consumer = d.services()["consumer"]
    assert not {"container_name", "ports", "hostname", "volumes"} & set(consumer)


def test_every_service_is_limited_and_comes_back():
    for name, service in d.compose()["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert {"mem_limit", "pids_limit", "ulimits", "logging", "stop_grace_period"} <= set(service), name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_a_stop_leaves_time_for_the_drain():
    drain = int(d.settings()["DRAIN_TIMEOUT"].removesuffix("s"))
    for service in d.services().values():
        assert int(service["stop_grace_period"].removesuffix("s")) > drain
    for unit in d.units():
        assert int(d.unit_lines(unit, "TimeoutStopSec")[0]) > drain


@given(*(unit.name for unit in d.units()))
def test_a_unit_does_not_restart_on_settings_that_are_wrong(path):
    assert d.unit_lines(ROOT / "deploy/systemd" / path, "RestartPreventExitStatus") == ["2"]


def test_every_password_comes_from_the_secret():
    services = d.compose()["services"]
    for name in ("server", "consumer", "clickhouse"):
        assert services[name]["secrets"] == ["clickhouse_password"]
        assert services[name]["environment"]["CLICKHOUSE_PASSWORD_FILE"] == "/run/secrets/clickhouse_password"
        assert services[name]["environment"]["CLICKHOUSE_USER"] == "fanfinity"
        assert "CLICKHOUSE_PASSWORD" not in services[name]["environment"]
