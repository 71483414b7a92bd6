"""Bad input: a clear error or a closed connection, bounded memory, and the rest is served."""

import gzip
import io
import json
import resource
import socket
import threading
import time

import pytest

import processes
import recount
from events import event
from http_client import BATCH, EVENTS, JSON, NDJSON, RawConnection, head_of, match_path
from test_contract_events import check_problem
from waiting import patience, sanitizer, wait_until

MIB = 1 << 20
GOOD = json.dumps(event("bad-input"))


def with_member(text):
    """A valid event with one more member, as raw text."""
    return (GOOD[:-1] + "," + text + "}").encode()


def with_id(text):
    return GOOD.replace('"teamId": 1', f'"teamId": {text}').encode()


MALFORMED = {
    "empty": b"",
    "white space": b" \n\t ",
    "not JSON": b"goal!",
    "cut off": GOOD[:-1].encode(),
    "one brace": b"{",
    "two objects": (GOOD + GOOD).encode(),
    "trailing text": (GOOD + "x").encode(),
    "an array": f"[{GOOD}]".encode(),
    "a text": b'"event"',
    "a number": b"1",
    "null": b"null",
    "a comment": ("/* */" + GOOD).encode(),
    "a trailing comma": (GOOD[:-1] + ",}").encode(),
    "single quotes": GOOD.replace('"', "'").encode(),
    "no quotes": b"{eventId: 1}",
    "a NUL after it": (GOOD + "\0").encode(),
    "a NUL before it": ("\0" + GOOD).encode(),
    "a NUL inside a text": GOOD.replace("pass", "pa\0ss").encode(),
    "a raw line end inside a text": GOOD.replace("bad-input", "a\nb").encode(),
    "an escaped NUL in the match": GOOD.replace("bad-input", "a\\u0000b").encode(),
    "invalid UTF-8": GOOD.replace("bad-input", "\xff\xfe").encode("latin-1"),
    "overlong UTF-8": GOOD.encode().replace(b"bad-input", b"\xc0\xaf"),
    "an encoded surrogate": GOOD.encode().replace(b"bad-input", b"\xed\xa0\x80"),
    "a lone escaped surrogate": GOOD.replace("bad-input", "\\ud800").encode(),
    "a bad escape": GOOD.replace("bad-input", "\\x41").encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "a byte-order mark in the middle": ("{\ufeff" + GOOD[1:]).encode(),
    "the id twice": with_member('"eventId":"550e8400-e29b-41d4-a716-446655440000"'),
    "the team twice": with_member('"teamId":1'),
    "the metadata twice": with_member('"metadata":{},"metadata":{}'),
    "a huge integer": with_id("9" * 400),
    "a huge exponent": with_id("1e999999"),
    "a negative zero": with_id("-0"),
    "a long fraction": with_id("1." + "0" * 5000 + "1"),
    "a leading zero": with_id("01"),
    "a hexadecimal": with_id("0x1"),
    "NaN": with_id("NaN"),
    "Infinity": with_id("Infinity"),
    "2 to the 64 plus 1": with_id("18446744073709551617"),
    "deep arrays": with_member('"x":' + "[" * 20_000 + "]" * 20_000),
    "deep objects": with_member('"metadata":' + '{"a":' * 5_000 + "1" + "}" * 5_000),
    "deep and never closed": b"[" * 60_000,
    "broken metadata": with_member('"metadata":{"a":}'),
    "broken unknown member": with_member('"x":[1,2'),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_event_is_refused_with_a_problem(shared_up, body):
    client = shared_up.client()
    check_problem(client.request("POST", EVENTS, body, JSON), 400)
    assert client.post_event(event("bad-input")).status == 202, "the connection goes on"


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_line_spoils_only_itself(shared_up, body):
    if b"\n" in body or not body.strip():
        body = b"{" + body.replace(b"\n", b"") + b"{"  # a line of its own
    good = json.dumps(event("bad-line")).encode()
    answer = shared_up.client().request("POST", BATCH, good + b"\n" + body + b"\n" + good, NDJSON)
    assert answer.status == 202, answer
    assert answer.json()["accepted"] == 2 + (body == b"") and answer.json()["rejected"] == 1


def test_huge_but_valid_numbers_in_metadata_are_kept_as_sent(shared_up):
    text = '{"big":' + "9" * 400 + ',"small":1e-400,"exact":0.10,"ünï":"\\u00e9"}'
    sent = event("as-sent")
    body = json.dumps(sent)[:-1] + ',"metadata":' + text + "}"
    assert shared_up.client().request("POST", EVENTS, body.encode(), JSON).status == 202
    recount.wait_counted(shared_up, ["as-sent"])
    stored = shared_up.clickhouse().value(f"SELECT metadata FROM events WHERE event_id = '{sent['eventId']}'")
    assert stored == text


def bounded_memory(up, action, mib):
    """Runs `action`; the peak of the server's memory may grow by `mib` at most."""
    before = processes.resident_kib(up.process.pid)
    processes.reset_peak(up.process.pid)
    action()
    grown = (processes.peak_resident_kib(up.process.pid) - before) / 1024
    limit = mib * (4 if sanitizer() else 1)
    assert grown < limit, f"memory grew by {grown:.0f} MiB, allowed are {limit}"


@pytest.mark.parametrize("path", [EVENTS, BATCH])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_of_a_gigabyte_is_refused_in_bounded_memory(shared_up, path, framing):
    zeros = bytes(MIB)
    chunk = zeros if framing == "length" else b"%x\r\n%s\r\n" % (MIB, zeros)
    line = f"Content-Length: {1 << 30}" if framing == "length" else "Transfer-Encoding: chunked"

    def stream():
        with RawConnection(shared_up.port, 60 * patience()) as connection:
            connection.send(head_of("POST", path, "Content-Type: application/json", line))
            try:
                for _ in range(1024):
                    connection.send(chunk)
            except (BrokenPipeError, ConnectionResetError):
                pass  # closed on us, as it may
            answer = connection.read()
            assert answer is None or answer.status == 413, answer

    bounded_memory(shared_up, stream, 48)
    assert shared_up.get("/health").status == 200


@pytest.mark.parametrize("path", [EVENTS, BATCH])
def test_a_compressed_gigabyte_is_refused_in_bounded_memory(shared_up, path):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as bomb:
        for _ in range(256):
            bomb.write(bytes(4 * MIB))
    body = packed.getvalue()

    def send():
        check_problem(shared_up.client().request("POST", path, body, JSON | {"Content-Encoding": "gzip"}), 413)

    bounded_memory(shared_up, send, 48)


def test_ten_thousand_half_open_connections_leave_the_rest_served(make_up):
    """As many as the limit of descriptors allows, a part without a byte, the others in the midst of a request."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(10_000, hard - 500)
    up = make_up(HEADER_TIMEOUT="60s").start()
    held = []

    def open_all():
        for number in range(wanted):
            one = socket.create_connection(("127.0.0.1", up.port), 30 * patience())
            held.append(one)
            if number % 2:
                one.sendall(b"POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Le")

    try:
        bounded_memory(up, open_all, 200)
        client = up.client()
        for _ in range(20):
            assert client.post_event(event("served")).status == 202
        assert up.post(event("served")).status == 202, "a new connection is served as well"
        assert up.gauge("fanfinity_http_open_connections") >= wanted
        recount.wait_counted(up, ["served"])
        assert up.get(match_path("served")).json()["totalEvents"] == 21
    finally:
        for one in held:
            one.close()
    wait_until(lambda: up.gauge("fanfinity_http_open_connections") < 100, "the connections closed", 30, interval=0.2)


def test_more_connections_than_allowed_are_told_so(make_up):
    up = make_up(MAX_CONNECTIONS="20").start()
    held = [socket.create_connection(("127.0.0.1", up.port), 30) for _ in range(20)]
    try:
        wait_until(lambda: refused(up.port), "a refusal at the limit")
    finally:
        for one in held:
            one.close()
    wait_until(lambda: up.ready_answer() is not None and up.ready_answer().status == 200, "room again")


def refused(port):
    try:
        with RawConnection(port) as connection:
            answer = connection.send(head_of("GET", "/health")).read()
    except OSError:
        return True
    return answer is None or answer.status == 503


def test_a_client_that_does_not_read_does_not_hold_the_others_up(shared_up):
    """Many answers asked for and none read; meanwhile others are served."""
    request = head_of("GET", "/metrics") * 200
    with socket.create_connection(("127.0.0.1", shared_up.port), 30) as deaf:
        deaf.setblocking(False)
        deadline = time.monotonic() + 1.0
        sent = threading.Event()
        while time.monotonic() < deadline and not sent.is_set():
            try:
                deaf.send(request)
            except BlockingIOError:
                sent.set()  # the server has stopped reading from us: back pressure
        client = shared_up.client()
        for _ in range(20):
            assert client.post_event(event("not-held-up")).status == 202
