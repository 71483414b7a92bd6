"""Whether everything that was acknowledged is stored and told, once. No case is a measurement otherwise."""

from collections import Counter

from harness import prometheus_sum
from recount import all_matches
from waiting import wait_until

ID_BYTES = 16
# As the load generator writes an id: its 16 bytes in the order of its text.
STORED_ID = "UUIDToNum(event_id)"
# So many are compared at once: the sets of a query must fit into the memory that ClickHouse may take.
IDS_A_SLICE = 1_000_000


class Acknowledged:
    """The ids of the events that were answered 202, in files that the load generator writes."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(parents=True)
        self._files = []

    def file(self):
        """A name for one more of them."""
        self._files.append(self._folder / f"{len(self._files)}.ids")
        return self._files[-1]

    @property
    def count(self):
        return sum(file.stat().st_size for file in self._files if file.exists()) // ID_BYTES

    def check(self, service, seconds=300.0):
        """Waits until the service (an Up or a Deployment) has no lag, and compares: each acknowledged id is in the raw
        table once, nothing else is, and the matches' totals say the same number."""
        service.wait_lag_zero(seconds)
        clickhouse = service.clickhouse()
        self._load(clickhouse)
        told = Counter(stored=0, distinct_ids=0, extra=0, missing=0)
        slices = self.count // IDS_A_SLICE + 1
        for number in range(slices):
            told.update(_compare(clickhouse, f"% {slices} = {number}"))
        clickhouse.execute("DROP TABLE acknowledged")
        expected = {"stored": self.count, "distinct_ids": self.count, "extra": 0, "missing": 0}
        assert told == expected, f"{self.count} events were acknowledged; ClickHouse has {dict(told)}"
        wait_told(service, self.count)

    def _load(self, clickhouse):
        clickhouse.execute("CREATE OR REPLACE TABLE acknowledged (id FixedString(16)) ENGINE = MergeTree ORDER BY id")
        for file in self._files:
            if file.exists() and file.stat().st_size:
                clickhouse.execute("INSERT INTO acknowledged FORMAT RowBinary", data=file.read_bytes())


def _compare(clickhouse, of_hash):
    """The counts of the ids whose hash is in one slice."""
    stored = f"SELECT {STORED_ID} AS id FROM events WHERE cityHash64(id) {of_hash}"
    acknowledged = f"SELECT id FROM acknowledged WHERE cityHash64(id) {of_hash}"
    (told,) = clickhouse.rows(
        f"SELECT count() AS stored, uniqExact(id) AS distinct_ids, countIf(id NOT IN ({acknowledged})) AS extra"
        f" FROM ({stored})"
    )
    missing = clickhouse.value(f"SELECT countIf(id NOT IN ({stored})) AS missing FROM ({acknowledged})")
    return told | {"missing": missing}


def wait_told(service, events, seconds=30.0):
    """Until the matches' totals over HTTP add up to so many events: an answer may be a moment old."""

    def total():
        client = service.client()
        try:
            return sum(row["totalEvents"] for row in all_matches(client, limit=500))
        finally:
            client.close()

    wait_until(lambda: total() == events, lambda: f"{events} events told of all matches, are {total()}", seconds, 0.1)


def gauge(port_owner, name):
    """A metric of /metrics, summed over its labels; 0 when it is not there yet."""
    return prometheus_sum(port_owner.get("/metrics").body.decode(), name) or 0
