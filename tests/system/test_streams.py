"""Server-sent events of a real process on a real ClickHouse."""

import signal
import threading
from urllib.parse import quote

import pytest

import processes
from event_stream import EventStream, StreamEnded
from events import EventSource, event
from http_client import exchange, head_of, match_path
from test_clickhouse_down import Outage
from waiting import wait_until


def stream_path(match_id):
    return match_path(match_id, "stream")


def total_is(count):
    return lambda state: state.json()["totalEvents"] == count


def post(up, events):
    answer = up.client().post_batch(events)
    assert answer.status == 202, answer


def without_as_of(metrics):
    return {name: value for name, value in metrics.items() if name != "asOf"}


def settled_metrics(up, match_id, total):
    """The metrics of a match when all is counted, response times too, which follow a second later."""

    def read():
        answer = up.get(match_path(match_id))
        return answer.status == 200 and answer.json()["totalEvents"] == total and answer

    wait_until(read, f"{total} events of {match_id}")
    up.wait_lag_zero()
    return wait_until(lambda: (a := read()) and "responseTimePercentiles" in a.json() and a, "response times")


@pytest.mark.parametrize("match_id", ["stream-1", 'a/b "q" <script>', "Barça–Alavés 2018", "試合 ⚽ '%2F'", "data: x"])
def test_numbers_move_and_end_at_what_metrics_says(shared_up, match_id):
    match_id += " streamed"  # Other tests have matches of such names, too.
    sent = EventSource(match_id, [match_id]).take(300)
    with EventStream(shared_up.port, stream_path(match_id)) as stream:
        assert stream.status == 200
        assert stream.response_headers["content-type"] == "text/event-stream"
        assert "no-store" in stream.response_headers["cache-control"]
        totals = [0]
        for start in range(0, 300, 100):
            post(shared_up, sent[start : start + 100])
            seen = stream.wait_state(total_is(start + 100))
            assert seen.json()["matchId"] == match_id
            totals.append(seen.json()["totalEvents"])
        assert totals == [0, 100, 200, 300]
        final = settled_metrics(shared_up, match_id, 300).json()
        last = stream.wait_state(lambda state: without_as_of(state.json()) == without_as_of(final))
        assert stream.retries and 1000 <= stream.retries[0] <= 3000
        beat = stream.wait_heartbeat()
        assert beat["asOf"] >= last.json()["asOf"]
        assert beat["storeAvailable"] is True


def test_one_stream_shows_the_matches_that_it_names(shared_up):
    ids = ['one of "several" / ä', "other of several"]
    post(shared_up, [event(ids[0])])
    named = "&".join("match=" + quote(match_id, safe="") for match_id in [*reversed(ids), "never seen"])
    with EventStream(shared_up.port, f"/api/matches/stream?{named}") as stream:
        assert stream.status == 200
        for events in ([event(ids[1])], [event(ids[0], eventType="goal")]):
            post(shared_up, events)
        totals = [2, 1]
        state = stream.wait_state(lambda state: [one["totalEvents"] for one in state.json()["matches"]] == totals)
        finals = [settled_metrics(shared_up, *settled).json() for settled in zip(ids, totals)]
        expected = [without_as_of(final) for final in finals]
        state = stream.wait_state(lambda state: state.json()["matches"] == expected)
        assert list(state.json()) == ["matches", "asOf"]
    again = f"/api/matches/stream?{named}"
    with EventStream(shared_up.port, again, last_event_id=state.id) as stream:
        assert stream.next().type == "heartbeat", "what the client knows is not repeated"


def test_a_stream_names_a_bounded_number_of_matches(shared_up):
    named = "&".join(f"match={i}" for i in range(17))
    assert exchange(shared_up.port, head_of("GET", f"/api/matches/stream?{named}")).status == 400


def test_an_event_has_the_bytes_of_metrics_and_its_id_is_the_content(shared_up):
    match_id = "stream-bytes"
    post(shared_up, [event(match_id)])
    final = settled_metrics(shared_up, match_id, 1)
    with EventStream(shared_up.port, stream_path(match_id)) as first:
        one = first.next_state()
    assert list(one.json()) == list(final.json()), "the same members in the same order"
    assert without_as_of(one.json()) == without_as_of(final.json())
    assert one.data.startswith(final.body.decode().partition(',"asOf"')[0])
    with EventStream(shared_up.port, stream_path(match_id), last_event_id=one.id) as again:
        assert again.next().type == "heartbeat", "what the client knows is not repeated"
        post(shared_up, [event(match_id)])
        assert again.next_state().json()["totalEvents"] == 2
    with EventStream(shared_up.port, stream_path(match_id) + f"?lastEventId={one.id}") as third:
        assert third.next_state().json()["totalEvents"] == 2, "any other state is told at once"


def test_a_match_without_events_is_awaited(shared_up):
    match_id = "stream-later"
    assert shared_up.get(match_path(match_id)).status == 404
    with EventStream(shared_up.port, stream_path(match_id)) as stream:
        first = stream.next()
        assert first.type == "heartbeat" and first.json()["asOf"], "nothing yet, and as of when"
        post(shared_up, [event(match_id)])
        assert stream.next_state().json()["totalEvents"] == 1


def test_the_list_is_streamed_with_its_limit(shared_up):
    with EventStream(shared_up.port, "/api/matches/stream?limit=2") as stream:
        for number in range(3):
            name = f"stream-list-{number}"
            post(shared_up, [event(name)])
            seen = stream.wait_state(lambda state: state.json()["matches"][0]["matchId"] == name)
            assert len(seen.json()["matches"]) <= 2
        assert [match["matchId"] for match in seen.json()["matches"]] == ["stream-list-2", "stream-list-1"]


