"""What a page of another site can do, in a browser that reaches the service: nothing. Each request is one that a browser
sends for a page without asking first, or the question that it asks first
(https://fetch.spec.whatwg.org/#cors-safelisted-request-header)."""

import json
import os
import socket

import pytest

from events import event
from http_client import BATCH, EVENTS, exchange, head_of
from waiting import patience

ORIGIN = "Origin: http://evil.example:8080"
BOUNDARY = "----WebKitFormBoundary"
SIMPLE = {
    "fetch with a string": ["Content-Type: text/plain;charset=UTF-8"],
    "fetch with a Blob of no type": [],
    "a form as text": ["Content-Type: text/plain"],
    "a form": ["Content-Type: application/x-www-form-urlencoded"],
    "a form with files": [f"Content-Type: multipart/form-data; boundary={BOUNDARY}"],
    "a type that hides another": ["Content-Type: text/plain; application/json"],
}


def as_of_localhost(head, host):
    return head.replace(b"Host: localhost", f"Host: {host}".encode())


@pytest.mark.parametrize("headers", SIMPLE.values(), ids=SIMPLE)
@pytest.mark.parametrize("path", [EVENTS, BATCH])
def test_a_page_cannot_post_without_asking(shared_up, path, headers):
    body = json.dumps(event("posted by a page")).encode()
    answer = exchange(shared_up.port, head_of("POST", path, ORIGIN, *headers, f"Content-Length: {len(body)}") + body)
    assert answer.status == 415, answer
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", [EVENTS, BATCH, "/api/matches"])
def test_a_page_that_asks_is_given_no_leave(shared_up, path):
    wanted = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
    answer = exchange(shared_up.port, head_of("OPTIONS", path, ORIGIN, *wanted))
    assert not [name for name in answer.headers if name.startswith("access-control-")], answer


@pytest.mark.parametrize("path", ["/api/matches", "/ready", "/metrics", "/openapi.json"])
def test_a_page_cannot_read(shared_up, path):
    answer = exchange(shared_up.port, head_of("GET", path, ORIGIN))
    assert answer.status == 200 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_page_whose_name_was_rebound_is_of_no_use(shared_up, host):
    match = f"rebound by {host}"
    body = json.dumps(event(match)).encode()
    head = head_of("POST", EVENTS, ORIGIN, "Content-Type: application/json", f"Content-Length: {len(body)}")
    refused = exchange(shared_up.port, as_of_localhost(head, host) + body)
    assert refused.status == 421 and "ALLOWED_HOSTS" in refused.json()["detail"], refused
    for path in ("/", "/health", "/ready", "/metrics", "/api/matches", "/nowhere"):
        assert exchange(shared_up.port, as_of_localhost(head_of("GET", path), host)).status == 421, path
    shared_up.wait_lag_zero()
    assert shared_up.get(f"/api/matches/{match.replace(' ', '%20')}/metrics").status == 404


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "a.localhost"]
)
def test_names_of_this_machine_are_served(shared_up, host):
    assert exchange(shared_up.port, as_of_localhost(head_of("GET", "/health"), host)).status == 200


def test_probes_by_address_are_served_beyond_loopback(make_up):
    up = make_up(SERVER_HOST="0.0.0.0").start()
    for host in ("10.11.12.13:8080", "[2001:db8::1]", "server:8080", "fanfinity.stats.svc.cluster.local", "localhost"):
        assert exchange(up.port, as_of_localhost(head_of("GET", "/health"), host)).status == 200, host
    assert exchange(up.port, as_of_localhost(head_of("GET", "/health"), "evil.example")).status == 421
    assert exchange(up.port, as_of_localhost(head_of("GET", "/health"), "other.example")).status == 421
    lines = [json.loads(line) for line in up.log_path.read_text().splitlines() if line.startswith("{")]
    assert [line["host"] for line in lines if "ALLOWED_HOSTS" in line["message"]] == ["evil.example"]


def test_the_control_socket_knows_its_name(shared_up):
    directory = os.open(shared_up.data_dir, os.O_PATH)  # a path of any length
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20 * patience())
        connection.connect(f"/proc/self/fd/{directory}/control.sock")
        os.close(directory)
        connection.sendall(as_of_localhost(head_of("GET", "/dead", "Connection: close"), "evil.example"))
        assert connection.recv(100).startswith(b"HTTP/1.1 421 ")
