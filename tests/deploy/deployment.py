"""Reading what is deployed: Dockerfiles, the compose file, units, rules, and what the service knows of itself."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

import yaml

from waiting import BINARY, ROOT

PREFIX = re.compile(r"\b(?:fanfinity|http)_[a-z_]+\b")


# -- Dockerfiles -------------------------------------------------------------------------------------
@dataclass
class Stage:
    image: str
    name: str
    instructions: list = field(default_factory=list)  # [(instruction, the rest)]

    def all(self, instruction):
        return [rest for name, rest in self.instructions if name == instruction]

    def last(self, instruction):
        return self.all(instruction)[-1]


def stages(path):
    """The stages of a Dockerfile, in order. No heredocs."""
    found = []
    lines = [line for line in (ROOT / path).read_text().splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            image, _, alias = rest.partition(" AS ")
            found.append(Stage(image, alias))
        else:
            found[-1].instructions.append((name, " ".join(rest.split())))
    return found


def inherited(path, name):
    """A stage with what it inherits from the stages it is built on."""
    by_name = {stage.name: stage for stage in stages(path)}
    stage = by_name[name]
    below = inherited(path, stage.image).instructions if stage.image in by_name else []
    return Stage(stage.image, name, [*below, *stage.instructions])


def environment(stage):
    return dict(word.split("=", 1) for line in stage.all("ENV") for word in line.split())


def installed(stage):
    """The Debian packages that a stage installs by name."""
    (line,) = [run for run in stage.all("RUN") if "apt-get install" in run]
    words = line.split("apt-get install", 1)[1].split("&&")[0].split()
    return [word for word in words if not word.startswith("-")]


def health_check(stage):
    """The command of HEALTHCHECK, with what the image copies replaced by where it is copied from."""
    options, _, command = stage.last("HEALTHCHECK").partition("CMD ")
    copied = {}
    for line in stage.all("COPY"):
        *sources, target = line.split()
        copied[target] = str(ROOT / sources[-1])
    return [copied.get(word, word) for word in json.loads(command)], options


def in_context(path):
    """Whether .dockerignore lets a file into the build context: the last pattern that matches it or a folder
    above it decides."""
    kept = True
    parents = [str(path), *(str(parent) for parent in path.parents if parent.name)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!")
            names = [p.rsplit("/", 1)[-1] for p in parents] if pattern.startswith("**/") else parents
            if any(fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
                kept = line.startswith("!")
    return kept


# -- the rest of the files ---------------------------------------------------------------------------
def read_yaml(path):
    return yaml.safe_load((ROOT / path).read_text())


def compose():
    return read_yaml("docker-compose.yml")


def services():
    """The services of the compose file that run our binary."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def units():
    return sorted((ROOT / "deploy/systemd").glob("*.service"))


def unit_lines(unit, key):
    return [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith(f"{key}=")]


def alerts():
    return [rule for group in read_yaml("deploy/prometheus/alerts.yml")["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads((ROOT / "deploy/grafana/fanfinity.json").read_text())


def expressions():
    """Every PromQL expression that is shipped: [(where, expression)], with Grafana's variables filled in."""
    found = [(rule["alert"], rule["expr"]) for rule in alerts()]
    board = dashboard()
    queries = [(note["name"], note["expr"]) for note in board["annotations"]["list"]]
    queries += [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
    for where, expression in queries:
        found.append((where, expression.replace("$__rate_interval", "5m").replace("$job", "fanfinity")))
    return found


# -- what the service knows of itself ------------------------------------------------------------------
@lru_cache
def settings():
    """The defaults by the names that the environment may set; a secret also as NAME_FILE."""
    names = {}
    for line in (ROOT / ".env.example").read_text().splitlines():
        if setting := re.fullmatch(r"#([A-Z_]+)=(.*)", line):
            names[setting[1]] = setting[2]
    reference = (ROOT / "docs/CONFIGURATION.md").read_text()
    secrets = re.findall(r"^\| `([A-Z_]+)` \|.*Secret\. \|$", reference, re.MULTILINE)
    return names | {f"{name}_FILE": "" for name in secrets}


@lru_cache
def metrics():
    """Every metric that the sources declare: {name: (type, help)}."""
    found = {}
    for line in (ROOT / "tests/golden/metric_names.txt").read_text().splitlines():
        name, _, kind = line.partition(" ")
        found[name] = (kind, "")
    declaration = re.compile(r'\b(counter|gauge|histogram)\(\s*"([a-z_]+)",\s*((?:"[^"]*"\s*)+)')
    for source in [*(ROOT / "src/observe").glob("*.cc"), *(ROOT / "src/app").glob("*.cc")]:
        for kind, name, text in declaration.findall(source.read_text()):
            found[name] = (kind, "".join(re.findall('"([^"]*)"', text)))
    return found


def base_metric(name):
    """The metric that a series belongs to: a histogram's series have suffixes. None when there is no such metric."""
    if name in metrics():
        return name
    base = re.sub("_(bucket|sum|count)$", "", name)
    return base if base != name and metrics().get(base, ("",))[0] == "histogram" else None


# -- Debian ------------------------------------------------------------------------------------------
@lru_cache
def _packages():
    """{package: (essential, packages it depends on)} of what is installed here."""
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Essential}\t${Pre-Depends},${Depends}\t${Provides}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    provided = {}
    for name, _, _, provides in rows:
        for one in [name, *_names(provides)]:
            provided.setdefault(one, name)
    return {
        name: (essential == "yes", {provided[one] for one in _names(depends) if one in provided})
        for name, essential, depends, _ in rows
    }


def _names(relations):
    """The package names of a list of relations; alternatives count as well, when they are installed."""
    return [re.split(r"[ :(]", one.strip())[0] for one in re.split("[,|]", relations) if one.strip()]


def with_dependencies(names):
    """The packages and all they need, besides what every Debian system has."""
    known = _packages()
    wanted = list(names) + [name for name, (essential, _) in known.items() if essential]
    found = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted.extend(known[name][1] if name in known else ())
    return found


def owners(paths):
    """{file: the package it is of}. Debian's files in /lib may be listed under /usr/lib, and the other way round."""
    asked = {}
    for path in paths:
        asked[path] = asked[path.removeprefix("/usr") if path.startswith("/usr/") else f"/usr{path}"] = path
    told = subprocess.run(["dpkg", "-S", *asked], capture_output=True, text=True, check=False).stdout
    found = {}
    for line in told.splitlines():
        package, _, path = line.partition(": ")
        if path in asked:
            found[asked[path]] = package.split(",")[0].partition(":")[0]
    assert set(found) == set(paths), set(paths) - set(found)
    return found


def libraries():
    """{library: where the binary finds it}."""
    told = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", told, re.MULTILINE))


def needed_directly():
    """The libraries that the binary itself names."""
    told = subprocess.run(["objdump", "-p", BINARY], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\s*NEEDED\s+(\S+)", told, re.MULTILINE)
