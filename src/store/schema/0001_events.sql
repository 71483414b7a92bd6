-- The raw events, as they were decided from the log.
--
-- Partitioned by the month of *received_at*, our own clock: event times come from clients and may span
-- hundreds of months in one insert, which ClickHouse would refuse.
-- Ordered by match and time, the way people read them; equal neighbours compress well.
-- by_id answers "is this id stored?" exactly and without reading the whole table; 1 in 1,000 granules is
-- read in vain.
-- highest_offsets lives in the same parts as the rows, so it can never disagree with them.
-- player_id is NULL when the event had none; metadata is the JSON text as sent, '' when there was none.
CREATE TABLE IF NOT EXISTS {{database}}.events
(
    event_id    UUID,
    match_id    String CODEC(ZSTD(1)),
    event_type  Enum8('goal' = 1, 'shot' = 2, 'pass' = 3, 'foul' = 4, 'yellow_card' = 5, 'red_card' = 6,
                      'substitution' = 7, 'offside' = 8, 'corner' = 9, 'free_kick' = 10, 'interception' = 11),
    event_time  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    team        UInt8,
    player_id   LowCardinality(Nullable(String)),
    metadata    String CODEC(ZSTD(3)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    topic       LowCardinality(String),
    partition   UInt32 CODEC(ZSTD(1)),
    offset      Int64 CODEC(Delta, ZSTD(1)),
    INDEX by_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
    PROJECTION highest_offsets (SELECT topic, partition, max(offset) GROUP BY topic, partition)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (match_id, event_time, event_id)
SETTINGS non_replicated_deduplication_window = {{token_window}};