def test_what_is_not_valid_is_a_problem_and_no_stream(shared_up):
    too_long = stream_path("x" * 257)
    for path in [too_long, "/api/matches/stream?limit=0", "/api/matches/stream?cursor=x"]:
        answer = shared_up.get(path)
        assert answer.status == 400 and answer.json()["errors"], answer
    assert exchange(shared_up.port, head_of("POST", stream_path("m"))).status == 405
    head = shared_up.client().request("HEAD", stream_path("m"))
    assert head.status == 200 and head.headers["content-type"] == "text/event-stream"


def test_keys_and_limits_hold_for_streams(make_up):
    up = make_up(API_READ_KEYS="reader", MAX_STREAMS="2").start()
    key = {"Authorization": "Bearer reader"}
    with EventStream(up.port, stream_path("m")) as refused:
        assert refused.status == 401
    with EventStream(up.port, stream_path("m"), headers=key), EventStream(up.port, stream_path("n"), headers=key):
        with EventStream(up.port, stream_path("m"), headers=key) as third:
            assert third.status == 503 and int(third.response_headers["retry-after"]) > 0
        assert up.gauge("fanfinity_http_open_streams") == 2
        assert up.gauge("fanfinity_http_streams_refused_total") == 1
    wait_until(lambda: up.gauge("fanfinity_http_open_streams") == 0, "the streams are gone")
    with EventStream(up.port, stream_path("m"), headers=key) as again:
        assert again.status == 200


def test_a_stream_is_resumed_after_kill_9_without_a_gap(make_up):
    match_id = "stream-resume"
    up = make_up(STREAM_HEARTBEAT="500ms").start()
    sent = EventSource(12, [match_id]).take(200)
    post(up, sent[:100])
    settled_metrics(up, match_id, 100)
    with EventStream(up.port, stream_path(match_id)) as stream:
        last = stream.next_state()
        up.kill()
        with pytest.raises((ConnectionError, OSError)):
            while True:
                stream.next()
    up.start()
    up.wait_lag_zero()
    with EventStream(up.port, stream_path(match_id), last_event_id=last.id) as same:
        assert same.next().type == "heartbeat", "the same state has the same id after a restart"
        post(up, sent[100:])
        newest = same.wait_state(total_is(200))
    with EventStream(up.port, stream_path(match_id), last_event_id=last.id) as missed:
        assert missed.next_state().json()["totalEvents"] == 200, "what was missed is there at once"
    assert newest.id != last.id


def test_a_reader_that_takes_nothing_is_dropped_and_the_others_go_on(make_up):
    """Each state of the list is large, so that a socket is soon full."""
    up = make_up(STREAM_STALL_TIMEOUT="2s", STREAM_INTERVAL="20ms", METRICS_REFRESH="10ms").start()
    names = [f"{'n' * 200}{number:03}" for number in range(300)]
    post(up, [event(name) for name in names])
    path = "/api/matches/stream?limit=300"
    over = threading.Event()
    with EventStream(up.port, path, receive_buffer=4096) as stuck, EventStream(up.port, path) as quick:
        quick.wait_state(lambda state: len(state.json()["matches"]) == 300)
        processes.reset_peak(up.process.pid)
        before = processes.resident_kib(up.process.pid)

        def move():
            client = up.client()
            while not over.is_set():
                client.post_event(event(names[0]))

        mover = threading.Thread(target=move)
        mover.start()
        try:
            wait_until(lambda: up.gauge("fanfinity_http_streams_dropped_total") == 1, "the stuck reader is dropped", 60)
        finally:
            over.set()
            mover.join()
        assert stuck.status == 200
        wait_until(lambda: up.gauge("fanfinity_http_open_streams") == 1, "it is gone")
        assert quick.next_state().json()["matches"]
        assert processes.peak_resident_kib(up.process.pid) - before < 128 * 1024


def test_streams_stay_open_and_tell_the_truth_while_the_store_is_away(make_up):
    match_id = "stream-outage"
    up = make_up(STREAM_HEARTBEAT="500ms").start()
    post(up, [event(match_id)])
    settled_metrics(up, match_id, 1)
    with EventStream(up.port, stream_path(match_id)) as stream:
        last = stream.next_state()
        with Outage(up, signal.SIGKILL):
            away = stream.wait_heartbeat(lambda beat: not beat["storeAvailable"])
            assert away["asOf"] >= last.json()["asOf"]
            again = stream.wait_heartbeat(lambda beat: not beat["storeAvailable"])
            assert again["asOf"] == away["asOf"], "it stands still, and says so"
            with EventStream(up.port, stream_path("stream-outage-new")) as new:
                assert new.status == 200
                assert not new.next().json()["storeAvailable"]
            post(up, [event(match_id)])
        assert stream.wait_state(total_is(2)).json()["asOf"] > away["asOf"]
        stream.wait_heartbeat(lambda beat: beat["storeAvailable"] and beat["asOf"] > away["asOf"])


def test_sigterm_ends_every_stream_in_order(make_up):
    up = make_up().start()
    post(up, [event("stream-drain")])
    streams = [EventStream(up.port, stream_path("stream-drain")) for _ in range(100)]
    for stream in streams:
        stream.next()
    up.process.send_signal(signal.SIGTERM)
    for stream in streams:
        stream.drain()  # Raises unless the last chunk comes.
        with pytest.raises((StreamEnded, ConnectionError)):
            stream.next()
    assert up.wait_exit() == 0
    assert len({stream.retries[-1] for stream in streams}) > 90, "not all come again at once"
    for stream in streams:
        stream.close()
