"""A file of old events that is sent again, long after DEDUP_WINDOW, counts once."""

import json

import pytest

import processes
from events import EventSource
from http_client import match_path

MATCH = "Final 1974"
COLUMNS = "event_id, match_id, event_type, event_time, team, player_id, metadata, received_at, topic, partition, offset"
# More ids than a filter of 1 MiB keeps for old events, so that they are looked up in ClickHouse.
OTHERS = 100_000


def store_as_of_old(database, events):
    """As if these events had been received 40 days ago, when the log had a partition more."""
    rows = [
        {"e": one["eventId"], "m": one["matchId"], "t": one["eventType"], "at": one["timestamp"], "team": one["teamId"], "o": at}
        for at, one in enumerate(events)
    ]
    database.execute(
        f"INSERT INTO events ({COLUMNS}) SELECT e, m, t, parseDateTime64BestEffort(at, 3, 'UTC'), team, NULL, '', "
        "now64(3) - INTERVAL 40 DAY, 'events', 77, o "
        "FROM input('e UUID, m String, t String, at String, team UInt8, o Int64') FORMAT JSONEachRow",
        "\n".join(json.dumps(row) for row in rows).encode(),
    )


def store_others(database):
    database.execute(
        f"INSERT INTO events ({COLUMNS}) SELECT generateUUIDv4(), 'others', 'pass', toDateTime64(1e9, 3, 'UTC'), 1, NULL, '', "
        f"now64(3) - INTERVAL 40 DAY, 'events', 77, {OTHERS} + number FROM numbers({OTHERS})"
    )


def send(up, events):
    client = up.client()
    try:
        return client.post_batch(events).status
    finally:
        client.close()


@pytest.mark.parametrize("filter_size", ["256MiB", "1MiB"])
def test_a_file_sent_again_after_the_window_counts_once(make_up, filter_size):
    up = make_up(DEDUP_FILTER_SIZE=filter_size).start()
    file = EventSource(5, [MATCH]).take(3_000)
    store_others(up.clickhouse())
    store_as_of_old(up.clickhouse(), file[:2_000])  # The file ended here when it was sent first.
    for _ in range(2):
        # The filter is made of what is stored at a start.
        processes.kill_all(up.clickhouse_pids())
        up.kill()
        up.start()
        assert send(up, file) == 202
    up.wait_lag_zero()
    assert send(up, file) == 202
    up.wait_lag_zero()
    assert up.clickhouse().value(f"SELECT count() FROM events WHERE match_id = '{MATCH}'") == len(file)
    assert up.get(match_path(MATCH)).json()["totalEvents"] == len(file)
