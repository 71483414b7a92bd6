"""HTTP for the tests: a keep-alive client, and a raw connection for what no proper client sends."""

import http.client
import json
import socket
from dataclasses import dataclass
from urllib.parse import quote

EVENTS = "/api/events"
BATCH = "/api/events/batch"
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def match_path(match_id, view="metrics"):
    return f"/api/matches/{quote(match_id, safe='')}/{view}"


@dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.headers} {self.body[:600]!r}"


class Client:
    """One keep-alive connection, reopened when it was closed. One thread at a time.
    Connection errors reach the caller, who decides whether to send again."""

    def __init__(self, port, timeout=30.0, host="127.0.0.1"):
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        try:
            self._connection.request(method, path, body, headers or {})
            reply = self._connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post_event(self, event):
        return self.request("POST", EVENTS, json.dumps(event).encode(), JSON)

    def post_batch(self, events):
        return self.request("POST", BATCH, json.dumps(events).encode(), JSON)

    def post_ndjson(self, events):
        return self.request("POST", BATCH, "\n".join(map(json.dumps, events)).encode(), NDJSON)

    def close(self):
        self._connection.close()


class RawConnection:
    """Sends bytes as they are; reads responses one by one, by Content-Length; of a stream its first chunk."""

    def __init__(self, port, timeout=30.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)
        return self

    def read(self, head=False):
        """The next response, or None when the server has closed the connection."""
        try:
            status_line = self._file.readline()
        except ConnectionResetError:
            return None
        if not status_line:
            return None
        version, status, _ = status_line.decode("latin-1").split(" ", 2)
        assert version == "HTTP/1.1", status_line
        headers = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        has_body = not head and int(status) >= 200 and int(status) not in (204, 304)
        body = b""
        if has_body:
            chunked = headers.get("transfer-encoding") == "chunked"
            body = self._file.read(int(self._file.readline(), 16) if chunked else int(headers["content-length"]))
        return Answer(int(status), headers, body)

    def lines(self):
        """What comes, line by line, as long as the connection lives."""
        return iter(self._file.readline, b"")

    def is_closed(self):
        """Whether the server closes (waits as long as the timeout of the connection for it)."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True


def head_of(method, path, *lines):
    """A request's head, with CRLFs and a Host."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def exchange(port, data, timeout=30.0):
    """Sends `data` on a connection of its own; the first response, or None when closed without one."""
    with RawConnection(port, timeout) as connection:
        try:
            connection.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read whole: the answer may be there nevertheless
        return connection.read()
