-- How many partitions a topic of events has, as agreed by every process: an event's partition, and with it
-- the one consumer that may store it, follows from their number. The latest row of a topic counts.
CREATE TABLE IF NOT EXISTS {{database}}.log_partitions
(
    topic      String,
    partitions UInt32,
    agreed_at  DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY (topic, agreed_at);
