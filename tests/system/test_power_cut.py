"""What a disk holds after a power cut is enough: nothing that was acknowledged and stored is lost."""

import power
import pytest
import recount
from events import EventSource
from waiting import wait_until

MATCHES = ["power-1", "power-2", "Power/3 – über"]
TABLES = ("events", "match_minutes", "matches", "response_times")


@pytest.fixture(scope="module", autouse=True)
def private_mounts():
    power.enter_mount_namespace()


@pytest.fixture
def disk(tmp_path):
    disk = power.Disk(tmp_path)
    yield disk
    disk.close()


class Feed:
    """Posts batches and waits until they are counted, so that each becomes a part of its own."""

    def __init__(self, up):
        self._up = up
        self._source = EventSource(7, MATCHES)
        self.sent = []

    def post(self, events):
        batch = self._source.take(events)
        client = self._up.client()
        assert client.post_batch(batch).status == 202
        client.close()
        self.sent += batch
        recount.wait_counted(self._up, MATCHES)


def outdated_parts(clickhouse):
    rows = clickhouse.rows(
        f"SELECT table, name FROM system.parts WHERE NOT active AND database = currentDatabase() AND table IN {TABLES}"
    )
    return {(row["table"], row["name"]) for row in rows}


def delete_merged_parts_at_once(up):
    """ClickHouse deletes the sources of merges every 30 to 40 s. A cut just after that is what this is about."""
    for table in TABLES:
        up.clickhouse().execute(
            f"ALTER TABLE {table} MODIFY SETTING cleanup_delay_period = 1, max_cleanup_delay_period = 1,"
            " cleanup_delay_period_random_add = 0"
        )
    up.stop()  # a pause that has begun keeps its length
    up.start()


def test_rows_survive_when_a_merge_has_just_replaced_their_parts(make_up, disk):
    up = make_up(FANFINITY_DATA_DIR=disk.directory / "data").start()
    delete_merged_parts_at_once(up)
    feed = Feed(up)
    for _ in range(5):
        feed.post(500)
    for table in TABLES:
        up.clickhouse().execute(f"OPTIMIZE TABLE {table} FINAL")
    merged = outdated_parts(up.clickhouse())
    wait_until(lambda: not merged & outdated_parts(up.clickhouse()), "the sources of the merges to be deleted", 60)

    disk.commit_journal()
    after = make_up(FANFINITY_DATA_DIR=disk.cut() / "data").start()

    recount.wait_counted(after, MATCHES, seconds=30)
    recount.check_everything(after, feed.sent)
