"""What browsers and CDNs may keep of answers, and pages of other origins that read them."""

import gzip
import json

import pytest

import recount
from events import event
from http_client import EVENTS, head_of, exchange, match_path
from waiting import wait_until

ORIGIN = "https://fans.example"
VIEWS = ["metrics", "timeline", "timeline?bucket=1s", "events", "events?limit=1", "players"]


@pytest.fixture(scope="module")
def cached_match(shared_up):
    assert shared_up.client().post_batch([event("cached") for _ in range(3)]).status == 202
    recount.wait_counted(shared_up, ["cached"])
    return "cached"


def view_path(match_id, view):
    return match_path(match_id, "") + view


def settled(client, path):
    """An answer that comes twice with the same tag: response times of the posts may still come in."""

    def twice():
        first, second = client.get(path), client.get(path)
        return first if first.headers["etag"] == second.headers["etag"] else None

    return wait_until(twice, f"{path} to stand still")


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_client_has_is_not_sent_again(shared_up, cached_match, view):
    client, path = shared_up.client(), view_path(cached_match, view)

    def unchanged():
        whole = client.get(path)
        assert whole.status == 200 and whole.headers["cache-control"] == "public, max-age=1, stale-while-revalidate=2"
        again = client.get(path, **{"If-None-Match": f'"other", {whole.headers["etag"]}'})
        return (whole, again) if again.status == 304 else None

    # asOf moves on; the counts do, too, only while response times of the posts come in.
    whole, again = wait_until(unchanged, "a 304")
    assert again.body == b"" and again.headers["etag"] == whole.headers["etag"]
    assert again.headers["cache-control"] == whole.headers["cache-control"]
    later = wait_until(lambda: (now := client.get(path)).json()["asOf"] > whole.json()["asOf"] and now, "asOf to move")
    assert later.headers["etag"] == whole.headers["etag"] or view == "metrics"
    assert client.get(path, **{"If-None-Match": '"another"'}).status == 200
    assert client.get(path, **{"If-None-Match": "*"}).status == 304


def test_a_new_event_is_a_new_answer(shared_up):
    client, path = shared_up.client(), view_path("cached-changing", "events")
    assert client.post_event(event("cached-changing")).status == 202
    recount.wait_counted(shared_up, ["cached-changing"])
    before = settled(client, path).headers["etag"]
    assert client.post_event(event("cached-changing")).status == 202
    recount.wait_counted(shared_up, ["cached-changing"])
    answer = wait_until(
        lambda: (now := client.get(path, **{"If-None-Match": before})).status == 200 and now, "the new answer"
    )
    assert len(answer.json()["events"]) == 2


def test_the_list_of_matches_and_an_unknown_match_may_be_kept_but_no_state(shared_up, cached_match):
    client = shared_up.client()
    assert client.get("/api/matches").headers["etag"].startswith('W/"')
    assert "max-age=1" in client.get("/api/matches").headers["cache-control"]
    unknown = client.get(match_path("never played"))
    assert unknown.status == 404 and "max-age=1" in unknown.headers["cache-control"]
    for path in ("/health", "/ready", "/metrics"):
        answer = client.get(path)
        assert answer.status == 200 and answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers
    too_long = client.get(view_path(cached_match, "timeline?bucket=7s"))
    assert too_long.status == 400 and "max-age" not in too_long.headers.get("cache-control", "")


def test_a_head_is_answered_like_its_get(shared_up, cached_match):
    client, path = shared_up.client(), view_path(cached_match, "events")
    told = settled(client, path).headers["etag"]
    assert client.request("HEAD", path).headers["etag"] == told
    assert client.request("HEAD", path, headers={"If-None-Match": told}).status == 304


def test_pages_of_other_origins_read_nothing_unless_set(shared_up, cached_match):
    answer = shared_up.client().get(match_path(cached_match), Origin=ORIGIN)
    assert answer.status == 200 and not [name for name in answer.headers if name.startswith("access-control")]
    assert shared_up.client().request("OPTIONS", EVENTS, headers=preflight()).status == 405


def preflight(origin=ORIGIN, method="GET"):
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


def test_pages_of_an_origin_that_is_set_read_and_post(make_up):
    up = make_up(
        CORS_ORIGINS=f"{ORIGIN}, http://localhost:5173", API_READ_KEYS="reader", API_WRITE_KEYS="writer", CACHE_MAX_AGE="5s"
    ).start()
    client = up.client()
    asked = client.request("OPTIONS", EVENTS, headers=preflight(method="POST"))
    assert asked.status == 204 and asked.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in asked.headers["access-control-allow-methods"] and asked.headers["vary"] == "Origin"
    allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "last-event-id", "traceparent", "x-request-id"} <= set(allowed)
    keyed = {"Origin": ORIGIN, "Authorization": "Bearer reader"}
    answers = {
        404: client.get(match_path("never played"), **keyed),
        401: client.get(match_path("never played"), Origin=ORIGIN),
        405: client.request("PUT", EVENTS, headers={"Origin": ORIGIN}),
        400: client.get("/api/matches?limit=0", **keyed),
        413: exchange(up.port, head_of("POST", EVENTS, f"Origin: {ORIGIN}", "Authorization: Bearer writer",
                                       "Content-Type: application/json", "Content-Length: 99999999")),
        200: client.get("/api/matches", **keyed),
    }
    for status, answer in answers.items():
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN and answer.headers["vary"] == "Origin", status
        assert "ETag" in answer.headers["access-control-expose-headers"]
    assert answers[200].headers["cache-control"] == "private, max-age=5, stale-while-revalidate=2"
    other = client.get("/api/matches", Origin="https://evil.example", Authorization="Bearer reader")
    assert "access-control-allow-origin" not in other.headers and other.headers["vary"] == "Origin"
    assert client.request("OPTIONS", EVENTS, headers=preflight("https://evil.example")).status == 403


def test_large_answers_are_compressed_for_clients_that_take_it(shared_up):
    match = "compressed"
    client = shared_up.client()
    batch = [event(match, timestamp=f"2024-01-15T{14 + i // 60}:{i % 60:02}:00Z") for i in range(100)]
    assert client.post_batch(batch).status == 202
    recount.wait_counted(shared_up, [match])
    path = match_path(match, "timeline")
    plain = client.get(path)
    assert "content-encoding" not in plain.headers

    def compressed():
        """An answer from memory is compressed when one of those who waited for it takes that."""
        answer = client.get(path, **{"Accept-Encoding": "gzip"})
        return answer if answer.headers.get("content-encoding") == "gzip" else None

    packed = wait_until(compressed, "a compressed answer")
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert len(packed.body) < len(plain.body) / 5
    unpacked, whole = json.loads(gzip.decompress(packed.body)), plain.json()
    assert unpacked["buckets"] == whole["buckets"]
    assert packed.headers["etag"] == plain.headers["etag"]
    unchanged = client.get(path, **{"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert unchanged.status == 304 and "content-encoding" not in unchanged.headers
    client.close()
