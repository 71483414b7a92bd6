"""Response times of a match: they appear, survive restarts, and their counts say how many 202s there were."""

import math

import recount
from events import EventSource, event
from http_client import match_path
from waiting import wait_until

MATCH = "response-times"


def percentiles(up):
    return up.get(match_path(MATCH)).json().get("responseTimePercentiles")


def wait_count(up, count):
    wait_until(
        lambda: recount.response_times_count(up.clickhouse(), MATCH) == count,
        lambda: f"{count} response times, are {recount.response_times_count(up.clickhouse(), MATCH)}",
        30,
        interval=0.1,
    )


def from_buckets(clickhouse):
    """The percentiles, recomputed from the stored histogram by the definition of DDSketch with alpha 0.005."""
    gamma = 1.005 / 0.995
    rows = clickhouse.rows(
        f"SELECT bucket, sum(requests) AS n FROM response_times WHERE match_id = '{MATCH}'"
        " GROUP BY bucket ORDER BY bucket"
    )
    total = sum(int(row["n"]) for row in rows)

    def at(quantile):
        left = math.ceil(quantile * total)
        for row in rows:
            left -= int(row["n"])
            if left <= 0:
                return 2 * gamma ** row["bucket"] / (gamma + 1) / 1000  # microseconds to milliseconds
        raise AssertionError("no sample")

    return {name: at(quantile) for name, quantile in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def test_percentiles_cover_every_202_and_survive_restarts(make_up):
    up = make_up().start()
    sent = EventSource(1, [MATCH]).take(200)
    client = up.client()
    for one in sent + sent[:50]:  # a duplicate is a 202 as well
        assert client.post_event(one).status == 202
    assert client.post_batch(sent[:30]).status == 202
    wait_count(up, 280)
    wait_until(lambda: percentiles(up), "percentiles in the answer")
    told = percentiles(up)
    assert 0 < told["p50"] <= told["p95"] <= told["p99"]
    for name, value in from_buckets(up.clickhouse()).items():
        assert abs(told[name] - value) <= 0.01 * value + 0.0005, (name, told, value)

    up.stop()
    up.start()
    wait_count(up, 280)
    assert percentiles(up) == told, "nothing came, nothing changed"

    up.kill()
    up.start()
    client = up.client()
    for one in EventSource(2, [MATCH]).take(100):
        assert client.post_event(one).status == 202
    wait_count(up, 380)
    assert recount.distinct(sent).keys() <= {
        row["id"] for row in up.clickhouse().rows("SELECT toString(event_id) AS id FROM events")
    }


def test_what_was_measured_last_is_published_by_a_drain(make_up):
    up = make_up().start()
    client = up.client()
    for _ in range(25):
        assert client.post_event(event(MATCH)).status == 202
    up.stop()
    up.start()
    wait_count(up, 25)


def test_a_refused_request_is_no_sample(shared_up):
    match_id = "no-sample"
    assert shared_up.post(event(match_id)).status == 202
    for _ in range(10):
        assert shared_up.post(event(match_id, teamId=9)).status == 400
    recount.wait_counted(shared_up, [match_id])
    wait_until(lambda: recount.response_times_count(shared_up.clickhouse(), match_id) >= 1, "the sample")
    assert recount.response_times_count(shared_up.clickhouse(), match_id) == 1
