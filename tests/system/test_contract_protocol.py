"""HTTP/1.1 done properly (RFC 9110, RFC 9112), and the refusals that need no handler."""

import json

import pytest

from events import event
from http_client import EVENTS, JSON, RawConnection, exchange, head_of
from test_contract_events import check_problem
from waiting import patience, wait_until

JSON_LINE = "Content-Type: application/json"


def body_of(match_id="protocol", **members):
    return json.dumps(event(match_id, **members)).encode()


def post(body, *lines):
    return head_of("POST", EVENTS, JSON_LINE, f"Content-Length: {len(body)}", *lines) + body


def chunked(body, *lines, size=7):
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (body[i : i + size] for i in range(0, len(body), size))
    )
    return head_of("POST", EVENTS, JSON_LINE, "Transfer-Encoding: chunked", *lines) + chunks + b"0\r\n\r\n"


def test_a_connection_is_kept_alive_until_told_otherwise(shared_up):
    with RawConnection(shared_up.port) as connection:
        for _ in range(3):
            assert connection.send(post(body_of())).read().status == 202
        last = connection.send(post(body_of(), "Connection: close")).read()
        assert last.status == 202 and last.headers["connection"].lower() == "close"
        assert connection.is_closed()


def test_http_1_0_is_closed_after_its_answer(shared_up):
    with RawConnection(shared_up.port) as connection:
        assert connection.send(b"GET /health HTTP/1.0\r\n\r\n").read().status == 200
        assert connection.is_closed()


def test_pipelined_requests_are_answered_in_order(shared_up):
    ids = [event("pipelined") for _ in range(20)]
    requests = b"".join(post(json.dumps(one).encode()) + head_of("GET", "/health") for one in ids)
    with RawConnection(shared_up.port) as connection:
        connection.send(requests)
        for one in ids:
            assert connection.read().json()["eventId"] == one["eventId"]
            assert connection.read().json()["status"] == "healthy"


def test_a_chunked_body_is_read_with_extensions_and_trailers(shared_up):
    assert exchange(shared_up.port, chunked(body_of())).status == 202
    body = body_of()
    fancy = head_of(
        "POST", EVENTS, JSON_LINE, "Transfer-Encoding: chunked"
    ) + b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: yes\r\n\r\n" % (len(body), body)
    with RawConnection(shared_up.port) as connection:
        assert connection.send(fancy).read().status == 202
        assert connection.send(post(body_of())).read().status == 202, "the trailers were read as well"


