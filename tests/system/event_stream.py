"""A reader of server-sent events that sees everything: the head, each event, heartbeats, the end.

The events are read as the HTML standard has them parsed, for one stream on one socket."""

import json
import socket
import time
from dataclasses import dataclass, field

from http_client import head_of
from waiting import patience


@dataclass
class Event:
    type: str
    id: str
    data: str

    def json(self):
        return json.loads(self.data)


class StreamEnded(Exception):
    """The server has ended the stream in an orderly way: with the last chunk."""


@dataclass
class EventStream:
    """Follows `path`; not read further than it is asked to be."""

    port: int
    path: str
    last_event_id: str = ""
    receive_buffer: int = 0
    headers: dict = field(default_factory=dict)

    def __post_init__(self):
        self.retries = []
        self.state = None  # the last event that was no heartbeat
        self._socket = socket.socket()
        if self.receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self._socket.settimeout(30 * patience())
        self._socket.connect(("127.0.0.1", self.port))
        lines = [f"Last-Event-ID: {self.last_event_id}"] if self.last_event_id else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        self._socket.sendall(head_of("GET", self.path, *lines))
        self._file = self._socket.makefile("rb")
        self.status, self.response_headers = self._read_head()
        self._text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()

    def _read_head(self):
        status = int(self._file.readline().split(b" ")[1])
        headers = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def body(self):
        """Of an answer that is no stream."""
        return self._file.read(int(self.response_headers["content-length"]))

    def _read_chunk(self):
        size = self._file.readline()
        if not size:
            raise ConnectionError("the connection ended within the stream")
        data = self._file.read(int(size, 16))
        assert self._file.readline() == b"\r\n"
        if not data:
            raise StreamEnded
        return data

    def next(self):
        """The next event or heartbeat."""
        while True:
            block, end, rest = self._text.partition(b"\n\n")
            if not end:
                self._text += self._read_chunk()
                continue
            self._text = rest
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
            if "retry" in fields:
                self.retries.append(int(fields["retry"]))
            if "data" in fields:
                event = Event(fields.get("event", "message"), fields.get("id", ""), fields["data"])
                if event.type == "message":
                    self.state = event
                return event

    def next_state(self):
        """The next event that is no heartbeat."""
        while (event := self.next()).type == "heartbeat":
            pass
        return event

    def wait_for(self, condition, seconds=30):
        """The first event from now on that fulfils it."""
        deadline = time.monotonic() + seconds * patience()
        while not condition(event := self.next()):
            assert time.monotonic() < deadline, f"waited in vain; the last event is {event}"
        return event

    def wait_state(self, condition, seconds=30):
        """The state, as soon as it fulfils it."""
        if self.state is None or not condition(self.state):
            self.wait_for(lambda event: event.type == "message" and condition(event), seconds)
        return self.state

    def wait_heartbeat(self, condition=lambda beat: True, seconds=30):
        """What the next heartbeat says that fulfils it."""
        return self.wait_for(lambda event: event.type == "heartbeat" and condition(event.json()), seconds).json()

    def drain(self):
        """Reads to the end of the stream; the events that were left."""
        left = []
        try:
            while True:
                left.append(self.next())
        except StreamEnded:
            return left
