"""A server that keeps the contract as far as senders see it, counts in memory, and can be told to fail or to lie."""

import http.server
import json
import random
import threading
import uuid
from collections import Counter
from datetime import datetime, timezone
from urllib.parse import unquote, urlsplit

from test_stream import TYPES

_EVENT_LIMIT = 64 * 1024


def is_valid(event):
    try:
        uuid.UUID(event["eventId"])
        datetime.fromisoformat(event["timestamp"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return False
    return (isinstance(event.get("matchId"), str) and event["matchId"] != "" and event.get("eventType") in TYPES
            and event.get("teamId") in (1, 2) and isinstance(event.get("playerId", ""), str)
            and isinstance(event.get("metadata", {}), dict))


class FakeService(http.server.ThreadingHTTPServer):
    """`faults`: the share of requests that are answered 503, 429 or not at all, some of them after they were stored.
    `forget`: drops the first event it acknowledges. `double`: counts every copy."""

    daemon_threads = True

    def __init__(self, faults=0.0, forget=False, double=False):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.chance = random.Random(1)
        self.faults, self.forget, self.double = faults, forget, double
        self.events = {}
        self.copies = Counter()
        self.answers = Counter()
        self.forgotten = None
        self.refuse_all = None  # a status for every POST
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def store(self, event):
        event_id = event["eventId"].lower()
        if self.forget and self.forgotten in (None, event_id):
            self.forgotten = event_id
            return
        self.copies[event_id] += 1
        self.events.setdefault(event_id, event)

    def metrics(self, match_id):
        kinds, times = Counter(), []
        for event_id, event in self.events.items():
            if event["matchId"] == match_id:
                often = self.copies[event_id] if self.double else 1
                kinds[event["eventType"]] += often
                times += [datetime.fromisoformat(event["timestamp"])] * often
        minute, most = min(Counter(time.replace(second=0, microsecond=0) for time in times).items(),
                           key=lambda item: (-item[1], item[0]))
        return {"matchId": match_id, "totalEvents": kinds.total(), "eventsByType": dict(kinds), "goals": kinds["goal"],
                "yellowCards": kinds["yellow_card"], "redCards": kinds["red_card"], "firstEventAt": rfc3339(min(times)),
                "lastEventAt": rfc3339(max(times)), "peakMinute": {"minute": rfc3339(minute), "eventCount": most},
                "asOf": now()}

    def handle_error(self, request, client_address):
        pass  # a client that leaves is part of the tests


def rfc3339(moment):
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def now():
    return rfc3339(datetime.now(timezone.utc))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        path, service = urlsplit(self.path).path, self.server
        with service.lock:
            if path == "/health":
                return self.answer(200, {"status": "healthy", "timestamp": now()})
            if path == "/ready":
                return self.answer(200, {"status": "ready", "timestamp": now(), "checks": {}, "lag": 0, "retryPending": 0})
            if path == "/api/matches":
                return self.answer(200, {"matches": [], "asOf": now()})
            match_id = unquote(path.split("/")[3])
            if all(event["matchId"] != match_id for event in service.events.values()):
                return self.answer(404, {"detail": "no such match"})
            self.answer(200, service.metrics(match_id))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service = self.server
        with service.lock:
            fault = service.chance.random() < service.faults and service.chance.choice(["before", "after", 503, 429])
            if service.refuse_all or fault in (503, 429):
                return self.answer(service.refuse_all or fault, {"detail": "not now"})
            status, told = (400, {}) if fault == "before" else self.take(body)
            if fault in ("before", "after"):
                service.answers["none"] += 1
                self.close_connection = True
                return
            self.answer(status, told)

    def take(self, body):
        single = self.path == "/api/events"
        if single and len(body) > _EVENT_LIMIT:
            return 413, {"detail": "too large"}
        try:
            if self.headers["Content-Type"] == "application/x-ndjson":
                events = [json.loads(line) for line in body.splitlines() if line.strip()]
            else:
                events = json.loads(body)
        except ValueError:
            return 400, {"detail": "no JSON"}
        events = [events] if single else events
        bad = [index for index, event in enumerate(events) if not is_valid(event)]
        if len(bad) == len(events):
            return 400, {"detail": "none is valid"}
        for index, event in enumerate(events):
            if index not in bad:
                self.server.store(event)
        if single:
            return 202, {"eventId": events[0]["eventId"].lower(), "status": "accepted", "timestamp": now()}
        errors = [{"index": index, "eventId": None, "errors": []} for index in bad]
        return 202, {"accepted": len(events) - len(bad), "rejected": len(bad), "errors": errors}

    def answer(self, status, document):
        self.server.answers[status] += 1
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
