"""deploy/nginx/fanfinity.conf in a real nginx with TLS, in front of a service: below /stats/ everything works as at the
root, and the service sees who asks."""

import http.client
import json
import re
import ssl
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "system")]

import harness  # noqa: E402
from events import event  # noqa: E402
from waiting import ROOT, patience, wait_until  # noqa: E402

NGINX = ROOT / ".deps/nginx"
SAMPLE = ROOT / "deploy/nginx/fanfinity.conf"
HOST = "stats.example.org"
TRUST_ALL = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUST_ALL.check_hostname = False
TRUST_ALL.verify_mode = ssl.CERT_NONE


class Nginx:
    """The sample, with the ports and certificate of a test."""

    def __init__(self, root, upstream):
        self.https, self.http = harness.free_port(), harness.free_port()
        self._root = root
        changed = {
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            "listen 443 ": f"listen 127.0.0.1:{self.https} ",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "/etc/ssl/stats.example.org.pem": root / "certificate.pem",
            "/etc/ssl/stats.example.org.key": root / "key.pem",
        }
        site = SAMPLE.read_text()
        for old, new in changed.items():
            assert old in site
            site = site.replace(old, str(new))
        (root / "fanfinity.conf").write_text(site)
        temporary = "".join(
            f"{kind}_temp_path {root}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (root / "nginx.conf").write_text(
            f"user root root;\ndaemon off;\nworker_processes 1;\npid {root}/nginx.pid;\nerror_log {root}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}include {root}/fanfinity.conf;\n}}\n"
        )
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
            + ["-keyout", root / "key.pem", "-out", root / "certificate.pem"],
            check=True,
            capture_output=True,
        )
        self._process = subprocess.Popen(
            [NGINX, "-p", root, "-c", root / "nginx.conf", "-e", root / "error.log"], stdin=subprocess.DEVNULL
        )
        wait_until(self._answers, "nginx answers", 20)

    def _answers(self):
        assert self._process.poll() is None, (self._root / "error.log").read_text()
        try:
            return self.ask("GET", "/stats/health").status == 200
        except OSError:
            return False

    def open(self, source="127.0.0.1"):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.https, timeout=20 * patience(), context=TRUST_ALL, source_address=(source, 0)
        )

    def ask(self, method, path, body=None, source="127.0.0.1", **headers):
        connection = self.open(source)
        names = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request(method, path, body, {"Host": HOST} | names)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def stop(self):
        self._process.terminate()
        self._process.wait(20 * patience())


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    up = harness.Up(
        tmp_path_factory.mktemp("up"),
        ALLOWED_HOSTS=HOST,
        TRUSTED_PROXIES="127.0.0.1",
        RATE_LIMIT="0.01",
        RATE_BURST="60",
        LOG_LEVEL="debug",
    )
    try:
        up.start()
        yield up
        up.stop()
    finally:
        up.discard()


@pytest.fixture(scope="module")
def nginx(service, tmp_path_factory):
    running = Nginx(tmp_path_factory.mktemp("nginx"), service.port)
    yield running
    running.stop()


def links(page):
    return re.findall(r'(?:src|href)="([^"#]+)"', page)


@pytest.mark.parametrize("page", ["", "docs"])
def test_a_page_and_all_it_names_load_below_the_path(nginx, page):
    answer = nginx.ask("GET", f"/stats/{page}", source="127.0.0.10")
    assert answer.status == 200 and "text/html" in answer.headers["Content-Type"]
    named = [link for link in links(answer.text) if not link.startswith("data:")]
    assert len(named) >= 2, answer.text
    for link in named:
        assert not re.match(r"/|\w+:", link), f"{link} leads out of /stats/"
        found = nginx.ask("GET", f"/stats/{link.removeprefix('./')}", source="127.0.0.10")
        assert found.status == 200, link


