-- "Is this id stored?" costs as much however large the table is: by_event_id has the ids in order, in the same
-- parts as the rows, so it can never disagree with them. Small granules, because each id asked for reads one
-- of every part. by_id, which it replaces, was read whole for every question.
-- The parts there are get theirs in the background; until then they are read in full.
ALTER TABLE {{database}}.events ADD PROJECTION IF NOT EXISTS by_event_id
(
    SELECT event_id, partition, offset, received_at ORDER BY event_id
) WITH SETTINGS (index_granularity = 1024);

ALTER TABLE {{database}}.events MATERIALIZE PROJECTION by_event_id SETTINGS mutations_sync = 0;

ALTER TABLE {{database}}.events DROP INDEX IF EXISTS by_id SETTINGS mutations_sync = 0, alter_sync = 0;
