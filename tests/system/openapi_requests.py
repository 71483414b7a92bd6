"""A good request for every operation of the API, and what makes the service refuse it with each status.
The operations are those of the document; only what no document can say stands here."""

import json
from dataclasses import dataclass, field, replace

from events import event
from http_client import RawConnection, exchange

MATCH = "openapi–test/1"
JSON = "Content-Type: application/json"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: tuple = ()
    body: bytes = b""
    version: str = "HTTP/1.1"
    host: str = "localhost"

    def bytes(self):
        length = (f"Content-Length: {len(self.body)}",) if self.body else ()
        lines = [f"{self.method} {self.target} {self.version}", f"Host: {self.host}", *self.headers, *length, "", ""]
        return "\r\n".join(lines).encode() + self.body

    def having(self, *headers):
        return replace(self, headers=self.headers + headers)

    def asking(self, query):
        return replace(self, target=self.target + ("&" if "?" in self.target else "?") + query)


@dataclass
class Seen:
    """An answer, and what it is an answer to."""

    operation: object
    answer: object
    how: str
    request: Request = field(repr=False)


def body_of(operation_id, media_type):
    """A body that the operation accepts."""
    one = event(MATCH, eventType="goal", playerId="player-456", metadata={"minute": 45})
    if operation_id == "postEvent":
        return json.dumps(one).encode()
    batch = [one, event(MATCH), event(MATCH, teamId=2)]
    return ("\n".join(map(json.dumps, batch)) if media_type == "application/x-ndjson" else json.dumps(batch)).encode()


def good(document, operation):
    """Requests the operation fulfils: one for every media type it takes, or every thing there is."""
    if media_types := document.request_bodies(operation):
        return [
            Request(operation.method, operation.path, (f"Content-Type: {one}",), body_of(operation.id, one))
            for one in media_types
        ]
    return [Request(operation.method, path) for path in document.paths(operation)]


def refused(document, operation):
    """[(what is wrong, request)]: requests that a service with default settings does not fulfil."""
    for request in good(document, operation):
        yield "a query that is not percent-encoded", request.asking("x=%zz")
        yield "another method", replace(request, method="DELETE", body=b"")
        yield "a long target", request.asking("x=" + "y" * 9000)
        yield "an unknown content encoding", request.having("Content-Encoding: br")
        yield "an unknown expectation", request.having("Expect: a-miracle")
        yield "long headers", request.having("X-Long: " + "y" * 20_000)
        yield "an unknown transfer coding", replace(request, body=b"").having("Transfer-Encoding: gzip")
        yield "a host of others", replace(request, host="evil.example")
        yield "an unknown version", replace(request, version="HTTP/3.0")
        yield "no HTTP", replace(request, version="HTTP 1")
        yield "a large body", replace(request, body=b" " * (9 << 20) if request.body else b"x")
    if "{" in operation.path:
        for value in ("never seen", "\0"):
            yield f"{value!r} in the path", Request(operation.method, *document.paths(operation, value))
    for said in document.parameters(operation):
        if said["in"] == "query":
            yield f"a bad {said['name']}", good(document, operation)[0].asking(f"{said['name']}=%20")
    for media_type in document.request_bodies(operation):
        plain = replace(good(document, operation)[0], headers=(f"Content-Type: {media_type}",))
        yield "a body that is none", replace(plain, body=b"{]")
        yield "an event without members", replace(plain, body=b"{}" if operation.id == "postEvent" else b"[{}]")
        yield "no gzip", plain.having("Content-Encoding: gzip")
        yield "another media type", replace(plain, headers=("Content-Type: text/plain",))


def ask(up, requests):
    """Sends [(operation, how, request)], each on a connection of its own."""
    return [
        Seen(operation, exchange(up.port, request.bytes()), how, request) for operation, how, request in requests
    ]


def ask_again(up, seen):
    """The requests that were answered with an ETag: compressed, and with the ETag."""
    tagged = [one for one in seen if one.answer.status == 200 and "etag" in one.answer.headers]
    return ask(
        up,
        [(one.operation, "gzip", one.request.having("Accept-Encoding: gzip")) for one in tagged]
        + [
            (one.operation, "its ETag", one.request.having(f"If-None-Match: {one.answer.headers['etag']}"))
            for one in tagged
        ],
    )


def ask_slowly(up, document):
    """Every operation, but the head, and the body, stop half way. All at once, because the service waits."""
    begun = []
    for operation in document.operations:
        for request in good(document, operation):
            cuts = {"half a head": 20, "half a body": len(request.bytes()) - 5}
            for how, cut in cuts.items() if request.body else [("half a head", 20)]:
                connection = RawConnection(up.port, 60)
                begun.append((Seen(operation, None, how, request), connection.send(request.bytes()[:cut])))
    for seen, connection in begun:
        with connection:
            seen.answer = connection.read()
    return [seen for seen, _ in begun]
