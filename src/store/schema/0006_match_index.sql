-- A match lies in few parts, but the first column of a sorted table tells only between which rows of each part
-- it would stand: a question about one match read a granule of every part of every month. by_match tells in
-- which of them it is, for a thousandth of the table's size. The parts there are get theirs in the background.
ALTER TABLE {{database}}.match_minutes ADD INDEX IF NOT EXISTS by_match match_id TYPE bloom_filter(0.001) GRANULARITY 1;
ALTER TABLE {{database}}.match_minutes MATERIALIZE INDEX by_match SETTINGS mutations_sync = 0;

ALTER TABLE {{database}}.matches ADD INDEX IF NOT EXISTS by_match match_id TYPE bloom_filter(0.001) GRANULARITY 1;
ALTER TABLE {{database}}.matches MATERIALIZE INDEX by_match SETTINGS mutations_sync = 0;

ALTER TABLE {{database}}.response_times ADD INDEX IF NOT EXISTS by_match match_id TYPE bloom_filter(0.001) GRANULARITY 1;
ALTER TABLE {{database}}.response_times MATERIALIZE INDEX by_match SETTINGS mutations_sync = 0;
