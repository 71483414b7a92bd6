-- How long requests took, as mergeable histograms: counts of equal buckets add up.
--
-- Not partitioned: a token is remembered for each partition, and a record does not carry the day it was
-- measured, so a repeated insert must not be able to land in another month than the first.
CREATE TABLE IF NOT EXISTS {{database}}.response_times
(
    match_id     String CODEC(ZSTD(1)),
    received_day Date32 DEFAULT today() CODEC(Delta, ZSTD(1)),
    bucket       Int16 CODEC(Delta, ZSTD(1)),
    requests     UInt64 CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree(requests)
ORDER BY (match_id, bucket, received_day)
SETTINGS non_replicated_deduplication_window = {{token_window}};
