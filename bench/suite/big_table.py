"""A service with many rows stored, which grows: filled inside ClickHouse, through the same views as the consumer's
inserts. Built once for all cases that ask for it."""

from contextlib import contextmanager

import settle

EVENTS_A_MATCH = 2500
BLOCK_ROWS = 1_000_000
STATEMENT_ROWS = 5_000_000  # so that none takes longer than anybody waits for its answer
DAYS = 100  # over which the rows were received: five months, as many partitions
RESPONSE_BUCKETS = 60

# What is in a row follows from its number: a match's events lie side by side, as they would come in; types are as often
# as in football.
ROW = """
    WITH cityHash64(number) AS hash, hash % 1000 AS kind
    SELECT
    generateUUIDv4(),
    {match},
    CAST(multiIf(kind < 620, 3, kind < 740, 11, kind < 820, 4, kind < 880, 2, kind < 920, 10, kind < 950, 9,
        kind < 970, 8, kind < 985, 7, kind < 995, 5, kind < 998, 1, 6) AS Int8),
    toDateTime64('2024-01-15 15:00:00', 3, 'UTC') + INTERVAL {minute} MINUTE + INTERVAL (hash % 60) SECOND,
    1 + bitAnd(bitShiftRight(hash, 10), 1),
    concat('player-', toString(bitShiftRight(hash, 12) % 22)),
    concat('{{"minute":', toString({minute}), ',"x":0.', toString(bitShiftRight(hash, 20) % 1000), ',"y":0.',
        toString(bitShiftRight(hash, 32) % 1000), '}}'),
    now64(3) - INTERVAL {age} SECOND,
    'filled', 0, number
"""


class BigTable:
    """`up` and how many rows it holds."""

    def __init__(self, up, stage):
        self.up = up
        self.rows = 0
        self.matches = 0  # "match-0", "match-1", ..., of EVENTS_A_MATCH events each
        self.special = []  # events of each match that is larger
        self.sent = 0  # rows that came in another way
        self._stage = stage

    def grow(self, rows):
        """So that there are as many rows in typical matches and all others together."""
        total = self._stage.pick(100_000_000, 200_000)
        number_of_match = f"intDiv(number, {EVENTS_A_MATCH})"
        while self.rows < rows:
            count = min(STATEMENT_ROWS, rows - self.rows)
            seconds_a_row = DAYS * 86_400 / total
            self._insert(
                match=f"concat('match-', toString({number_of_match}))",
                minute=f"(intDiv(number % {EVENTS_A_MATCH}, {EVENTS_A_MATCH // 100}) + {number_of_match} * 5)",
                age=f"toUInt32(({total} - number) * {seconds_a_row})",
                first=self.rows,
                count=count,
            )
            self.rows += count
        matches = self.rows // EVENTS_A_MATCH
        self._respond(self.matches, matches)
        self.matches = matches
        self._check()

    def add_match(self, events):
        """One match with so many events, received today."""
        name = f"size-{events}"
        for first in range(0, events, STATEMENT_ROWS):
            self._insert(
                match=f"'{name}'",
                minute=f"intDiv(number * 100, {events})",
                age="60",
                first=first,
                count=min(STATEMENT_ROWS, events - first),
            )
        self.special.append(events)
        self._check()
        return name

    def _insert(self, match, minute, age, first, count):
        block = min(BLOCK_ROWS, count)
        self.up.clickhouse().execute(
            "INSERT INTO events (event_id, match_id, event_type, event_time, team, player_id, metadata, received_at,"
            f" topic, partition, offset) {ROW.format(match=match, minute=minute, age=age)}"
            f" FROM numbers({first}, {count}) SETTINGS max_threads = 2, max_insert_threads = 2, insert_deduplicate = 0,"
            f" max_block_size = {block}, min_insert_block_size_rows = {block}, min_insert_block_size_bytes = 0",
            seconds=300,
        )

    def _respond(self, first, end):
        """Response times of matches, as many buckets for each as a match gathers."""
        self.up.clickhouse().execute(
            "INSERT INTO response_times (match_id, bucket, requests)"
            f" SELECT concat('match-', toString(intDiv(number, {RESPONSE_BUCKETS}))),"
            f" 690 + number % {RESPONSE_BUCKETS}, 41"
            f" FROM numbers({first * RESPONSE_BUCKETS}, {(end - first) * RESPONSE_BUCKETS})"
            " SETTINGS insert_deduplicate = 0, min_insert_block_size_rows = 1000000"
        )

    def _check(self):
        """The rollups count what is stored."""
        clickhouse = self.up.clickhouse()
        settle.merges_done(clickhouse)
        expected = self.rows + sum(self.special) + self.sent
        told = [
            clickhouse.value("SELECT count() AS n FROM events"),
            clickhouse.value("SELECT sum(events) AS n FROM match_minutes"),
            clickhouse.value("SELECT sum(events) AS n FROM matches"),
        ]
        assert told == [expected] * 3, f"{expected} rows were made; events, match_minutes and matches count {told}"


@contextmanager
def running(stage):
    with stage.up() as up:
        yield BigTable(up, stage)
