-- The rollups, fed by the insert into events itself. Each remembers insert tokens like the raw table does,
-- so that an insert repeated after a crash completes whichever of them it had not reached.
--
-- received_day is part of every key so that retention removes the same days here as in events.
-- Minutes are kept as DateTime64(0), because a DateTime ends in 2106 and event times in 2261.
CREATE TABLE IF NOT EXISTS {{database}}.match_minutes
(
    match_id     String CODEC(ZSTD(1)),
    minute       DateTime64(0, 'UTC') CODEC(Delta, ZSTD(1)),
    event_type   Enum8('goal' = 1, 'shot' = 2, 'pass' = 3, 'foul' = 4, 'yellow_card' = 5, 'red_card' = 6,
                       'substitution' = 7, 'offside' = 8, 'corner' = 9, 'free_kick' = 10, 'interception' = 11),
    team         UInt8,
    received_day Date32 CODEC(Delta, ZSTD(1)),
    events       SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    first_at     SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_at      SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_day)
ORDER BY (match_id, minute, event_type, team, received_day)
SETTINGS non_replicated_deduplication_window = {{token_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.match_minutes_view TO {{database}}.match_minutes AS
SELECT
    match_id,
    fromUnixTimestamp64Second(intDiv(toUnixTimestamp64Milli(event_time), 60000) * 60, 'UTC') AS minute,
    event_type,
    team,
    toDate32(received_at) AS received_day,
    count() AS events,
    min(event_time) AS first_at,
    max(event_time) AS last_at
FROM {{database}}.events
GROUP BY match_id, minute, event_type, team, received_day;

CREATE TABLE IF NOT EXISTS {{database}}.matches
(
    match_id         String CODEC(ZSTD(1)),
    received_day     Date32 CODEC(Delta, ZSTD(1)),
    events           SimpleAggregateFunction(sum, UInt64),
    goals            SimpleAggregateFunction(sum, UInt64),
    first_at         SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_at          SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_day)
ORDER BY (match_id, received_day)
SETTINGS non_replicated_deduplication_window = {{token_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.matches_view TO {{database}}.matches AS
SELECT
    match_id,
    toDate32(received_at) AS received_day,
    count() AS events,
    countIf(event_type = 'goal') AS goals,
    min(event_time) AS first_at,
    max(event_time) AS last_at,
    max(received_at) AS last_received_at
FROM {{database}}.events
GROUP BY match_id, received_day;
