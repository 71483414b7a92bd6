"""Clients that ask and do not read: they cost a bounded amount of memory, and everybody else is served."""

import json
import socket

import processes
import pytest
from events import event
from http_client import match_path

CLIENTS = 400
MOST_GROWTH_KIB = 100 * 1024  # 2.5 GB before answers were bounded
MATCH = "slow-readers"


def batch_of_errors():
    body = json.dumps([event(MATCH)] + [{}] * 9_999).encode()
    head = f"POST /api/events/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.fixture(scope="module")
def small(module_up):
    """An `up` that lets 16 MiB wait for slow clients, with a match of some size."""
    up = module_up(MAX_BUFFERED_BODIES="16MiB")
    client = up.client()
    for _ in range(3):
        assert client.post_batch([event(MATCH, metadata={"note": "x" * 400}) for _ in range(2_000)]).status == 202
    client.close()
    up.wait_lag_zero()
    return up


@pytest.mark.parametrize(
    "request_bytes, copies",
    [
        pytest.param(batch_of_errors(), 1, id="answers to batches"),
        pytest.param(get(match_path(MATCH, "events") + "?limit=1000"), 20, id="pages of events"),
        pytest.param(get("/openapi.json"), 50, id="files"),
        pytest.param(get(match_path(MATCH, "stream")), 1, id="streams"),
    ],
)
def test_clients_that_do_not_read_hold_bounded_memory(small, request_bytes, copies):
    processes.reset_peak(small.process.pid)
    before = processes.resident_kib(small.process.pid)
    sockets = []
    try:
        for _ in range(CLIENTS):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", small.port))
            client.sendall(request_bytes)
            for _ in range(copies - 1):  # pipelined: the server reads the next one when it has sent an answer
                client.sendall(request_bytes)
            sockets.append(client)
        with_reader = small.client()
        assert with_reader.post_event(event(MATCH)).status == 202
        assert with_reader.get(match_path(MATCH)).status == 200
        assert with_reader.get("/health").status == 200
        with_reader.close()
        assert processes.peak_resident_kib(small.process.pid) - before < MOST_GROWTH_KIB
    finally:
        for client in sockets:
            client.close()
