"""Many streams held by one thread, which notes when each of them saw how many events."""

import select
import socket
import time

TOTAL = b'"totalEvents":'
ENOUGH = 16 * 1024
OPENED_AT_ONCE = 200


class Viewers:
    """As a context: `count` streams of `path`. Reads whatever comes while it waits for something."""

    def __init__(self, port, path, count):
        self._address = ("127.0.0.1", port)
        self._request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        self._count = count
        self._epoll = select.epoll()
        self._sockets = {}
        self._totals = {}  # by descriptor
        self._seen_at = {}  # when each saw its last total
        self._wanted = self._missing = 0

    def __enter__(self):
        while len(self._sockets) < self._count:
            for _ in range(min(OPENED_AT_ONCE, self._count - len(self._sockets))):
                one = socket.create_connection(self._address)
                one.sendall(self._request)
                one.setblocking(False)
                self._sockets[one.fileno()] = one
                self._epoll.register(one.fileno(), select.EPOLLIN)
            self._read(0)
        return self

    def __exit__(self, *_):
        for one in self._sockets.values():
            one.close()
        self._epoll.close()

    def wait_total(self, total, seconds=30):
        """Until every stream has seen so many events, and when each did. Totals only grow."""
        deadline = time.monotonic() + seconds
        self._wanted = total
        self._missing = self._count - sum(1 for seen in self._totals.values() if seen >= total)
        while self._missing > 0:
            assert time.monotonic() < deadline, f"{self._missing} streams have not seen {total} events"
            self._read(deadline - time.monotonic())
        return list(self._seen_at.values())

    def _read(self, seconds):
        for descriptor, _ in self._epoll.poll(seconds, 4096):
            data = self._sockets[descriptor].recv(ENOUGH)
            assert data, "a stream ended"
            _, found, rest = data.rpartition(TOTAL)
            total = int(rest.partition(b",")[0]) if found else 0
            before = self._totals.get(descriptor, 0)
            if total > before:
                self._totals[descriptor] = total
                self._seen_at[descriptor] = time.monotonic()
                self._missing -= before < self._wanted <= total
