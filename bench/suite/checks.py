"""Whether everything that was acknowledged is stored and told, once. No case is a measurement otherwise."""

from harness import prometheus_sum
from recount import all_matches
from waiting import wait_until

ID_BYTES = 16
# As the load generator writes an id: its 16 bytes in the order of its text.
STORED_ID = "UUIDStringToNum(toString(event_id))"


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
        told = clickhouse.rows(
            "SELECT count() AS stored, uniqExact(event_id) AS distinct_ids,"
            f" countIf({STORED_ID} NOT IN (SELECT id FROM acknowledged)) AS extra FROM events"
        )[0]
        missing = clickhouse.value(
            f"SELECT countIf(id NOT IN (SELECT {STORED_ID} FROM events)) AS missing FROM acknowledged"
        )
        clickhouse.execute("DROP TABLE acknowledged")
        expected = {"stored": self.count, "distinct_ids": self.count, "extra": 0}
        assert told == expected and missing == 0, (
            f"{self.count} events were acknowledged; ClickHouse holds {told}, and {missing} of them are missing"
        )
        wait_told(service, self.count)

    def _load(self, clickhouse):
        clickhouse.execute("CREATE OR REPLACE TABLE acknowledged (id FixedString(16)) ENGINE = Memory")
        for file in self._files:
            if file.exists() and file.stat().st_size:
                clickhouse.execute("INSERT INTO acknowledged FORMAT RowBinary", data=file.read_bytes())


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
