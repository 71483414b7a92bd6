"""A proxy in front of a real ClickHouse that lets what cannot be had from the real one happen: answers that never
come, connections that are cut, errors. It stands between the service and ClickHouse only."""

import socket
import struct
import threading
from collections import Counter

from harness import free_port

_SERVER_ERROR = "Code: 999. DB::Exception: made up by the test. (KEEPER_EXCEPTION)"
CHUNK = 1 << 16


class Cut(Exception):
    """The connection is to be cut here."""


# -- what may happen to a request: each takes (exchange, proxy) and returns the bytes to answer ----------
def pass_on(exchange, proxy):
    for chunk in exchange.chunks():
        exchange.send(chunk)
    return b""


def answer_500(exchange, proxy):
    """Refused before anything was done."""
    return _error(500)


def answer_503(exchange, proxy):
    """As from a balancer whose servers are all away: not even ClickHouse's own error."""
    return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\naway"


def store_and_answer_500(exchange, proxy):
    """Done, and said to have failed."""
    exchange.forward()
    return _error(500)


def store_and_keep_silent(exchange, proxy):
    """Done, and nobody ever told: the service gives up by its own time-out."""
    exchange.forward()
    exchange.wait_gone()
    raise Cut


def store_and_cut(exchange, proxy):
    """Done, and the connection cut in the middle of the answer."""
    exchange.send(exchange.forward()[:20])
    raise Cut


def cut_the_request(exchange, proxy):
    """ClickHouse gets half of the rows, then an end."""
    exchange.forward_half()
    raise Cut


def answer_late(exchange, proxy):
    proxy.over.wait(0.7)
    return exchange.forward()


# What a client of ClickHouse has to survive.
WRONG_ANSWERS = (
    answer_500,
    answer_503,
    answer_late,
    cut_the_request,
    store_and_answer_500,
    store_and_cut,
    store_and_keep_silent,
)


def _error(status):
    body = _SERVER_ERROR.encode()
    head = f"HTTP/1.1 {status} Error\r\nX-ClickHouse-Exception-Code: 999\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


class Exchange:
    """One request as it was received, on a connection of its own."""

    def __init__(self, connection, upstream_port):
        self._connection = connection
        self._upstream_port = upstream_port
        self.head, self.body = self._receive()

    def is_insert(self):
        return b"INSERT" in self.head.split(b"\r\n", 1)[0]

    def _receive(self):
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._read()
        head, _, body = received.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        wanted = int(lines.get(b"content-length", 0))
        while len(body) < wanted:
            body += self._read()
        return head, body

    def _read(self):
        chunk = self._connection.recv(CHUNK)
        if not chunk:
            raise Cut
        return chunk

    def forward(self):
        """The whole answer of ClickHouse."""
        return b"".join(self.chunks())

    def chunks(self):
        """The same as it comes."""
        with self._upstream(self.body) as upstream:
            while chunk := upstream.recv(CHUNK):
                yield chunk

    def forward_half(self):
        """Only half of the body goes there, and nothing comes back."""
        self._upstream(self.body[: len(self.body) // 2]).close()

    def _upstream(self, body):
        """A connection to ClickHouse on which the request has gone."""
        upstream = socket.create_connection(("127.0.0.1", self._upstream_port), 60)
        upstream.sendall(self.head + b"\r\nConnection: close\r\n\r\n")
        upstream.sendall(body)
        return upstream

    def wait_gone(self):
        """Until the other side gives up."""
        while self._connection.recv(CHUNK):
            pass

    def send(self, data):
        self._connection.sendall(data)


class StoreProxy:
    """Listens on `port`; what `happen` says befalls the inserts from then on."""

    def __init__(self, upstream_port):
        self.port = free_port()
        self.over = threading.Event()
        self.happened = Counter()  # name of a fault to how many inserts met it
        self._upstream_port = upstream_port
        self._faults = iter(())
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def happen(self, *faults):
        """The next inserts meet these, one each, in this order; those after them pass."""
        with self._lock:
            self._faults = iter(faults)

    def pending(self):
        with self._lock:
            left = list(self._faults)
            self._faults = iter(left)
            return len(left)

    def close(self):
        self.over.set()
        self._listener.close()

    def _accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            exchange = Exchange(connection, self._upstream_port)
            exchange.send(self._next_fault(exchange)(exchange, self))
        except (Cut, OSError):
            # Zero seconds to linger: the other side sees a reset, not an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            connection.close()

    def _next_fault(self, exchange):
        if not exchange.is_insert():
            return pass_on
        with self._lock:
            fault = next(self._faults, pass_on)
        if fault is not pass_on:
            self.happened[fault.__name__] += 1
        return fault