def test_expect_100_continue_is_answered_before_the_body(shared_up):
    body = body_of()
    with RawConnection(shared_up.port) as connection:
        connection.send(head_of("POST", EVENTS, JSON_LINE, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert connection.read().status == 100
        assert connection.send(body).read().status == 202
    with RawConnection(shared_up.port) as connection:
        connection.send(head_of("POST", EVENTS, JSON_LINE, "Content-Length: 99999999", "Expect: 100-continue"))
        assert connection.read().status == 413, "a body that will be refused is not asked for"
    assert exchange(shared_up.port, post(body, "Expect: a-miracle")).status == 417


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/api/matches", "/api/matches/none/metrics"])
def test_head_answers_as_get_does_without_a_body(shared_up, path):
    with RawConnection(shared_up.port) as connection:
        head = connection.send(head_of("HEAD", path)).read(head=True)
        get = connection.send(head_of("GET", path)).read()
        assert head.status == get.status and head.headers["content-type"] == get.headers["content-type"]
        assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", EVENTS, {"POST"}),
        ("DELETE", EVENTS, {"POST"}),
        ("PUT", "/api/events/batch", {"POST"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("PATCH", "/api/matches/m/metrics", {"GET", "HEAD"}),
    ],
)
def test_another_method_is_405_and_told_which_are_allowed(shared_up, method, path, allowed):
    answer = shared_up.client().request(method, path)
    check_problem(answer, 405)
    assert {name.strip() for name in answer.headers["allow"].split(",")} - {"OPTIONS"} == allowed


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api", "/api/matches/m", "/api/matches//metrics", "/api/events/", "/api/matches/a/b/metrics"]
)
def test_an_unknown_path_is_404(shared_up, path):
    check_problem(shared_up.get(path), 404)


SMUGGLED = {
    "length and chunked": "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "two lengths": "Content-Length: 5\r\nContent-Length: 6",
    "two equal lengths": "Content-Length: 5\r\nContent-Length: 5",
    "a list of lengths": "Content-Length: 5, 5",
    "a signed length": "Content-Length: +5",
    "a negative length": "Content-Length: -5",
    "a hexadecimal length": "Content-Length: 0x5",
    "a length beyond 64 bits": "Content-Length: 99999999999999999999999",
    "an empty length": "Content-Length:",
    "a space before the colon": "Content-Length : 5",
    "a folded line": "X-Fold: a\r\n b\r\nContent-Length: 5",
    "an unknown transfer encoding": "Transfer-Encoding: gzip",
    "chunked not last": "Transfer-Encoding: chunked, gzip",
    "chunked twice": "Transfer-Encoding: chunked, chunked",
    "a disguised chunked": "Transfer-Encoding: xchunked",
    "a vertical tab in it": "Transfer-Encoding: \x0bchunked",
    "a bare LF": "X-A: b\nContent-Length: 5",
    "a bare CR": "X-A: b\rX-C: d\r\nContent-Length: 5",
    "a NUL": "X-A: b\0c\r\nContent-Length: 5",
    "no name": ": value\r\nContent-Length: 5",
}


@pytest.mark.parametrize("headers", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_a_request_that_two_readers_could_read_differently_is_refused_and_closed(shared_up, headers):
    start = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\n{JSON_LINE}\r\n{headers}\r\n\r\n".encode("latin-1")
    with RawConnection(shared_up.port) as connection:
        answer = connection.send(start + b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").read()
        assert answer is None or 400 <= answer.status < 600 and answer.status != 404, answer
        assert connection.is_closed(), "nothing after it is read"


@pytest.mark.parametrize(
    "start",
    [
        b"GET /health HTTP/1.1\nHost: test\n\n",
        b"GET /health\r\n\r\n",
        b"GET  /health HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"G\0T /health HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET /hea\x01lth HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET /health HTTP/2.0\r\nHost: t\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http_1_1_is_refused(shared_up, start):
    with RawConnection(shared_up.port) as connection:
        answer = connection.send(start + b"\r\n\r\n").read()
        assert answer is None or answer.status in (400, 505), answer


@pytest.mark.parametrize(
    "chunk",
    [b"zz\r\n", b"-5\r\nabcde\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabcdeXX0\r\n\r\n", b"5\nabcde\n0\n\n", b"\r\n"],
)
def test_a_bad_chunk_is_refused_and_closed(shared_up, chunk):
    with RawConnection(shared_up.port) as connection:
        connection.send(head_of("POST", EVENTS, JSON_LINE, "Transfer-Encoding: chunked") + chunk)
        answer = connection.read()
        assert answer is None or answer.status in (400, 413), answer
        assert connection.is_closed()


def test_headers_over_the_limit_are_431_and_a_long_target_is_414(shared_up):
    check_problem(exchange(shared_up.port, head_of("GET", "/health", "X-Long: " + "x" * 20_000)), 431)
    many = [f"X-{n}: {'y' * 50}" for n in range(1_000)]
    check_problem(exchange(shared_up.port, head_of("GET", "/health", *many)), 431)
    check_problem(exchange(shared_up.port, head_of("GET", "/" + "z" * 10_000)), 414)


def test_a_slow_request_is_408(make_up):
    up = make_up(HEADER_TIMEOUT="500ms", BODY_TIMEOUT="700ms", IDLE_TIMEOUT="1s").start()
    with RawConnection(up.port, 30 * patience()) as headers, RawConnection(up.port, 30 * patience()) as body:
        headers.send(b"POST /api/events HTTP/1.1\r\nHost:")
        body.send(head_of("POST", EVENTS, JSON_LINE, "Content-Length: 500") + b'{"eventId"')
        for connection in (headers, body):
            check_problem(connection.read(), 408)
            assert connection.is_closed()
    with RawConnection(up.port, 30 * patience()) as idle:
        assert idle.send(head_of("GET", "/health")).read().status == 200
        assert idle.read() is None, "an idle connection is closed without a word"


def test_a_trickled_request_is_served_when_it_is_fast_enough(shared_up):
    request = post(body_of())
    with RawConnection(shared_up.port) as connection:
        for start in range(0, len(request), 11):
            connection.send(request[start : start + 11])
        assert connection.read().status == 202


def test_keys_guard_writes_and_reads(make_up):
    up = make_up(API_WRITE_KEYS="writer-1,writer-2", API_READ_KEYS="reader").start()
    client = up.client()

    def status(method, path, key=None):
        headers = JSON | ({"Authorization": f"Bearer {key}"} if key else {})
        answer = client.request(method, path, body_of() if method == "POST" else None, headers)
        assert answer.status != 401 or "bearer" in answer.headers["www-authenticate"].lower()
        return answer.status

    assert [status("POST", EVENTS, key) for key in (None, "wrong", "reader", "writer-1", "writer-2")] == [
        401,
        401,
        403,
        202,
        202,
    ]
    assert [status("GET", "/api/matches", key) for key in (None, "wrong", "reader", "writer-1")] == [401, 401, 200, 200]
    assert status("GET", "/health") == 200, "health is open"


def test_a_client_over_its_rate_is_429_and_told_when_to_come_back(make_up):
    up = make_up(RATE_LIMIT="2", RATE_BURST="5").start()
    client = up.client()
    refused = wait_until(
        lambda: next((a for a in [client.post_event(event("rate"))] if a.status != 202), None), "a 429"
    )
    check_problem(refused, 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert up.get("/health").status == 200, "health is not limited"
    wait_until(lambda: client.post_event(event("rate")).status == 202, "the bucket filled again", 10, interval=0.2)
