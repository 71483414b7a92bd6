#!/usr/bin/env python3
"""Fills the table of events of a migrated ClickHouse, so that the cost of a large table can be measured.

The rows are made inside of ClickHouse, by INSERT ... SELECT into `events`, so the rollups are fed as ever. Row n
of a set is always the same: its id is sipHash128(n, seed), so whoever knows n can send a stored id again.

  ids         distinct, spread over the partitions by their hash as the log does it
  offset      n: unique within a partition
  topic       not the service's own, so that no committed offset is missed beside these rows (the filter of
              stored ids counts them all the same: it goes by the id, not by where a row came from)
  matches     of sizes that differ by powers of ten, see SIZES; "big" has a tenth of all rows
  received    evenly over the last --days days, in the order of n
  event time  105 minutes from the match's own kick-off

It works in slices, each of them one insert; a set that was begun goes on where it stopped, and with --seconds it
stops after that time and exits 3 when there is more to do.

    fanfinity clickhouse                       # CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, FANFINITY_DATA_DIR set
    fanfinity migrate                          # the same, and CLICKHOUSE_HOST
    bench/fill_table.py --rows 100000000       # the same; CLICKHOUSE_PORT as everywhere
"""

import argparse
import http.client
import os
import sys
import time
import urllib.parse

# Of a hundred rows so many belong to matches of that size; 0: one match takes them all.
SIZES = ((10, 0, "big"), (10, 1_000_000, "m1000k"), (20, 100_000, "m100k"), (30, 10_000, "m10k"), (30, 1_000, "m1k"))
TYPES = {"goal": 1, "shot": 8, "pass": 60, "foul": 7, "yellow_card": 2, "red_card": 1, "substitution": 3,
         "offside": 3, "corner": 4, "free_kick": 5, "interception": 6}  # fmt: skip
KICK_OFF = "toDateTime64('2024-01-15 14:30:00', 3, 'UTC')"
MATCH_SECONDS = 105 * 60


