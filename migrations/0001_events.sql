-- Every accepted event, once, as it was sent. The truth that all other tables are derived from.
--
-- Sent by the shipper, one segment of its journal an INSERT, under insert_deduplication_token = the segment's name.
CREATE TABLE IF NOT EXISTS events
(
    -- When it happened, as the sender says; microseconds are kept.
    timestamp DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    -- When this service accepted it.
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    application LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    category LowCardinality(String),
    name LowCardinality(String),
    -- The exact text that was sent. The JSON type is not lossless (it drops nulls, rewrites date-like strings), and
    -- it refuses some valid JSON, so it is never what we store, only what we derive.
    data String CODEC(ZSTD(3)),
    -- The same, typed, for questions such as payload.venue.name. JSONExtract gives {} where a cast would fail the
    -- whole insert. Each path up to the limit is a column of its own; rarer ones share one.
    payload JSON(max_dynamic_paths = 256) MATERIALIZED JSONExtract(data, 'JSON(max_dynamic_paths = 256)'),
    -- The segment that brought it: the shipper sends the segment's name as query_id. Not LowCardinality: names never
    -- repeat across segments, and small segments would make its dictionary twice the size of the plain column.
    batch String DEFAULT initialQueryID() CODEC(ZSTD(1)),

    -- The key is made for questions by category and name, so a session is found by elimination. Measured with 10
    -- million events: 55 ms for the 20 events of a session, for 12 MiB of index; a projection took 200 ms and 140 MiB.
    INDEX session session_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
-- The zone is written out: cut in the server's zone, months would not be the months of the UTC hours.
PARTITION BY toYYYYMM(timestamp, 'UTC')
ORDER BY (category, name, timestamp)
SETTINGS
    -- Tokens remembered per table: a segment that is sent again within that many inserts is counted once. At one
    -- insert a second, a day and more.
    non_replicated_deduplication_window = 100000,
    -- The journal deletes a segment once ClickHouse has acknowledged it, so the answer must wait for the disk.
    fsync_after_insert = 1,
    fsync_part_directory = 1;