def test_the_api_description_names_a_relative_server(nginx):
    document = json.loads(nginx.ask("GET", "/stats/openapi.json", source="127.0.0.11").text)
    assert [one["url"] for one in document["servers"]] == ["."]


def test_events_and_reads_pass_whatever_a_match_is_called(nginx, service):
    for match in ("a/b", "Barça–Alavés 2018", "50%, or not?"):
        posted = nginx.ask(
            "POST", "/stats/api/events", json.dumps(event(match)), "127.0.0.12", Content_Type="application/json"
        )
        assert posted.status == 202, posted.text
        service.wait_lag_zero()
        read = nginx.ask("GET", f"/stats/api/matches/{quote(match, safe='')}/metrics", source="127.0.0.12")
        assert (read.status, json.loads(read.text)["matchId"]) == (200, match)
        assert "max-age" in read.headers["Cache-Control"] and read.headers["ETag"]
    listed = nginx.ask("GET", "/stats/api/matches?limit=2", source="127.0.0.12")
    assert len(json.loads(listed.text)["matches"]) == 2


def test_a_batch_of_8_mib_passes(nginx):
    lines = [json.dumps(event("large", metadata={"note": "x" * 60_000})) for _ in range(130)]
    body = "\n".join(lines)
    assert 7 << 20 < len(body) < 8 << 20
    answer = nginx.ask("POST", "/stats/api/events/batch", body, "127.0.0.13", Content_Type="application/x-ndjson")
    assert (answer.status, json.loads(answer.text)["accepted"]) == (202, 130)


def test_a_stream_is_passed_on_at_once(nginx, service):
    match = f"stream {uuid.uuid4()}"
    path = f"/stats/api/matches/{quote(match)}/stream"
    connection = nginx.open("127.0.0.14")
    connection.request("GET", path, headers={"Host": HOST})
    stream = connection.getresponse()
    for total in (1, 2, 3):
        assert service.post(event(match)).status == 202
        line = next(line for line in iter(stream.readline, b"") if line.startswith(b"data: "))
        while json.loads(line[6:])["totalEvents"] < total:
            line = next(line for line in iter(stream.readline, b"") if line.startswith(b"data: "))
        assert json.loads(line[6:])["totalEvents"] == total
    connection.close()


def test_the_bare_name_and_plain_http_lead_to_the_page(nginx):
    answer = nginx.ask("GET", "/stats")
    assert (answer.status, answer.headers["Location"]) == (308, "/stats/")
    plain = http.client.HTTPConnection("127.0.0.1", nginx.http, timeout=20 * patience())
    plain.request("GET", "/stats/api/matches?limit=2", headers={"Host": HOST})
    assert plain.getresponse().headers["Location"] == f"https://{HOST}/stats/api/matches?limit=2"
    plain.close()


def test_nothing_else_of_the_host_reaches_the_service(nginx):
    for path in ("/", "/api/matches", "/statsapi/matches"):
        assert nginx.ask("GET", path).status == 404, path


def test_each_client_has_its_own_rate_and_cannot_forge_another(nginx, service):
    def status(source, **headers):
        return nginx.ask("GET", "/stats/api/matches?limit=1", source=source, **headers).status

    for number in range(60):
        forged = {"X_Forwarded_For": f"203.0.113.{number}", "Forwarded": f"for=198.51.100.{number}"}
        assert status("127.0.0.20", **forged) == 200
    assert status("127.0.0.20", X_Forwarded_For="203.0.113.200") == 429
    assert status("127.0.0.21") == 200
    seen = {json.loads(line).get("client") for line in service.log_path.read_text().splitlines() if '"client"' in line}
    assert {"127.0.0.20", "127.0.0.21"} <= seen and not any(str(one).startswith(("203", "198")) for one in seen)


def test_the_name_of_another_host_is_refused(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20 * patience())
    connection.request("GET", "/api/matches", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    assert answer.status == 421 and b"ALLOWED_HOSTS" in answer.read()
    connection.close()