class ClickHouse:
    def __init__(self, arguments):
        self._arguments = arguments

    def query(self, sql, **settings):
        target = "/?" + urllib.parse.urlencode({"database": self._arguments.database, **settings})
        headers = {"X-ClickHouse-User": self._arguments.user, "X-ClickHouse-Key": self._arguments.password}
        connection = http.client.HTTPConnection(self._arguments.host, self._arguments.port, timeout=600)
        try:
            connection.request("POST", target, sql.encode(), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except OSError as error:
            sys.exit(f"ClickHouse at {self._arguments.host}:{self._arguments.port} does not answer ({error}); start it.")
        finally:
            connection.close()
        if answer.status != 200:
            sys.exit(f"ClickHouse refused a query: {text.strip()}")
        return text.strip()


def matches_of(size, share, rows):
    """How many matches of that size share so many per cent of the rows."""
    return max(1, rows * share // 100 // size) if size else 1


def match_expressions(rows):
    """SQL for the number of a row's match within its size, and for how far it is through the match, 0 to 1."""
    number, progress, name, below = "", "", "", 0
    for share, size, prefix in SIZES:
        below += share
        count = matches_of(size, share, rows)
        number += f"share < {below}, intDiv(n * {count}, {rows}), "
        progress += f"share < {below}, (n * {count} % {rows}) / {rows}, "
        name += f"share < {below}, '{prefix}', "
    return f"multiIf({number}0)", f"multiIf({progress}0.)", f"multiIf({name}'')"


def type_expression():
    """SQL for the type of an event, from `dice` (0 to 99)."""
    cases, below = "", 0
    for name, share in TYPES.items():
        below += share
        cases += f"dice < {below}, '{name}', "
    assert below == 100
    return f"multiIf({cases}'pass')"


def events_sql(first, count, arguments):
    number, progress, name = match_expressions(arguments.rows)
    received = f"now - toInt64((1 - n / {arguments.rows}) * {arguments.days * 86_400_000})"
    return f"""
INSERT INTO events (event_id, match_id, event_type, event_time, team, player_id, metadata, received_at, topic, partition, offset)
WITH {arguments.until} AS now
SELECT
    reinterpretAsUUID(sipHash128(n, toUInt64({arguments.seed}))) AS id,
    concat({name}, '-', toString(match)),
    {type_expression()},
    {KICK_OFF} + toIntervalMillisecond(match * 3600000 % 31536000000 + toInt64({progress} * {MATCH_SECONDS * 1000})),
    1 + intDiv(mixed, 10000) % 2,
    concat('player-', toString(intDiv(mixed, 20000) % 500)),
    concat('{{"minute":', toString(toUInt32({progress} * 105)), ',"x":0.', toString(intDiv(mixed, 1000000) % 1000),
           ',"y":0.', toString(intDiv(mixed, 1000000000) % 1000), '}}'),
    fromUnixTimestamp64Milli({received}, 'UTC'),
    '{arguments.topic}',
    xxHash64(UUIDStringToNum(toString(id))) % {arguments.partitions},
    n
FROM
(
    SELECT toInt64(number) AS n, cityHash64(number, {arguments.seed}) AS mixed, mixed % 100 AS share,
        intDiv(mixed, 100) % 100 AS dice, {number} AS match
    FROM numbers_mt({first}, {count})
)"""


def response_times_sql(first, count, arguments):
    """As if each event had been acknowledged by itself: some forty buckets a match, day and slice."""
    number, _, name = match_expressions(arguments.rows)
    received = f"{arguments.until} - toInt64((1 - n / {arguments.rows}) * {arguments.days * 86_400_000})"
    return f"""
INSERT INTO response_times (match_id, received_day, bucket, requests)
SELECT concat({name}, '-', toString({number})) AS match_id,
    toDate32(fromUnixTimestamp64Milli({received}, 'UTC')) AS received_day,
    350 + intDiv(mixed, 100) % 40 AS bucket, count()
FROM
(
    SELECT toInt64(number) AS n, cityHash64(number, {arguments.seed}) AS mixed, mixed % 100 AS share
    FROM numbers_mt({first}, {count})
)
GROUP BY match_id, received_day, bucket"""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default=os.environ.get("CLICKHOUSE_HOST") or "127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("CLICKHOUSE_PORT") or 8123))
    parser.add_argument("--database", default=os.environ.get("CLICKHOUSE_DATABASE") or "fanfinity")
    parser.add_argument("--user", default=os.environ.get("CLICKHOUSE_USER") or "default")
    parser.add_argument("--password", default=os.environ.get("CLICKHOUSE_PASSWORD") or "")
    parser.add_argument("--rows", type=int, default=100_000_000, help="of the whole set; decides the matches, too")
    parser.add_argument("--partitions", type=int, default=4, help="of the log that will be used with the table")
    parser.add_argument("--days", type=float, default=6.0, help="over which the rows were received, up to now")
    parser.add_argument("--topic", default="filled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slice", type=int, default=1_000_000, help="rows of one insert")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after the slice in which this passes")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    clickhouse = ClickHouse(arguments)
    # A set that goes on must go on in time as well: the newest row tells when "now" was.
    stored, newest = map(int, clickhouse.query(
        f"SELECT count(), toUnixTimestamp64Milli(max(received_at)) FROM events WHERE topic = '{arguments.topic}'"
    ).split("\t"))  # fmt: skip
    now = int(time.time() * 1000)
    whole = int(arguments.days * 86_400_000)
    arguments.until = now if stored == 0 else newest + int((1 - (stored - 1) / arguments.rows) * whole)
    settings = {"max_insert_block_size": arguments.slice, "min_insert_block_size_rows": arguments.slice,
                "min_insert_block_size_bytes": 0, "max_block_size": 65_536, "max_insert_threads": 1,
                "insert_deduplicate": 0, "max_partitions_per_insert_block": 0}  # fmt: skip
    began = time.monotonic()
    at = stored
    while at < arguments.rows:
        count = min(arguments.slice, arguments.rows - at)
        clickhouse.query(response_times_sql(at, count, arguments), **settings)
        clickhouse.query(events_sql(at, count, arguments), **settings)
        at += count
        print(f"{at:,} of {arguments.rows:,} rows, {(at - stored) / (time.monotonic() - began):,.0f} a second", flush=True)
        if arguments.seconds and time.monotonic() - began > arguments.seconds and at < arguments.rows:
            sys.exit(3)


if __name__ == "__main__":
    main()
